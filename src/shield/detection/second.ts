// One second of traffic as numbers: what the tally hands over, and all that the judging ever sees of it.

import { LANES, type Lane } from '../../ports/shield.ts';
import { KINDS } from '../first-bytes.ts';

/** `connect`: an attempt to open a connection. */
export const COUNTED = [...KINDS, 'connect'] as const;
export type Counted = (typeof COUNTED)[number];
export type Kinds = Readonly<Record<Counted, number>>;

/** What has a normal rate of its own, in each lane. */
export const GROUPS = [
  'REGISTER',
  'INVITE',
  'OPTIONS',
  'others',
  'responses',
  'garbage',
  'connects',
] as const;
export type Group = (typeof GROUPS)[number];

export interface LaneSecond {
  /** Packets by what they seem to be, admitted or not. The kernel drops some whose kind it does not tell. */
  readonly kinds: Kinds;
  readonly admitted: number;
  readonly dropped: number;
  /** Of both. */
  readonly bytes: number;
}

export interface Second {
  /** So many seconds went into it, and all that is counted is the mean of them: one, unless the node was held up. */
  readonly seconds: number;
  readonly lanes: Readonly<Record<Lane, LaneSecond>>;
  /** Different addresses among newcomers, and over how many networks they are spread evenly. */
  readonly sources: number;
  readonly evenNetworks: number;
  /** Newcomers' requests that were challenged; answers to a challenge with a wrong password; users that were right. */
  readonly challenged: number;
  readonly wrong: number;
  readonly proved: number;
  /** How late timers were at worst, and how long 99 of 100 packets of the known waited to be read. */
  readonly lateMs: number;
  readonly waitMs: number;
}

const GROUP_OF: Readonly<Partial<Record<Counted, Group>>> = {
  REGISTER: 'REGISTER',
  INVITE: 'INVITE',
  OPTIONS: 'OPTIONS',
  response: 'responses',
  garbage: 'garbage',
  connect: 'connects',
};

export function groupOf(kind: Counted): Group {
  return GROUP_OF[kind] ?? 'others';
}

const KINDS_OF: ReadonlyMap<Group, readonly Counted[]> = new Map(
  GROUPS.map((group) => [group, COUNTED.filter((kind) => groupOf(kind) === group)]),
);

export function ofGroup(kinds: Kinds, group: Group): number {
  let sum = 0;
  for (const kind of KINDS_OF.get(group) ?? []) sum += kinds[kind];
  return sum;
}

export function eachLane<T>(make: (lane: Lane) => T): Readonly<Record<Lane, T>> {
  const all: Partial<Record<Lane, T>> = {};
  for (const lane of LANES) all[lane] = make(lane);
  return all as Record<Lane, T>;
}

export function eachKind(make: (kind: Counted) => number): Kinds {
  const all: Partial<Record<Counted, number>> = {};
  for (const kind of COUNTED) all[kind] = make(kind);
  return all as Record<Counted, number>;
}

export function offered({ admitted, dropped }: LaneSecond): number {
  return admitted + dropped;
}
