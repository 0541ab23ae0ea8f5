// The sets of the table: what each holds, who fills it, how large it may become.
//
//   told      by the node, element by element; stays when rules are replaced
//   learned   by packets; stays when rules are replaced
//   metered   by packets, with a bucket for each element; made anew when the shares change
//
// All sizes come from base/limits.ts. An element of a hash costs the kernel some 150 bytes, and nothing while unused.

import { LIMITS } from '../../base/limits.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { Rate, Shares } from '../../ports/shield.ts';
import { FAMILIES, type Family, flowKey } from './addresses.ts';

export interface SetShape {
  readonly name: string;
  /** What is looked up, as an expression whose type the kernel knows; for a map also what is found. */
  readonly key: string;
  readonly value?: string;
  readonly size: number;
  readonly flags: readonly ('timeout' | 'dynamic')[];
  readonly timeoutMs?: number;
  /** A statement that each element carries. */
  readonly statement?: string;
}

/** Sets that the node fills, without the family that ends their names where they have one. */
export type ToldSet =
  | `emergency${Family}`
  | `known${Family}`
  | `familiar${Family}`
  | `refused${Family}`
  | 'media_open'
  | `media_peers${Family}`
  | 'doors_a'
  | 'doors_b';

/** An element whose time is up may stand in the kernel's way until it is swept. */
const UNSWEPT = 1.1;

const SADDR = { '4': 'ip saddr', '6': 'ip6 saddr' } as const;

const FLOW_RATE: Rate = {
  perSecond: LIMITS.knownFlowPerSecondMin,
  burst: LIMITS.knownFlowPerSecondMin * LIMITS.flowBurstSeconds,
};
export const MEDIA_PEER_RATE: Rate = {
  perSecond: LIMITS.mediaPacketsPerSecondMax,
  burst: LIMITS.mediaPacketsPerSecondMax,
};
export const MEDIA_STRANGER_RATE: Rate = {
  perSecond: LIMITS.kernelMediaStrangersPerSecond,
  burst: LIMITS.kernelMediaStrangersBurst,
};

const MEDIA_PORTS = 65_536;

/** How many elements of each the node may tell. */
export const ROOM: Readonly<Record<ToldSet, number>> = {
  emergency4: LIMITS.kernelEmergencyFlowsMax,
  emergency6: LIMITS.kernelEmergencyFlowsMax,
  known4: LIMITS.knownFlowsMax,
  known6: LIMITS.knownFlowsMax,
  familiar4: LIMITS.familiarSourcesMax,
  familiar6: LIMITS.familiarSourcesMax,
  refused4: LIMITS.refusedSourcesMax,
  refused6: LIMITS.refusedSourcesMax,
  media_open: MEDIA_PORTS,
  media_peers4: MEDIA_PORTS,
  media_peers6: MEDIA_PORTS,
  doors_a: LIMITS.kernelDoorsMax,
  doors_b: LIMITS.kernelDoorsMax,
};

/** What is taken away from a dead node's table: its calls and its doors are gone with it, its customers are not. */
export const ENDED_WITH_A_NODE: readonly ToldSet[] = [
  'media_open',
  'media_peers4',
  'media_peers6',
  'doors_a',
  'doors_b',
];

export function toldSets(): readonly SetShape[] {
  const told = (name: ToldSet, key: string, more: Partial<SetShape> = {}): SetShape => ({
    name,
    key,
    size: Math.ceil(ROOM[name] * UNSWEPT),
    flags: ['timeout'],
    ...more,
  });
  const ofFamily = (family: Family): readonly SetShape[] => [
    told(`emergency${family}`, flowKey(family), { statement: limit(FLOW_RATE) }),
    told(`known${family}`, flowKey(family), { statement: limit(FLOW_RATE) }),
    told(`familiar${family}`, SADDR[family]),
    told(`refused${family}`, SADDR[family]),
    told(`media_peers${family}`, `udp dport . ${flowKey(family)}`, {
      statement: limit(MEDIA_PEER_RATE),
    }),
  ];
  return [
    ...FAMILIES.flatMap(ofFamily),
    told('media_open', 'udp dport', { statement: limit(MEDIA_STRANGER_RATE) }),
  ];
}

/** Known flows that went beyond their budgets lately. */
export function learnedSets(): readonly SetShape[] {
  return FAMILIES.map((family) => ({
    name: `exceeding${family}`,
    key: flowKey(family),
    size: LIMITS.kernelExceedingFlowsMax,
    flags: ['dynamic', 'timeout'],
    timeoutMs: LIMITS.exceedingFlowMs,
  }));
}

/**
 * A peer behind a door, as its packets come and as ours go to it. For a map that packets fill, nft 1.0.6 sets aside 16
 * bytes whatever its key is, and lets what is longer be overwritten: so of an IPv6 address the last 12 bytes count.
 */
export const DOOR_FLOW = {
  '4': { coming: 'udp sport . ip saddr', going: 'udp dport . ip daddr' },
  '6': { coming: 'udp sport . @nh,96,96', going: 'udp dport . @nh,224,96' },
} as const;

