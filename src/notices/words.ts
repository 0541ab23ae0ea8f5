// How numbers, times and lengths are written to people who read them on a small screen, in a hurry.

import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { twoDigits, wallClock, wallTime } from '../base/local-time.ts';
import { counted } from '../base/names.ts';
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
  return wallTime(at, zoneOf(account));
}

/** `14:05 GMT`. */
export function shownClock(at: Instant, account: Pick<Account, 'hours'>): string {
  return wallClock(at, zoneOf(account));
}

/** `45 seconds`, `1:05 minutes`, `2:00:00 hours`. */
export function shownLength(lengthMs: number): string {
  const seconds = Math.max(1, Math.round(lengthMs / SECOND_MS));
  if (seconds < 60) return counted(seconds, 'second');
  const minutes = Math.floor(seconds / (MINUTE_MS / SECOND_MS));
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)} minutes`;
  const hours = Math.floor(seconds / (HOUR_MS / SECOND_MS));
  return `${hours}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)} hours`;
}

/** `30 days`. */
export function shownDays(lengthMs: number): string {
  return counted(Math.round(lengthMs / DAY_MS), 'day');
}

/** Where the account keeps its first opening hours. */
function zoneOf({ hours }: Pick<Account, 'hours'>): string {
  return hours[0]?.zone ?? 'UTC';
}
