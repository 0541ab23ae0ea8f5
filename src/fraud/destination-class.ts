// Which destinations are alike, as far as fraud goes: those of a country, and apart from them what costs a caller most
// and pays whoever is called. The classes that are always risky are data here; what an account usually calls is learned
// (fraud-watch.ts).

import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { E164 } from '../ports/records.ts';

export interface DestinationClass {
  /** `+371`, `+44 premium`, `+88213`. */
  readonly name: string;
  readonly risky: boolean;
}

/**
 * Satellite and other international networks, and ranges that tell of revenue-share fraud again and again: small or
 * dear countries in which numbers are let to whoever wants calls, and those that look like the US and are not.
 */
const RISKY_PREFIXES: readonly string[] = [
  ...['+870', '+878', '+881', '+882', '+883', '+979', '+808'],
  ...[
    '+220',
    '+222',
    '+224',
    '+231',
    '+232',
    '+235',
    '+236',
    '+239',
    '+240',
    '+245',
    '+247',
    '+252',
    '+257',
    '+261',
  ],
  ...[
    '+263',
    '+269',
    '+290',
    '+370',
    '+371',
    '+372',
    '+373',
    '+375',
    '+381',
    '+387',
    '+500',
    '+509',
    '+53',
    '+592',
  ],
  ...[
    '+670',
    '+672',
    '+674',
    '+675',
    '+676',
    '+677',
    '+678',
    '+679',
    '+680',
    '+682',
    '+683',
    '+685',
    '+686',
    '+687',
  ],
  ...['+688', '+690', '+692', '+850', '+960', '+967', '+992', '+994'],
  ...[
    '+1242',
    '+1246',
    '+1264',
    '+1268',
    '+1284',
    '+1345',
    '+1441',
    '+1473',
    '+1649',
    '+1664',
    '+1721',
    '+1758',
  ],
  ...['+1767', '+1784', '+1809', '+1829', '+1849', '+1868', '+1869', '+1876', '+1900'],
];
/** Of these types a number is dear within a country that is not. */
const DEAR = new Map([
  ['PREMIUM_RATE', 'premium'],
  ['SHARED_COST', 'shared cost'],
  ['PERSONAL_NUMBER', 'personal'],
]);

export function classOf(number: E164): DestinationClass {
  const range = RISKY_PREFIXES.find((prefix) => number.startsWith(prefix));
  if (range !== undefined) return { name: range, risky: true };
  const parsed = parsePhoneNumberFromString(number);
  const code = parsed === undefined ? number.slice(0, 4) : `+${parsed.countryCallingCode}`;
  const dear = DEAR.get(parsed?.getType() ?? '');
  return dear === undefined ? { name: code, risky: false } : { name: `${code} ${dear}`, risky: true };
}
