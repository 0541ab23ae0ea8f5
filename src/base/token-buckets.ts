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

/** Who took something in the last so many milliseconds, and how many they begin with at most. */
export interface Present {
  readonly withinMs: number;
  readonly left: number;
}

/** For a place that nobody has taken from yet, so that no time times no rate is none. */
const LONG_MS = Number.MAX_SAFE_INTEGER;

export class TokenBuckets {
  readonly #slots: number;
  readonly #rows: number;
  readonly #seed: number;
  #burst: number;
  #perSecond: number;
  /** Made when the first one is taken, as zeros, which cost nothing until they are written to. */
  #taken = new Float64Array(0);
  #at = new Float64Array(0);
  /** When the rate was changed last, and since when a key must have been quiet to have begun it whole. */
  #changedAt: Instant = Number.NEGATIVE_INFINITY;
  #activeSince: Instant = Number.POSITIVE_INFINITY;
  #spentByPresent = 0;

  constructor({ slots, rows = 1, burst, perSecond, seed }: BucketOptions) {
    this.#slots = slots;
    this.#rows = rows;
    this.#seed = seed;
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /**
   * Another rate from now on, at no cost however many keys there are: what each has taken is looked at when it comes
   * again. Every key begins whole, but who took something in the last so many milliseconds with little: for a rate that
   * is changed because of those who are there.
   */
  changeTo(
    { burst, perSecond }: Pick<BucketOptions, 'burst' | 'perSecond'>,
    now: Instant,
    present?: Present,
  ): void {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#changedAt = now;
    this.#activeSince = present === undefined ? Number.POSITIVE_INFINITY : now - present.withinMs;
    this.#spentByPresent = present === undefined ? 0 : Math.max(0, burst - present.left);
  }

  /** True, and one is taken, where one is left for this key. */
  take(key: string | number, now: Instant): boolean {
    this.#make();
    // A number is mixed with the seed by `placeIn`.
    const hash = typeof key === 'number' ? key ^ this.#seed : fnv1a(key, this.#seed);
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < this.#rows; row++) {
      const place = row * this.#slots + placeIn(row, hash, this.#slots);
      const taken = this.#takenBy(place, now);
      this.#at[place] = now;
      this.#taken[place] = taken;
      least = Math.min(least, taken);
    }
    if (least > this.#burst - 1) return false;
    for (let row = 0; row < this.#rows; row++) {
      const place = row * this.#slots + placeIn(row, hash, this.#slots);
      this.#taken[place] = Math.max(this.#taken[place] ?? 0, least + 1);
    }
    return true;
  }

  /** What is taken there and not given back yet. */
  #takenBy(place: number, now: Instant): number {
    const taken = this.#taken[place] ?? 0;
    const at = taken === 0 ? Number.NEGATIVE_INFINITY : (this.#at[place] ?? 0);
    const isBefore = at < this.#changedAt;
    const begins = at >= this.#activeSince ? this.#spentByPresent : 0;
    const owed = isBefore ? begins : taken;
    const since = isBefore ? this.#changedAt : at;
    const given = (Math.min(now - since, LONG_MS) / 1_000) * this.#perSecond;
    return Math.max(0, owed - given);
  }

  #make(): void {
    if (this.#at.length > 0) return;
    const places = this.#slots * this.#rows;
    this.#taken = new Float64Array(places);
    this.#at = new Float64Array(places);
  }
}

/** Mixed anew for each row (the finalizer of MurmurHash3), so that who meets in one row does not meet in the next. */
function placeIn(row: number, hash: number, slots: number): number {
  let mixed = (hash + Math.imul(row, 0x9e3779b1)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % slots;
}
