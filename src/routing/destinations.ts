// Numbers: from what people and carriers write to E.164, which are emergency numbers, and which
// destinations an account may spend money on (law 8).

import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { err, ok, type Result } from '../base/result.ts';
import type { AccountLimits, E164 } from '../ports/records.ts';

/** Emergency numbers as dialled. Never shed, capped or refused (law 7). 18000 is the UK's emergency relay. */
export const EMERGENCY_NUMBERS: ReadonlySet<string> = new Set(['999', '112', '911', '18000']);

const DIALLABLE = /^\+?[0-9().\-\s]{2,32}$/;

/** The bare digits, where an emergency number was dialled: `9-9-9` is `999`. */
export function emergencyNumber(dialled: string): string | undefined {
  const digits = dialled.replace(/[().\-\s]/g, '');
  return EMERGENCY_NUMBERS.has(digits) ? digits : undefined;
}

export function isEmergency(dialled: string): boolean {
  return emergencyNumber(dialled) !== undefined;
}

/**
 * Reads a number as a person or a carrier of `country` (ISO 3166) writes it: `020 7946 0000`,
 * `+44 20 7946 0000`, `442079460000`, `00442079460000`. Gives `undefined` where it is none.
 */
export function normaliseNumber(text: string, country: string): E164 | undefined {
  if (!DIALLABLE.test(text) || !isSupportedCountry(country)) return undefined;
  const written = parse(text, country);
  if (written !== undefined || text.startsWith('+')) return written;
  return parse(`+${text.replace(/^00/, '')}`, country);
}

function parse(text: string, country: CountryCode): E164 | undefined {
  const number = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false });
  return number?.isPossible() === true ? number.number : undefined;
}

/** May this account's money be spent on that number? The reason is for people. */
export function destinationAllowed(number: E164, limits: AccountLimits): Result<void, string> {
  const allowed = longestPrefix(number, limits.destinationsAllowed);
  const denied = longestPrefix(number, limits.destinationsDenied);
  if (allowed === undefined) return err(`${number} is outside the destinations that the account may call`);
  if (denied !== undefined && denied.length >= allowed.length) {
    return err(`numbers beginning ${denied} are not allowed for the account`);
  }
  return ok(undefined);
}

function longestPrefix(number: E164, prefixes: readonly string[]): string | undefined {
  let longest: string | undefined;
  for (const prefix of prefixes) {
    if (number.startsWith(prefix) && prefix.length > (longest?.length ?? -1)) longest = prefix;
  }
  return longest;
}
