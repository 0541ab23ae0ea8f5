// What came in this second, counted packet by packet: which lane, what kind, and of those whom nobody knows, from
// where. This is what runs for each packet of a flood, so it only adds; what it means is found out once a second.
//
//     admitted, dropped   lane × kind                                  one number each
//     strangers           how many sources, which networks, how even   in tables that never grow
//
// What the kernel dropped is told once a second, as numbers without sources.

import { fnv1a } from '../../base/hash.ts';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, isStream, type TransportName } from '../../base/net.ts';
import { type Instant, SECOND_MS } from '../../base/time.ts';
import { type KernelCounts, LANES, type Lane } from '../../ports/shield.ts';
import { Distinct } from './distinct.ts';
import { countStranger, type ForgeryCounts, noCounts } from './forgery.ts';
import { COUNTED, type Counted, eachKind, eachLane, type LaneSecond, type Second } from './second.ts';
import { mix, SourceWords } from './source-words.ts';
import { Spread } from './spread.ts';
import { TopNetworks } from './top-networks.ts';
import { TopWords } from './top-words.ts';

/** From where a packet came. */
export interface Origin {
  readonly transport: TransportName;
  readonly remote: Endpoint;
}

const KINDS = COUNTED.length;
const LANE_AT: Readonly<Record<Lane, number>> = {
  emergency: 0,
  carrier: 1,
  known: 2,
  refused: 3,
  newcomer: 4,
};
const KIND_AT = Object.fromEntries(COUNTED.map((kind, at) => [kind, at])) as Readonly<
  Record<Counted, number>
>;
/** Users that proved themselves are counted once in so long. */
const USERS_AFRESH_SECONDS = 10;
const USER_MARKS = 65_536;
/** Of many packets one in so many is looked at. */
const SAMPLED = 8;
const DRAWN = 2 ** 32 / SAMPLED;

/** The kernel is asked once a second, but not when a second ends: its rates hold until the next answer, or so long. */
const KERNEL_FRESH_MS = 2_500;

/** What the kernel drops in a second. Of most it does not tell the kind. */
interface Unseen {
  readonly lanes: Readonly<Record<Lane, { readonly packets: number; readonly bytes: number }>>;
  /** Newcomers'. */
  readonly garbage: number;
  readonly connects: number;
  readonly fragments: number;
}

const NOTHING_UNSEEN: Unseen = {
  lanes: eachLane(() => ({ packets: 0, bytes: 0 })),
  garbage: 0,
  connects: 0,
  fragments: 0,
};

interface Reading extends Pick<Second, 'seconds' | 'lateMs' | 'waitMs'> {
  readonly now: Instant;
}

export class Tally {
  readonly networks: TopNetworks;
  readonly spread = new Spread();
  readonly userAgents = new TopWords();
  readonly malformations = new TopWords();
  /** Of this second's strangers. */
  readonly forgery: ForgeryCounts = noCounts();
  readonly distinct = new Distinct();
  readonly #seed: number;
  readonly #source = new SourceWords();
  readonly #admitted = new Float64Array(LANES.length * KINDS);
  readonly #dropped = new Float64Array(LANES.length * KINDS);
  readonly #bytes = new Float64Array(LANES.length);
  readonly #users = new Uint8Array(USER_MARKS);
  #usersAge = 0;
  #wrong = 0;
  #proved = 0;
  #sampled = 0;
  #strangers = 0;
  #lot: number;
  #kernelBefore: KernelCounts | undefined;
  #kernelAt: Instant = Number.NEGATIVE_INFINITY;
  #unseen = NOTHING_UNSEEN;

  constructor(seed: number) {
    this.#seed = seed;
    this.#lot = seed >>> 0;
    this.networks = new TopNetworks(seed);
  }

  record(lane: Lane, kind: Counted, origin: Origin, bytes: number, isAdmitted: boolean): void {
    const laneAt = LANE_AT[lane];
    const at = laneAt * KINDS + KIND_AT[kind];
    const counts = isAdmitted ? this.#admitted : this.#dropped;
    counts[at] = (counts[at] ?? 0) + 1;
    this.#bytes[laneAt] = (this.#bytes[laneAt] ?? 0) + bytes;
    if (lane === 'newcomer') this.#stranger(origin);
  }

