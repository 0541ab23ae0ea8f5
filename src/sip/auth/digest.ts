// Digest arithmetic: what is hashed with what (RFC 7616 §3.4, for SIP by RFC 8760 and RFC 3261 §22.4).
//
//   HA1      = H(user ":" realm ":" password)            kept instead of the password
//   HA1-sess = H(HA1 ":" nonce ":" cnonce)               only for the -sess algorithms
//   HA2      = H(method ":" digest-uri)
//   response = H(HA1 ":" nonce ":" nc ":" cnonce ":" qop ":" HA2)
//
// Hash functions are arguments, so that this folder depends on nothing.

/** The hash functions that digest needs. Hex is lower case. */
export interface DigestHashing {
  md5Hex(text: string): string;
  sha256Hex(text: string): string;
  hmacSha256Hex(key: Uint8Array, text: string): string;
}

export type HashAlgorithm = 'MD5' | 'SHA-256';
export type DigestAlgorithm = HashAlgorithm | 'MD5-sess' | 'SHA-256-sess';

const ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'];

/** The algorithm that a header names; absent or empty means MD5 (RFC 7616 §3.3), unknown is `undefined`. */
export function algorithmOf(token: string | undefined): DigestAlgorithm | undefined {
  if (token === undefined || token === '') return 'MD5';
  return ALGORITHMS.find((algorithm) => algorithm.toLowerCase() === token.toLowerCase());
}

export function hashAlgorithmOf(algorithm: DigestAlgorithm): HashAlgorithm {
  return algorithm.startsWith('MD5') ? 'MD5' : 'SHA-256';
}

export function ha1(
  hashing: DigestHashing,
  algorithm: HashAlgorithm,
  user: string,
  realm: string,
  password: string,
): string {
  return hash(hashing, algorithm, `${user}:${realm}:${password}`);
}

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly ha1: string;
  readonly nonce: string;
  readonly method: string;
  /** The digest-uri as it stands in the credentials. */
  readonly uri: string;
  /** Absent in RFC 2069 style, where the server offered no qop. `nc` is eight hex digits as sent. */
  readonly qop?: { readonly qop: 'auth'; readonly nc: string; readonly cnonce: string };
  /** The -sess algorithms hash the client's nonce into HA1. */
  readonly cnonce?: string;
}

/** The `response` parameter, lower-case hex. */
export function digestResponse(hashing: DigestHashing, input: DigestInput): string {
  const algorithm = hashAlgorithmOf(input.algorithm);
  const secret = input.algorithm.endsWith('-sess')
    ? hash(hashing, algorithm, `${input.ha1}:${input.nonce}:${input.qop?.cnonce ?? input.cnonce ?? ''}`)
    : input.ha1;
  const ha2 = hash(hashing, algorithm, `${input.method}:${input.uri}`);
  const middle = input.qop === undefined ? '' : `${input.qop.nc}:${input.qop.cnonce}:${input.qop.qop}:`;
  return hash(hashing, algorithm, `${secret}:${input.nonce}:${middle}${ha2}`);
}

function hash(hashing: DigestHashing, algorithm: HashAlgorithm, text: string): string {
  return algorithm === 'MD5' ? hashing.md5Hex(text) : hashing.sha256Hex(text);
}
