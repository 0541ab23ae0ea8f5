// The rules for packets to the node's own ports. Each family of addresses has chains of its own, for the same rules
// over other sets; a packet goes from chain to chain and never back:
//
//   packets ─┬▶ fragments                               (pieces that have no ports)
//            ├▶ signalling ▶ flows ▶ carriers ▶ strangers ▶ newcomers ▶ network ▶ everyone
//            │                └▶ exceeding ▶ within         (known flows, after they went beyond their budgets)
//            ├▶ connecting                              (SYN; what is connected passes)
//            ├▶ media                                   (peers of live legs, then a little of others)
//            └▶ doors ▶ … ▶ enter                       (door-rules.ts)
//
// A set that carries a bucket for each element matches while the bucket has something. `!=` does not touch buckets, so
// that a flood of strangers costs one look at each set, and a flow beyond its budget goes on as the stranger it may be.

import { LIMITS } from '../../base/limits.ts';
import type { CarrierAccess, Rate, ShieldPlan } from '../../ports/shield.ts';
import {
  disjoint,
  type Family,
  flowKey,
  isLoopback,
  isWildcard,
  placeOf,
  sourceExpression,
} from './addresses.ts';
import { FRAGMENTS, limit } from './sets.ts';

export interface Chain {
  readonly name: string;
  readonly rules: readonly string[];
}

/** Read with one command, and set to nothing by it. */
export const COUNTERS = [
  'emergency_in',
  'emergency_over',
  'known_in',
  'known_over',
  'carrier_in',
  'carrier_over',
  'refused_out',
  'newcomer_in',
  'newcomer_out',
  'crowd',
  'garbage',
  'connects_in',
  'connects_out',
  'media_in',
  'media_out',
  'fragments_in',
  'fragments_out',
] as const;
export type CounterName = (typeof COUNTERS)[number];

/** A node that says nothing any more judges nothing any more: whatever happens to it, the kernel opens by itself. */
export const WHILE_ALIVE = 'meta protocol != @alive accept';

const SADDR = { '4': 'ip saddr', '6': 'ip6 saddr' } as const;
const DADDR = { '4': 'ip daddr', '6': 'ip6 daddr' } as const;

/** Where a request or an answer begins, and nothing else that newcomers may send but STUN. */
const FIRST_WORDS = [
  'REGI',
  'INVI',
  'OPTI',
  'ACK ',
  'BYE ',
  'CANC',
  'SUBS',
  'NOTI',
  'MESS',
  'PUBL',
  'INFO',
  'UPDA',
  'PRAC',
  'REFE',
  'SIP/',
];
const UNTOLD = LIMITS.kernelMediaUntoldPerSecond;
/** Header of UDP, and the first word. */
const SHORTEST_DATAGRAM = 12;
/** No request is shorter, with its mandatory header fields. */
const SHORTEST_REQUEST = 108;

/** One bucket for all, whatever their lane, family and door. */
const BEYOND_BUDGETS = 'limit name beyond_budgets';
const EXCEEDING_FLOWS = 'limit name exceeding_flows';
/** The limits of those names. */
export function namedLimits({ shares }: ShieldPlan): readonly (readonly [name: string, rate: Rate])[] {
  return [
    ['beyond_budgets', shares.beyondBudgets],
    ['exceeding_flows', shares.exceedingFlows],
  ];
}

export function count(name: CounterName): string {
  return `counter name ${name}`;
}

/** All that is to our own ports goes to where it is judged; everything else is none of our business. */
export function packets(plan: ShieldPlan, family: Family): Chain {
  const udp = plan.listeners.filter(({ transport }) => transport === 'udp');
  const streams = plan.listeners.filter(({ transport }) => transport !== 'udp');
  const ends = (listeners: ShieldPlan['listeners']) => listeners.map(({ local }) => local);
  const { from, to, addresses } = plan.media;
  const isFragment = family === '4' ? 'ip frag-off & 0x1fff != 0' : 'frag frag-off != 0';
  const { doors } = plan;
  return {
    name: `packets${family}`,
    rules: [
      `${isFragment} goto fragments${family}`,
      ...(doors === undefined
        ? []
        : [
            `udp dport { ${doors.inside.a}, ${doors.inside.b} } fib daddr type local goto inside`,
            `udp dport ${doors.from}-${doors.to} fib daddr type local goto doors${family}`,
          ]),
      ...toPorts('udp', ends(udp), family, `signalling${family}`),
      ...toPorts('tcp', ends(streams), family, `connecting${family}`),
      ...toAddresses(addresses, family).map(
        (match) => `udp dport ${from}-${to} ${match} goto media${family}`,
      ),
    ],
  };
}

