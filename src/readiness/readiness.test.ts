// What the checks of readiness find, each told as what an owner would have to know.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import { DAY_MS } from '../base/time.ts';
import type { Account, Hours, Menu, NumberRecord, PlanRehearsal, PlanStep } from '../ports/records.ts';
import { type Carriage, type CheckName, type Examined, readinessOf, WEIGHTS } from './readiness.ts';

const NUMBER = '+442079460000';
const SECOND = '+442079460001';
const MOBILE = '+447700900123';
/** A Monday at noon. */
const NOW = Date.parse('2026-11-23T12:00:00Z');
const RING: PlanStep = { type: 'ring', phones: ['reception'], order: 'together', forMs: 20_000 };
const DIAL: PlanStep = { type: 'dial', number: MOBILE, forMs: 30_000 };
const VOICEMAIL: PlanStep = { type: 'voicemail', mailbox: 'acme' };
const CLOSED: PlanStep = { type: 'announcement', prompt: 'closed' };
const OFFICE: Hours = {
  name: 'office',
  zone: 'Europe/London',
  open: [{ days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1_050 }],
  holidays: [],
};

interface Setting {
  readonly steps?: readonly PlanStep[];
  readonly account?: Partial<Account>;
  readonly trunks?: readonly Carriage[];
  readonly rehearsal?: Partial<PlanRehearsal>;
  /** Of a second number of the account. */
  readonly second?: readonly PlanStep[];
  readonly loops?: readonly string[];
  readonly barred?: string;
  readonly hasControlNumber?: boolean;
}

function carriage(name: string, changes: Partial<Carriage> = {}): Carriage {
  return { name, carrier: name, outbound: true, health: 'up', ...changes };
}

function examine(setting: Setting) {
  const { steps = [RING, DIAL], loops = [], second = [RING] } = setting;
  const limits = { callsMax: 1, divertedCallsMax: 1, phonesMax: 1, bindingsPerPhoneMax: 1 };
  const record: NumberRecord = { number: NUMBER, plan: { steps } };
  const account: Account = {
    name: 'acme',
    phones: [],
    numbers: [record],
    hours: [OFFICE],
    limits: { ...limits, destinationsAllowed: [], destinationsDenied: [] },
    ...setting.account,
  };
  const other = { account, record: { number: SECOND, plan: { steps: second } }, steps: second };
  const own = { account, record, steps };
  const examined: Examined = {
    number: own,
    trunks: setting.trunks ?? [carriage('a'), carriage('b')],
    rehearsal: setting.rehearsal && rehearsal(setting.rehearsal),
    hasControlNumber: setting.hasControlNumber ?? true,
    ownNumber: (number) => (number === SECOND ? other : number === NUMBER ? own : undefined),
    whyNotDial: (number) => (number === setting.barred ? `${number} is barred` : undefined),
    comesBack: (to) => loops.includes(to),
  };
  return readinessOf(examined, NOW);
}

function rehearsal(changes: Partial<PlanRehearsal>): PlanRehearsal {
  const row = { number: NUMBER, account: 'acme', at: NOW - DAY_MS, by: 'cli', dialled: true, passed: true };
  return { ...row, summary: '', steps: [], heard: [], ...changes };
}

/** `passed: …`, `failed: …`. */
function told(check: CheckName, setting: Setting): string {
  const { findings } = examine(setting);
  const { result, text } = present(
    findings.find((one) => one.check === check),
    check,
  );
  return `${result}: ${text}`;
}

