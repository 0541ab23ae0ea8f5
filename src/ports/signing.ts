// Signatures (Ed25519, RFC 8032) by which results of probes are known to be their watcher's.

export interface Verifying {
  /** Keys and signatures are base64url. False for whatever is none. */
  verify(publicKey: string, text: string, signature: string): boolean;
}

export interface Signing extends Verifying {
  /** 32 bytes as base64url: what others know this one by. */
  readonly publicKey: string;
  sign(text: string): string;
}
