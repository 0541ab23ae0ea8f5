// Times as people at a terminal write and read them: in their own time zone, and relative to now.

import { durationMs, duration as durationSchema } from '../admin/documents/section.ts';
import { RingthroughError } from '../base/errors.ts';
import { twoDigits } from '../base/local-time.ts';
import { DAY_MS, HOUR_MS, type Instant, inTwoUnits, MINUTE_MS, SECOND_MS } from '../base/time.ts';

/** `2026-11-24 09:30:05`, local. */
export function formatTime(instant: Instant): string {
  const date = new Date(instant);
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
  return `${day} ${clock}`;
}

/** `09:30:05.120`, local. */
export function formatClock(instant: Instant): string {
  const milliseconds = String(Math.floor(instant % SECOND_MS)).padStart(3, '0');
  return `${formatTime(instant).slice(11)}.${milliseconds}`;
}

/** `850 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`: two units at most. */
export function formatLength(lengthMs: number): string {
  if (lengthMs < SECOND_MS) return `${Math.round(lengthMs)} ms`;
  if (lengthMs < 10 * SECOND_MS) return `${(lengthMs / SECOND_MS).toFixed(1)} s`;
  const units = [
    ['d', DAY_MS],
    ['h', HOUR_MS],
    ['min', MINUTE_MS],
    ['s', SECOND_MS],
  ] as const;
  return inTwoUnits(lengthMs, units);
}

/** `in 4 min`, `2 h ago`. */
export function formatRelative(instant: Instant, now: Instant): string {
  const distanceMs = instant - now;
  return distanceMs >= 0 ? `in ${formatLength(distanceMs)}` : `${formatLength(-distanceMs)} ago`;
}

/** A past time: `2h` ago, `today`, `09:30`, `2026-11-24`, `2026-11-24 09:30`, or RFC 3339. */
export function pastTime(written: string, now: Instant): string {
  return timeOf(written, now, -1);
}

/** A time to come: in `2h`, `18:00`, `2026-11-24 18:00`, or RFC 3339. */
export function futureTime(written: string, now: Instant): string {
  return timeOf(written, now, 1);
}

/** `direction` is where a length points to, and to which side of now a time of day without a date falls. */
function timeOf(written: string, now: Instant, direction: 1 | -1): string {
  const text = written.trim();
  if (durationSchema.safeParse(text).success) return iso(now + direction * durationMs(text));
  if (text === 'today') return iso(midnight(now));
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (clock !== null) return iso(timeOfDay(Number(clock[1]), Number(clock[2]), now, direction));
  // A date alone would be read as UTC; with a time it is local.
  const local = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text.replace(' ', 'T');
  const parsed = /^\d{4}-\d{2}-\d{2}T/.test(local) ? Date.parse(local) : Number.NaN;
  if (Number.isNaN(parsed)) {
    throw new RingthroughError(
      'INVALID_INPUT',
      `"${written}" is not a time; write 2h, 18:00, "2026-11-24 18:00" or 2026-11-24T18:00:00Z`,
    );
  }
  return iso(parsed);
}

function midnight(now: Instant): Instant {
  return new Date(now).setHours(0, 0, 0, 0);
}

function timeOfDay(hours: number, minutes: number, now: Instant, direction: 1 | -1): Instant {
  const date = new Date(now);
  date.setHours(hours, minutes, 0, 0);
  if (direction === 1 && date.getTime() <= now) date.setDate(date.getDate() + 1);
  if (direction === -1 && date.getTime() > now) date.setDate(date.getDate() - 1);
  return date.getTime();
}

function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}
