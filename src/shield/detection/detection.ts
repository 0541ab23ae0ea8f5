// Is this an attack? Told by counting every packet (tally.ts), asking once a second what of it is not normal
// (judge.ts, normal.ts, evidence.ts), and giving it one of three words that do not flap (posture.ts).
//
//   record ─▶ tally ─┐ each second        ┌─▶ posture ─▶ effects: the posture changed, an attack is over
//   kernel ─▶ counts ┴──────────▶ judge ──┤
//                                  ▲      └─▶ attack: what it is made of, and whether it is forged
//                                  └ learns while nothing is wrong
//
// Whoever forges packets can cause a posture. So a posture takes nothing from known flows, and condemns nobody: it
// only changes what strangers share (law 2).

import { LIMITS } from '../../base/limits.ts';
import { type Instant, SECOND_MS } from '../../base/time.ts';
import { type KernelCounts, LANES, type Lane, type Load, type Posture } from '../../ports/shield.ts';
import { Attack } from './attack.ts';
import { Judge, type Judgement } from './judge.ts';
import { PostureKeeper } from './posture.ts';
import { ratesOf } from './rates.ts';
import {
  type AttackReport,
  type DetectionEffect,
  type DetectionStatus,
  type Likelihood,
  sureness,
} from './report.ts';
import { type Counted, offered, type Second } from './second.ts';
import { type Origin, Tally } from './tally.ts';
import { whyPosture } from './why.ts';

export interface DetectionOptions {
  /** 32 bits that nobody can guess. */
  readonly seed: number;
  /** What the node bears from all newcomers together. */
  readonly newcomersPerSecond: number;
}

/** Rates that are shown are means over so many seconds. */
const SHOWN_SECONDS = 5;
const NOTHING = 'nothing is unusual';

export class Detection {
  readonly #tally: Tally;
  readonly #judge: Judge;
  readonly #keeper: PostureKeeper;
  readonly #seconds: Second[] = [];
  readonly #attacks: AttackReport[] = [];
  #judgement: Judgement = { unusual: undefined, hostile: undefined, provedShare: undefined };
  /** Why it was elevated or an attack when it became so. */
  #why = NOTHING;
  /** What goes on, from the first second that speaks for an attack. */
  #attack: Attack | undefined;
  #isAttack = false;
  /** A quiet node has no deadline: it begins asleep, and the first packet wakes it. */
  #isAsleep = true;
  #isWoken = false;
  #tickedAt: Instant;
  /** The worst of this second. */
  #lateMs = 0;
  #waitMs = 0;

  constructor({ seed, newcomersPerSecond }: DetectionOptions, now: Instant) {
    this.#tally = new Tally(seed);
    this.#judge = new Judge(newcomersPerSecond);
    this.#keeper = new PostureKeeper(now);
    this.#tickedAt = now;
  }

  get posture(): Posture {
    return this.#keeper.posture;
  }

  // ── what happened ──

  /** Every packet that came as far as this process, before it is parsed; admitted, or dropped here. */
  record(lane: Lane, kind: Counted, origin: Origin, bytes: number, isAdmitted: boolean): void {
    this.#isWoken = true;
    this.#tally.record(lane, kind, origin, bytes, isAdmitted);
  }

  /** A newcomer's request was answered with a challenge. */
  challenged(): void {
    this.#tally.challenged();
  }

  /** A newcomer answered a challenge that was sent to where it is; rightly, if it is now known. */
  answered(user: string, isRight: boolean): void {
    this.#tally.answered(user, isRight);
  }

  /** Only some of each second are looked at. */
  get wantsUserAgent(): boolean {
    return this.#tally.wantsUserAgent;
  }

  /** What a newcomer calls itself. */
  userAgent(text: string | undefined): void {
    this.#tally.userAgent(text);
  }

  /** Why a packet could not be read, in a word or two. */
  malformed(reason: string): void {
    this.#tally.malformed(reason);
  }

