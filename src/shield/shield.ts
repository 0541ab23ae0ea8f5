// Into which lane a packet falls, and whether there is room for it: decided from where it came, before anybody parses
// it. Who is known keeps what is theirs; strangers share what is left, fairly.
//
//   emergency call ─▶ in             carrier ─▶ its budget           known flow ─▶ its budget
//                                       │ beyond: dropped               │ beyond: a common one, then like a newcomer;
//                                       │                               │ within it again: one of all such flows
//   refused ─▶ dropped               newcomer ─▶ source, network, all newcomers: room in each of them
//
// What moves a flow between lanes is told by who can prove it (law 2): an answered challenge, an answer to a request
// of ours, a completed handshake. The same steps go out as changes, so that a kernel can do the same.

import { LIMITS } from '../base/limits.ts';
import { type Flow, isStream } from '../base/net.ts';
import { ONE_CUSTOMER, ONE_NETWORK, type SourceKey, sourceKey } from '../base/source.ts';
import { DAY_MS, type Instant, SECOND_MS } from '../base/time.ts';
import { TokenBuckets } from '../base/token-buckets.ts';
import type { Lane, Posture, Rate, Shares, ShieldChange } from '../ports/shield.ts';
import { CarrierLoad, type Welcome } from './carrier-load.ts';
import { type KnownFlow, KnownFlows } from './known-flows.ts';
import { Remembered } from './remembered.ts';
import { DOOR_SHARE, STREAM_SHARES, sharesIn } from './shares.ts';

export interface ShieldOptions {
  /** The carrier whose addresses this flow comes from. */
  readonly carrierOf: (flow: Flow) => string | undefined;
  /** The door that this flow came by; 0 where a kernel has judged what its newcomers send; undefined: by none. */
  readonly doorOf?: (flow: Flow) => number | undefined;
  /** 32 bits that nobody can guess. */
  readonly seed: number;
  /** LIMITS.knownFlowsMax by default. */
  readonly knownFlowsMax?: number;
}

export interface Verdict {
  readonly lane: Lane;
  readonly admitted: boolean;
  /** A newcomer's, by this door. */
  readonly door?: number;
  /** It begins an emergency call, and is to wait behind nothing. */
  readonly isCallForHelp?: true;
}

const IN: Readonly<Record<Lane, Verdict>> = verdicts(true);
const OUT: Readonly<Record<Lane, Verdict>> = verdicts(false);
const EMERGENCY_RATE: Rate = {
  perSecond: LIMITS.emergencyFlowPerSecond,
  burst: LIMITS.emergencyFlowPerSecond * LIMITS.flowBurstSeconds,
};
const CARRIER_RATE: Rate = { perSecond: LIMITS.carrierPerSecond, burst: 2 * LIMITS.carrierPerSecond };
/** Entries of each table that are looked at in one sweep. */
const SWEPT = 4_096;

export class Shield {
  readonly #options: ShieldOptions;
  readonly #known: KnownFlows;
  readonly #emergencies = new KnownFlows(LIMITS.callsMax);
  readonly #familiar = new Remembered(LIMITS.familiarSourcesMax);
  readonly #refused = new Remembered(LIMITS.refusedSourcesMax);
  readonly #carriers = new Map<string, TokenBuckets>();
  readonly #carrierLoad = new CarrierLoad();
  #posture: Posture = 'calm';
  readonly #newcomers: Newcomers;
  readonly #streamNewcomers: StreamNewcomers;
  readonly #doorNewcomers: DoorNewcomers;
  #changes: ShieldChange[] = [];

  constructor(options: ShieldOptions) {
    this.#options = options;
    this.#known = new KnownFlows(options.knownFlowsMax);
    this.#newcomers = new Newcomers(sharesIn(this.#posture), options.seed);
    this.#streamNewcomers = new StreamNewcomers(options.seed);
    this.#doorNewcomers = new DoorNewcomers(sharesIn(this.#posture), options.seed);
  }

  get posture(): Posture {
    return this.#posture;
  }

