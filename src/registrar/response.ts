// The header fields of a 200 to REGISTER (RFC 3261 §10.3 step 8; Path: RFC 3327 §5.3).

import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';

/** One Contact row per binding, the Path of this REGISTER, and the time, which phones set their clock by. */
export function registeredHeaders(
  bindings: readonly Binding[],
  path: readonly string[],
  now: Instant,
): readonly (readonly [name: string, value: string])[] {
  return [
    ...bindings.map((binding) => ['Contact', contactValue(binding, now)] as const),
    ...path.map((value) => ['Path', value] as const),
    ['Date', sipDate(now)],
  ];
}

function contactValue(binding: Binding, now: Instant): string {
  // Rounded down, so that no phone refreshes too late; never to 0, which would mean "removed".
  const seconds = Math.max(1, Math.floor((binding.expiresAt - now) / SECOND_MS));
  const q = binding.q === 1_000 ? '' : `;q=${binding.q / 1_000}`;
  return `<${binding.contact}>${q}${binding.parameters};expires=${seconds}`;
}

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sat, 13 Nov 2010 23:29:00 GMT` (RFC 3261 §25.1). */
export function sipDate(now: Instant): string {
  const days = Math.floor(now / DAY_MS);
  const { year, month, day } = civilDate(days);
  const minutes = Math.floor((now - days * DAY_MS) / MINUTE_MS);
  const seconds = Math.floor((now % MINUTE_MS) / SECOND_MS);
  const clock = [Math.floor(minutes / 60), minutes % 60, seconds].map(twoDigits).join(':');
  return `${WEEKDAYS[days % 7]}, ${twoDigits(day)} ${MONTHS[month]} ${year} ${clock} GMT`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/**
 * The Gregorian date of a day counted from 1970-01-01; month from 0. Counted in years that begin on 1 March,
 * so that the leap day is their last, and months of 153 days in five.
 */
function civilDate(days: number): { year: number; month: number; day: number } {
  const sinceMarch0000 = days + 719_468;
  const era = Math.floor(sinceMarch0000 / 146_097);
  const dayOfEra = sinceMarch0000 - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (monthFromMarch + 2) % 12;
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month < 2 ? 1 : 0), month, day };
}