/** Rules that send what is for these ends to a chain: those at a wildcard at any address of this machine. */
function toPorts(
  protocol: 'udp' | 'tcp',
  ends: readonly { readonly address: string; readonly port: number }[],
  family: Family,
  chain: string,
): readonly string[] {
  const ours = ends.flatMap(({ address, port }) => {
    const place = placeOf(address);
    return place?.family !== family || isLoopback(address) ? [] : [{ address, port, text: place.text }];
  });
  const everywhere = unique(
    ours.filter(({ address }) => isWildcard(address)).map(({ port }) => String(port)),
  );
  const somewhere = unique(
    ours.filter(({ address }) => !isWildcard(address)).map(({ text, port }) => `${text} . ${port}`),
  );
  return [
    ...(somewhere.length === 0
      ? []
      : [`${DADDR[family]} . ${protocol} dport { ${somewhere.join(', ')} } goto ${chain}`]),
    ...(everywhere.length === 0
      ? []
      : [`${protocol} dport { ${everywhere.join(', ')} } fib daddr type local goto ${chain}`]),
  ];
}

function toAddresses(addresses: readonly string[], family: Family): readonly string[] {
  const ours = addresses.filter((address) => placeOf(address)?.family === family && !isLoopback(address));
  if (ours.some(isWildcard)) return ['fib daddr type local'];
  const texts = unique(ours.flatMap((address) => placeOf(address)?.text ?? []));
  return texts.length === 0 ? [] : [`${DADDR[family]} { ${texts.join(', ')} }`];
}

/**
 * Pieces of a large datagram after the first have no ports, so that they cannot be told from those for other programs:
 * only their number is held down, for putting them together costs memory. Where conntrack works, it has put them
 * together before and none comes here.
 */
export function fragments(plan: ShieldPlan, family: Family): Chain {
  const ceiling = (perSecond: number) => limit({ perSecond, burst: perSecond });
  const carriers = ofAllCarriers(plan.carriers, family);
  const trusted = ceiling(LIMITS.kernelFragmentsOfFamiliar);
  return {
    name: `fragments${family}`,
    rules: [
      WHILE_ALIVE,
      'meta l4proto != udp accept',
      'fib daddr type != local accept',
      ...(carriers === undefined
        ? []
        : [`${SADDR[family]} ${carriers} ${trusted} ${count('fragments_in')} accept`]),
      `${sourceExpression(family, 'customer')} @familiar${family} ${trusted} ${count('fragments_in')} accept`,
      metered(`fragments${family}`, sourceExpression(family, 'customer'), FRAGMENTS, `whole_fragments`),
      `${count('fragments_out')} drop`,
    ],
  };
}

/** What both families share: ceilings. */
export function ceilings({ shares }: ShieldPlan): readonly Chain[] {
  const everyone = fewAtOnce(shares.all);
  const all = { perSecond: LIMITS.kernelFragmentsOfAll, burst: LIMITS.kernelFragmentsOfAll };
  return [
    {
      name: 'everyone',
      rules: [`${limit(everyone)} ${count('newcomer_in')} accept`, `${count('newcomer_out')} drop`],
    },
    {
      // Sources that found no place among those that are counted one by one.
      name: 'crowd',
      rules: [
        count('crowd'),
        `${limit(partOf(shares.all, LIMITS.kernelCrowdPart))} goto everyone`,
        `${count('newcomer_out')} drop`,
      ],
    },
    {
      name: 'familiar',
      rules: [
        `${limit(fewAtOnce(shares.familiarAll))} ${count('newcomer_in')} accept`,
        'meta protocol ip goto source4',
        'goto source6',
      ],
    },
    {
      name: 'connecting_all',
      rules: [`${limit(shares.connectAll)} ${count('connects_in')} accept`, `${count('connects_out')} drop`],
    },
    {
      name: 'connecting_familiar',
      rules: [`${limit(shares.familiarAll)} ${count('connects_in')} accept`, 'goto connecting_all'],
    },
    {
      name: 'whole_fragments',
      rules: [`${limit(all)} ${count('fragments_in')} accept`, `${count('fragments_out')} drop`],
    },
  ];
}

