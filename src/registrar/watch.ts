// Does a contact still answer? One Watch per binding: a phone that died never says so, and a caller must not
// pay for it. It is asked (OPTIONS) every 15 to 20 s, and any answer, even 404, is a sign of life.
//
//            ┌───────────── any sign of life ──────────────┐
//            ▼                                             │
//         resting ──▶ asking ──2 s──▶ asking again ──2 s──▶ waiting, 5 s … 60 s ──▶ asking …
//            │                                             ▲
//            └────────── a call got nothing ───────────────┘
//
// The worst case from a phone's death to knowing it is 20 + 2 + 2 s.

import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Random } from '../ports/random.ts';
import type { Reachability } from '../ports/records.ts';

export interface WatchSettings {
  /** Longest silence of a phone that answers; each rest lasts between three quarters of it and all of it. */
  readonly intervalMs: number;
  /** Time to answer. */
  readonly answerMs: number;
  /** A new contact is asked within this time, to know that it answers and how fast. */
  readonly firstMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

export const WATCH_SETTINGS: WatchSettings = {
  intervalMs: 20 * SECOND_MS,
  answerMs: 2 * SECOND_MS,
  firstMs: 0.25 * SECOND_MS,
  backoffMinMs: 5 * SECOND_MS,
  backoffMaxMs: 60 * SECOND_MS,
};

/** Questions in a row without an answer that mean: it is not there. */
const MISSES_MAX = 2;

export class Watch {
  readonly #settings: WatchSettings;
  readonly #random: Random;
  /** Only a rest is made longer by signs of life: who waits to be asked will be asked. */
  #state: 'resting' | 'waiting' | 'asking' | 'cut-off';
  #deadline: Instant;
  #reachability: Reachability;
  #since: Instant;
  #lastSignAt: Instant;
  #misses = 0;
  #backoffMs: number;
  #roundTripMs: number | undefined;
  /**
   * A contact that never answered a question since it registered may be a device that ignores OPTIONS:
   * questions alone do not condemn it, a call that gets nothing does.
   */
  #answersQuestions: boolean;

  private constructor(
    settings: WatchSettings,
    random: Random,
    now: Instant,
    start: { firstInMs: number; answersQuestions: boolean },
  ) {
    this.#settings = settings;
    this.#random = random;
    this.#state = 'waiting';
    this.#deadline = now + start.firstInMs * random.fraction();
    this.#reachability = 'unknown';
    this.#since = now;
    this.#lastSignAt = now;
    this.#backoffMs = settings.backoffMinMs;
    this.#answersQuestions = start.answersQuestions;
  }

  /** A contact that has just registered. */
  static ofNew(settings: WatchSettings, random: Random, now: Instant): Watch {
    return new Watch(settings, random, now, { firstInMs: settings.firstMs, answersQuestions: false });
  }

  /** A contact from before a restart: asked within an interval, spread over it so that there is no burst. */
  static ofRestored(settings: WatchSettings, random: Random, now: Instant): Watch {
    return new Watch(settings, random, now, { firstInMs: settings.intervalMs, answersQuestions: true });
  }

  get reachability(): Reachability {
    return this.#reachability;
  }

  /** When `reachability` became what it is. */
  get since(): Instant {
    return this.#since;
  }

  /** When it last gave a sign of life; registering is one. */
  get provenAt(): Instant {
    return this.#lastSignAt;
  }

  /** Of the last question that was answered. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** When `expire` has something to do; `undefined` when nothing will change by itself. */
  get deadline(): Instant | undefined {
    return this.#state === 'cut-off' ? undefined : this.#deadline;
  }

  /** The deadline has come. True: ask now. `proves`: silence does. */
  expire(now: Instant, proves = true): boolean {
    switch (this.#state) {
      case 'resting':
        return this.#rested(now);
      case 'waiting':
        return this.#ask(now);
      case 'asking':
        return proves ? this.#missed(now) : this.#excused(now);
      case 'cut-off':
        return false;
    }
  }

