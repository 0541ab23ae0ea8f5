// When all phones register at once (after an attack, a restart, a power cut), each is let in at a pace that leaves room
// for calls, and told when to come where there is no room now. It judges only who has proved who it is, so that nobody
// can take others' places with made-up names; and a phone that does not wait gains nothing by it.
//
//   digest right ─▶ a token left, or its promised time has come ─▶ registered
//                   else ─▶ 503, Retry-After: a second of its own (calendar.ts)
//   comes again too early ─▶ 503 with what is left of its time, before its digest is looked at
//
// The pace is what the node affords: it begins low, grows while the node has time, and falls when known packets wait.
// It never falls below what all phones need to be back within two minutes.

import { LIMITS } from '../../base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import type { Load } from '../../ports/shield.ts';
import { Remembered } from '../remembered.ts';
import { Calendar } from './calendar.ts';
import { isQuiet } from './ladder.ts';
import { Pace } from './pace.ts';

/** A phone at a place: its user and the address that it registers from. */
export interface Registering {
  readonly user: string;
  readonly source: string;
}

export interface GovernorOptions {
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  /** Bindings that there are, or were before the restart. */
  readonly bindings: () => number;
}

/** Of the pace, what is promised; the rest is for who comes for the first time. */
const PROMISED_SHARE = 0.75;
/** Tokens that those leave who have a binding already, for those who cannot be called. */
const RESERVED_SHARE = 0.25;
/** How late a phone may come and find its place kept. */
const LATE_MS = MINUTE_MS;
/** How early: clocks are not alike, and seconds are whole. */
const EARLY_MS = SECOND_MS;
/** The storm is over when nobody was turned away, and few registered at once, for so long. */
const OVER_AFTER_MS = MINUTE_MS;
const FALL = 0.8;
const RISE = LIMITS.registersPerSecondMax / 20;

export class StormGovernor {
  /** Registrations that were put off, and those that came again before their time. */
  readonly counters = { registrations_put_off: 0, registrations_too_early: 0 };
  readonly #options: GovernorOptions;
  readonly #calendar = new Calendar(LIMITS.registerWaitMaxMs);
  /** Until when a promise holds; it was given for LATE_MS before. */
  readonly #promises = new Remembered(LIMITS.promisedMax);
  #perSecond: number = LIMITS.registersPerSecondMin;
  readonly #pace = new Pace();
  readonly #refreshPace = new Pace();
  #busyUntil: Instant = Number.NEGATIVE_INFINITY;

  constructor(options: GovernorOptions) {
    this.#options = options;
  }

  /** Registrations a second that are taken now. */
  get perSecond(): number {
    return Math.max(this.#least, this.#perSecond);
  }

  /**
   * While refreshes are shed, and before its digest is looked at: so many are let in all the same, at the lowest pace.
   * Whole seconds after which to come again, or `undefined` where it is to be read.
   */
  refresh(phone: Registering, now: Instant): number | undefined {
    const early = this.tooEarly(phone, now);
    if (early !== undefined) return early;
    const key = keyOf(phone);
    const isExpected = this.#promises.has(key, now);
    if (!isExpected && this.#refreshPace.left(this.#least, now) < 1)
      return this.#promise(key, this.#least, now);
    if (isExpected) this.#promises.forget(key);
    else this.#refreshPace.take();
    return undefined;
  }

  /** A storm is going on, or was a moment ago. */
  isGoverning(now: Instant): boolean {
    return now < this.#busyUntil;
  }

  /** When the storm is over, as things are. */
  get over(): Instant {
    return this.#busyUntil;
  }

  /** Phones that are told to come later, and whose time has not come. */
  waiting(now: Instant): number {
    return this.#calendar.outstanding(now);
  }

  /** A storm is to be expected: the pace begins low again. */
  beCareful(): void {
    this.#perSecond = LIMITS.registersPerSecondMin;
  }

  pressed(load: Load, now: Instant): void {
    this.#perSecond = isQuiet(load)
      ? Math.min(LIMITS.registersPerSecondMax, this.perSecond + RISE)
      : Math.max(LIMITS.registersPerSecondMin, this.#perSecond * FALL);
    this.#promises.sweep(now, SWEPT);
  }

  /** Whole seconds that this phone, if that is who it is, still has to wait; asked before its digest is looked at. */
  tooEarly(phone: Registering, now: Instant): number | undefined {
    const until = this.#promises.get(keyOf(phone));
    const leftMs = until === undefined ? 0 : until - LATE_MS - EARLY_MS - now;
    if (leftMs <= 0) return undefined;
    this.counters.registrations_too_early++;
    return Math.ceil((leftMs + EARLY_MS) / SECOND_MS);
  }

  /** Its digest was right. Whole seconds after which to come again, or `undefined` where it may register now. */
  ask(phone: Registering, isBound: boolean, now: Instant): number | undefined {
    const early = this.tooEarly(phone, now);
    if (early !== undefined) return early;
    const key = keyOf(phone);
    const isExpected = this.#promises.has(key, now);
    const burst = this.perSecond;
    const left = this.#pace.left(burst, now);
    const least = isExpected ? 1 - burst : isBound ? Math.max(1, burst * RESERVED_SHARE) : 1;
    if (left >= least) {
      this.#pace.take();
      this.#promises.forget(key);
      if (left < burst / 2) this.#busy(now);
      return undefined;
    }
    return this.#promise(key, burst, now);
  }

  /** Of the time that a phone asks to be registered for, the share that it is given. */
  expiryShare(now: Instant): number {
    if (!this.isGoverning(now)) return 1;
    return LIMITS.stormExpiryShareMin + (1 - LIMITS.stormExpiryShareMin) * this.#options.fraction();
  }

  #promise(key: string, perSecond: number, now: Instant): number {
    const seconds = this.#calendar.promise(perSecond * PROMISED_SHARE, this.#options.fraction(), now);
    this.#promises.remember(key, now + seconds * SECOND_MS + LATE_MS);
    this.#busy(now + seconds * SECOND_MS);
    this.counters.registrations_put_off++;
    return seconds;
  }

  get #least(): number {
    const each = (this.#options.bindings() * SECOND_MS) / LIMITS.registersEachWithinMs;
    return Math.min(LIMITS.registersPerSecondMax, Math.max(LIMITS.registersPerSecondMin, each));
  }

  #busy(at: Instant): void {
    this.#busyUntil = Math.max(this.#busyUntil, at + OVER_AFTER_MS);
  }
}

const SWEPT = 1_024;

function keyOf({ user, source }: Registering): string {
  return `${user}|${source}`;
}
