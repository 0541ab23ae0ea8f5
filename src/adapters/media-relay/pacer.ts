// One beat of 20 ms for all that is being played. Beats stand on an absolute grid, so that late timers don't
// add up to drift: a late timer makes good what is due. After a stall longer than that the grid moves
// instead: a peer's jitter buffer could only throw a burst away.

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import type { Clock } from '../../ports/clock.ts';

export const STEP_MS = 20;

export interface Paced {
  /** Every 20 ms on average. */
  step(now: Instant): void;
}

export class Pacer {
  readonly #clock: Clock;
  /** With the time that each was added: what was due before that is not its own, however late the timer is. */
  readonly #paced = new Map<Paced, Instant>();
  #nextAt: Instant = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(paced: Paced): void {
    const now = this.#clock.now();
    this.#paced.set(paced, now);
    if (this.#timer !== undefined) return;
    this.#nextAt = now;
    this.#arm();
  }

  /** Also stops the timer when nothing is left. */
  remove(paced: Paced): void {
    this.#paced.delete(paced);
    if (this.#paced.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const delayMs = Math.max(0, Math.ceil(this.#nextAt - this.#clock.now()));
    this.#timer = setTimeout(() => this.#beat(), delayMs);
  }

  #beat(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const due = dueSteps(this.#nextAt, now);
    this.#nextAt = due.nextAt;
    for (let left = due.count; left > 0; left -= 1) {
      const dueAt = due.nextAt - left * STEP_MS;
      for (const [paced, since] of this.#paced) if (since <= dueAt) paced.step(now);
    }
    if (this.#paced.size > 0 && this.#timer === undefined) this.#arm();
  }
}

/** How many steps are due at `now`, where the first of them was due at `nextAt`; and when the next one is. */
export function dueSteps(
  nextAt: Instant,
  now: Instant,
): { readonly count: number; readonly nextAt: Instant } {
  if (now < nextAt) return { count: 0, nextAt };
  const count = Math.floor((now - nextAt) / STEP_MS) + 1;
  if (count > LIMITS.mediaCatchUpStepsMax) return { count: 1, nextAt: now + STEP_MS };
  return { count, nextAt: nextAt + count * STEP_MS };
}
