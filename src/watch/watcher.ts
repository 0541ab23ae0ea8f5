// When a watcher runs which probe, and what it says of each. Probes know nothing of each other: each has its own time,
// so that one which hangs until its timeout delays none.
//
//   start ── interval, a little less ──▶ start      jittered downwards, so that watchers and probes do not bunch
//   passed before, failed now ── 1 s ──▶ start      a hint of an outage is confirmed at once, not after an interval

import { Deadlines } from '../base/deadlines.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { ProbeEnd } from '../ports/probes.ts';
import type { Random } from '../ports/random.ts';
import type { ProbeResult } from './result.ts';

export interface ProbeTiming {
  readonly name: string;
  readonly intervalMs: number;
  /** A result that took longer warns. */
  readonly slowAfterMs?: number;
}

const JITTER_SHARE = 0.1;
const CONFIRM_MS = SECOND_MS;

interface Run {
  readonly probe: ProbeTiming;
  startedAt: Instant | undefined;
  sequence: number;
  last: ProbeEnd['outcome'];
}

export class Watcher {
  readonly #name: string;
  readonly #random: Random;
  readonly #runs: ReadonlyMap<string, Run>;
  readonly #deadlines = new Deadlines<Run>();

  /** The first probes are spread over their interval. */
  constructor(name: string, probes: readonly ProbeTiming[], random: Random, now: Instant) {
    this.#name = name;
    this.#random = random;
    const run = (probe: ProbeTiming): Run => {
      return { probe, startedAt: undefined, sequence: 0, last: 'passed' };
    };
    this.#runs = new Map(probes.map((probe) => [probe.name, run(probe)]));
    for (const each of this.#runs.values()) {
      this.#deadlines.add(now + each.probe.intervalMs * random.fraction(), each);
    }
  }

  /** When the next probe is to be started, as far as is known. */
  nextDeadline(): Instant | undefined {
    return this.#deadlines.next();
  }

  /** Names of the probes to be started now. */
  due(now: Instant): readonly string[] {
    const due: string[] = [];
    for (let next = this.#deadlines.take(now); next !== undefined; next = this.#deadlines.take(now)) {
      next.value.startedAt = now;
      due.push(next.value.probe.name);
    }
    return due;
  }

  /** What is said of it; `undefined` for a probe that does not run. */
  ended(name: string, end: ProbeEnd, now: Instant): ProbeResult | undefined {
    const run = this.#runs.get(name);
    if (run?.startedAt === undefined) return undefined;
    const { probe, startedAt, last } = run;
    const intervalMs = probe.intervalMs * (1 - JITTER_SHARE * this.#random.fraction());
    const isHint = end.outcome === 'failed' && last !== 'failed';
    const usual = Math.max(now, startedAt + intervalMs);
    this.#deadlines.add(isHint ? Math.min(usual, now + CONFIRM_MS) : usual, run);
    run.startedAt = undefined;
    run.last = end.outcome;
    const at = Math.floor(now);
    // By the clock, so that it rises over a restart too.
    run.sequence = Math.max(run.sequence + 1, at);
    return { watcher: this.#name, probe: name, at, sequence: run.sequence, ...weighed(end, probe) };
  }
}

function weighed(end: ProbeEnd, { slowAfterMs }: ProbeTiming): ProbeEnd {
  if (slowAfterMs === undefined || end.outcome !== 'passed' || end.latencyMs <= slowAfterMs) return end;
  return { ...end, outcome: 'warned', reason: `slow: ${end.latencyMs} ms, more than ${slowAfterMs} ms` };
}
