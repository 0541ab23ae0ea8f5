// The Call-ID of a message, found without parsing the rest: this runs for every message that comes or goes.

import { LIMITS } from '../base/limits.ts';
import { asBuffer, COLON, CR, isSpace, LF } from '../sip/message/octets.ts';

const LONG_NAME = 'all-id';

/** `undefined` where there is none in what may be headers, or it is longer than a Call-ID may be. */
export function sipCallIdOf(source: Uint8Array): string | undefined {
  const bytes = asBuffer(source);
  const end = Math.min(bytes.length, LIMITS.headerBytesMax);
  for (let line = bytes.indexOf(LF) + 1; line > 0 && line < end; line = bytes.indexOf(LF, line) + 1) {
    const first = bytes[line];
    if (first === CR || first === LF) return undefined;
    const colon = nameEnd(bytes, line);
    if (colon === undefined) continue;
    const lineEnd = bytes.indexOf(LF, colon);
    return valueIn(bytes, colon + 1, lineEnd < 0 ? bytes.length : lineEnd);
  }
  return undefined;
}

/** Where the colon is, if the line begins with `Call-ID` or its compact form `i` (RFC 3261 §20.8). */
function nameEnd(bytes: Buffer, line: number): number | undefined {
  const first = lower(bytes[line]);
  let at = line + 1;
  if (first === 0x63) {
    for (let index = 0; index < LONG_NAME.length; index++, at++) {
      if (lower(bytes[at]) !== LONG_NAME.charCodeAt(index)) return undefined;
    }
  } else if (first !== 0x69) return undefined;
  while (isSpace(bytes[at])) at++;
  return bytes[at] === COLON ? at : undefined;
}

function valueIn(bytes: Buffer, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > LIMITS.tokenBytesMax) return undefined;
  const value = bytes.toString('latin1', start, end).trim();
  return value === '' ? undefined : value;
}

/** ASCII letters only; the hyphen stays a hyphen. */
function lower(octet: number | undefined): number {
  return octet === undefined ? -1 : octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}
