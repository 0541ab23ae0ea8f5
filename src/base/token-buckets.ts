// How often something may happen for each of very many keys, in a table that never grows: a key's hash is its place,
// and keys that fall on one place share what it holds. The hash is seeded, so that nobody can choose an address that
// shares a place with another one's.
//
// Where sharing would keep somebody out for as long as an attack lasts, a key has a place in each of several rows and
// only what is missing in all of them counts against it (a count-min sketch with conservative update): of 10,000 busy
// keys in 131,072 places a quiet one meets a busy one in 7 % of one row, and in 0.04 % of three.

import { fnv1a } from './hash.ts';
import type { Instant } from './time.ts';

export interface BucketOptions {
  /** Places of one row. */
  readonly slots: number;
  /** One by default. */
  readonly rows?: number;
  /** What a key that was quiet may take at once. */
  readonly burst: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** For a place that nobody has taken from yet, so that no time times no rate is none. */
const LONG_MS = Number.MAX_SAFE_INTEGER;

export class TokenBuckets {
  readonly #options: Required<BucketOptions>;
  /** Made when the first one is taken: most nodes of a simulation never need them. */
  #taken = new Float64Array(0);
  #at = new Float64Array(0);

  constructor(options: BucketOptions) {
    this.#options = { rows: 1, ...options };
  }

  /**
   * Whoever took from the other table in the last so many milliseconds begins with nothing here: for when rates change
   * because of those who are there. The other one must have the same slots, rows and seed.
   */
  beginEmptyFor(other: TokenBuckets, withinMs: number, now: Instant): void {
    this.#make();
    for (let place = 0; place < other.#at.length; place++) {
      if (now - (other.#at[place] ?? 0) > withinMs) continue;
      this.#taken[place] = this.#options.burst;
      this.#at[place] = now;
    }
  }

  /** True, and one is taken, where one is left for this key. */
  take(key: string | number, now: Instant): boolean {
    const { slots, rows, burst, perSecond, seed } = this.#options;
    this.#make();
    // A number is mixed with the seed by `placeIn`.
    const hash = typeof key === 'number' ? key ^ seed : fnv1a(key, seed);
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rows; row++) {
      const place = row * slots + placeIn(row, hash, slots);
      const sinceMs = Math.min(now - (this.#at[place] ?? now), LONG_MS);
      const given = (sinceMs / 1_000) * perSecond;
      const taken = Math.max(0, (this.#taken[place] ?? 0) - given);
      this.#at[place] = now;
      this.#taken[place] = taken;
      least = Math.min(least, taken);
    }
    if (least > burst - 1) return false;
    for (let row = 0; row < rows; row++) {
      const place = row * slots + placeIn(row, hash, slots);
      this.#taken[place] = Math.max(this.#taken[place] ?? 0, least + 1);
    }
    return true;
  }

  #make(): void {
    if (this.#at.length > 0) return;
    const { slots, rows } = this.#options;
    this.#taken = new Float64Array(slots * rows);
    this.#at = new Float64Array(slots * rows).fill(Number.NEGATIVE_INFINITY);
  }
}

/** Mixed anew for each row (the finalizer of MurmurHash3), so that who meets in one row does not meet in the next. */
function placeIn(row: number, hash: number, slots: number): number {
  let mixed = (hash + Math.imul(row, 0x9e3779b1)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % slots;
}
