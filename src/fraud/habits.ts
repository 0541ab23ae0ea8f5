// What accounts usually do: where they call, and at which hours of the day. Learned from answered calls: a country is
// usual a day after the first one, what is risky after calls on five days. What nobody calls for long is forgotten.

import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { E164 } from '../ports/records.ts';
import { classOf, type DestinationClass } from './destination-class.ts';
import { dropOldest } from './oldest.ts';

interface Called {
  /** Days on which calls were answered there. */
  days: number;
  dayAt: Instant;
  lastAt: Instant;
}

interface Habit {
  readonly classes: Map<string, Called>;
  /** Calls out by hour of the day, UTC; old ones fade. */
  readonly hours: number[];
  calls: number;
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
    const habit = this.#habits.get(account) ?? { classes: new Map(), hours: Array(24).fill(0), calls: 0 };
    this.#habits.delete(account);
    this.#habits.set(account, habit);
    dropOldest(this.#habits, LIMITS.fraudAccountsMax);
    const { name, risk } = classOf(number);
    if (risk !== undefined && !isTrusted) return;
    const never = { days: 0, dayAt: Number.NEGATIVE_INFINITY, lastAt: answeredAt };
    const called = habit.classes.get(name) ?? never;
    // Only what is a habit already tells at which hours the account calls.
    if (earlierDays(called, answeredAt) > 0) countHour(habit, answeredAt);
    if (answeredAt - called.dayAt >= ANOTHER_DAY_MS) {
      called.days++;
      called.dayAt = answeredAt;
    }
    called.lastAt = Math.max(called.lastAt, answeredAt);
    habit.classes.delete(name);
    habit.classes.set(name, called);
    dropOldest(habit.classes, LIMITS.fraudClassesMax);
  }

  calls(account: string, { name, risk }: DestinationClass, now: Instant): boolean {
    const called = this.#habits.get(account)?.classes.get(name);
    if (called === undefined || now - called.lastAt > LIMITS.fraudHabitMs) return false;
    return earlierDays(called, now) >= (risk === undefined ? 1 : LIMITS.fraudRiskyHabitDays);
  }

  /** The account calls at other hours: enough calls are known, and hardly one was at this hour, or next to it. */
  isQuietHour(account: string, now: Instant): boolean {
    const habit = this.#habits.get(account);
    if (habit === undefined || habit.calls < LIMITS.fraudHabitCallsMin) return false;
    const hour = new Date(now).getUTCHours();
    const around = [hour + 23, hour, hour + 1].reduce((sum, at) => sum + (habit.hours[at % 24] ?? 0), 0);
    return around * LIMITS.fraudQuietHourPart < habit.calls;
  }
}

function earlierDays({ days, dayAt }: Called, now: Instant): number {
  return now - dayAt >= ANOTHER_DAY_MS ? days : days - 1;
}

function countHour(habit: Habit, at: Instant): void {
  const hour = new Date(at).getUTCHours();
  habit.hours[hour] = (habit.hours[hour] ?? 0) + 1;
  if (++habit.calls >= LIMITS.fraudHabitCallsMax) fade(habit);
}

function fade(habit: Habit): void {
  for (const [hour, calls] of habit.hours.entries()) habit.hours[hour] = calls / 2;
  habit.calls /= 2;
}
