// Bytes of messages: the few that matter by name, and a Buffer over any Uint8Array.

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

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
  return text.indexOf(REPLACEMENT) >= 0 && !isUtf8(bytes, start, end, text)
    ? bytes.toString('latin1', start, end)
    : text;
}

const REPLACEMENT = '\ufffd';

/** Whether `text`, which was decoded from these bytes, holds replacement characters only where they were sent. */
function isUtf8(bytes: Buffer, start: number, end: number, text: string): boolean {
  return Buffer.from(text).equals(bytes.subarray(start, end));
}

/** Space, tab, and the line ends within folds: LWS of RFC 3261 §25.1. */
export function isLinearSpace(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR || octet === LF;
}
