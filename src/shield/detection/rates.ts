// The last seconds as rates, beside what is normal: the part of the status that moves.

import type { Instant } from '../../base/time.ts';
import { LANES, type Lane } from '../../ports/shield.ts';
import type { Judge } from './judge.ts';
import type { DetectionStatus, KindRate, LaneRate } from './report.ts';
import { COUNTED, GROUPS, groupOf, type LaneSecond, type Second } from './second.ts';
import type { Tally } from './tally.ts';

/** What is told of each list. */
const TOLD = 10;

type Rates = Pick<DetectionStatus, 'lanes' | 'newcomers' | 'lateMs' | 'waitMs'>;

/** `seconds`: the last ones, newest last; none where nothing came lately. */
export function ratesOf(seconds: readonly Second[], tally: Tally, judge: Judge, now: Instant): Rates {
  const last = seconds.at(-1);
  const challenged = mean(seconds, (second) => second.challenged);
  const proved = mean(seconds, (second) => second.proved);
  return {
    lanes: LANES.map((lane) => laneRate(lane, seconds, judge, now)),
    newcomers: {
      sourcesPerSecond: Math.round(mean(seconds, (second) => second.sources)),
      evenNetworks: Math.round(last?.evenNetworks ?? 0),
      networks: last === undefined ? [] : tally.networks.top(TOLD),
      kinds: kindRates(seconds, judge, now),
      userAgents: last === undefined ? [] : tally.userAgents.top(TOLD),
      malformations: last === undefined ? [] : tally.malformations.top(TOLD),
      challengedPerSecond: challenged,
      ...(challenged > 0 ? { provedShare: Math.min(1, proved / challenged) } : {}),
    },
    lateMs: Math.max(0, ...seconds.map((second) => second.lateMs)),
    waitMs: Math.max(0, ...seconds.map((second) => second.waitMs)),
  };
}

function laneRate(lane: Lane, seconds: readonly Second[], judge: Judge, now: Instant): LaneRate {
  const of = (field: (one: LaneSecond) => number) => mean(seconds, ({ lanes }) => field(lanes[lane]));
  const normals = GROUPS.map((group) => judge.normalOf(lane, group, now));
  const isKnown = normals.every((normal) => normal !== undefined);
  return {
    lane,
    admittedPerSecond: of(({ admitted }) => admitted),
    droppedPerSecond: of(({ dropped }) => dropped),
    bytesPerSecond: of(({ bytes }) => bytes),
    ...(isKnown && { normalPerSecond: normals.reduce<number>((sum, normal) => sum + (normal ?? 0), 0) }),
  };
}

function kindRates(seconds: readonly Second[], judge: Judge, now: Instant): readonly KindRate[] {
  return COUNTED.map((kind) => ({
    kind,
    perSecond: mean(seconds, ({ lanes }) => lanes.newcomer.kinds[kind]),
    normal: judge.normalOf('newcomer', groupOf(kind), now),
  }))
    .filter(({ perSecond }) => perSecond > 0)
    .sort((a, b) => b.perSecond - a.perSecond)
    .slice(0, TOLD)
    .map(({ kind, perSecond, normal }) => ({
      kind,
      perSecond,
      ...(normal === undefined ? {} : { normalPerSecond: normal }),
    }));
}

function mean(seconds: readonly Second[], field: (second: Second) => number): number {
  if (seconds.length === 0) return 0;
  return seconds.reduce((sum, second) => sum + field(second), 0) / seconds.length;
}
