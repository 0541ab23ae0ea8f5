// The shield's words, and what is asked of a kernel that can do a part of its work.
//
//   packet ─▶ emergency | carrier | known ─▶ each flow has a budget of its own
//             refused                     ─▶ dropped, for a limited time
//             newcomer                    ─▶ a share for its source, one for its network, a ceiling on the whole
//
// The lanes are asked in this order, so that what is refused at an address never hurts the known flows behind it.
// The decisions are in src/shield/; a kernel shield repeats them before a packet costs the node anything.

import type { Endpoint, TransportName } from '../base/net.ts';
import type { Instant } from '../base/time.ts';

export const LANES = ['emergency', 'carrier', 'known', 'refused', 'newcomer'] as const;
export type Lane = (typeof LANES)[number];

/** How the node is, as far as detection can tell. Whoever is known never notices. */
export const POSTURES = ['calm', 'elevated', 'attack'] as const;
export type Posture = (typeof POSTURES)[number];

/**
 * What is shed of known traffic when there is more than the node can do, in this order: options, SUBSCRIBE and PUBLISH,
 * refreshes of registrations that hold anyway, INVITEs of newcomers, of phones, of carriers. Never: emergency calls,
 * and what belongs to a call in progress.
 */
export const RUNGS = [
  'options',
  'presence',
  'registrations',
  'newcomer-invites',
  'outbound-invites',
  'inbound-invites',
] as const;
export type Rung = (typeof RUNGS)[number];

/** How hard the node worked in one short interval, as whoever reads its packets saw it. */
export interface Load {
  /** 99 of 100 packets of the known, carriers and emergencies were read within this time, patient ones not counted. */
  readonly waitMs: number;
  /** How long there has always been a patient one waiting, such as REGISTER: they wait behind the others. */
  readonly patientWaitMs: number;
  /** Such packets that found no place among those that wait. */
  readonly overflowed: number;
  readonly patientOverflowed: number;
  /** By how much a timer was late. */
  readonly lateMs: number;
  /** Such packets that came in; and all others, those that were dropped at once included. */
  readonly known: number;
  readonly strangers: number;
}

/** A token bucket of packets: `burst` at once after a pause, `perSecond` for ever. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What newcomers may send in one posture. All must be left for a packet to get in. */
export interface Shares {
  /** One customer, as far as an address tells: IPv4 /32, IPv6 /64. */
  readonly source: Rate;
  /** One network: IPv4 /24, IPv6 /56. */
  readonly network: Rate;
  /** All newcomers. */
  readonly all: Rate;
  /** What known flows and carriers may send beyond their own budgets, all together. */
  readonly beyondBudgets: Rate;
  /** All known flows together that went beyond their budgets lately, of what they may send within them. */
  readonly exceedingFlows: Rate;
  /** One source where phones have proved themselves before, instead of `source` and `network`; and all of these. */
  readonly familiarSource: Rate;
  readonly familiarAll: Rate;
  /** Attempts to connect (SYN) of one source, one network, and all, for listeners over TCP. */
  readonly connectSource: Rate;
  readonly connectNetwork: Rate;
  readonly connectAll: Rate;
}

export interface CarrierAccess {
  readonly name: string;
  /** Addresses and CIDR prefixes that it may come from. */
  readonly from: readonly string[];
  /** All that comes from there together. Its proven flows have budgets of their own, like phones. */
  readonly rate: Rate;
}

export interface GuardedListener {
  readonly transport: TransportName;
  /** As bound; may be a wildcard address. */
  readonly local: Endpoint;
}

/** What a kernel shield is told when it begins, and again, whole, whenever any of it changes. */
export interface ShieldPlan {
  readonly listeners: readonly GuardedListener[];
  /** UDP ports of the media relay, both included, at these addresses. */
  readonly media: { readonly addresses: readonly string[]; readonly from: number; readonly to: number };
  readonly carriers: readonly CarrierAccess[];
  readonly shares: Shares;
  /** Where doors lead to: a door's packets are handed to the listener of its side. Absent: no doors in the kernel. */
  readonly doors?: DoorGround;
}

