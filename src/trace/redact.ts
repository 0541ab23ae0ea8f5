// Strikes secrets out of a message before anybody sees it: each byte of one becomes `x`, so that lengths,
// Content-Length included, stay true. What goes:
//
//   digests    every parameter of (Proxy-)Authorization, (Proxy-)Authenticate and Authentication-Info that is not
//              known to be harmless; all of a scheme other than Digest
//   passwords  in SIP URIs (sip:user:password@host)
//   keys       of SRTP (a=crypto, k=, a=key-mgmt) and ICE (a=ice-pwd)
//   digits     pressed on a phone, in INFO: they may be a PIN or a card's number
//
// What it does not understand in such a place it strikes out as well. Lines are looked at wherever they stand:
// a body may hold a message (RFC 3420).

import { asBuffer, COLON, GREATER, LESS, QUOTE, SPACE } from '../sip/message/octets.ts';

const HARMLESS = new Set([
  'username',
  'realm',
  'algorithm',
  'qop',
  'nc',
  'uri',
  'stale',
  'domain',
  'charset',
]);
const STRUCK = 0x78;
const AT = 0x40;

/**
 * Strangers write these messages, so each pattern takes time in proportion to a message's length: none can begin
 * at many places and run on from each of them.
 */
const HEADER = String.raw`[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)`;
/** A bare CR ends no line (it is refused), but some reader may think so. */
const CREDENTIALS = new RegExp(
  String.raw`(?:^|[\r\n])(?:(?:proxy-)?authorization|(?:proxy|www)-authenticate|(?:proxy-)?authentication-info)${HEADER}`,
  'gi',
);
const SDP_KEY = /(?:^|[\r\n])(?:a=crypto:|a=key-mgmt:|a=ice-pwd:|k=)([^\r\n]*)/gi;
const DTMF_RELAY = /(?:^|[\r\n])[ \t]*signal[ \t]*=([^\r\n]*)/gi;
const DTMF_TYPE = /(?:^|[\r\n])(?:content-type|c)[ \t]*:\s*application\/dtmf(?![\w-])/i;
type Range = readonly [start: number, end: number];

/** The same bytes where there is nothing to hide. */
export function redacted(source: Uint8Array): Uint8Array {
  // One character for each byte, so that places in the text are places in the bytes.
  const text = asBuffer(source).toString('latin1');
  // To look for a word is much quicker than to look for a pattern, and most messages have none of them.
  const lower = text.toLowerCase();
  const has = (...words: readonly string[]) => words.some((word) => lower.includes(word));
  const ranges = [
    ...(has('authori', 'authenti') ? credentials(text) : []),
    ...(has('a=crypto', 'a=key-mgmt', 'a=ice-pwd', '\nk=', '\rk=') ? groups(text, SDP_KEY) : []),
    ...(has('signal') ? groups(text, DTMF_RELAY) : []),
    ...(has('application/dtmf') ? dtmfBody(text) : []),
    ...uriPasswords(text),
  ];
  if (ranges.length === 0) return source;
  const bytes = Uint8Array.from(source);
  for (const [start, end] of ranges) strike(bytes, start, end);
  return bytes;
}

/** Line ends and folds stay, so that the message reads as before. */
function strike(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const octet = bytes[at] ?? 0;
    if (octet > 0x20) bytes[at] = STRUCK;
  }
}

/** Of each match its group, which ends it. */
function groups(text: string, pattern: RegExp): readonly Range[] {
  return [...text.matchAll(pattern)].map((match): Range => {
    const end = match.index + match[0].length;
    return [end - (match[1] ?? '').length, end];
  });
}

/** Back from each @ to where its URI begins: `sip:user:` and then the password. */
function uriPasswords(text: string): readonly Range[] {
  const ranges: Range[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    let colons = 0;
    while (start > 0 && !endsUri(text.charCodeAt(start - 1))) {
      start--;
      if (text.charCodeAt(start) === COLON) colons++;
    }
    if (colons < 2) continue;
    // There may be more colons: all after the user is the password.
    const user = /sips?:[^:]*:/i.exec(text.slice(start, at));
    if (user !== null) ranges.push([start + user.index + user[0].length, at]);
  }
  return ranges;
}

/** What cannot stand in the first part of a URI. */
function endsUri(octet: number): boolean {
  return octet <= SPACE || octet === AT || octet === LESS || octet === GREATER || octet === QUOTE;
}

/** The body of application/dtmf is nothing but digits. */
function dtmfBody(text: string): readonly Range[] {
  const blank = /\r?\n\r?\n/.exec(text);
  if (blank === null || !DTMF_TYPE.test(text.slice(0, blank.index))) return [];
  return [[blank.index + blank[0].length, text.length]];
}

function credentials(text: string): readonly Range[] {
  return [...text.matchAll(CREDENTIALS)].flatMap((match): readonly Range[] => {
    const value = match[1] ?? '';
    const start = match.index + match[0].length - value.length;
    const isInfo = /^[\r\n]?(?:proxy-)?authentication-info/i.test(match[0]);
    const scheme = isInfo ? '' : /^\s*digest(?=\s)/i.exec(value)?.[0];
    if (scheme === undefined) return [[start, start + value.length]];
    return parameters(value, scheme.length).map(([from, to]) => [start + from, start + to]);
  });
}

/** Ranges of the values that must go. */
function parameters(value: string, start: number): readonly Range[] {
  const ranges: Range[] = [];
  const parameter = /[\s,]*([^\s,="]+)[ \t\r\n]*=[ \t\r\n]*("(?:[^"\\]|\\[\s\S])*"|[^\s,"]*)/y;
  let at = start;
  for (;;) {
    parameter.lastIndex = at;
    const match = parameter.exec(value);
    if (match === null) break;
    const [whole, name = '', written = ''] = match;
    at = match.index + whole.length;
    const end = at;
    if (HARMLESS.has(name.toLowerCase())) continue;
    const quoted = written.startsWith('"') ? 1 : 0;
    ranges.push([end - written.length + quoted, end - quoted]);
  }
  // Whatever stands where a parameter should.
  ranges.push([at, value.length]);
  return ranges;
}
