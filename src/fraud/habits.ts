// What accounts usually do: where they call, and at which hours of the day. Learned from answered calls: a country is
// usual a day after the first one, what is risky after calls on five days. What nobody calls for long is forgotten.
// Days count, not calls, because a burst makes no habit; so there is something to keep only when a day is counted.

import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { CallDays, CallHabits, E164 } from '../ports/records.ts';
import { classOf, type DestinationClass } from './destination-class.ts';
import { dropOldest } from './oldest.ts';

interface Habit {
  readonly classes: Map<string, CallDays>;
  all: CallDays;
  /** Old days fade. */
  readonly hours: Map<number, CallDays>;
}

/** Calls on two days are so far apart at least. */
const ANOTHER_DAY_MS = 20 * HOUR_MS;
const NONE: CallDays = { count: 0, latestAt: 0, lastCallAt: 0 };

export class Habits {
  /** By account, in the order of the last call. */
  readonly #habits = new Map<string, Habit>();

  get size(): number {
    return this.#habits.size;
  }

  /** What was kept. */
  restore({ account, classes, all, hours }: CallHabits): void {
    this.#habits.set(account, { classes: new Map(classes), all, hours: new Map(hours) });
    dropOldest(this.#habits, LIMITS.fraudAccountsMax);
  }

  /**
   * `isTrusted`: false where it may be fraud, which makes no habit of what is risky. Gives what is to be kept of the
   * account, where that has changed.
   */
  learn(account: string, number: E164, answeredAt: Instant, isTrusted: boolean): CallHabits | undefined {
    const { name, risk } = classOf(number);
    if (risk !== undefined && !isTrusted) return undefined;
    const habit = this.#habits.get(account) ?? { classes: new Map(), all: NONE, hours: new Map() };
    this.#habits.delete(account);
    this.#habits.set(account, habit);
    dropOldest(this.#habits, LIMITS.fraudAccountsMax);
    const known = habit.classes.get(name) ?? NONE;
    const before = isForgotten(known, answeredAt) ? NONE : known;
    const after = counted(before, answeredAt);
    habit.classes.delete(name);
    habit.classes.set(name, after);
    dropOldest(habit.classes, LIMITS.fraudClassesMax);
    // Only what is a habit already tells at which hours the account calls.
    const isHourNew = earlierDays(before, answeredAt) > 0 && learnHour(habit, answeredAt);
    if (after.count === before.count && !isHourNew) return undefined;
    return { account, classes: [...habit.classes], all: habit.all, hours: [...habit.hours] };
  }

  calls(account: string, { name, risk }: DestinationClass, now: Instant): boolean {
    const days = this.#habits.get(account)?.classes.get(name);
    if (days === undefined || isForgotten(days, now)) return false;
    return earlierDays(days, now) >= (risk === undefined ? 1 : LIMITS.fraudRiskyHabitDays);
  }

  /** The account calls at other hours: on enough days before, and on hardly one at this hour, or next to it. */
  isQuietHour(account: string, now: Instant): boolean {
    const { all, hours } = this.#habits.get(account) ?? {};
    const known = earlierDays(all ?? NONE, now);
    if (known < LIMITS.fraudHabitDaysMin) return false;
    const hour = hourOf(now);
    const around = [hour + 23, hour, hour + 1].map((at) => earlierDays(hours?.get(at % 24) ?? NONE, now));
    return Math.max(...around) * LIMITS.fraudQuietHourPart < known;
  }
}

function isForgotten({ lastCallAt }: CallDays, now: Instant): boolean {
  return now - lastCallAt > LIMITS.fraudHabitMs;
}

function earlierDays({ count, latestAt }: CallDays, now: Instant): number {
  return now - latestAt >= ANOTHER_DAY_MS ? count : count - 1;
}

function counted({ count, latestAt, lastCallAt }: CallDays, at: Instant): CallDays {
  const isAnotherDay = at - latestAt >= ANOTHER_DAY_MS;
  return {
    count: isAnotherDay ? count + 1 : count,
    latestAt: isAnotherDay ? at : latestAt,
    lastCallAt: Math.max(lastCallAt, at),
  };
}

/** True where it is the first call of that day at this hour. */
function learnHour(habit: Habit, at: Instant): boolean {
  const hour = hourOf(at);
  const before = habit.hours.get(hour) ?? NONE;
  const after = counted(before, at);
  habit.hours.set(hour, after);
  habit.all = counted(habit.all, at);
  if (habit.all.count >= LIMITS.fraudHabitDaysMax) fade(habit);
  return after.count !== before.count;
}

function fade(habit: Habit): void {
  habit.all = { ...habit.all, count: habit.all.count / 2 };
  for (const [hour, days] of habit.hours) habit.hours.set(hour, { ...days, count: days.count / 2 });
}

function hourOf(at: Instant): number {
  return new Date(at).getUTCHours();
}
