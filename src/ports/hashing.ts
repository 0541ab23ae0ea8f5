/** Hash functions for digest authentication and nonces; node:crypto in a node. Hex is lower case. */
export interface Hashing {
  md5Hex(text: string): string;
  sha256Hex(text: string): string;
  /** HMAC-SHA-256 as lower-case hex. */
  hmacSha256Hex(key: Uint8Array, text: string): string;
}
