// Opening hours in the customer's own time zone, daylight saving included: the local day and minute are
// asked of the time zone database for each decision, so no offset is ever stored.

import { localTime } from '../base/local-time.ts';
import type { Instant } from '../base/time.ts';
import type { Hours } from '../ports/records.ts';

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