/** SIP over UDP: the lanes, in their order. */
export function signalling(plan: ShieldPlan, family: Family): readonly Chain[] {
  return [
    {
      name: `signalling${family}`,
      rules: [WHILE_ALIVE, ...emergency(family, `flows${family}`)],
    },
    ...knownFlows('', family, 'accept', `carriers${family}`),
    { name: `carriers${family}`, rules: carriers(plan.carriers, family, 'carrier', `strangers${family}`) },
    {
      name: `strangers${family}`,
      rules: [...refused(family, 'refused_out'), ...garbage(`newcomers${family}`)],
    },
    ...newcomers(plan, family),
  ];
}

/** One look for whoever is not in the lane; a second one, at its budget, for who is. */
function emergency(family: Family, beyond: string): readonly string[] {
  const key = flowKey(family);
  return [
    `${key} != @emergency${family} goto ${beyond}`,
    `${key} @emergency${family} ${count('emergency_in')} accept`,
    `${BEYOND_BUDGETS} ${count('emergency_in')} accept`,
    count('emergency_over'),
    `goto ${beyond}`,
  ];
}

/**
 * Known flows, the same; and who went beyond its budget is remembered for a while, and shares what is within it with
 * all that did. `at`: where, for the chains' names.
 */
export function knownFlows(at: string, family: Family, admit: string, beyond: string): readonly Chain[] {
  const key = flowKey(family);
  const letIn = `${count('known_in')} ${admit}`;
  const exceeds = `update @exceeding${family} { ${key} }`;
  const over = `goto ${at}over${family}`;
  return [
    {
      name: `${at}flows${family}`,
      rules: [
        `${key} != @known${family} goto ${beyond}`,
        `${key} @exceeding${family} goto ${at}exceeding${family}`,
        `${key} @known${family} ${letIn}`,
        exceeds,
        over,
      ],
    },
    {
      name: `${at}exceeding${family}`,
      rules: [`${key} @known${family} goto ${at}within${family}`, exceeds, over],
    },
    { name: `${at}within${family}`, rules: [`${EXCEEDING_FLOWS} ${letIn}`, over] },
    {
      name: `${at}over${family}`,
      rules: [`${BEYOND_BUDGETS} ${letIn}`, count('known_over'), `goto ${beyond}`],
    },
  ];
}

/** What comes from a carrier's addresses, its own share for each; ranges of two carriers may overlap. */
export function carriers(
  all: readonly CarrierAccess[],
  family: Family,
  counted: 'carrier' | 'connects',
  beyond: string,
): readonly string[] {
  const anyOf = ofAllCarriers(all, family);
  if (anyOf === undefined) return [`goto ${beyond}`];
  const each = all.flatMap(({ from, rate }) => {
    const ranges = disjoint(from)[family];
    return ranges.length === 0
      ? []
      : [`${SADDR[family]} { ${ranges.join(', ')} } ${limit(rate)} ${count(`${counted}_in`)} accept`];
  });
  return [
    `${SADDR[family]} != ${anyOf} goto ${beyond}`,
    ...each,
    ...(counted === 'carrier'
      ? [`${BEYOND_BUDGETS} ${count('carrier_in')} accept`, count('carrier_over')]
      : []),
    `goto ${beyond}`,
  ];
}

function ofAllCarriers(all: readonly CarrierAccess[], family: Family): string | undefined {
  const ranges = disjoint(all.flatMap(({ from }) => from))[family];
  return ranges.length === 0 ? undefined : `{ ${ranges.join(', ')} }`;
}

export function refused(family: Family, counter: 'refused_out' | 'connects_out'): readonly string[] {
  return [`${sourceExpression(family, 'customer')} @refused${family} ${count(counter)} drop`];
}

