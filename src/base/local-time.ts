// What a clock on the wall shows somewhere, for plans that keep hours and for people. The time zone database is asked
// for each instant, daylight saving included, so that no offset is ever kept.

import type { Instant } from './time.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const formats = new Map<string, Intl.DateTimeFormat>();

export interface LocalTime {
  /** `2026-12-25`. */
  readonly date: string;
  /** ISO: 1 is Monday. */
  readonly day: number;
  /** Of the day. */
  readonly minute: number;
}

/** `zone`: IANA, such as `Europe/London`. */
export function localTime(at: Instant, zone: string): LocalTime {
  const { year = '', month = '', day = '', weekday = '', hour = '0', minute = '0' } = partsOf(at, zone);
  return {
    date: `${year}-${month}-${day}`,
    day: DAYS.indexOf(weekday) + 1,
    minute: Number(hour) * 60 + Number(minute),
  };
}

/** For people: `Thu 26 Nov 2026, 14:05 GMT`. */
export function wallTime(at: Instant, zone: string): string {
  const { weekday, day, month, year, hour, minute, timeZoneName } = partsOf(at, zone);
  const monthName = MONTHS[Number(month) - 1] ?? '';
  return `${weekday} ${Number(day)} ${monthName} ${year}, ${hour}:${minute} ${timeZoneName}`;
}

/** For people: `14:05 GMT`. */
export function wallClock(at: Instant, zone: string): string {
  const { hour, minute, timeZoneName } = partsOf(at, zone);
  return `${hour}:${minute} ${timeZoneName}`;
}

/** `14:05`, of a minute of the day. */
export function timeOfDay(minute: number): string {
  return `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
}

/** `7` as `07`. */
export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function partsOf(at: Instant, zone: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short',
    });
    formats.set(zone, format);
  }
  return format;
}
