// Traffic for the tests of detection, from a seed: as seconds of numbers, where a day must pass quickly, and as packets
// where their sources matter.

import type { Instant } from '../../base/time.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { Lane, Posture } from '../../ports/shield.ts';
import type { Detection } from './detection.ts';
import { Judge } from './judge.ts';
import { PostureKeeper } from './posture.ts';
import type { DetectionEffect } from './report.ts';
import { type Counted, eachKind, eachLane, type Second } from './second.ts';

/** What the node under test takes from all newcomers while it is calm. */
export const NEWCOMERS_PER_SECOND = 5_000;

export interface Traffic {
  readonly packets?: Partial<Readonly<Record<Lane, Partial<Readonly<Record<Counted, number>>>>>>;
  readonly dropped?: Partial<Readonly<Record<Lane, number>>>;
  readonly sources?: number;
  readonly challenged?: number;
  readonly wrong?: number;
  readonly proved?: number;
  readonly lateMs?: number;
}

export function second(traffic: Traffic): Second {
  const { sources = 0, challenged = 0, wrong = 0, proved = 0, lateMs = 0 } = traffic;
  return {
    seconds: 1,
    lanes: eachLane((lane) => {
      const given = traffic.packets?.[lane];
      const kinds = given === undefined ? NONE : { ...NONE, ...given };
      const admitted = total(given);
      return { kinds, admitted, dropped: traffic.dropped?.[lane] ?? 0, bytes: 500 * admitted };
    }),
    sources,
    evenNetworks: sources,
    challenged,
    wrong,
    proved,
    lateMs,
    waitMs: 0,
  };
}

const NONE = eachKind(() => 0);

function total(counts: Readonly<Record<string, number>> = {}): number {
  let sum = 0;
  for (const kind in counts) sum += counts[kind] ?? 0;
  return sum;
}

/** Sums of seconds, as when one thing comes on top of another. */
export function together(...all: readonly Traffic[]): Traffic {
  const sum = (field: 'sources' | 'challenged' | 'wrong' | 'proved' | 'lateMs') =>
    all.reduce((so, each) => so + (each[field] ?? 0), 0);
  return {
    packets: eachLane((lane) => {
      const kinds: Partial<Record<Counted, number>> = {};
      for (const { packets } of all) {
        for (const [kind, count] of Object.entries(packets?.[lane] ?? {}) as [Counted, number][])
          kinds[kind] = (kinds[kind] ?? 0) + count;
      }
      return kinds;
    }),
    dropped: eachLane((lane) => all.reduce((sum, each) => sum + (each.dropped?.[lane] ?? 0), 0)),
    sources: sum('sources'),
    challenged: sum('challenged'),
    wrong: sum('wrong'),
    proved: sum('proved'),
    lateMs: sum('lateMs'),
  };
}

export interface Change {
  readonly at: Instant;
  readonly to: Posture;
}

/** Seconds one after another, judged as Detection does, without packets. */
export class Watch {
  readonly judge = new Judge(NEWCOMERS_PER_SECOND);
  readonly changes: Change[] = [];
  readonly #keeper: PostureKeeper;
  now: Instant;

  constructor(now: Instant = 0) {
    this.now = now;
    this.#keeper = new PostureKeeper(now);
  }

  get posture(): Posture {
    return this.#keeper.posture;
  }

  see(traffic: Traffic): Posture {
    this.now += SECOND_MS;
    const before = this.posture;
    const to = this.#keeper.judged(this.judge.judge(second(traffic), this.now), this.now);
    if (to !== 'attack') this.judge.learn(to === 'calm', this.now);
    if (to !== before) this.changes.push({ at: this.now, to });
    return to;
  }

  seconds(count: number, traffic: (second: number) => Traffic): this {
    for (let n = 0; n < count; n++) this.see(traffic(n));
    return this;
  }
}

/** Lets time pass second by second, each packet of `arrivals` at its moment. Returns what came of it. */
export function play(
  detection: Detection,
  from: Instant,
  seconds: number,
  arrive: (now: Instant) => void,
): readonly { readonly at: Instant; readonly effect: DetectionEffect }[] {
  const told: { at: Instant; effect: DetectionEffect }[] = [];
  const stepMs = SECOND_MS / 10;
  for (let now = from; now < from + seconds * SECOND_MS; now += stepMs) {
    const deadline = detection.nextDeadline();
    if (deadline !== undefined && deadline <= now)
      for (const effect of detection.expire(now)) told.push({ at: now, effect });
    arrive(now);
  }
  return told;
}