/** What is not SIP and not STUN takes from nobody's share. Keepalives of strangers are among it: nothing keeps them. */
export function garbage(beyond: string): readonly string[] {
  return [
    `udp length < ${SHORTEST_DATAGRAM} ${count('garbage')} drop`,
    `@th,64,32 { ${FIRST_WORDS.map(asNumber).join(', ')} } goto ${beyond}`,
    `@th,64,16 0x0001 @th,96,32 0x2112a442 goto ${beyond}`,
    // Line ends before a request are to be ignored (RFC 3261 §7.5).
    `@th,64,16 0x0d0a udp length > ${SHORTEST_REQUEST} goto ${beyond}`,
    `${count('garbage')} drop`,
  ];
}

function newcomers({ shares }: ShieldPlan, family: Family): readonly Chain[] {
  const customer = sourceExpression(family, 'customer');
  const network = sourceExpression(family, 'network');
  const beyond = `${count('newcomer_out')} drop`;
  return [
    {
      name: `newcomers${family}`,
      rules: [`${customer} != @familiar${family} goto source${family}`, `goto familiar${family}`],
    },
    {
      name: `familiar${family}`,
      rules: [metered(`familiar_source${family}`, customer, shares.familiarSource, 'familiar'), beyond],
    },
    {
      name: `source${family}`,
      rules: [
        metered(`source${family}`, customer, shares.source, `network${family}`),
        `${customer} != @source${family} goto crowd`,
        beyond,
      ],
    },
    {
      name: `network${family}`,
      rules: [
        metered(`network${family}`, network, shares.network, 'everyone'),
        `${network} != @network${family} goto everyone`,
        beyond,
      ],
    },
  ];
}

/** Attempts to connect. What is connected already is judged by the node, which knows whose connection it is. */
export function connecting({ carriers: all, shares }: ShieldPlan, family: Family): readonly Chain[] {
  const customer = sourceExpression(family, 'customer');
  const network = sourceExpression(family, 'network');
  const beyond = `${count('connects_out')} drop`;
  return [
    {
      name: `connecting${family}`,
      rules: [
        WHILE_ALIVE,
        'tcp flags & (fin|syn|rst|ack) != syn accept',
        ...carriers(all, family, 'connects', `connecting_strangers${family}`),
      ],
    },
    {
      name: `connecting_strangers${family}`,
      rules: [
        ...refused(family, 'connects_out'),
        `${customer} @familiar${family} goto connecting_familiar${family}`,
        metered(`connect_source${family}`, customer, shares.connectSource, `connecting_network${family}`),
        `${customer} != @connect_source${family} goto connecting_network${family}`,
        beyond,
      ],
    },
    {
      name: `connecting_familiar${family}`,
      rules: [
        metered(`connect_familiar${family}`, customer, shares.familiarSource, 'connecting_familiar'),
        beyond,
      ],
    },
    {
      name: `connecting_network${family}`,
      rules: [
        metered(`connect_network${family}`, network, shares.connectNetwork, 'connecting_all'),
        `${network} != @connect_network${family} goto connecting_all`,
        beyond,
      ],
    },
  ];
}

/** A live leg's peer has a budget of its own; others have little, so that it can be found (latching), not drowned. */
export function media(family: Family): Chain {
  return {
    name: `media${family}`,
    rules: [
      WHILE_ALIVE,
      `udp dport . ${SADDR[family]} . udp sport @media_peers${family} ${count('media_in')} accept`,
      `udp dport @media_open ${count('media_in')} accept`,
      // A phone that answers at once speaks before the kernel has heard of the port.
      `udp dport != @media_open ${limit({ perSecond: UNTOLD, burst: UNTOLD })} ${count('media_in')} accept`,
      `${count('media_out')} drop`,
    ],
  };
}

/** Goes on there while the source's own bucket has something; a source that finds no place does not. */
export function metered(set: string, key: string, rate: Rate, beyond: string): string {
  return `update @${set} { ${key} ${limit(rate)} } goto ${beyond}`;
}

function fewAtOnce({ perSecond, burst }: Rate): Rate {
  return { perSecond, burst: Math.min(burst, LIMITS.kernelNewcomersAtOnce) };
}

export function partOf({ perSecond, burst }: Rate, part: number): Rate {
  return {
    perSecond: Math.max(1, Math.floor(perSecond * part)),
    burst: Math.max(1, Math.floor(burst * part)),
  };
}

function asNumber(word: string): string {
  return `0x${[...word].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