  /** It sent something, or answered something other than a question. */
  sign(now: Instant): void {
    this.#lastSignAt = now;
    this.#misses = 0;
    if (this.#reachability === 'reachable') return;
    this.#become('reachable', now);
    this.#rest(now);
  }

  /** An answer out of its time tells nothing of the way: a phone that came back may have met an old question. */
  answered(roundTripMs: number, now: Instant): void {
    if (roundTripMs <= this.#settings.answerMs) this.#roundTripMs = roundTripMs;
    this.#answersQuestions = true;
    if (this.#state === 'asking') this.#rest(now);
    this.sign(now);
  }

  /** A question could not be delivered. True: ask again now. */
  failed(now: Instant): boolean {
    return this.#state === 'asking' && this.#missed(now);
  }

  /** It registered again. Over another flow it is asked soon, whether that leads anywhere. */
  registered(now: Instant, flowChanged: boolean): void {
    const wasLost = this.#reachability === 'unreachable' || this.#state === 'cut-off';
    this.#lastSignAt = now;
    this.#misses = 0;
    if (wasLost) this.#become(this.#answersQuestions ? 'reachable' : 'unknown', now);
    if (wasLost || flowChanged) this.#askWithin(this.#settings.firstMs, now);
  }

  /** A call got nothing at all from it. */
  silent(now: Instant): void {
    this.#lose(now);
    if (this.#state !== 'cut-off') this.#askWithin(SECOND_MS, now);
  }

  /** Its connection is gone; `otherWay` where it may still be reached. */
  disconnected(now: Instant, otherWay: boolean): void {
    this.#lose(now);
    if (otherWay) this.#askWithin(SECOND_MS, now);
    else this.#state = 'cut-off';
  }

  /** A sign of life since the rest began makes the rest longer: who just spoke need not be asked. */
  #rested(now: Instant): boolean {
    const quietMs = now - this.#lastSignAt;
    if (quietMs < this.#settings.intervalMs / 2) {
      this.#rest(this.#lastSignAt);
      return false;
    }
    return this.#ask(now);
  }

  #ask(now: Instant): true {
    this.#state = 'asking';
    this.#deadline = now + this.#settings.answerMs;
    return true;
  }

  /** One miss may be a lost packet, so it is asked again at once; two are enough. */
  #missed(now: Instant): boolean {
    // A sign of life since the question stands for its answer.
    const askedAt = this.#deadline - this.#settings.answerMs;
    if (this.#reachability === 'reachable' && this.#lastSignAt > askedAt) {
      this.#rest(this.#lastSignAt);
      return false;
    }
    this.#misses += 1;
    if (this.#misses < MISSES_MAX) return this.#ask(now);
    const verdict =
      this.#answersQuestions || this.#reachability === 'unreachable' ? 'unreachable' : 'unknown';
    this.#become(verdict, now);
    this.#state = 'waiting';
    this.#deadline = now + this.#jittered(this.#backoffMs);
    this.#backoffMs = Math.min(2 * this.#backoffMs, this.#settings.backoffMaxMs);
    return false;
  }

  /** It may have answered: nothing is held against it, and it is asked again after a rest. */
  #excused(now: Instant): false {
    this.#misses = 0;
    this.#rest(now);
    return false;
  }

  #lose(now: Instant): void {
    this.#misses = MISSES_MAX;
    this.#backoffMs = this.#settings.backoffMinMs;
    this.#become('unreachable', now);
  }

  #rest(from: Instant): void {
    this.#state = 'resting';
    this.#backoffMs = this.#settings.backoffMinMs;
    this.#deadline = from + this.#jittered(this.#settings.intervalMs);
  }

  #askWithin(delayMs: number, now: Instant): void {
    this.#state = 'waiting';
    this.#deadline = now + delayMs * this.#random.fraction();
  }

  /** Downward, so that it never lasts longer than promised. */
  #jittered(durationMs: number): number {
    return durationMs * (0.75 + 0.25 * this.#random.fraction());
  }

  #become(reachability: Reachability, now: Instant): void {
    if (this.#reachability === reachability) return;
    this.#reachability = reachability;
    this.#since = now;
  }
}
