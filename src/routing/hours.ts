// Opening hours in the customer's own time zone, daylight saving included: the local day and minute are
// asked of the time zone database for each decision, so no offset is ever stored.

import type { Instant } from '../base/time.ts';
import type { Hours } from '../ports/records.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Local date (`2026-12-25`), ISO day (1 = Monday) and minute of the day in a time zone. */
export function localTime(now: Instant, zone: string): { date: string; day: number; minute: number } {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(now)) parts[type] = value;
  const { year = '', month = '', day = '', weekday = '', hour = '0', minute = '0' } = parts;
  return {
    date: `${year}-${month}-${day}`,
    day: DAYS.indexOf(weekday) + 1,
    minute: Number(hour) * 60 + Number(minute),
  };
}

/**
 * True inside the hours. A span whose end is not after its start runs past midnight: Friday 22:00 to 02:00
 * is open on Saturday at 01:00. A holiday closes the spans that begin on it.
 */
export function isOpen(hours: Hours, now: Instant): boolean {
  const today = localTime(now, hours.zone);
  const yesterday = dayBefore(today);
  return hours.open.some(({ days, fromMinute, toMinute }) => {
    const overnight = toMinute <= fromMinute;
    const begins = (at: { date: string; day: number }) =>
      days.includes(at.day) && !hours.holidays.includes(at.date);
    if (begins(today) && today.minute >= fromMinute && (overnight || today.minute < toMinute)) return true;
    return overnight && today.minute < toMinute && begins(yesterday);
  });
}

function dayBefore(today: { date: string; day: number }): { date: string; day: number } {
  const previous = new Date(`${today.date}T12:00:00Z`);
  previous.setUTCDate(previous.getUTCDate() - 1);
  return { date: previous.toISOString().slice(0, 10), day: today.day === 1 ? 7 : today.day - 1 };
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
