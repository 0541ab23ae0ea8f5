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

/** Space, tab, and the line ends within folds: LWS of RFC 3261 §25.1. */
export function isLinearSpace(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CR || octet === LF;
}