  #stranger({ transport, remote }: Origin): void {
    const source = this.#source;
    source.read(remote.address);
    this.distinct.add(mix(source.high, source.low, this.#seed));
    const weight = this.#weight();
    if (weight === 0) return;
    const low = source.networkLow;
    this.networks.add(source.high, low, weight);
    this.spread.add(mix(source.high, low, this.#seed), weight);
    countStranger(this.forgery, source, remote.port, isStream(transport), weight);
  }

  /** Packets that this one stands for. Which are looked at is drawn by lot, so that nobody can hide between them. */
  #weight(): number {
    if (++this.#strangers <= LIMITS.shieldLookedAtPerSecond) return 1;
    this.#lot = (Math.imul(this.#lot, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#lot < DRAWN ? SAMPLED : 0;
  }

  challenged(): void {
    this.forgery.challenged++;
  }

  /** A newcomer answered a challenge of ours. A user that proves itself again and again is one user. */
  answered(user: string, isRight: boolean): void {
    this.forgery.answered++;
    if (!isRight) {
      this.#wrong++;
      return;
    }
    const mark = fnv1a(user, this.#seed) % USER_MARKS;
    if (this.#users[mark] === 1) return;
    this.#users[mark] = 1;
    this.#proved++;
  }

  get wantsUserAgent(): boolean {
    return this.#sampled < LIMITS.shieldSampledPerSecond;
  }

  /** Of a stranger. */
  userAgent(text: string | undefined): void {
    if (!this.wantsUserAgent) return;
    this.#sampled++;
    this.userAgents.add(text ?? '');
  }

  /** What the parser, or whoever looked at it next, said of a packet. */
  malformed(reason: string): void {
    this.malformations.add(reason);
  }

  /** What the kernel counted. False: nothing since it was asked last. */
  kernel(counts: KernelCounts, now: Instant): boolean {
    const before = this.#kernelBefore;
    const seconds = (now - this.#kernelAt) / SECOND_MS;
    this.#kernelBefore = counts;
    this.#kernelAt = now;
    // The first counts may be of an adopted table, long before this process; only a difference tells of now.
    if (before === undefined || seconds <= 0) return false;
    const rate = (count: (counts: KernelCounts) => number) => grown(count(before), count(counts)) / seconds;
    this.#unseen = {
      lanes: eachLane((lane) => ({
        packets: rate(({ lanes }) => lanes[lane].dropped),
        bytes: rate(({ lanes }) => lanes[lane].droppedBytes),
      })),
      garbage: rate(({ garbage }) => garbage),
      connects: rate(({ connects }) => connects.dropped),
      fragments: rate(({ fragments }) => fragments.dropped),
    };
    const { lanes, garbage, connects, fragments } = this.#unseen;
    return garbage + connects + fragments > 0 || LANES.some((lane) => lanes[lane].packets > 0);
  }

  /** Of known flows and carriers, as the kernel told last. */
  get knownDroppedPerSecond(): number {
    const { known, carrier } = this.#unseen.lanes;
    return known.packets + carrier.packets;
  }

  /** What came in these seconds, as one: their mean. */
  read({ seconds, now, ...pressure }: Reading): Second {
    const unseen = now - this.#kernelAt <= KERNEL_FRESH_MS ? this.#unseen : NOTHING_UNSEEN;
    return {
      seconds,
      lanes: eachLane((lane) => this.#lane(lane, seconds, unseen)),
      sources: this.distinct.estimate(),
      evenNetworks: this.spread.evenNetworks(),
      challenged: this.forgery.challenged / seconds,
      wrong: this.#wrong / seconds,
      proved: this.#proved / seconds,
      ...pressure,
    };
  }

  /** It is over, and the next one begins. */
  nextSecond(): void {
    this.#admitted.fill(0);
    this.#dropped.fill(0);
    this.#bytes.fill(0);
    this.#wrong = 0;
    this.#proved = 0;
    this.#sampled = 0;
    this.#strangers = 0;
    this.distinct.clear();
    Object.assign(this.forgery, noCounts());
    for (const each of [this.networks, this.spread, this.userAgents, this.malformations]) each.fade();
    if (++this.#usersAge % USERS_AFRESH_SECONDS === 0) this.#users.fill(0);
  }

  #lane(lane: Lane, seconds: number, unseen: Unseen): LaneSecond {
    const from = LANE_AT[lane] * KINDS;
    const until = from + KINDS;
    const { packets, bytes } = unseen.lanes[lane];
    const { garbage, connects, fragments } = lane === 'newcomer' ? unseen : NOTHING_UNSEEN;
    const seen = (kind: Counted) => {
      const at = from + KIND_AT[kind];
      return ((this.#admitted[at] ?? 0) + (this.#dropped[at] ?? 0)) / seconds;
    };
    const kinds = eachKind(seen);
    return {
      kinds: { ...kinds, garbage: kinds.garbage + garbage, connect: kinds.connect + connects },
      admitted: sum(this.#admitted.subarray(from, until)) / seconds,
      dropped: sum(this.#dropped.subarray(from, until)) / seconds + packets + garbage + connects + fragments,
      bytes: (this.#bytes[LANE_AT[lane]] ?? 0) / seconds + bytes,
    };
  }
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** A count that became smaller began again, with a new table. */
function grown(before: number, after: number): number {
  return after >= before ? after - before : after;
}
