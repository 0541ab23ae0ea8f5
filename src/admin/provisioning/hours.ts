// Opening hours as people write them, `mon-fri 09:00-17:30`, and back. What they mean at a given moment is
// routing's to say (src/routing/hours.ts), whose rules these follow: days are ISO, minutes count from local
// midnight, and an end that is not after its start lies on the next day.

import { timeOfDay } from '../../base/local-time.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Hours } from '../../ports/records.ts';

type Span = Hours['open'][number];

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAYS_IN_WEEK = 7;
const MINUTES_OF_HOUR = 60;
const MINUTES_OF_DAY = 24 * MINUTES_OF_HOUR;

/** `mon-fri 09:00-12:30,13:00-17:30`, `sat,sun 10:00-13:00`, `daily 22:00-06:00`: a span for each time. */
export function parseSpans(text: string): Result<readonly Span[], string> {
  const [, daysText, timesText] = /^(\S+)\s+(\S+)$/.exec(text.trim()) ?? [];
  if (daysText === undefined || timesText === undefined) {
    return err('expected days and times, such as mon-fri 09:00-17:30');
  }
  const days = parseDays(daysText.toLowerCase());
  if (!days.ok) return days;
  const spans: Span[] = [];
  for (const timeText of timesText.split(',')) {
    const time = parseTimes(timeText);
    if (!time.ok) return time;
    spans.push({ days: days.value, ...time.value });
  }
  return ok(spans);
}

export function formatSpan({ days, fromMinute, toMinute }: Span): string {
  return `${formatDays(days)} ${timeOfDay(fromMinute)}-${timeOfDay(toMinute)}`;
}

/** A date of the calendar, such as 2026-12-25. */
export function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const date = new Date(`${text}T00:00:00Z`);
  const same = date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
  return year !== undefined && same;
}

export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined && /^[A-Z]/i.test(text);
  } catch {
    return false;
  }
}

function parseDays(text: string): Result<readonly number[], string> {
  if (text === 'daily') return ok(DAYS.map((_, index) => index + 1));
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = -1, last = first, ...more] = part.split('-').map((name) => DAYS.indexOf(name));
    if (first === -1 || last === -1 || more.length > 0) {
      return err(`"${part}" are no days; they are written mon-fri, sat, sun or daily`);
    }
    const lengthDays = (last - first + DAYS_IN_WEEK) % DAYS_IN_WEEK;
    for (let step = 0; step <= lengthDays; step++) days.add(((first + step) % DAYS_IN_WEEK) + 1);
  }
  return ok([...days].sort((a, b) => a - b));
}

function parseTimes(text: string): Result<{ fromMinute: number; toMinute: number }, string> {
  const [, fromHour, fromMinutes, toHour, toMinutes] = /^(\d\d?):(\d\d)-(\d\d?):(\d\d)$/.exec(text) ?? [];
  const fromMinute = minuteOfDay(fromHour, fromMinutes);
  const toMinute = minuteOfDay(toHour, toMinutes);
  if (fromMinute === undefined || toMinute === undefined || fromMinute === MINUTES_OF_DAY) {
    return err(`"${text}" is no time of day; expected such as 09:00-17:30`);
  }
  return fromMinute === toMinute
    ? err(`"${text}" begins and ends at once; the whole day is 00:00-24:00`)
    : ok({ fromMinute, toMinute });
}

function minuteOfDay(hour: string | undefined, minutes: string | undefined): number | undefined {
  const minute = Number(hour) * MINUTES_OF_HOUR + Number(minutes);
  return Number(minutes) < MINUTES_OF_HOUR && minute <= MINUTES_OF_DAY ? minute : undefined;
}

/** Days in a row become a range; a week is `daily`. */
function formatDays(days: readonly number[]): string {
  if (days.length === DAYS_IN_WEEK) return 'daily';
  const runs: number[][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  return runs
    .map((run) =>
      (run.length > 2 ? [run.at(0), run.at(-1)] : run).map(nameOf).join(run.length > 2 ? '-' : ','),
    )
    .join(',');
}

function nameOf(day: number | undefined): string {
  return DAYS[(day ?? 0) - 1] ?? '';
}
