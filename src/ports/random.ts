/** The one source of randomness: cryptographic in a node, seeded in a simulation. */
export interface Random {
  /** `count` uniformly random bytes. */
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
}
