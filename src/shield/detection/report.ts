// What detection tells: how things are now, and what an attack was. Plain data, for the log, the API and the terminal,
// with the words that people read and the numbers that programs do.

import type { Instant } from '../../base/time.ts';
import type { Lane, Posture } from '../../ports/shield.ts';
import { forgedWords } from './forgery.ts';
import type { Counted } from './second.ts';
import type { NetworkRate } from './top-networks.ts';
import type { WordShare } from './top-words.ts';

/** A likelihood, 0 to 1, and what people say for it. */
export interface Likelihood {
  readonly likelihood: number;
  readonly words: string;
}

export interface KindShare {
  readonly kind: Counted;
  /** Of the strangers' packets: 0 to 1. */
  readonly share: number;
}

export interface NetworkShare {
  readonly network: string;
  /** Of the strangers' packets that were seen; what the kernel dropped has no source. */
  readonly share: number;
}

/** An attack so far, or as it was. Packets are strangers'; beyond its budget a known flow is a stranger. */
export interface AttackReport {
  readonly began: Instant;
  /** Absent while it goes on. */
  readonly ended?: Instant;
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly peakPerSecond: number;
  readonly peakAt: Instant;
  /** Different addresses, within some 3 %. */
  readonly sources: number;
  /** Networks that would have the same spread, if each sent as much as the others. */
  readonly evenNetworks: number;
  readonly networks: readonly NetworkShare[];
  readonly kinds: readonly KindShare[];
  readonly userAgents: readonly WordShare[];
  readonly malformations: readonly WordShare[];
  readonly challenged: number;
  readonly answered: number;
  readonly sure: Likelihood;
  readonly forged: Likelihood;
}

export interface LaneRate {
  readonly lane: Lane;
  readonly admittedPerSecond: number;
  readonly droppedPerSecond: number;
  readonly bytesPerSecond: number;
  /** Packets a second that are normal here; absent as long as that is not known. */
  readonly normalPerSecond?: number;
}

export interface KindRate {
  readonly kind: Counted;
  readonly perSecond: number;
  /** Of its group of kinds; absent as long as that is not known. */
  readonly normalPerSecond?: number;
}

/** How things are: rates over the last five seconds, unless they say otherwise. */
export interface DetectionStatus {
  readonly posture: Posture;
  readonly since: Instant;
  /** A sentence: why this posture. */
  readonly why: string;
  /** That this is an attack. */
  readonly sure: Likelihood;
  /** False: the node has not seen enough to know what is normal. What it can bear, it knows. */
  readonly knowsNormal: boolean;
  readonly lanes: readonly LaneRate[];
  readonly newcomers: {
    readonly sourcesPerSecond: number;
    readonly evenNetworks: number;
    readonly networks: readonly NetworkRate[];
    readonly kinds: readonly KindRate[];
    readonly userAgents: readonly WordShare[];
    readonly malformations: readonly WordShare[];
    readonly challengedPerSecond: number;
    /** Share of the challenges that users answered rightly; absent where nobody was challenged. */
    readonly provedShare?: number;
  };
  /** The worst of these seconds: how late timers were, and how long 99 of 100 known packets waited to be read. */
  readonly lateMs: number;
  readonly waitMs: number;
  /** The one that goes on. */
  readonly attack?: AttackReport;
  /** Those that ended since the node began, newest first. */
  readonly attacks: readonly AttackReport[];
}

export type DetectionEffect =
  | {
      readonly type: 'posture';
      readonly from: Posture;
      readonly to: Posture;
      readonly why: string;
      readonly sure: Likelihood;
      readonly attack?: AttackReport;
    }
  /** It is calm again after an attack. */
  | { readonly type: 'attack-over'; readonly report: AttackReport };

export function sureness(likelihood: number): Likelihood {
  return { likelihood, words: surenessWords(likelihood) };
}

export function forgery(likelihood: number): Likelihood {
  return { likelihood, words: forgedWords(likelihood) };
}

function surenessWords(likelihood: number): string {
  if (likelihood >= 0.99) return 'certain';
  if (likelihood >= 0.85) return 'very likely';
  if (likelihood >= 0.5) return 'likely';
  return likelihood >= 0.2 ? 'possible' : 'unlikely';
}
