// What a packet seems to be, by its first bytes alone: before anybody parses it, without making a string of it.
//
//     52 45 47 49 53 54 45 52 20 73 69 70 3a      REGISTER sip:   → REGISTER
//     53 49 50 2f 32 2e 30 20                     SIP/2.0         → response
//     47 45 54 20 2f 20                           GET /           → garbage
//
// It is a guess for counting and for choosing what waits where; what a message really is, says the parser. A message
// that is sound is never called garbage here, unless its method is longer than any that anybody uses.

/** What is counted by itself; every other method is `other`. */
export const KINDS = [
  'REGISTER',
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'SUBSCRIBE',
  'NOTIFY',
  'PUBLISH',
  'MESSAGE',
  'INFO',
  'PRACK',
  'UPDATE',
  'REFER',
  'other',
  'response',
  'keepalive',
  'garbage',
] as const;
export type Kind = (typeof KINDS)[number];

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const SLASH = 0x2f;
const LOWER_CASE = 0x20;
const STUN_BYTES = 20;

type Word = readonly [Kind, readonly number[]];

/** By the first letter, which tells nearly all of them apart. */
const METHODS: readonly (readonly Word[])[] = methodsByLetter();

export function kindOf(bytes: Uint8Array): Kind {
  let at = 0;
  // Line ends before a start line are ignored (RFC 3261 §7.5); nothing but line ends is a keepalive (RFC 5626).
  while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at++;
  if (at === bytes.length) return 'keepalive';
  const first = bytes[at] ?? 0;
  if (first <= 1) return bytes.length >= STUN_BYTES ? 'keepalive' : 'garbage';
  const words = METHODS[first];
  if (words !== undefined) {
    for (let index = 0; index < words.length; index++) {
      const word = words[index];
      if (word !== undefined && begins(bytes, at, word[1])) return word[0];
    }
  }
  return isSipVersion(bytes, at) ? 'response' : otherKind(bytes, at);
}

/** The longest Request-URI that is looked at here: emergency numbers have short ones. */
const URI_BYTES = 128;

/** The Request-URI, as it is written; undefined where there is none, or a long one. */
export function requestUriOf(bytes: Uint8Array): string | undefined {
  let at = 0;
  while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF)) at++;
  const from = bytes.subarray(at, at + WORD_BYTES + 1).indexOf(SPACE) + at + 1;
  const length = from === at ? -1 : bytes.subarray(from, from + URI_BYTES + 1).indexOf(SPACE);
  return length <= 0 ? undefined : String.fromCharCode(...bytes.subarray(from, from + length));
}

function methodsByLetter(): readonly (readonly Word[])[] {
  const table: Word[][] = [];
  for (const kind of KINDS) {
    if (kind !== kind.toUpperCase()) continue;
    const word: Word = [kind, [...kind, ' '].map((letter) => letter.charCodeAt(0))];
    const letter = kind.charCodeAt(0);
    const others = table[letter];
    if (others === undefined) table[letter] = [word];
    else others.push(word);
  }
  return Array.from({ length: 128 }, (_, letter) => table[letter] ?? []);
}

function begins(bytes: Uint8Array, at: number, word: readonly number[]): boolean {
  for (let index = 1; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
  return isUriStart(bytes[at + word.length]);
}

/** A Request-URI begins with a letter, whatever its scheme; a `*` is for who tries what he should not. */
function isUriStart(byte: number | undefined): boolean {
  const letter = (byte ?? 0) | LOWER_CASE;
  return letter >= 0x61 && letter <= 0x7a;
}

const SIP = [0x73, 0x69, 0x70] as const;

/** Versions are compared without case (RFC 3261 §7.1). */
function isSipVersion(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < SIP.length; index++) {
    if (((bytes[at + index] ?? 0) | LOWER_CASE) !== SIP[index]) return false;
  }
  return bytes[at + 3] === SLASH;
}

/** The longest word that is taken for a method: what is longer is nobody's. */
const WORD_BYTES = 64;

/** A word, one space, and what may begin a URI: somebody's method. */
function otherKind(bytes: Uint8Array, at: number): Kind {
  const end = Math.min(bytes.length, at + WORD_BYTES + 1);
  for (let index = at; index < end; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === SPACE) return index > at && isUriStart(bytes[index + 1]) ? 'other' : 'garbage';
    if (byte < 0x21 || byte > 0x7e) return 'garbage';
  }
  return 'garbage';
}