/** Only where there are doors. */
export function doorSets(): readonly SetShape[] {
  const sides = ['a', 'b'] as const;
  return [
    ...sides.map((side): SetShape => {
      return { name: `doors_${side}`, key: 'udp dport', size: LIMITS.kernelDoorsMax, flags: ['timeout'] };
    }),
    ...sides.flatMap((side) =>
      FAMILIES.map(
        (family): SetShape => ({
          name: `door_flows_${side}${family}`,
          key: DOOR_FLOW[family].coming,
          value: 'udp dport',
          size: LIMITS.kernelDoorFlowsMax,
          flags: ['dynamic', 'timeout'],
          timeoutMs: LIMITS.kernelDoorFlowMs,
        }),
      ),
    ),
    {
      name: 'door_knocks',
      key: 'udp dport',
      size: 2 * LIMITS.kernelDoorsMax,
      flags: ['dynamic', 'timeout'],
      timeoutMs: LIMITS.kernelDoorFlowMs,
      statement: 'counter',
    },
  ];
}

/** How many sources and networks are counted one by one, of each family. */
export interface Places {
  readonly sources: number;
  readonly networks: number;
}
export const PLACES: Places = { sources: LIMITS.kernelSourcesMax, networks: LIMITS.kernelNetworksMax };

/** Buckets that packets make for themselves. */
export function meteredSets(
  shares: Shares,
  doorNewcomers: Rate | undefined,
  { sources, networks }: Places,
): readonly SetShape[] {
  const metered = (name: string, key: string, size: number, rate: Rate): SetShape => ({
    name,
    key,
    size,
    flags: ['dynamic', 'timeout'],
    timeoutMs: wholeAgainMs(rate),
  });
  const familiar = LIMITS.familiarSourcesMax;
  const ofFamily = (family: Family): readonly SetShape[] => [
    metered(`source${family}`, SADDR[family], sources, shares.source),
    metered(`network${family}`, SADDR[family], networks, shares.network),
    metered(`familiar_source${family}`, SADDR[family], familiar, shares.familiarSource),
    metered(`connect_source${family}`, SADDR[family], sources, shares.connectSource),
    metered(`connect_network${family}`, SADDR[family], networks, shares.connectNetwork),
    metered(`connect_familiar${family}`, SADDR[family], familiar, shares.familiarSource),
    metered(`fragments${family}`, SADDR[family], networks, FRAGMENTS),
    ...(doorNewcomers === undefined
      ? []
      : [metered(`door_source${family}`, SADDR[family], sources, shares.source)]),
  ];
  return [
    ...FAMILIES.flatMap(ofFamily),
    ...(doorNewcomers === undefined
      ? []
      : [metered('door_newcomers', 'udp dport', 2 * LIMITS.kernelDoorsMax, doorNewcomers)]),
  ];
}

export const FRAGMENTS: Rate = {
  perSecond: LIMITS.kernelFragmentsPerSource,
  burst: LIMITS.kernelFragmentsPerSource,
};

/** `limit rate 15/minute burst 5 packets`: nftables counts whole packets in whole units. */
export function limit({ perSecond, burst }: Rate): string {
  const atOnce = Math.max(1, Math.ceil(burst));
  for (const [unit, seconds] of UNITS) {
    const count = perSecond * seconds;
    if ((count > 0 && Number.isInteger(count)) || (count >= PRECISE && unit !== 'second')) {
      return `limit rate ${Math.max(1, Math.round(count))}/${unit} burst ${atOnce} packets`;
    }
  }
  return `limit rate ${Math.max(1, Math.round(perSecond * DAY_SECONDS))}/day burst ${atOnce} packets`;
}

const DAY_SECONDS = 86_400;
const UNITS = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3_600],
  ['day', DAY_SECONDS],
] as const;
/** From here on rounding to a whole number does not matter. */
const PRECISE = 20;

/** `timeout 90s`; at least one second, which is less than nothing to wait for. */
export function timeout(ms: number): string {
  return `timeout ${Math.max(1, Math.ceil(ms / SECOND_MS))}s`;
}

/** A bucket that is forgotten sooner than this would be whole again too early. */
function wholeAgainMs({ perSecond, burst }: Rate): number {
  const wholeMs = perSecond > 0 ? (burst / perSecond) * SECOND_MS : LIMITS.kernelPlaceMaxMs;
  return Math.min(LIMITS.kernelPlaceMaxMs, Math.max(LIMITS.kernelPlaceMinMs, wholeMs + SECOND_MS));
}

/** As a table's block declares it. */
export function declaration({ name, key, value, size, flags, timeoutMs, statement }: SetShape): string {
  const parts = [
    `typeof ${value === undefined ? key : `${key} : ${value}`}`,
    `size ${size}`,
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')}`]),
    ...(timeoutMs === undefined ? [] : [timeout(timeoutMs)]),
    ...(statement === undefined ? [] : [statement]),
  ];
  return `${value === undefined ? 'set' : 'map'} ${name} { ${parts.join('; ')}; }`;
}
