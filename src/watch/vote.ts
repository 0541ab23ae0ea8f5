// What one watcher thinks of one probe, from the last few results that it gave.
//
//   silent    nothing heard for two intervals and a timeout, or one failure is all there is
//   failing   the last two failed
//   shaky     two of the last six failed, or each of the last two failed or warned of something
//   passing   anything else
//
// Two failures running, so that one lost packet is no outage; two of six, so that a service which fails every other
// time is not a service that passes. A warning is never down: whoever asked was served.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { ProbeResult } from './result.ts';

export type Opinion = 'passing' | 'shaky' | 'failing' | 'silent';

export interface VoteTiming {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

const REMEMBERED = 6;
const FAILING_RUN = 2;
const SHAKY_COUNT = 2;

export class Vote {
  readonly #lifeMs: number;
  #recent: readonly ProbeResult[] = [];
  #heardAt: Instant | undefined;

  constructor({ intervalMs, timeoutMs }: VoteTiming) {
    this.#lifeMs = 2 * intervalMs + timeoutMs + LIMITS.watcherAheadMaxMs;
  }

  get last(): ProbeResult | undefined {
    return this.#recent.at(-1);
  }

  /** When the last result stops to count. */
  get staleAt(): Instant | undefined {
    return this.#heardAt === undefined ? undefined : this.#heardAt + this.#lifeMs;
  }

  add(result: ProbeResult, now: Instant): void {
    const kept = this.#isStale(now) ? [] : this.#recent;
    this.#recent = [...kept, result].slice(-REMEMBERED);
    // Never fresher than either clock says: neither being late on its way nor a clock that is ahead lengthens a life.
    this.#heardAt = Math.min(now, result.at);
  }

  at(now: Instant): Opinion {
    if (this.#isStale(now)) return 'silent';
    const running = this.#recent.slice(-FAILING_RUN);
    const isFailing = running.every(({ outcome }) => outcome === 'failed');
    if (isFailing) return running.length < FAILING_RUN ? 'silent' : 'failing';
    const failures = this.#recent.filter(({ outcome }) => outcome === 'failed').length;
    const isWarning = running.every(({ outcome }) => outcome !== 'passed');
    return isWarning || failures >= SHAKY_COUNT ? 'shaky' : 'passing';
  }

  #isStale(now: Instant): boolean {
    return this.staleAt === undefined || now >= this.staleAt;
  }
}
