// The shape of what customers have, as people write it: the provisioning file, the API's requests and its
// answers all speak it (docs/provisioning.md). The schema says what may be written; compile.ts says what it
// means and whether it hangs together.

import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { duration, section, words } from '../documents/section.ts';

/** Lower-case letters, digits and hyphens. */
export const accountName = words(63)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens')
  .meta({ description: 'The name of an account', examples: ['acme'] });

/** The user part of a phone's address-of-record. */
export const phoneUser = words(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, dots, hyphens and underscores')
  .meta({ description: "A phone's user name, unique on the node", examples: ['reception'] });

/** A number as people write it; made E.164 by compile.ts. */
export const phoneNumber = words(32).meta({
  description: 'A telephone number, best with its country code',
  examples: ['+442079460000'],
});

const hoursName = words(63).meta({
  description: "The name of one of the account's hours",
  examples: ['office'],
});

export const phoneInput = section({
  user: phoneUser,
  password: words(128)
    .min(8, 'must have at least 8 characters: a guessed SIP password is spent on calls abroad')
    .optional()
    .meta({ description: 'Without one: kept where the phone has one, else made and told once' }),
  displayName: words(64).optional(),
  callerId: phoneNumber
    .optional()
    .meta({ description: "The account's number that it presents when it calls out" }),
}).meta({ id: 'PhoneInput' });

/** One step. Exactly one of `ring`, `dial`, `announcement`; what goes with which is checked by compile.ts. */
export const planStepInput = section({
  ring: z
    .union([phoneUser, z.array(phoneUser).min(1, 'names no phone').max(LIMITS.stepPhonesMax)], {
      error: "expected a phone's user, or a list of them such as [reception, workshop]",
    })
    .optional(),
  dial: phoneNumber.optional(),
  announcement: words(63).optional(),
  order: z.enum(['together', 'in-turn'], { error: 'expected together or in-turn' }).optional(),
  for: duration.optional(),
  during: hoursName.optional(),
  outside: hoursName.optional(),
}).meta({ id: 'PlanStep' });

export const planInput = z
  .array(planStepInput, { error: 'expected a list of steps, such as - { ring: reception, for: 20s }' })
  .min(1, 'a plan needs at least one step')
  .max(LIMITS.planStepsMax, `a plan has at most ${LIMITS.planStepsMax} steps`);

export const numberInput = section({ number: phoneNumber, plan: planInput }).meta({ id: 'NumberInput' });

export const hoursInput = section({
  name: hoursName,
  zone: words(64).meta({ description: 'IANA time zone', examples: ['Europe/London'] }),
  open: z
    .array(
      words(64).meta({
        description: 'Days and times; a time past midnight ends on the next day',
        examples: ['mon-fri 09:00-17:30', 'sat,sun 10:00-13:00'],
      }),
      { error: 'expected a list such as ["mon-fri 09:00-17:30"]' },
    )
    .max(50),
  holidays: z
    .array(words(10).meta({ examples: ['2026-12-25'] }), {
      error: 'expected a list of dates such as [2026-12-25]',
    })
    .max(1_000)
    .optional()
    .meta({ description: 'Local dates on which the hours count as closed' }),
}).meta({ id: 'HoursInput' });

const cap = (max: number) => z.int({ error: 'expected a whole number' }).min(0).max(max).optional();
const prefixes = z
  .array(words(16).regex(/^\+\d{0,15}$/, 'must begin with + and a country code, such as +44'), {
    error: 'expected a list of prefixes such as ["+44"]',
  })
  .max(500)
  .optional();

/** Whatever is left out has its default (docs/provisioning.md). */
export const limitsInput = section({
  callsMax: cap(10_000),
  divertedCallsMax: cap(10_000),
  phonesMax: cap(10_000),
  bindingsPerPhoneMax: cap(100),
  destinationsAllowed: prefixes,
  destinationsDenied: prefixes,
}).meta({ id: 'LimitsInput' });

export const accountInput = section({
  name: accountName,
  phones: z.array(phoneInput).max(10_000).optional(),
  numbers: z.array(numberInput).max(100_000).optional(),
  hours: z.array(hoursInput).max(100).optional(),
  limits: limitsInput.optional(),
}).meta({ id: 'AccountInput' });

export const provisioningFile = section({
  accounts: z.array(accountInput, { error: 'expected a list of accounts' }).max(LIMITS.accountsMax),
}).meta({ id: 'ProvisioningFile' });

/** `until`: an RFC 3339 time (`2026-10-25T18:00:00Z`), or how long from now (`2h`). Without: until cleared. */
export const divertInput = section({
  to: phoneNumber,
  until: z
    .union([duration, z.iso.datetime({ offset: true })], {
      error: 'expected a time such as 2h or 2026-10-25T18:00:00Z',
    })
    .optional(),
}).meta({ id: 'DivertInput' });

export type PhoneInput = z.infer<typeof phoneInput>;
export type PlanStepInput = z.infer<typeof planStepInput>;
export type PlanInput = z.infer<typeof planInput>;
export type NumberInput = z.infer<typeof numberInput>;
export type HoursInput = z.infer<typeof hoursInput>;
export type LimitsInput = z.infer<typeof limitsInput>;
export type AccountInput = z.infer<typeof accountInput>;
export type ProvisioningFile = z.infer<typeof provisioningFile>;
export type DivertInput = z.infer<typeof divertInput>;
