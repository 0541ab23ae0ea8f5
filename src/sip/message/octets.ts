// The characters that the grammar of RFC 3261 §25.1 gives a meaning, as the octets that they are on the
// wire; and how octets become text.

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PERCENT = 0x25;
export const OPEN_PARENTHESIS = 0x28;
export const CLOSE_PARENTHESIS = 0x29;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const DELETE = 0x7f;

/** The same bytes, not a copy. Buffer is a global in every runtime that we know, and decodes fastest. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The text of a part of a message, which should be UTF-8 (RFC 3261 §25.1).
 * Deviation: what is not valid UTF-8 is read as Latin-1, because that is what phones that break the rule
 * send; so `Müller` stays a name, and goes out again as proper UTF-8.
 */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (text.indexOf(REPLACEMENT) < 0) return text;
  // Replacement characters were either sent as such, or stand for what is not UTF-8.
  return Buffer.from(text).equals(bytes.subarray(start, end)) ? text : bytes.toString('latin1', start, end);
}

const REPLACEMENT = '\ufffd';

/** Space or tab. */
export function isSpace(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB;
}

/** Space, tab, and the line ends within folds: LWS of RFC 3261 §25.1. */
export function isLinearSpace(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR || octet === LF;
}

export function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

/** The value of a hexadecimal digit, or -1. */
export function hexDigit(octet: number): number {
  if (isDigit(octet)) return octet - 0x30;
  if (octet >= 0x41 && octet <= 0x46) return octet - 0x37;
  return octet >= 0x61 && octet <= 0x66 ? octet - 0x57 : -1;
}
