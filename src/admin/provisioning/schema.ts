// The shape of what customers have, as people write it: the provisioning file, the API's requests and its
// answers all speak it (docs/provisioning.md). The schema says what may be written; compile.ts says what it
// means and whether it hangs together.

import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { count, duration, flag, list, section, words } from '../documents/section.ts';

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

export const soundName = words(63)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens')
  .meta({ description: "The name of one of the account's sounds", examples: ['welcome'] });
/** What the node speaks. */
export const spokenText = words(LIMITS.soundTextMax);
export const mailboxName = words(63)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens')
  .meta({ description: "The name of one of the account's mailboxes", examples: ['reception'] });

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

/** One step. Exactly one of its verbs, `ring` to `menu`; what goes with which is checked by compile.ts. */
export const planStepInput = section({
  ring: z
    .union([phoneUser, list(phoneUser, LIMITS.stepPhonesMax, '[reception, workshop]')], {
      error: "expected a phone's user, or a list of them such as [reception, workshop]",
    })
    .optional()
    .meta({ description: 'Phones of the account' }),
  dial: phoneNumber.optional().meta({ description: 'A number to reach through a trunk' }),
  trunk: words(63).optional().meta({ description: 'With dial: the one trunk to reach it through' }),
  announcement: words(63)
    .optional()
    .meta({ description: "One of the account's sounds, or a prompt", examples: ['closed'] }),
  voicemail: mailboxName.optional().meta({ description: 'A mailbox that takes a message' }),
  menu: words(63).optional().meta({ description: 'A menu that asks for a key' }),
  order: z
    .enum(['together', 'in-turn'], { error: 'expected together or in-turn' })
    .optional()
    .meta({ description: 'How several phones ring; together unless given' }),
  for: duration.optional().meta({ description: 'How long it rings: 30s unless given; in turn, each phone' }),
  during: hoursName.optional().meta({ description: 'Only inside these hours' }),
  outside: hoursName.optional().meta({ description: 'Only outside these hours' }),
}).meta({ id: 'PlanStep' });

export const planInput = list(planStepInput, LIMITS.planStepsMax, '[{ ring: reception, for: 20s }]').min(
  1,
  'a plan needs at least one step',
);

export const numberInput = section({ number: phoneNumber, plan: planInput }).meta({ id: 'NumberInput' });

const openSpan = words(64).meta({
  description: 'Days and times; an end before the start is on the next day',
  examples: ['mon-fri 09:00-17:30', 'sat,sun 10:00-13:00', 'daily 22:00-06:00'],
});

export const hoursInput = section({
  name: hoursName,
  zone: words(64).meta({ description: 'IANA time zone', examples: ['Europe/London'] }),
  open: list(openSpan, 50, '["mon-fri 09:00-17:30"]'),
  holidays: list(words(10), 1_000, '[2026-12-25]')
    .optional()
    .meta({ description: 'Local dates on which the hours count as closed', examples: [['2026-12-25']] }),
}).meta({ id: 'HoursInput' });

export const prefix = words(16).regex(
  /^\+\d{0,15}$/,
  'must be + and the first digits of numbers, such as +44',
);
const prefixes = list(prefix, 500, '["+44"]').optional();

/** Whatever is left out has its default (docs/provisioning.md). */
export const limitsInput = section({
  callsMax: count(0, LIMITS.callsMax).optional(),
  divertedCallsMax: count(0, LIMITS.callsMax).optional(),
  divertedMinutesPerMonth: count(0, 1_000_000).optional().meta({
    description: 'Minutes of answered diverted calls in a calendar month (UTC); any number unless given',
  }),
  messageMinutesMax: count(0, 1_000_000).optional().meta({
    description: 'Minutes of messages that all mailboxes of the account hold together; 600 unless given',
  }),
  phonesMax: count(0, 10_000).optional(),
  bindingsPerPhoneMax: count(1, 100).optional(),
  destinationsAllowed: prefixes,
  destinationsDenied: prefixes,
  destinationsUsual: prefixes,
  divertClasses: list(
    z.enum(
      ['mobile', 'national', 'premium', 'international'],
      'expected mobile, national, premium or international',
    ),
    4,
    '[mobile]',
  )
    .optional()
    .meta({ description: 'Kinds of numbers that calls may be diverted to; all unless given' }),
  fraud: z
    .enum(['watch', 'slow', 'block'], 'expected watch, slow or block')
    .optional()
    .meta({ description: 'What becomes of calls to where the account does not usually call' }),
}).meta({ id: 'LimitsInput' });

