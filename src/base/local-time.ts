// What a clock on the wall shows somewhere. The time zone database is asked for each instant, daylight saving included,
// so that no offset is ever kept.

import type { Instant } from './time.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

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
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = value;
  const { year = '', month = '', day = '', weekday = '', hour = '0', minute = '0' } = parts;
  return {
    date: `${year}-${month}-${day}`,
    day: DAYS.indexOf(weekday) + 1,
    minute: Number(hour) * 60 + Number(minute),
  };
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
    });
    formats.set(zone, format);
  }
  return format;
}
