// The account that people call about: two numbers, two phones, a mailbox, a menu, a control PIN and printed codes.

import { DAY_MS } from '../../../src/base/time.ts';
import type { ControlSettings } from '../../../src/node/options.ts';
import type { Account, PlanStep, VoicemailMessage } from '../../../src/ports/records.ts';
import type { Kept } from '../recordings.ts';
import { secretOf } from '../scenario.ts';
import { BEGINNING } from '../world.ts';

export const NUMBERS = ['+442079460000', '+442079460001'] as const;
export const MOBILE = '+447700900123';
export const NEW_MOBILE = '+447700900456';
export const CONTROL_NUMBER = '+442079460111';
export const CONTROL_ID = '104711';
export const PIN = '482159';
export const MAILBOX_PIN = '7391';
export const CODES = ['0718273645', '0811223344', '0955667788'] as const;

export const CONTROL: ControlSettings = {
  numbers: [CONTROL_NUMBER],
  controlCode: '*98',
  mailboxCode: '*97',
};

const YESTERDAY = BEGINNING - DAY_MS;

/** As the simulated hashing has it: a hash is what it is a hash of. */
export function hashOf(secret: string): string {
  return `hash of ${secret}`;
}

const RECEPTION: readonly PlanStep[] = [
  { type: 'ring', phones: ['reception'], order: 'together', forMs: 6_000 },
  { type: 'voicemail', mailbox: 'office' },
];

/** One that was heard, and one that was not. */
export const OLD_MESSAGES: readonly { readonly message: VoicemailMessage; readonly kept: Kept }[] = [
  oldMessage('old', { heardAt: YESTERDAY }),
  oldMessage('new'),
];

function oldMessage(id: string, also: Partial<VoicemailMessage> = {}) {
  const [called] = NUMBERS;
  const [caller, lengthMs] = ['+442079460999', 4_000];
  const recording = `recording-${id}`;
  const of = { id, account: 'acme', mailbox: 'office', called, caller, at: YESTERDAY, lengthMs, recording };
  return { message: { ...of, ...also }, kept: { by: caller, lengthMs, speechMs: lengthMs, at: YESTERDAY } };
}

export function officeAccount(): Account {
  return {
    name: 'acme',
    phones: [
      { user: 'reception', callerId: NUMBERS[0], secret: secretOf('reception') },
      { user: 'workshop', callerId: NUMBERS[1], secret: secretOf('workshop') },
    ],
    numbers: [
      { number: NUMBERS[0], plan: { steps: RECEPTION } },
      { number: NUMBERS[1], plan: { steps: [{ type: 'menu', menu: 'main' }] } },
    ],
    hours: [],
    mailboxes: [
      {
        name: 'office',
        pin: hashOf(MAILBOX_PIN),
        email: ['office@acme.example'],
        phones: ['reception'],
        messagesMax: 50,
        messageMaxMs: 30_000,
        retentionMs: 30 * DAY_MS,
      },
    ],
    menus: [
      {
        name: 'main',
        greeting: 'welcome',
        choices: [
          { key: '1', steps: RECEPTION },
          { key: '2', steps: [{ type: 'voicemail', mailbox: 'office' }] },
          { key: '3', steps: [{ type: 'dial', number: MOBILE, forMs: 10_000 }] },
        ],
        otherwise: RECEPTION,
      },
    ],
    control: {
      id: CONTROL_ID,
      pin: hashOf(PIN),
      mobiles: [{ number: MOBILE, confirmedAt: 1 }],
      codes: CODES.map((code) => ({ index: code.slice(0, 2), hash: hashOf(code) })),
      featureCodes: true,
    },
    contacts: [{ email: 'owner@acme.example' }],
    limits: {
      callsMax: 30,
      divertedCallsMax: 10,
      phonesMax: 10,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+44'],
      destinationsDenied: [],
    },
  };
}
