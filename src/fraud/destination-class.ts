// Which destinations are alike, as far as fraud goes: those of a country, and apart from them what costs a caller most
// and pays whoever is called. The classes that are always risky are data here; what an account usually calls is learned
// (habits.ts).
//
//   range in the list ─▶ `+960`          premium, shared cost, personal ─▶ `+44 premium`, at home too
//   any other country ─▶ `+353`          a range that nobody was given  ─▶ `+43 unassigned`

import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { E164 } from '../ports/records.ts';

export interface DestinationClass {
  /** `+353`, `+44 premium`. */
  readonly name: string;
  /** `+353`, `+44`, `+1876`: what is home to an account that has a number there. */
  readonly country: string;
  /** Why it is risky, as in “calls to …”; absent: it is not. */
  readonly risk?: 'dear' | 'unassigned' | 'range';
}

/**
 * Ranges that are risky as a whole, because reports of revenue-share fraud name them again and again. Members of the
 * EU and EEA are not among them, though +370, +371 and +372 are in such reports: much honest business goes there, what
 * a call may earn whoever terminates it is capped (Regulation (EU) 2021/654), and premium and unassigned ranges of
 * theirs are risky anyway. Who serves nobody there writes them into `destinationsDenied`.
 */
const RISKY_RANGES: readonly string[] = [
  // Satellites, international networks, universal personal, shared cost and premium numbers: no country's.
  '+808 +870 +878 +881 +882 +883 +979',
  // Dear countries in Africa, and islands around it.
  '+220 +222 +224 +231 +232 +235 +236 +239 +240 +245 +247 +252 +257 +261 +263 +269 +290',
  // Europe outside the EEA, and Asia.
  '+373 +375 +381 +387 +850 +960 +967 +992 +994',
  // The Americas, and islands of the Atlantic.
  '+500 +509 +53 +592',
  // Islands of the Pacific, with so few telephones that hardly any call there is meant.
  '+670 +672 +674 +675 +676 +677 +678 +679 +680 +682 +683 +685 +686 +687 +688 +690 +692',
  // The Caribbean and Bermuda, which look like the US and are not; and premium numbers in North America.
  '+1242 +1246 +1264 +1268 +1284 +1345 +1441 +1473 +1649 +1658 +1664 +1721 +1758 +1767 +1784',
  '+1809 +1829 +1849 +1868 +1869 +1876 +1900',
].flatMap((ranges) => ranges.split(' '));

/** Of these types a number is dear within a country that is not. */
const DEAR = new Map([
  ['PREMIUM_RATE', 'premium'],
  ['SHARED_COST', 'shared cost'],
  ['PERSONAL_NUMBER', 'personal'],
]);

export function classOf(number: E164): DestinationClass {
  const parsed = parsePhoneNumberFromString(number);
  const range = RISKY_RANGES.find((prefix) => number.startsWith(prefix));
  const country = range ?? (parsed === undefined ? number.slice(0, 4) : `+${parsed.countryCallingCode}`);
  const dear = DEAR.get(parsed?.getType() ?? '');
  if (dear !== undefined) return { name: `${country} ${dear}`, country, risk: 'dear' };
  if (range !== undefined) return { name: range, country, risk: 'range' };
  if (parsed?.isValid() === true) return { name: country, country };
  // Numbers that no telephone has are let for this: the call is cut short before it gets to the country.
  return { name: `${country} unassigned`, country, risk: 'unassigned' };
}

/** Where an account is at home: the countries of its numbers. */
export function countriesOf(numbers: readonly E164[]): ReadonlySet<string> {
  // Five characters tell the country, so an account with thousands of numbers has few to look at.
  const different = new Map(numbers.map((number) => [number.slice(0, 5), number]));
  return new Set([...different.values()].map((number) => classOf(number).country));
}
