// Numbers as people write them in files and requests, and what kind of number one is to people.

import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { err, ok, type Result } from '../../base/result.ts';
import type { E164 } from '../../ports/records.ts';
import { normaliseNumber } from '../../routing/destinations.ts';

/** E.164, or what is wrong with it. `country` (ISO 3166) is whose national format it may be written in. */
export function readNumber(text: string, country: string): Result<E164, string> {
  const number = normaliseNumber(text, country);
  if (number !== undefined) return ok(number);
  return err(`"${text}" is not a telephone number; expected such as +442079460000`);
}

/** `+44` of `+442079460000`. */
export function callingCode(number: E164): string {
  return `+${parsePhoneNumberFromString(number)?.countryCallingCode ?? ''}`;
}

/** `the mobile +447700900123` where it is known to be one, else `the number …`. */
export function describeNumber(number: E164): string {
  return `the ${isMobile(number) ? 'mobile' : 'number'} ${number}`;
}

/** Ofcom's drama mobiles (07700 900xxx) are in no numbering plan, so what the range says has to do for the UK. */
function isMobile(number: E164): boolean {
  return parsePhoneNumberFromString(number)?.getType() === 'MOBILE' || /^\+447[1-9]\d{8}$/.test(number);
}

/** The digits of a number in each of the ways in which SIP messages have it: `442079460000`, `02079460000` … */
export function waysToWrite(number: E164): readonly string[] {
  const digits = number.slice(1);
  const known = parsePhoneNumberFromString(number);
  const national = known?.formatNational().replace(/\D/g, '') ?? digits;
  return [...new Set([digits, `00${digits}`, `011${digits}`, national, known?.nationalNumber ?? digits])];
}
