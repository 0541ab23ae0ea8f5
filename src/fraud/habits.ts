// What accounts usually do: where they call, and at which hours of the day. Learned from answered calls: a country is
// usual a day after the first one, what is risky after calls on five days. What nobody calls for long is forgotten.

import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { E164 } from '../ports/records.ts';
import { classOf, type DestinationClass } from './destination-class.ts';
import { dropOldest } from './oldest.ts';

/** Days count, not calls: a burst makes no habit. */
interface Days {
  count: number;
  /** When the latest of them began. */
  latestAt: Instant;
  lastCallAt: Instant;
}

interface Habit {
  readonly classes: Map<string, Days>;
  /** With calls to where it usually calls: all of them, and those at each hour of the day, UTC. Old ones fade. */
  readonly all: Days;
  readonly hours: (Days | undefined)[];
}

/** Calls on two days are so far apart at least. */
const ANOTHER_DAY_MS = 20 * HOUR_MS;

export class Habits {
  /** By account, in the order of the last call. */
  readonly #habits = new Map<string, Habit>();

  get size(): number {
    return this.#habits.size;
  }

  /** `isTrusted`: false where it may be fraud, which makes no habit of what is risky. */
  learn(account: string, number: E164, answeredAt: Instant, isTrusted: boolean): void {
    const habit = this.#habits.get(account) ?? newHabit();
    this.#habits.delete(account);
    this.#habits.set(account, habit);
    dropOldest(this.#habits, LIMITS.fraudAccountsMax);
    const { name, risk } = classOf(number);
    if (risk !== undefined && !isTrusted) return;
    const known = habit.classes.get(name);
    const days = known === undefined || isForgotten(known, answeredAt) ? noDays() : known;
    // Only what is a habit already tells at which hours the account calls.
    if (earlierDays(days, answeredAt) > 0) learnHour(habit, answeredAt);
    count(days, answeredAt);
    habit.classes.delete(name);
    habit.classes.set(name, days);
    dropOldest(habit.classes, LIMITS.fraudClassesMax);
  }

  calls(account: string, { name, risk }: DestinationClass, now: Instant): boolean {
    const days = this.#habits.get(account)?.classes.get(name);
    if (days === undefined || isForgotten(days, now)) return false;
    return earlierDays(days, now) >= (risk === undefined ? 1 : LIMITS.fraudRiskyHabitDays);
  }

  /** The account calls at other hours: on enough days before, and on hardly one at this hour, or next to it. */
  isQuietHour(account: string, now: Instant): boolean {
    const habit = this.#habits.get(account);
    const known = habit === undefined ? 0 : earlierDays(habit.all, now);
    if (habit === undefined || known < LIMITS.fraudHabitDaysMin) return false;
    const hour = new Date(now).getUTCHours();
    const around = [hour + 23, hour, hour + 1].map((at) => {
      const days = habit.hours[at % 24];
      return days === undefined ? 0 : earlierDays(days, now);
    });
    return Math.max(...around) * LIMITS.fraudQuietHourPart < known;
  }
}

function isForgotten({ lastCallAt }: Days, now: Instant): boolean {
  return now - lastCallAt > LIMITS.fraudHabitMs;
}

function earlierDays({ count: days, latestAt }: Days, now: Instant): number {
  return now - latestAt >= ANOTHER_DAY_MS ? days : days - 1;
}

function count(days: Days, at: Instant): void {
  if (at - days.latestAt >= ANOTHER_DAY_MS) {
    days.count++;
    days.latestAt = at;
  }
  days.lastCallAt = Math.max(days.lastCallAt, at);
}

function learnHour({ all, hours }: Habit, at: Instant): void {
  count(all, at);
  const hour = new Date(at).getUTCHours();
  const days = hours[hour] ?? noDays();
  hours[hour] = days;
  count(days, at);
  if (all.count >= LIMITS.fraudHabitDaysMax) for (const each of [all, ...hours]) if (each) each.count /= 2;
}

function noDays(): Days {
  return { count: 0, latestAt: Number.NEGATIVE_INFINITY, lastCallAt: Number.NEGATIVE_INFINITY };
}

function newHabit(): Habit {
  return { classes: new Map(), all: noDays(), hours: Array(24).fill(undefined) };
}
