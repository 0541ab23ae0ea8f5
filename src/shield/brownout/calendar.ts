// Who is to come back when. Each second of the near future has so many places, and who is turned away is given one of
// them at random, as early as there are any: the window is as wide as what waits needs at that rate, and no wider.
//
//     now ─┬─────── window: promised / places ───────┬──────────────────────────────▶ the farthest second
//          └ 3 2 3 3 3 3 2 3 3 3 3 3 3 1 2 0 1 0 … ──┘

import type { Instant } from '../../base/time.ts';
import { SECOND_MS } from '../../base/time.ts';

/** A little more than what is needed, so that places are found without looking long. */
const SLACK_SECONDS = 4;
/** A phone that was turned away is not asked to come at once. */
const FIRST_SECONDS = 2;

export class Calendar {
  readonly #seconds: number;
  readonly #promised: Uint32Array;
  /** The second up to which what is past has been cleared. */
  #cleared: number | undefined;
  #total = 0;

  constructor(farthestMs: number) {
    this.#seconds = Math.floor(farthestMs / SECOND_MS);
    this.#promised = new Uint32Array(this.#seconds + 1);
  }

  /** Promised, and not due yet. */
  outstanding(now: Instant): number {
    this.#clear(now);
    return this.#total;
  }

  /** Takes a place and says in how many seconds it is. `chance`: uniform in [0, 1). */
  promise(placesPerSecond: number, chance: number, now: Instant): number {
    this.#clear(now);
    const places = Math.max(1, Math.floor(placesPerSecond));
    const window = Math.ceil(this.#total / places) + SLACK_SECONDS;
    const first = FIRST_SECONDS + Math.floor(chance * window);
    for (let ahead = first; ahead <= this.#seconds; ahead++) {
      if (this.#at(ahead, now) < places) return this.#take(ahead, now);
    }
    for (let ahead = Math.min(first, this.#seconds); ahead >= FIRST_SECONDS; ahead--) {
      if (this.#at(ahead, now) < places) return this.#take(ahead, now);
    }
    // Every second is full: the later half is shared, for who comes then may be told another time again.
    return this.#take(Math.ceil(this.#seconds * (1 + chance) * 0.5), now);
  }

  #at(ahead: number, now: Instant): number {
    return this.#promised[this.#index(ahead, now)] ?? 0;
  }

  #take(ahead: number, now: Instant): number {
    const index = this.#index(ahead, now);
    this.#promised[index] = (this.#promised[index] ?? 0) + 1;
    this.#total++;
    return ahead;
  }

  #index(ahead: number, now: Instant): number {
    return (Math.floor(now / SECOND_MS) + ahead) % this.#promised.length;
  }

  #clear(now: Instant): void {
    const second = Math.floor(now / SECOND_MS);
    const from = Math.max(this.#cleared ?? second, second - this.#promised.length);
    for (let past = from; past < second; past++) {
      const index = past % this.#promised.length;
      this.#total -= this.#promised[index] ?? 0;
      this.#promised[index] = 0;
    }
    this.#cleared = second;
  }
}
