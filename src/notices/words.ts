// How numbers, times and lengths are written to people who read them on a small screen, in a hurry.

import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { printable } from '../base/printable.ts';
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Account } from '../ports/records.ts';

/** `+44 20 7946 0000`; what is no number as it is, made harmless. */
export function shownNumber(text: string): string {
  return parsePhoneNumberFromString(text)?.formatInternational() ?? printable(text);
}

/** Who called, for people. */
export function shownCaller(caller: string): string {
  return caller === '' || caller === 'anonymous' ? 'an unknown caller' : shownNumber(caller);
}

/** `Thu 26 Nov 2026, 14:05 GMT`, where the account keeps its hours; else UTC. */
export function shownTime(at: Instant, account: Pick<Account, 'hours'>): string {
  const { weekday, day, month, year, hour, minute, timeZoneName } = parts(at, zoneOf(account));
  return `${weekday} ${day} ${month} ${year}, ${hour}:${minute} ${timeZoneName}`;
}

/** `14:05 GMT`. */
export function shownClock(at: Instant, account: Pick<Account, 'hours'>): string {
  const { hour, minute, timeZoneName } = parts(at, zoneOf(account));
  return `${hour}:${minute} ${timeZoneName}`;
}

/** `45 seconds`, `1:05 minutes`, `2:00:00 hours`. */
export function shownLength(lengthMs: number): string {
  const seconds = Math.max(1, Math.round(lengthMs / SECOND_MS));
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const minutes = seconds / (MINUTE_MS / SECOND_MS);
  if (minutes < 60) return `${Math.floor(minutes)}:${two(seconds % 60)} minutes`;
  const hours = Math.floor(seconds / (HOUR_MS / SECOND_MS));
  return `${hours}:${two(minutes % 60)}:${two(seconds % 60)} hours`;
}

/** `30 days`. */
export function shownDays(lengthMs: number): string {
  const days = Math.round(lengthMs / DAY_MS);
  return days === 1 ? '1 day' : `${days} days`;
}

/** Where the account keeps its first opening hours. */
function zoneOf({ hours }: Pick<Account, 'hours'>): string {
  return hours[0]?.zone ?? 'UTC';
}

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(at: Instant, zone: string): Readonly<Record<string, string>> {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short',
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}
