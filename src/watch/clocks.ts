// Whether the clocks of watchers and ours agree, as far as their results tell. A result of now comes a little late, by
// its way; the one that came soonest of the last few is as late as the clocks are apart, and no more.
//
//   their clock   12:00:00 ── 5 ── 10      results as old as they say:  14.2 s, 14.1 s, 14.6 s
//   ours          12:00:14 ── 19 ── 24     so theirs is 14 s behind
//
// It is told because such a watcher seems to be silent now and then, and nobody would guess why: its results are older
// than they are (vote.ts), or too old, or of the future (intake.ts). What is sent again does not count.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';

export interface WrongClock {
  readonly watcher: string;
  /** Positive: theirs is behind ours. */
  readonly behindMs: number;
}

const HEEDED = 5;
const HEARD_MIN = 3;

interface Heard {
  newestAt: Instant;
  lateMs: readonly number[];
}

export class Clocks {
  /** By watcher: bounded by what is configured. */
  readonly #heard = new Map<string, Heard>();

  /** A result that its watcher has signed, whether it counts or not. */
  heard(watcher: string, at: Instant, now: Instant): void {
    const { newestAt, lateMs } = this.#heard.get(watcher) ?? {
      newestAt: Number.NEGATIVE_INFINITY,
      lateMs: [],
    };
    if (at <= newestAt) return;
    this.#heard.set(watcher, { newestAt: at, lateMs: [...lateMs, now - at].slice(-HEEDED) });
  }

  /** `undefined` where it is right, or too little is heard to say so. */
  wrong(watcher: string): WrongClock | undefined {
    const { lateMs = [] } = this.#heard.get(watcher) ?? {};
    const behindMs = Math.min(...lateMs);
    if (lateMs.length < HEARD_MIN || Math.abs(behindMs) <= LIMITS.watcherClockMs) return undefined;
    return { watcher, behindMs };
  }

  get all(): readonly WrongClock[] {
    return [...this.#heard.keys()].flatMap((watcher) => this.wrong(watcher) ?? []);
  }
}
