// Toll fraud: somebody has an account's password, or its PBX, and calls what pays him. It looks the same everywhere:
// destinations that the account never calls, many at once, at night.
//
//   usual destination ─▶ goes on, always        emergency ─▶ is never asked about (law 7)
//   unusual           ─▶ a few an hour, fewer at hours at which the account never calls; then refused, and told
//
// Usual is what is learned from answered calls: a country after a day, what is risky after calls on five days.
// The account's own countries are usual from the beginning, and what its `destinationsUsual` says. Nothing else of the
// account is touched, and what is refused now is let through again within the hour. Diverted calls count like any
// (law 8): fraudsters love call forwarding.

import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, type Instant } from '../base/time.ts';
import type { Account, E164, LedgerEntry } from '../ports/records.ts';
import { classOf, type DestinationClass } from './destination-class.ts';

export interface Suspicion {
  readonly account: string;
  /** The phone's user or the trunk's name, from which the latest call came. */
  readonly caller: string;
  /** Unusual numbers that were called within the hour, the latest first. */
  readonly destinations: readonly E164[];
  readonly calls: number;
  readonly refused: number;
  readonly done: 'watched' | 'slowed' | 'refused';
  /** A sentence. */
  readonly why: string;
}

export interface Judgement {
  /** Why the call may not go there now; for people. */
  readonly refusal?: string;
  /** To be told to the operator. */
  readonly suspicion?: Suspicion;
}

interface Called {
  /** Days on which calls were answered there. */
  days: number;
  dayAt: Instant;
  lastAt: Instant;
}

interface Habits {
  readonly classes: Map<string, Called>;
  /** Calls out by hour of the day, UTC; old ones fade. */
  readonly hours: number[];
  calls: number;
}

interface Unusual {
  /** Calls let through within the last hour. */
  at: Instant[];
  refusedAt: Instant;
  refused: number;
  destinations: E164[];
  toldAt: Instant;
  toldRefusalAt: Instant;
}

/** Calls on two days are so far apart at least. */
const ANOTHER_DAY_MS = 20 * HOUR_MS;
const GO: Judgement = {};

export class FraudWatch {
  /** By account, in the order of the last call. */
  readonly #habits = new Map<string, Habits>();
  readonly #unusual = new Map<string, Unusual>();

  get size(): number {
    return this.#habits.size + this.#unusual.size;
  }

