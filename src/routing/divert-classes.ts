// Which kinds of numbers an account's calls may be diverted to (law 8), beside the destinations that it may call at
// all: an owner who only ever diverts to mobiles loses nothing by saying so, and whoever steals a PIN loses the rest.

import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { err, ok, type Result } from '../base/result.ts';
import type { Account, DivertClass, E164 } from '../ports/records.ts';
import { destinationAllowed } from './destinations.ts';

const PREMIUM = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER']);

/** May calls be sent on to that number? The reason is for people. */
export function divertAllowed(
  number: E164,
  { limits, numbers }: Pick<Account, 'limits' | 'numbers'>,
): Result<void, string> {
  const allowed = destinationAllowed(number, limits);
  if (!allowed.ok || limits.divertClasses === undefined) return allowed;
  const home = numbers.map((own) => countryOf(own.number));
  const found = divertClassOf(number, home);
  if (limits.divertClasses.includes(found)) return ok(undefined);
  return err(`${number} is ${WORDS[found]}, to which the account does not divert`);
}

const WORDS: Readonly<Record<DivertClass, string>> = {
  mobile: 'a mobile',
  national: 'a number of the country',
  premium: 'a premium, shared cost or personal number',
  international: 'abroad',
};

/** `home`: country codes of the account's own numbers. */
function divertClassOf(number: E164, home: readonly string[]): DivertClass {
  const type = parsePhoneNumberFromString(number)?.getType();
  if (type !== undefined && PREMIUM.has(type)) return 'premium';
  if (!home.includes(countryOf(number))) return 'international';
  // Ofcom's drama mobiles (07700 900xxx) are in no numbering plan, so what the range says has to do for the UK.
  return type === 'MOBILE' || /^\+447[1-9]\d{8}$/.test(number) ? 'mobile' : 'national';
}

function countryOf(number: E164): string {
  return parsePhoneNumberFromString(number)?.countryCallingCode ?? '';
}
