// The header fields of a 200 to REGISTER (RFC 3261 §10.3 step 8; Path: RFC 3327 §5.3; Require and Flow-Timer:
// RFC 5626 §6; pub-gruu: RFC 5627 §5.3). Temporary GRUUs are not given: the node is a back-to-back user agent, so
// no peer ever sees a phone's Contact, and there is nothing to hide.

import { twoDigits } from '../base/local-time.ts';
import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';
import { type Identity, publicGruu } from './device.ts';

/** Option tags of RFC 3327, RFC 5626 and RFC 5627. */
export const REGISTRAR_SUPPORTED = 'path, outbound, gruu';

export interface Registered {
  readonly binding: Binding;
  readonly identity: Identity;
}

export interface ResponseTerms {
  /** Of this REGISTER. */
  readonly path: readonly string[];
  /** This REGISTER made or refreshed a flow, by the rules of RFC 5626. */
  readonly outbound: boolean;
  /** The phone is to send keepalives at least this often; absent: as often as it likes. */
  readonly keepAliveMs: number | undefined;
  /** Absent: the phone does not understand GRUUs. */
  readonly gruuDomain: string | undefined;
}

/** One Contact row per binding, the Path of this REGISTER, and the time, which phones set their clock by. */
export function registeredHeaders(
  registered: readonly Registered[],
  now: Instant,
  terms: ResponseTerms,
): readonly (readonly [name: string, value: string])[] {
  const { path, outbound, keepAliveMs, gruuDomain } = terms;
  const flowTimer = outbound && keepAliveMs !== undefined ? [Math.floor(keepAliveMs / SECOND_MS)] : [];
  return [
    ...registered.map((one) => ['Contact', contactValue(one, now, gruuDomain)] as const),
    ...path.map((value) => ['Path', value] as const),
    ['Supported', REGISTRAR_SUPPORTED],
    ...(outbound ? [['Require', 'outbound'] as const] : []),
    ...flowTimer.map((seconds) => ['Flow-Timer', String(seconds)] as const),
    ['Date', sipDate(now)],
  ];
}

function contactValue(
  { binding, identity: { instance } }: Registered,
  now: Instant,
  gruuDomain: string | undefined,
): string {
  // Rounded down, so that no phone refreshes too late; never to 0, which would mean "removed".
  const seconds = Math.max(1, Math.floor((binding.expiresAt - now) / SECOND_MS));
  const q = binding.q === 1_000 ? '' : `;q=${binding.q / 1_000}`;
  const gruu =
    gruuDomain === undefined || instance === undefined
      ? ''
      : `;pub-gruu="${publicGruu(binding, instance, gruuDomain)}"`;
  return `<${binding.contact}>${q}${binding.parameters}${gruu};expires=${seconds}`;
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
