// Told stories instead of drawn ones: a calm world with one customer, two phones and a carrier, in which only
// what the story says goes wrong. The customer's number rings both phones, then the mobile.

import type { Account, PlanStep, TrunkSettings } from '../../src/ports/records.ts';
import { type Run, Stage } from './play.ts';
import type { Reaction, Talk } from './reactions.ts';
import { type CallSetting, type PhoneSetting, passwordOf, type Scenario, secretOf } from './scenario.ts';

export const NUMBER = '+442079460000';
export const MOBILE = '+447700900123';
export const CALLER = '+447700900999';

const TALK = { hangUpMs: 20_000, holdMs: undefined, resumeMs: undefined } as const;
/** Lets the caller hang up, and puts the handset down only when nobody is there any more. */
const LISTEN = { hangUpMs: 400_000, holdMs: undefined, resumeMs: undefined } as const;

export const answers = (answerMs: number, talk: Talk = LISTEN): Reaction => ({
  type: 'answer',
  ringMs: 50,
  early: false,
  answerMs,
  talk,
});

export const PLAN: readonly PlanStep[] = [
  { type: 'ring', phones: ['reception', 'workshop'], order: 'together', forMs: 20_000 },
  { type: 'dial', number: MOBILE, forMs: 30_000 },
];

export function acme(steps: readonly PlanStep[] = PLAN): Account {
  return {
    name: 'acme',
    phones: [
      { user: 'reception', callerId: '+442079460001', secret: secretOf('reception') },
      { user: 'workshop', callerId: '+442079460002', secret: secretOf('workshop') },
    ],
    numbers: [{ number: NUMBER, plan: { steps } }],
    hours: [],
    limits: {
      callsMax: 10,
      divertedCallsMax: 4,
      phonesMax: 10,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+44'],
      destinationsDenied: [],
    },
  };
}

export function phone(name: string, changes: Partial<PhoneSetting> = {}): PhoneSetting {
  return {
    name,
    user: name,
    password: passwordOf(name),
    address: name === 'reception' ? '192.0.2.11' : '192.0.2.12',
    transport: 'udp',
    expiresS: 120,
    ...changes,
  };
}

export function trunk(name: string, changes: Partial<TrunkSettings> = {}): TrunkSettings {
  const address = name === 'carrier-a' ? '198.51.100.1' : '198.51.100.2';
  return {
    name,
    target: { host: address, port: 5060, transport: 'udp' },
    from: [address],
    inbound: true,
    outbound: true,
    order: name === 'carrier-a' ? 1 : 2,
    weight: 1,
    country: 'GB',
    numberFormat: 'e164',
    callsMax: 50,
    ...changes,
  };
}

/** The caller rings the number ten seconds into the story and talks for twenty. */
export function call(changes: Partial<CallSetting> = {}): CallSetting {
  return {
    atMs: 10_000,
    by: 'carrier-a',
    called: NUMBER,
    caller: CALLER,
    offers: true,
    patienceMs: 200_000,
    talk: TALK,
    ...changes,
  };
}

export function tell(changes: Partial<Scenario>, seed = 1): Run {
  return new Stage(seed, {
    weather: { lossRate: 0, duplicateRate: 0, latencyMs: [5, 5], lateRate: 0, icmpRate: 1 },
    storeDelayMs: [2, 2],
    mediaPairs: 50,
    accounts: [acme()],
    phones: [phone('reception'), phone('workshop')],
    trunks: [trunk('carrier-a'), trunk('carrier-b')],
    records: {},
    dnsDelayMs: [5, 5],
    contactHosts: {},
    calls: [call()],
    reactions: {
      reception: answers(2_000),
      workshop: { type: 'ring', ringMs: 50 },
      'carrier-a': answers(2_000),
      'carrier-b': answers(2_000),
    },
    faults: [],
    ...changes,
  }).play();
}
