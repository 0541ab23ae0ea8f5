// A token bucket whose rate may change with every look at it, and which may go into debt for whom that is allowed.

import { type Instant, SECOND_MS } from '../../base/time.ts';

export class Pace {
  #tokens = Number.POSITIVE_INFINITY;
  #at: Instant = Number.NEGATIVE_INFINITY;

  /** One second's worth at most. */
  left(perSecond: number, now: Instant): number {
    const given = (Math.max(0, now - this.#at) / SECOND_MS) * perSecond;
    this.#tokens = Math.min(perSecond, this.#tokens + given);
    this.#at = now;
    return this.#tokens;
  }

  take(): void {
    this.#tokens--;
  }
}
