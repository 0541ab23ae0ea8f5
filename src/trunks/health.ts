// Whether one endpoint of a carrier can be used, from what probes and calls lived there.
//
//              success                    2 failures running
//   unknown ────────────▶ up ◀──────────────────────────────▶ down
//      └──────────────────── 2 failures running ───────────────▲
//                             2 successes running: down ▶ up
//
// Two in a row are asked for so that one lost packet moves no traffic; what hints at a change (the first
// failure while up, the first success while down) is confirmed by a probe at once, not after an interval.

import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Random } from '../ports/random.ts';

export type Health = 'up' | 'down' | 'unknown';

export const PROBING = {
  /** Between probes of an endpoint that is up; jittered downwards by a fifth, so that probes do not bunch. */
  intervalMs: 30 * SECOND_MS,
  /** A probe without an answer for this long has failed: Timer F's 32 s are too long to wait. */
  answerMs: 4 * SECOND_MS,
  /** Before a hint of a change is confirmed. */
  confirmMs: SECOND_MS,
  /** Between probes of an endpoint that is down: doubled from the first to the second. */
  downMinMs: 5 * SECOND_MS,
  downMaxMs: 60 * SECOND_MS,
  /** Successes or failures in a row that change the state. */
  streak: 2,
} as const;

export class EndpointHealth {
  state: Health = 'unknown';
  since: Instant | undefined;
  reason = 'not probed yet';
  roundTripMs: number | undefined;
  /** Both count what came last without the other between. */
  #successes = 0;
  #failures = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get failuresRunning(): number {
    return this.#failures;
  }

  /** Returns how long to wait before the next probe. */
  succeeded(reason: string, now: Instant): number {
    this.#successes += 1;
    this.#failures = 0;
    if (this.state === 'unknown' || (this.state === 'down' && this.#successes >= PROBING.streak)) {
      this.#enter('up', now);
    }
    if (this.state === 'down') return PROBING.confirmMs;
    this.reason = reason;
    return PROBING.intervalMs * (0.8 + 0.2 * this.#random.fraction());
  }

  /** Returns how long to wait before the next probe. */
  failed(reason: string, now: Instant): number {
    this.#failures += 1;
    this.#successes = 0;
    if (this.state !== 'down' && this.#failures >= PROBING.streak) this.#enter('down', now);
    if (this.state !== 'down') return PROBING.confirmMs;
    this.reason = reason;
    const doublings = Math.min(this.#failures - PROBING.streak, 10);
    const waitMs = Math.min(PROBING.downMinMs * 2 ** Math.max(doublings, 0), PROBING.downMaxMs);
    return waitMs * (0.5 + 0.5 * this.#random.fraction());
  }

  #enter(state: Health, now: Instant): void {
    this.state = state;
    this.since = now;
  }
}
