// The moments of a week at which a plan may do something else: whenever one of its opening hours begins or ends, and
// a holiday. A plan that survives at each of these survives at any time.
//
// It is the week as it stands on the wall: a change to or from daylight saving within it moves nothing that matters.

import { localTime, timeOfDay } from '../base/local-time.ts';
import type { Instant } from '../base/time.ts';
import type { Hours } from '../ports/records.ts';

export interface Moment {
  /** For people, after a comma: `on Mon at 09:00`. */
  readonly words: string;
  /** By name, the hours that are open then. */
  readonly open: ReadonlySet<string>;
}

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Those that differ in which of the hours are open; the first of each kind. At least one. */
export function momentsOf(all: readonly Hours[], now: Instant): readonly Moment[] {
  // Minutes of the week that it is now, where each of the hours is kept.
  const starts = new Map(all.map((hours) => [hours, minuteOfWeek(localTime(now, hours.zone))]));
  const startOf = (hours: Hours) => starts.get(hours) ?? 0;
  const shifts = all.flatMap((hours) =>
    boundaries(hours).map((minute) => modulo(minute - startOf(hours), WEEK_MINUTES)),
  );
  const found = new Map<string, Moment>();
  const add = (words: string, open: readonly Hours[]) => {
    const names = open.map(({ name }) => name);
    const key = names.join('\n');
    if (!found.has(key)) found.set(key, { words, open: new Set(names) });
  };
  for (const shift of [0, ...shifts.sort((a, b) => a - b)]) {
    const at = (hours: Hours) => modulo(startOf(hours) + shift, WEEK_MINUTES);
    const [first] = all;
    const words = first === undefined || shift === 0 ? 'now' : wordsOf(at(first));
    add(
      words,
      all.filter((hours) => isOpenAt(hours, at(hours))),
    );
  }
  // Those that keep no holidays are open then at some time or other, which the week has told.
  if (all.some(({ holidays }) => holidays.length > 0)) add('on a holiday', []);
  return [...found.values()];
}

function boundaries({ open }: Hours): readonly number[] {
  return open.flatMap(({ days, fromMinute, toMinute }) =>
    days.flatMap((day) => {
      const midnight = (day - 1) * DAY_MINUTES;
      const end = toMinute <= fromMinute ? toMinute + DAY_MINUTES : toMinute;
      return [midnight + fromMinute, (midnight + end) % WEEK_MINUTES];
    }),
  );
}

function isOpenAt({ open }: Hours, minute: number): boolean {
  return open.some(({ days, fromMinute, toMinute }) =>
    days.some((day) => {
      const lengthMinutes = modulo(toMinute - fromMinute - 1, DAY_MINUTES) + 1;
      return modulo(minute - ((day - 1) * DAY_MINUTES + fromMinute), WEEK_MINUTES) < lengthMinutes;
    }),
  );
}

function minuteOfWeek({ day, minute }: { readonly day: number; readonly minute: number }): number {
  return (day - 1) * DAY_MINUTES + minute;
}

function wordsOf(minute: number): string {
  const day = DAYS[Math.floor(minute / DAY_MINUTES)] ?? '';
  return `on ${day} at ${timeOfDay(minute % DAY_MINUTES)}`;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