  /** A call that has ended: what was answered there is a habit in time. */
  learn({ account, answeredBy, answeredAt }: LedgerEntry): void {
    if (answeredBy?.startsWith('+') !== true || answeredAt === undefined || account === '') return;
    const habits = this.#habits.get(account) ?? { classes: new Map(), hours: Array(24).fill(0), calls: 0 };
    this.#habits.delete(account);
    this.#habits.set(account, habits);
    dropOldest(this.#habits, LIMITS.fraudAccountsMax);
    const { name, risky } = classOf(answeredBy);
    // What was let through while the rest was refused is no habit.
    const unusual = this.#unusual.get(account);
    if (risky && unusual !== undefined && answeredAt - unusual.refusedAt < DAY_MS) return;
    const called = habits.classes.get(name) ?? {
      days: 0,
      dayAt: Number.NEGATIVE_INFINITY,
      lastAt: answeredAt,
    };
    // Only what is a habit already tells at which hours the account calls.
    if (earlierDays(called, answeredAt) > 0) countHour(habits, answeredAt);
    if (answeredAt - called.dayAt >= ANOTHER_DAY_MS) {
      called.days++;
      called.dayAt = answeredAt;
    }
    called.lastAt = Math.max(called.lastAt, answeredAt);
    habits.classes.delete(name);
    habits.classes.set(name, called);
    dropOldest(habits.classes, LIMITS.fraudClassesMax);
  }

  /** May the account call there now? Not asked about emergency calls. */
  judge(account: Account, number: E164, caller: string, now: Instant): Judgement {
    const kind = classOf(number);
    if (this.#isUsual(account, number, kind, now)) return GO;
    const { fraud = 'slow' } = account.limits;
    const unusual = this.#unusualOf(account.name, now);
    const isQuiet = this.#isQuietHour(account.name, now);
    const atMost = fraud === 'block' ? 0 : isQuiet ? LIMITS.fraudCallsInQuietHour : LIMITS.fraudCallsPerHour;
    unusual.at = unusual.at.filter((at) => now - at < HOUR_MS);
    unusual.destinations = [number, ...unusual.destinations.filter((each) => each !== number)].slice(
      0,
      LIMITS.fraudDestinationsTold,
    );
    const isRefused = fraud !== 'watch' && unusual.at.length >= atMost;
    if (isRefused) {
      unusual.refused++;
      unusual.refusedAt = now;
    } else {
      unusual.at.push(now);
      if (unusual.at.length > LIMITS.fraudCallsCountedMax) unusual.at.shift();
    }
    const done = fraud === 'watch' ? 'watched' : isRefused ? 'refused' : 'slowed';
    const why = `the account does not usually call ${kind.name}${isQuiet ? ', nor at this hour' : ''}`;
    const isTold = now - (isRefused ? unusual.toldRefusalAt : unusual.toldAt) < HOUR_MS;
    if (isRefused) unusual.toldRefusalAt = isTold ? unusual.toldRefusalAt : now;
    else unusual.toldAt = isTold ? unusual.toldAt : now;
    const { refused, destinations, at } = unusual;
    const facts = {
      account: account.name,
      caller,
      destinations,
      calls: at.length,
      refused,
      done,
      why,
    } as const;
    return {
      ...(isTold ? {} : { suspicion: facts }),
      ...(isRefused
        ? { refusal: `${number} is not dialled now: ${why}, and this looks like toll fraud` }
        : {}),
    };
  }

  #isUsual({ name, numbers, limits }: Account, number: E164, kind: DestinationClass, now: Instant): boolean {
    if (limits.destinationsUsual?.some((prefix) => number.startsWith(prefix)) === true) return true;
    if (!kind.risky && numbers.some((own) => classOf(own.number).name.split(' ')[0] === kind.name))
      return true;
    const called = this.#habits.get(name)?.classes.get(kind.name);
    if (called === undefined || now - called.lastAt > LIMITS.fraudHabitMs) return false;
    return earlierDays(called, now) >= (kind.risky ? LIMITS.fraudRiskyHabitDays : 1);
  }

  /** The account calls at other hours: enough calls are known, and hardly one was at this hour, or next to it. */
  #isQuietHour(account: string, now: Instant): boolean {
    const habits = this.#habits.get(account);
    if (habits === undefined || habits.calls < LIMITS.fraudHabitCallsMin) return false;
    const hour = new Date(now).getUTCHours();
    const around = [hour + 23, hour, hour + 1].reduce((sum, at) => sum + (habits.hours[at % 24] ?? 0), 0);
    return around * LIMITS.fraudQuietHourPart < habits.calls;
  }

  #unusualOf(account: string, now: Instant): Unusual {
    const never = Number.NEGATIVE_INFINITY;
    const known = this.#unusual.get(account);
    const isOver = known === undefined || now - Math.max(known.at.at(-1) ?? never, known.refusedAt) > DAY_MS;
    const unusual: Unusual = isOver
      ? { at: [], refusedAt: never, refused: 0, destinations: [], toldAt: never, toldRefusalAt: never }
      : known;
    this.#unusual.delete(account);
    this.#unusual.set(account, unusual);
    dropOldest(this.#unusual, LIMITS.fraudAccountsMax);
    return unusual;
  }
}

function earlierDays({ days, dayAt }: Called, now: Instant): number {
  return now - dayAt >= ANOTHER_DAY_MS ? days : days - 1;
}

function countHour(habits: Habits, at: Instant): void {
  const hour = new Date(at).getUTCHours();
  habits.hours[hour] = (habits.hours[hour] ?? 0) + 1;
  if (++habits.calls >= LIMITS.fraudHabitCallsMax) fade(habits);
}

function fade(habits: Habits): void {
  for (const [hour, calls] of habits.hours.entries()) habits.hours[hour] = calls / 2;
  habits.calls /= 2;
}

function dropOldest<Key>(map: Map<Key, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