export interface DoorGround {
  /** Doors are opened on these ports, both included. */
  readonly from: number;
  readonly to: number;
  /** The node's own ports behind the doors, one for each side (an account's old door and its new one differ in it). */
  readonly inside: Readonly<Record<DoorSide, number>>;
  /** What newcomers may send through one door. */
  readonly newcomers: Rate;
}

export type DoorSide = 'a' | 'b';

/** By which door a peer came in a former life of the node, and is still to be spoken to. */
export interface DoorPeer {
  readonly remote: Endpoint;
  readonly port: number;
  readonly side: DoorSide;
}

/** One step in what the lanes hold. Steps may come twice, and in any order for different things. */
export type ShieldChange =
  /** This flow is known, or in an emergency call, until then, and may send so much. Replaces what was said of it. */
  | {
      readonly type: 'flow';
      readonly lane: 'emergency' | 'known';
      readonly transport: TransportName;
      readonly remote: Endpoint;
      readonly rate: Rate;
      readonly until: Instant;
      /** It is a carrier's, which has answered us. */
      readonly ofCarrier?: true;
    }
  | {
      readonly type: 'flow-gone';
      readonly lane: 'emergency' | 'known';
      readonly transport: TransportName;
      readonly remote: Endpoint;
    }
  /** Phones have proved themselves at this address (IPv6: within its /64). */
  | { readonly type: 'familiar'; readonly address: string; readonly until: Instant }
  /** Proven abuse from this address (IPv6: from its /64). Its known flows are not touched. */
  | { readonly type: 'refused'; readonly address: string; readonly until: Instant }
  | { readonly type: 'refused-gone'; readonly address: string }
  /** A live leg listens on this port, and on the next one for RTCP. */
  | { readonly type: 'media-open'; readonly port: number }
  /** The leg's peer: what comes from here is never held up by what others send to the port. */
  | { readonly type: 'media-peer'; readonly port: number; readonly remote: Endpoint }
  | { readonly type: 'media-closed'; readonly port: number }
  | { readonly type: 'door-open'; readonly port: number; readonly side: DoorSide }
  | { readonly type: 'door-closed'; readonly port: number };

export interface LaneCount {
  readonly admitted: number;
  readonly admittedBytes: number;
  /**
   * Beyond a budget, a share or the ceiling; all of `refused`. What is beyond the budget of a flow or a carrier is
   * counted so in its lane and goes on as a newcomer's, so that it is counted there too, and may get in.
   */
  readonly dropped: number;
  readonly droppedBytes: number;
}

export type LaneCounts = Readonly<Record<Lane, LaneCount>>;

/** Since the node began; what a dead node's table had counted meanwhile comes on top. */
export interface KernelCounts {
  readonly lanes: LaneCounts;
  /** Attempts to connect, and those of them that were dropped. */
  readonly connects: Passed;
  readonly media: Passed;
  /** Second and further pieces of large datagrams. */
  readonly fragments: Passed;
  /** Of newcomers, not SIP and not STUN: dropped before anything is counted for its source. */
  readonly garbage: number;
  /** Packets of sources that found no place in the kernel's table of sources, and so shared a part of the ceiling. */
  readonly crowd: number;
  /** Newcomers' packets at doors, by port; doors without any are absent. */
  readonly doorNewcomers: ReadonlyMap<number, number>;
  /** How full each table is that the node fills, by a closed set of names. */
  readonly tables: Readonly<Record<string, { readonly used: number; readonly size: number }>>;
}

export interface Passed {
  readonly admitted: number;
  readonly dropped: number;
}

/** A kernel that drops for the node. It may fail at any time: the node then does the same work alone. */
export interface KernelShield {
  /** Where packets are judged, for people: `netdev ringthrough_london_1, on eth0`. */
  readonly place: string;
  /** Why it does not do what it is told at present; undefined while it does. It is tried again and again. */
  readonly trouble: string | undefined;
  /**
   * In place of the plan before, in one step: no packet meets half of it, and what the lanes hold stays. Trouble is
   * told as with `change`.
   */
  load(plan: ShieldPlan): Promise<void>;
  /** Gathered and done in batches, soon. Never throws: what fails is counted, logged, and done again. */
  change(changes: readonly ShieldChange[]): void;
  counts(): Promise<KernelCounts>;
  /** Takes its table away, and nothing else. Safe to call twice. */
  close(): Promise<void>;
}
