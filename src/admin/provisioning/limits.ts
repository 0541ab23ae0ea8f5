// An account's caps (law 8), with the defaults for what nobody has said. Failover spends money, so the default
// lets an account reach the countries that its own numbers are in, and no premium or personal numbers.

import type { AccountLimits, E164 } from '../../ports/records.ts';
import { callingCode } from './number.ts';
import type { LimitsInput } from './schema.ts';

/** UK premium rate (09) and personal numbers (070), which fraudsters divert to. */
const DENIED_BY_DEFAULT: readonly string[] = ['+449', '+4470'];

export function compileLimits(input: LimitsInput, numbers: readonly E164[]): AccountLimits {
  return {
    callsMax: input.callsMax ?? 10,
    divertedCallsMax: input.divertedCallsMax ?? 4,
    ...(input.divertedMinutesPerMonth === undefined
      ? {}
      : { divertedMinutesPerMonth: input.divertedMinutesPerMonth }),
    messageMinutesMax: input.messageMinutesMax ?? 600,
    phonesMax: input.phonesMax ?? 100,
    bindingsPerPhoneMax: input.bindingsPerPhoneMax ?? 10,
    destinationsAllowed: input.destinationsAllowed ?? allowedByDefault(numbers),
    destinationsDenied: input.destinationsDenied ?? DENIED_BY_DEFAULT,
    ...(input.destinationsUsual === undefined ? {} : { destinationsUsual: input.destinationsUsual }),
    ...(input.divertClasses === undefined ? {} : { divertClasses: input.divertClasses }),
    ...(input.fraud === undefined ? {} : { fraud: input.fraud }),
  };
}

/** What would have to be written to get them: destinations that are the default go on following the numbers. */
export function limitsInputOf(limits: AccountLimits, numbers: readonly E164[]): LimitsInput {
  const { destinationsAllowed, destinationsDenied, destinationsUsual, divertClasses, ...caps } = limits;
  const byDefault = destinationsAllowed.join() === allowedByDefault(numbers).join();
  return {
    ...caps,
    ...(byDefault ? {} : { destinationsAllowed: [...destinationsAllowed] }),
    destinationsDenied: [...destinationsDenied],
    ...(destinationsUsual === undefined ? {} : { destinationsUsual: [...destinationsUsual] }),
    ...(divertClasses === undefined ? {} : { divertClasses: [...divertClasses] }),
  };
}

function allowedByDefault(numbers: readonly E164[]): readonly string[] {
  return [...new Set(numbers.map(callingCode))].sort();
}