describe('when the site is lost', () => {
  const survives = (steps: readonly PlanStep[], account: Partial<Account> = {}, setting: Setting = {}) =>
    told('survives-site', { ...setting, steps, account: { mailboxes: [mailbox('acme')], ...account } });

  test('a plan that only rings phones is lost with them', () => {
    assert.match(survives([RING]), /^failed: when the phones are gone, callers find phones only/);
    const [first] = examine({ steps: [RING] }).findings;
    assert.match(first?.todo ?? '', /ringthrough divert set \+442079460000 MOBILE --when unreachable/);
  });

  test('a mobile, a voicemail and a number of our own that leads to one survive', () => {
    assert.equal(survives([RING, DIAL]), `passed: when the phones are gone, callers reach ${MOBILE}`);
    assert.match(survives([RING, VOICEMAIL]), /^passed: .* voicemail acme$/);
    const toSecond: PlanStep = { type: 'dial', number: SECOND, forMs: 1 };
    assert.match(survives([toSecond], {}, { second: [RING, DIAL] }), /^passed: .*\+447700900123/);
    assert.match(survives([toSecond], {}, { second: [RING] }), /^failed/);
  });

  test('an announcement is nobody, and what stands behind it is never reached', () => {
    assert.match(survives([RING, CLOSED]), /^failed: .* callers only hear an announcement/);
    assert.match(survives([RING, CLOSED, DIAL]), /^failed/);
  });

  test('a number that may not be dialled and a mailbox that there is none of count for nothing', () => {
    assert.match(survives([RING, DIAL], {}, { barred: MOBILE }), /^failed: .* is barred/);
    assert.match(survives([RING, DIAL, VOICEMAIL], {}, { barred: MOBILE }), /^passed: .*voicemail acme/);
    assert.match(survives([VOICEMAIL], { mailboxes: [] }), /^failed/);
  });

  test('a forward for phones that cannot be reached counts, one for busy phones does not', () => {
    assert.match(survives([RING, { ...DIAL, after: 'unreachable' }]), /^passed/);
    assert.match(survives([RING, { ...DIAL, after: 'busy' }]), /^failed/);
  });

  test('a mobile that is there in office hours only leaves the evenings', () => {
    const inHours: PlanStep = { ...DIAL, when: { type: 'during', hours: 'office' } };
    assert.match(survives([RING, inHours]), /^failed: .*, on Mon at 17:30$/);
    const evenings: PlanStep = { ...VOICEMAIL, when: { type: 'outside', hours: 'office' } };
    assert.match(survives([RING, inHours, evenings]), /^passed: .*\+447700900123 or voicemail acme$/);
  });

  test('hours that follow each other around the clock leave no gap, but a holiday of them does', () => {
    const half = (
      name: string,
      fromMinute: number,
      toMinute: number,
      holidays: readonly string[],
    ): Hours => ({
      ...{ name, zone: 'Europe/London', holidays },
      open: [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute, toMinute }],
    });
    const steps = ['day', 'night'].map((hours): PlanStep => ({ ...DIAL, when: { type: 'during', hours } }));
    const around = (holidays: readonly string[]) => [
      half('day', 480, 1_200, holidays),
      half('night', 1_200, 480, []),
    ];
    assert.match(survives(steps, { hours: around([]) }), /^passed/);
    assert.match(survives(steps, { hours: around(['2026-12-25']) }), /^failed: .*, on a holiday$/);
  });

  test('a menu survives where each of its choices does', () => {
    const menu = (otherwise: readonly PlanStep[], one: readonly PlanStep[]): Partial<Account> => {
      const found: Menu = { name: 'main', greeting: 'hello', choices: [{ key: '1', steps: one }], otherwise };
      return { menus: [found] };
    };
    const steps: readonly PlanStep[] = [{ type: 'menu', menu: 'main' }];
    assert.match(survives(steps, menu([VOICEMAIL], [RING, DIAL])), /^passed: .*menu main$/);
    assert.match(survives(steps, menu([VOICEMAIL], [RING])), /^failed: .* press 1 in menu main find phones/);
    const again: readonly PlanStep[] = [{ type: 'menu', menu: 'main' }];
    assert.match(survives(steps, menu(again, [RING, DIAL])), /^passed/);
    assert.match(survives(steps, menu(again, again)), /^failed/);
  });
});

function mailbox(name: string) {
  return { name, email: [], phones: [], messagesMax: 1, messageMaxMs: 1, retentionMs: 1 };
}