function pin(min: number, max: number) {
  const wanted = `must be ${min} to ${max} digits`;
  return words(max)
    .regex(new RegExp(`^\\d{${min},${max}}$`), wanted)
    .meta({ description: 'Digits; kept where none is given', examples: ['4829'] });
}

export const emailAddress = words(254).regex(
  /^[^\s@<>,;"]+@[^\s@<>,;"]+$/,
  'must be an e-mail address such as owner@example.net',
);

export const mailboxInput = section({
  name: mailboxName,
  pin: pin(4, 10).optional(),
  email: list(emailAddress, 20, '[reception@example.net]')
    .optional()
    .meta({ description: 'Where messages are sent, with the recording' }),
  phones: list(phoneUser, LIMITS.stepPhonesMax, '[reception]')
    .optional()
    .meta({ description: 'Phones whose lamp tells of messages, and that need no PIN' }),
  messagesMax: count(1, LIMITS.mailboxMessagesMax).optional(),
  messageMax: duration.optional(),
  retention: duration.optional(),
}).meta({ id: 'MailboxInput' });

const menuKey = z.string().regex(/^[0-9*#]$/, 'is no key: a key is one of 0 to 9, * and #');

export const menuInput = section({
  name: words(63).meta({ description: 'The name of a menu', examples: ['main'] }),
  greeting: words(63).meta({ description: "One of the account's sounds, or a prompt: what it says" }),
  choices: z
    .record(menuKey, list(planStepInput, LIMITS.planStepsMax, '[{ ring: reception }]'), {
      error: 'expected keys with steps, such as { 1: [{ ring: reception }] }',
    })
    .meta({ description: 'What each key does' }),
  otherwise: list(planStepInput, LIMITS.planStepsMax, '[{ ring: reception }]')
    .optional()
    .meta({ description: 'When nothing, or nothing that fits, is pressed' }),
}).meta({ id: 'MenuInput' });

export const controlId = words(12).regex(/^\d{4,12}$/, 'must be 4 to 12 digits');

export const controlPin = pin(6, 10);

const mobileInput = section({ number: phoneNumber, name: words(64).optional() });

export const controlInput = section({
  id: controlId
    .optional()
    .meta({ description: 'Names the account on the telephone; made and told where none is given' }),
  pin: controlPin.optional(),
  mobiles: list(mobileInput, LIMITS.mobilesMax, '[{ number: "+447700900123" }]')
    .optional()
    .meta({ description: 'Where calls may be sent by telephone; kept where not given' }),
  featureCodes: flag
    .optional()
    .meta({ description: 'Its phones may divert with *21*…# and the like; true unless given' }),
}).meta({ id: 'ControlInput' });

export const contactInput = section({ email: emailAddress.optional(), sms: phoneNumber.optional() }).meta({
  id: 'ContactInput',
});

export const accountInput = section({
  name: accountName,
  phones: list(phoneInput, 10_000, '[{ user: reception }]').optional(),
  numbers: list(numberInput, 10_000, '[{ number: "+442079460000", plan: [{ ring: reception }] }]').optional(),
  hours: list(
    hoursInput,
    100,
    '[{ name: office, zone: Europe/London, open: ["mon-fri 09:00-17:30"] }]',
  ).optional(),
  limits: limitsInput.optional(),
  mailboxes: list(mailboxInput, LIMITS.mailboxesMax, '[{ name: reception }]').optional(),
  menus: list(menuInput, LIMITS.menusMax, '[{ name: main, greeting: welcome, choices: {} }]').optional(),
  control: controlInput.optional(),
  contacts: list(contactInput, LIMITS.contactsMax, '[{ email: owner@example.net }]').optional(),
  language: words(35)
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en or en-GB')
    .optional()
    .meta({ description: 'Of the prompts that its callers hear' }),
}).meta({ id: 'AccountInput' });

export const provisioningFile = section({
  accounts: list(accountInput, LIMITS.accountsMax, '[{ name: acme }]'),
}).meta({ id: 'ProvisioningFile' });

/** To a number or to a mailbox. `until`: an RFC 3339 time (`2026-10-25T18:00:00Z`), or how long from now (`2h`). Without: until cleared. */
export const divertInput = section({
  to: phoneNumber.optional(),
  voicemail: mailboxName.optional(),
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
export type MailboxInput = z.infer<typeof mailboxInput>;
export type MenuInput = z.infer<typeof menuInput>;
export type ControlInput = z.infer<typeof controlInput>;
export type AccountInput = z.infer<typeof accountInput>;
export type ProvisioningFile = z.infer<typeof provisioningFile>;
export type DivertInput = z.infer<typeof divertInput>;
