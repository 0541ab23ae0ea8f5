// Dates as SIP (RFC 3261 §25.1) and RSS (RFC 822 §5, with the year of RFC 1123 §5.2.14) write them: in English, of GMT.

import { twoDigits } from './local-time.ts';
import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from './time.ts';

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sat, 13 Nov 2010 23:29:00 GMT`. */
export function rfc1123Date(now: Instant): string {
  const days = Math.floor(now / DAY_MS);
  const { year, month, day } = civilDate(days);
  const minutes = Math.floor((now - days * DAY_MS) / MINUTE_MS);
  const seconds = Math.floor((now % MINUTE_MS) / SECOND_MS);
  const clock = [Math.floor(minutes / 60), minutes % 60, seconds].map(twoDigits).join(':');
  return `${WEEKDAYS[days % 7]}, ${twoDigits(day)} ${MONTHS[month]} ${year} ${clock} GMT`;
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