describe('the other checks', () => {
  const control = { id: '482150', codes: [], featureCodes: true, mobiles: [] };

  test('a mobile counts as confirmed for 90 days, by telephone or by a rehearsal', () => {
    const confirmed = (confirmedAt: number) => ({
      account: { control: { ...control, mobiles: [{ number: MOBILE, confirmedAt }] } },
    });
    assert.match(told('mobile-confirmed', {}), /^failed: nobody has ever confirmed at \+447700900123/);
    assert.match(told('mobile-confirmed', confirmed(NOW - 90 * DAY_MS)), /^passed/);
    assert.match(told('mobile-confirmed', confirmed(NOW - 91 * DAY_MS)), /^failed: .* since 91 days ago$/);
    const heard = [{ number: MOBILE, at: NOW - DAY_MS }];
    assert.match(told('mobile-confirmed', { rehearsal: { heard } }), /^passed: .*, a day ago$/);
  });

  test('a plan without outside telephones is judged by the mobiles that calls may be sent to', () => {
    assert.match(told('mobile-confirmed', { steps: [RING] }), /^not-applicable/);
    const account = { control: { ...control, mobiles: [{ number: MOBILE }] } };
    assert.match(told('mobile-confirmed', { steps: [RING], account }), /^failed/);
  });

  test('a loop is found in any step that is dialled', () => {
    assert.match(told('no-loop', {}), /^passed/);
    assert.match(told('no-loop', { loops: [MOBILE] }), /^failed: .*\+447700900123, which sends them back/);
  });

  test('two trunks of one carrier are one way out, and one that is down is none', () => {
    assert.match(told('two-carriers', {}), /^passed: calls can leave through a and b/);
    const alike = [carriage('a', { carrier: 'x' }), carriage('b', { carrier: 'x' })];
    assert.match(told('two-carriers', { trunks: alike }), /^failed: calls can leave through x only/);
    const down = [carriage('a'), carriage('b', { health: 'down' })];
    assert.match(told('two-carriers', { trunks: down }), /^failed: .* through a only.*; b is down$/);
    const inbound = [carriage('a'), carriage('b', { outbound: false })];
    assert.match(told('two-carriers', { trunks: inbound }), /^failed/);
    assert.match(told('two-carriers', { trunks: [] }), /^failed: no carrier takes calls now$/);
  });

  test('a PIN is worth something where there is a number to type it at', () => {
    assert.match(told('control-pin', {}), /^failed: it cannot be diverted by telephone$/);
    assert.match(told('control-pin', { account: { control } }), /^failed: .* there is no PIN$/);
    const account = { control: { ...control, pin: 'hash' } };
    assert.match(told('control-pin', { account }), /^passed/);
    assert.match(told('control-pin', { account, hasControlNumber: false }), /^failed: .*no control number/);
  });

  test('somebody is to be told of changes', () => {
    assert.match(told('contacts', {}), /^failed: nobody is told/);
    assert.match(
      told('contacts', { account: { contacts: [{ email: 'a@example.net' }] } }),
      /^passed: 1 contact/,
    );
  });

  test('a rehearsal counts for 90 days, if it passed; else it says what failed', () => {
    assert.match(told('rehearsed', {}), /^failed: its plan was never rehearsed$/);
    assert.match(told('rehearsed', { rehearsal: {} }), /^passed: it was rehearsed a day ago$/);
    assert.match(told('rehearsed', { rehearsal: { at: NOW - 91 * DAY_MS } }), /^failed: .*last 91 days ago/);
    const failed = { passed: false, why: 'reception is off' };
    assert.match(told('rehearsed', { rehearsal: failed }), /^failed: .* a day ago: reception is off$/);
  });
});

describe('the score', () => {
  const ready: Setting = {
    account: {
      control: {
        id: '1',
        codes: [],
        featureCodes: true,
        pin: 'hash',
        mobiles: [{ number: MOBILE, confirmedAt: NOW }],
      },
      contacts: [{ email: 'a@example.net' }],
    },
    rehearsal: {},
  };

  test('is 100 where everything is well, and the weights are of a hundred', () => {
    assert.equal(examine(ready).score, 100);
    assert.equal(
      Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0),
      100,
    );
  });

  test('falls by the weight of what fails, and leaves out what does not apply', () => {
    assert.equal(examine({ ...ready, trunks: [] }).score, 90);
    const account = { ...ready.account, mailboxes: [mailbox('acme')], contacts: [] };
    const control = { id: '1', codes: [], featureCodes: true, pin: 'hash', mobiles: [] };
    const voicemail = { ...ready, steps: [RING, VOICEMAIL], account: { ...account, control } };
    assert.equal(examine(voicemail).score, 93);
  });
});
