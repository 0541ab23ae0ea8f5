// Bytes and text. SIP is UTF-8 on the wire (RFC 3261 §25.1).

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);
