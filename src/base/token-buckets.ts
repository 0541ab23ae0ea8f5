// How often something may happen for each of very many keys, in a table that never grows: a key's hash is its place,
// and keys that fall on one place share what it holds. The hash is seeded, so that nobody can choose an address that
// shares a place with another one's.

import { fnv1a } from './hash.ts';
import type { Instant } from './time.ts';

export interface BucketOptions {
  readonly slots: number;
  /** What a key that was quiet may take at once. */
  readonly burst: number;
  readonly perSecond: number;
  readonly seed: number;
}

export class TokenBuckets {
  readonly #options: BucketOptions;
  /** Made when the first one is taken: most nodes of a simulation never need them. */
  #taken = new Float64Array(0);
  #at = new Float64Array(0);

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** True, and one is taken, where one is left for this key. */
  take(key: string, now: Instant): boolean {
    const { slots, burst, perSecond, seed } = this.#options;
    if (this.#at.length === 0) {
      this.#taken = new Float64Array(slots);
      this.#at = new Float64Array(slots);
    }
    const hash = fnv1a(key, seed);
    const slot = ((hash ^ (hash >>> 16)) >>> 0) % slots;
    const given = ((now - (this.#at[slot] ?? 0)) / 1_000) * perSecond;
    const taken = Math.max(0, (this.#taken[slot] ?? 0) - given);
    this.#at[slot] = now;
    const isLeft = taken <= burst - 1;
    this.#taken[slot] = isLeft ? taken + 1 : taken;
    return isLeft;
  }
}