  get shares(): Shares {
    return sharesIn(this.#posture);
  }

  /** Changes what newcomers may send, and nothing else. `isBehindKernel`: a kernel does the same ahead of us. */
  turnTo(posture: Posture, now: Instant, isBehindKernel = false): void {
    if (posture === this.#posture) return;
    this.#posture = posture;
    this.#newcomers.changeTo(this.shares, now, isBehindKernel);
    this.#doorNewcomers.changeTo(this.shares, now);
  }

  /** How many entries each table has. */
  tables(): Readonly<Record<'knownFlows' | 'emergencyFlows' | 'familiarSources' | 'refusedSources', number>> {
    return {
      knownFlows: this.#known.size,
      emergencyFlows: this.#emergencies.size,
      familiarSources: this.#familiar.size,
      refusedSources: this.#refused.size,
    };
  }

  // ── judging ──

  laneOf(flow: Flow, now: Instant): Lane {
    if (this.#emergencies.get(flow, now) !== undefined) return 'emergency';
    const known = this.#known.get(flow, now);
    if (known !== undefined) return known.lane;
    if (this.#options.carrierOf(flow) !== undefined) return 'carrier';
    return this.#refused.has(sourceKey(flow.remote.address, ONE_CUSTOMER), now) ? 'refused' : 'newcomer';
  }

  isFamiliar(address: string, now: Instant): boolean {
    return this.#familiar.has(sourceKey(address, ONE_CUSTOMER), now);
  }

  /** Takes the packet out of its budget, or says that there is no room for it. */
  admit(flow: Flow, now: Instant): Verdict {
    const emergency = this.#emergencies.get(flow, now);
    if (emergency !== undefined && this.#emergencies.take(emergency, now)) return IN.emergency;
    const known = this.#known.get(flow, now);
    if (known !== undefined) {
      this.#tell(this.#known.review(known, now, this.#posture === 'calm'), 'known');
      if (this.#hasRoom(known, now)) return IN[known.lane];
    }
    const carrier = this.#options.carrierOf(flow);
    if (carrier !== undefined) {
      this.#carrierLoad.offered(carrier, now);
      const isLeft = this.#carrier(carrier).take(carrier, now) || this.#newcomers.takeBeyondBudget(now);
      return (isLeft ? IN : OUT).carrier;
    }
    const source = sourceKey(flow.remote.address, ONE_CUSTOMER);
    if (known === undefined && this.#refused.has(source, now)) return OUT.refused;
    const door = this.#options.doorOf?.(flow);
    if (door !== undefined) {
      const admitted = this.#doorNewcomers.take(source, this.#familiar.has(source, now), door, now);
      return { lane: 'newcomer', admitted, door };
    }
    if (isStream(flow.transport)) return (this.#streamNewcomers.take(source, now) ? IN : OUT).newcomer;
    const network = sourceKey(flow.remote.address, ONE_NETWORK);
    const isLeft = this.#newcomers.take(source, network, this.#familiar.has(source, now), now);
    return (isLeft ? IN : OUT).newcomer;
  }

  #hasRoom(known: KnownFlow, now: Instant): boolean {
    const isExceeding = known.exceedingUntil > now;
    if (this.#known.take(known, now) && (!isExceeding || this.#newcomers.takeExceeding(now))) return true;
    return this.#newcomers.takeBeyondBudget(now);
  }

  /** What the carrier that sends over this flow should leave out, and what is welcome; undefined for others. */
  loadOf(flow: Flow, now: Instant): Welcome | undefined {
    const carrier = this.#options.carrierOf(flow);
    const roomPerSecond = LIMITS.carrierPerSecond + this.shares.beyondBudgets.perSecond;
    return carrier === undefined ? undefined : this.#carrierLoad.of(carrier, roomPerSecond, now);
  }

  // ── what was proved ──

  /** Whoever is at the other end receives what is sent there, and is a customer, or a carrier that was asked. */
  proved(flow: Flow, lane: 'known' | 'carrier', until: Instant, now: Instant): void {
    this.#tell(this.#known.prove(flow, lane, until, now), 'known');
    const overflow = this.#known.overflow();
    if (overflow !== undefined) this.#gone(overflow, 'known');
    if (lane === 'carrier') return;
    const source = sourceKey(flow.remote.address, ONE_CUSTOMER);
    const familiarUntil = now + LIMITS.familiarSourceMs;
    if (familiarUntil - (this.#familiar.get(source) ?? 0) < DAY_MS) return;
    this.#familiar.remember(source, familiarUntil);
    this.#changes.push({ type: 'familiar', address: flow.remote.address, until: familiarUntil });
  }

  /** Its registration is over. */
  lapsed(flow: Flow, now: Instant): void {
    this.#tell(this.#known.shorten(flow, now + LIMITS.lapsedFlowMs), 'known');
  }

  /** An emergency call is set up or going on over this flow. Said again while it lasts. */
  emergency(flow: Flow, now: Instant): void {
    const until = now + LIMITS.emergencyFlowMs;
    const told = this.#emergencies.prove(flow, 'known', until, now);
    if (told !== undefined) told.rate = EMERGENCY_RATE;
    this.#tell(told, 'emergency');
    this.#emergencies.overflow();
  }

  /** Proven abuse: newcomers from there are dropped for so long. False where no more can be refused. */
  refuse(address: string, forMs: number, now: Instant): boolean {
    const source = sourceKey(address, ONE_CUSTOMER);
    if (this.#refused.isFull && !this.#refused.has(source, now)) return false;
    const until = now + Math.min(forMs, LIMITS.refusedSourceMaxMs);
    this.#refused.remember(source, until);
    this.#changes.push({ type: 'refused', address, until });
    return true;
  }

  /** False where it is not refused. */
  pardon(address: string): boolean {
    const wasRefused = this.#refused.forget(sourceKey(address, ONE_CUSTOMER));
    if (wasRefused) this.#changes.push({ type: 'refused-gone', address });
    return wasRefused;
  }

  // ── time ──

  get hasEmergencies(): boolean {
    return this.#emergencies.size > 0;
  }

  /** Forgets what has ended; a little at a time. */
  sweep(now: Instant): void {
    this.#known.sweep(now, SWEPT);
    this.#emergencies.sweep(now, SWEPT);
    this.#familiar.sweep(now, SWEPT);
    this.#refused.sweep(now, SWEPT);
  }

  /** What a kernel has to be told since it was asked last. */
  takeChanges(): readonly ShieldChange[] {
    if (this.#changes.length === 0) return NOTHING;
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #tell(flow: KnownFlow | undefined, lane: 'known' | 'emergency'): void {
    if (flow === undefined) return;
    const { transport, remote, rate, until } = flow;
    const whose = flow.lane === 'carrier' ? ({ ofCarrier: true } as const) : {};
    this.#changes.push({ type: 'flow', lane, transport, remote, rate, until, ...whose });
  }

  #gone({ transport, remote }: KnownFlow, lane: 'known' | 'emergency'): void {
    this.#changes.push({ type: 'flow-gone', lane, transport, remote });
  }

  #carrier(name: string): TokenBuckets {
    const known = this.#carriers.get(name);
    if (known !== undefined) return known;
    const made = new TokenBuckets({ slots: 1, seed: this.#options.seed, ...CARRIER_RATE });
    this.#carriers.set(name, made);
    return made;
  }
}

const NOTHING: readonly ShieldChange[] = [];
const ALL = 'all';
/** Who sent something so lately is there. */
const PRESENT_MS = 10 * SECOND_MS;
/** What they begin with where a kernel lets few in: some are half-way through a challenge. */
const LEFT_BEHIND_KERNEL = 2;

/** Over UDP, where a source may be forged. */
export class Newcomers {
  readonly #source: TokenBuckets;
  readonly #network: TokenBuckets;
  readonly #all: TokenBuckets;
  readonly #familiarSource: TokenBuckets;
  readonly #familiarAll: TokenBuckets;
  readonly #beyondBudgets: TokenBuckets;
  readonly #exceedingFlows: TokenBuckets;

  constructor(shares: Shares, seed: number) {
    const perSource = (rate: Rate) =>
      new TokenBuckets({ slots: LIMITS.shareSlots, rows: LIMITS.shareRows, seed, ...rate });
    const together = (rate: Rate) => new TokenBuckets({ slots: 1, seed, ...rate });
    this.#source = perSource(shares.source);
    this.#network = perSource(shares.network);
    this.#all = together(shares.all);
    this.#familiarSource = perSource(shares.familiarSource);
    this.#familiarAll = together(shares.familiarAll);
    this.#beyondBudgets = together(shares.beyondBudgets);
    this.#exceedingFlows = together(shares.exceedingFlows);
  }

  /**
   * Who is there now has spent what a stranger may send at once: it is for those who come later. Behind a kernel, which
   * counts them anew, they are few, and not all of it.
   */
  changeTo(shares: Shares, now: Instant, isBehindKernel = false): void {
    const left = isBehindKernel ? LEFT_BEHIND_KERNEL : 0;
    this.#source.changeTo(shares.source, now, { withinMs: PRESENT_MS, left });
    this.#network.changeTo(shares.network, now);
    this.#all.changeTo(shares.all, now);
    this.#familiarSource.changeTo(shares.familiarSource, now);
    this.#familiarAll.changeTo(shares.familiarAll, now);
    this.#beyondBudgets.changeTo(shares.beyondBudgets, now);
    this.#exceedingFlows.changeTo(shares.exceedingFlows, now);
  }

  takeExceeding(now: Instant): boolean {
    return this.#exceedingFlows.take(ALL, now);
  }

  takeBeyondBudget(now: Instant): boolean {
    return this.#beyondBudgets.take(ALL, now);
  }

  take(source: SourceKey, network: SourceKey, isFamiliar: boolean, now: Instant): boolean {
    if (isFamiliar && this.#familiarSource.take(source, now) && this.#familiarAll.take(ALL, now)) return true;
    return this.#source.take(source, now) && this.#network.take(network, now) && this.#all.take(ALL, now);
  }
}

/** By doors. The public port's newcomers take nothing from these, and those of one door little from another's. */
class DoorNewcomers {
  readonly #source: TokenBuckets;
  readonly #door: TokenBuckets;
  readonly #all: TokenBuckets;

  constructor({ source, all }: Shares, seed: number) {
    this.#source = new TokenBuckets({ slots: LIMITS.shareSlots, rows: LIMITS.shareRows, seed, ...source });
    this.#door = new TokenBuckets({ slots: LIMITS.doorsMax, rows: LIMITS.shareRows, seed, ...DOOR_SHARE });
    this.#all = new TokenBuckets({ slots: 1, seed, ...all });
  }

  changeTo({ source, all }: Shares, now: Instant): void {
    this.#source.changeTo(source, now);
    this.#all.changeTo(all, now);
  }

  take(source: SourceKey, isFamiliar: boolean, door: number, now: Instant): boolean {
    // Phones that were here before may all come back at once, from behind one NAT.
    if (!isFamiliar && !this.#source.take(source, now)) return false;
    return (door === 0 || this.#door.take(door, now)) && this.#all.take(ALL, now);
  }
}

/** Over connections, whose sources are real. Nothing that comes over UDP takes from this. */
class StreamNewcomers {
  readonly #source: TokenBuckets;
  readonly #all: TokenBuckets;

  constructor(seed: number) {
    this.#source = new TokenBuckets({
      slots: LIMITS.shareSlots,
      rows: LIMITS.shareRows,
      seed,
      ...STREAM_SHARES.source,
    });
    this.#all = new TokenBuckets({ slots: 1, seed, ...STREAM_SHARES.all });
  }

  take(source: SourceKey, now: Instant): boolean {
    return this.#source.take(source, now) && this.#all.take(ALL, now);
  }
}

function verdicts(admitted: boolean): Readonly<Record<Lane, Verdict>> {
  const of = (lane: Lane): Verdict => ({ lane, admitted });
  return {
    emergency: of('emergency'),
    carrier: of('carrier'),
    known: of('known'),
    refused: of('refused'),
    newcomer: of('newcomer'),
  };
}
