// The Call-ID of a message, found without parsing the rest: this runs for every message that comes or goes.

import { LIMITS } from '../base/limits.ts';
import { asBuffer, COLON, CR, isSpace, LF } from '../sip/message/octets.ts';

const LONG_NAME = 'all-id';
const LOWER_C = 0x63;
const LOWER_I = 0x69;

/** `undefined` where there is none in what may be headers, or it is longer than a Call-ID may be. */
export function sipCallIdOf(source: Uint8Array): string | undefined {
  const end = Math.min(source.length, LIMITS.headerBytesMax);
  // A loop over the bytes is quicker than a call of indexOf for each short line.
  for (let at = 0; at < end; at++) {
    if (source[at] !== LF) continue;
    const first = lower(source[at + 1]);
    if (first === CR || first === LF) return undefined;
    if (first !== LOWER_C && first !== LOWER_I) continue;
    const colon = nameEnd(source, at + 1);
    if (colon !== undefined) return valueAfter(source, colon);
  }
  return undefined;
}

/** Where the colon is, if the line begins with `Call-ID` or its compact form `i` (RFC 3261 §20.8). */
function nameEnd(bytes: Uint8Array, line: number): number | undefined {
  let at = line + 1;
  if (lower(bytes[line]) === LOWER_C) {
    for (let index = 0; index < LONG_NAME.length; index++, at++) {
      if (lower(bytes[at]) !== LONG_NAME.charCodeAt(index)) return undefined;
    }
  }
  while (isSpace(bytes[at])) at++;
  return bytes[at] === COLON ? at : undefined;
}

function valueAfter(source: Uint8Array, colon: number): string | undefined {
  let start = colon + 1;
  while (isSpace(source[start])) start++;
  let end = start;
  while (end < source.length && source[end] !== CR && source[end] !== LF) end++;
  while (end > start && isSpace(source[end - 1])) end--;
  if (end === start || end - start > LIMITS.tokenBytesMax) return undefined;
  return asBuffer(source).toString('latin1', start, end);
}

/** ASCII letters only; the hyphen stays a hyphen. */
function lower(octet: number | undefined): number {
  return octet === undefined ? -1 : octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}