  /** What the kernel counted: about once a second, where there is one. */
  kernel(counts: KernelCounts, now: Instant): void {
    if (this.#tally.kernel(counts, now)) this.#isWoken = true;
  }

  /** Of known flows and carriers, as the kernel told last. */
  get knownDroppedPerSecond(): number {
    return this.#tally.knownDroppedPerSecond;
  }

  /** How late the node was lately. */
  pressed({ lateMs, waitMs }: Pick<Load, 'lateMs' | 'waitMs'>): void {
    this.#lateMs = Math.max(this.#lateMs, lateMs);
    this.#waitMs = Math.max(this.#waitMs, waitMs);
  }

  // ── what it means ──

  /** None while nothing comes. */
  nextDeadline(): Instant | undefined {
    if (!this.#isAsleep) return this.#tickedAt + SECOND_MS;
    return this.#isWoken ? this.#tickedAt : undefined;
  }

  expire(now: Instant): readonly DetectionEffect[] {
    if (this.#isAsleep) return this.#isWoken ? this.#wake(now) : [];
    const elapsedMs = now - this.#tickedAt;
    if (elapsedMs < SECOND_MS) return [];
    const lateMs = elapsedMs - SECOND_MS;
    // What was held up for longer is one second of as much as came in each of them.
    this.#tickedAt = lateMs >= SECOND_MS ? now : this.#tickedAt + SECOND_MS;
    const second = this.#tally.read({
      seconds: Math.round(elapsedMs / SECOND_MS),
      now,
      lateMs: Math.max(lateMs, this.#lateMs),
      waitMs: this.#waitMs,
    });
    this.#lateMs = 0;
    this.#waitMs = 0;
    const effects = this.#judged(second, now);
    this.#tally.nextSecond();
    this.#fallAsleep(second);
    return effects;
  }

  /** The first second after a sleep begins with what woke it. */
  #wake(now: Instant): readonly DetectionEffect[] {
    this.#judge.rest(this.#tickedAt, now);
    this.#tickedAt = now;
    this.#isAsleep = false;
    return [];
  }

  #judged(second: Second, now: Instant): readonly DetectionEffect[] {
    this.#seconds.push(second);
    if (this.#seconds.length > SHOWN_SECONDS) this.#seconds.shift();
    const from = this.#keeper.posture;
    const judgement = this.#judge.judge(second, now);
    this.#judgement = judgement;
    const to = this.#keeper.judged(judgement, now);
    if (to !== 'attack') this.#judge.learn(to === 'calm', now);
    const hostile = judgement.hostile?.evidence ?? 0;
    if (hostile > 0) this.#attack ??= new Attack(now);
    this.#attack?.add(second, this.#tally, hostile, now);
    if (to === 'attack') this.#isAttack = true;
    else if (hostile === 0 && !this.#isAttack) this.#attack = undefined;
    return from === to ? [] : this.#changed(from, to);
  }

  #changed(from: Posture, to: Posture): readonly DetectionEffect[] {
    this.#why = whyPosture(this.#judgement) ?? this.#why;
    const attack = this.#isAttack ? this.#attack : undefined;
    const report = attack?.report(to === 'calm');
    const effect: DetectionEffect = {
      type: 'posture',
      from,
      to,
      why: this.#whyNow(),
      sure: this.#sure(),
      ...(report && { attack: report }),
    };
    if (to !== 'calm' || report === undefined) return [effect];
    this.#attacks.unshift(report);
    this.#attacks.splice(LIMITS.shieldAttacksMax);
    this.#attack = undefined;
    this.#isAttack = false;
    return [effect, { type: 'attack-over', report }];
  }

  #fallAsleep({ lanes }: Second): void {
    const { unusual, hostile } = this.#judgement;
    const isQuiet = LANES.every((lane) => offered(lanes[lane]) === 0);
    if (!isQuiet || this.posture !== 'calm' || unusual !== undefined || hostile !== undefined) return;
    this.#isAsleep = true;
    this.#isWoken = false;
  }

  #whyNow(): string {
    if (this.posture === 'calm') return NOTHING;
    return whyPosture(this.#judgement) ?? `nothing any more; before, ${this.#why}`;
  }

  #sure(): Likelihood {
    return this.#attack?.sure() ?? sureness(0);
  }

  // ── what can be seen ──

  status(now: Instant): DetectionStatus {
    const isPast = now - this.#tickedAt > SHOWN_SECONDS * SECOND_MS;
    return {
      posture: this.#keeper.posture,
      since: this.#keeper.since,
      why: this.#whyNow(),
      sure: this.#sure(),
      knowsNormal: this.#judge.knowsNormal,
      ...ratesOf(isPast ? [] : this.#seconds, this.#tally, this.#judge, now),
      ...(this.#attack !== undefined && this.#isAttack && { attack: this.#attack.report(false) }),
      attacks: [...this.#attacks],
    };
  }
}
