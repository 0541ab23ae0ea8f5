// A quick hash of short texts, for tables of a fixed size and for tokens that need not be hard to guess: FNV-1a.

/** 32 bits. Another `seed` gives another hash of the same text. */
export function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
