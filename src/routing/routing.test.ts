import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Account, Hours, NumberRecord, PlanStep } from '../ports/records.ts';
import { destinationAllowed, isEmergency, normaliseNumber } from './destinations.ts';
import { isOpen } from './hours.ts';
import { type PhoneTarget, resolveStep, stepsOf } from './plan.ts';
import { mostTelling, VERDICTS, type Verdict, verdictOf } from './verdicts.ts';

const OFFICE: Hours = {
  name: 'office',
  zone: 'Europe/London',
  open: [{ days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 + 30 }],
  holidays: ['2026-12-25'],
};
const LIMITS = {
  callsMax: 10,
  divertedCallsMax: 4,
  phonesMax: 10,
  bindingsPerPhoneMax: 5,
  destinationsAllowed: ['+44'],
  destinationsDenied: ['+449', '+4470'],
};
const ACME: Account = { name: 'acme', phones: [], numbers: [], hours: [OFFICE], limits: LIMITS };
const at = (iso: string) => Date.parse(iso);

function resolve(
  step: PlanStep,
  phones: Record<string, readonly PhoneTarget[]>,
  now = at('2026-11-24T10:00:00Z'),
  secureOnly = false,
) {
  return resolveStep(step, { now, account: ACME, secureOnly, phoneTargets: (user) => phones[user] ?? [] });
}

function phoneTarget(
  key: string,
  reachability: PhoneTarget['reachability'],
  since: number,
  { device = key, provenAt = since, secure = false }: Partial<PhoneTarget> = {},
): PhoneTarget {
  return { key, device, secure, reachability, since, provenAt };
}

describe('hours', () => {
  test('the office is open on a Tuesday at ten and shut at six and on Sundays', () => {
    assert.equal(isOpen(OFFICE, at('2026-11-24T10:00:00Z')), true);
    assert.equal(isOpen(OFFICE, at('2026-11-24T18:00:00Z')), false);
    assert.equal(isOpen(OFFICE, at('2026-11-22T10:00:00Z')), false);
  });

  test('in summer nine in London is eight in UTC', () => {
    assert.equal(isOpen(OFFICE, at('2026-07-01T08:00:00Z')), true);
    assert.equal(isOpen(OFFICE, at('2026-01-07T08:00:00Z')), false);
  });

  test('a holiday is shut, though it is a Friday', () => {
    assert.equal(isOpen(OFFICE, at('2026-12-25T10:00:00Z')), false);
  });

  test('a span past midnight belongs to the day it begins on', () => {
    const bar: Hours = { ...OFFICE, open: [{ days: [5], fromMinute: 22 * 60, toMinute: 2 * 60 }] };
    assert.equal(isOpen(bar, at('2026-11-27T23:00:00Z')), true);
    assert.equal(isOpen(bar, at('2026-11-28T01:00:00Z')), true);
    assert.equal(isOpen(bar, at('2026-11-28T03:00:00Z')), false);
    assert.equal(isOpen(bar, at('2026-11-27T01:00:00Z')), false);
    assert.equal(isOpen(bar, at('2026-12-26T01:00:00Z')), false, 'the night of a holiday is shut too');
  });
});

describe('plan', () => {
  const ring: PlanStep = {
    type: 'ring',
    phones: ['reception', 'workshop'],
    order: 'together',
    forMs: 20_000,
  };

  test('all contacts of all phones ring at once', () => {
    const target = resolve(ring, {
      reception: [phoneTarget('r1', 'reachable', 0), phoneTarget('r2', 'unknown', 0)],
      workshop: [phoneTarget('w1', 'reachable', 0)],
    });
    assert.equal(target.type, 'ring');
    assert.deepEqual(target.type === 'ring' && target.devices.flatMap(({ flows }) => flows), [
      'r1',
      'r2',
      'w1',
    ]);
  });

  test('the flows of one device are one to ring: who answered before who did not, the latest first', () => {
    const desk = { device: 'urn:uuid:desk' };
    const { devices } = resolve(ring, {
      reception: [
        phoneTarget('d1', 'unknown', 0, { ...desk, provenAt: 9_000 }),
        phoneTarget('mobile', 'reachable', 0),
        phoneTarget('d2', 'reachable', 0, { ...desk, provenAt: 1_000 }),
        phoneTarget('d3', 'unreachable', 0, desk),
        phoneTarget('d4', 'reachable', 0, { ...desk, provenAt: 2_000 }),
      ],
    }) as { devices?: unknown };
    assert.deepEqual(devices, [
      { user: 'reception', flows: ['d4', 'd2', 'd1'] },
      { user: 'reception', flows: ['mobile'] },
    ]);
  });

  test('where sips was asked for, what is not reached over TLS is left out, and the reason says so', () => {
    const phones = {
      reception: [phoneTarget('r1', 'reachable', 0), phoneTarget('r2', 'reachable', 0, { secure: true })],
      workshop: [phoneTarget('w1', 'reachable', 0)],
    };
    const target = resolve(ring, phones, at('2026-11-24T10:00:00Z'), true);
    assert.deepEqual(target.type === 'ring' && target.devices, [{ user: 'reception', flows: ['r2'] }]);
    assert.deepEqual(target.type === 'ring' && target.left, [
      { who: 'workshop', why: 'is not registered over TLS, as sips asks' },
    ]);
  });

  test('a phone known to be dead is left out, and the reason says since when', () => {
    const now = at('2026-11-24T10:00:00Z');
    const target = resolve(ring, {
      reception: [phoneTarget('r1', 'unreachable', now - 14_000)],
      workshop: [phoneTarget('w1', 'reachable', 0)],
    });
    assert.deepEqual(target.type === 'ring' && target.left, [
      { who: 'reception', why: 'stopped answering 14 s ago' },
    ]);
  });

  test('where nobody is left the step has no targets and costs no time', () => {
    const target = resolve(ring, {});
    assert.deepEqual(target, {
      type: 'none',
      left: [
        { who: 'reception', why: 'is not registered' },
        { who: 'workshop', why: 'is not registered' },
      ],
    });
  });

  test('a step outside its hours is passed over with the reason', () => {
    const step: PlanStep = { ...ring, when: { type: 'outside', hours: 'office' } };
    const target = resolve(step, { reception: [phoneTarget('r1', 'reachable', 0)] });
    assert.equal(target.type, 'none');
  });

  test('ringing in turn is one step for each phone', () => {
    const record: NumberRecord = {
      number: '+442079460000',
      plan: { steps: [{ ...ring, order: 'in-turn' }] },
    };
    const { steps } = stepsOf(record, 0);
    assert.deepEqual(
      steps.map((step) => step.type === 'ring' && step.phones),
      [['reception'], ['workshop']],
    );
  });

  test('a divert replaces the plan until it ends', () => {
    const record: NumberRecord = {
      number: '+442079460000',
      plan: { steps: [ring] },
      divert: { to: '+447700900123', since: 0, until: 1_000, by: 'cli' },
    };
    const before = stepsOf(record, 999);
    assert.equal(before.divert?.to, '+447700900123');
    assert.equal(before.steps[0]?.type, 'dial');
    assert.equal(stepsOf(record, 1_000).divert, undefined);
  });
});

describe('verdicts', () => {
  test('every status from 300 to 699 has a verdict with a row', () => {
    for (let status = 300; status < 700; status++) {
      for (const rang of [true, false]) assert.ok(VERDICTS[verdictOf(status, rang)], `${status}`);
    }
  });

  test('486 from a trunk goes on with the plan, 503 tries the next trunk', () => {
    assert.equal(VERDICTS[verdictOf(486, true)].trunk, 'next-step');
    assert.equal(VERDICTS[verdictOf(503, false)].trunk, 'next-trunk');
  });

  test('480 after ringing means nobody answered, before it that nobody is there', () => {
    assert.equal(verdictOf(480, true), 'no-answer');
    assert.equal(verdictOf(480, false), 'unreachable');
  });

  test('the most telling verdict does not depend on the order of the legs', () => {
    const verdicts = Object.keys(VERDICTS) as Verdict[];
    fc.assert(
      fc.property(fc.constantFrom(...verdicts), fc.constantFrom(...verdicts), (a, b) => {
        assert.equal(mostTelling(a, b), mostTelling(b, a));
        assert.equal(mostTelling(undefined, a), a);
      }),
    );
  });
});

describe('destinations', () => {
  test('a number is read as people and carriers write it', () => {
    for (const text of [
      '020 7946 0000',
      '+44 20 7946 0000',
      '442079460000',
      '00442079460000',
      '(020) 7946-0000',
    ]) {
      assert.equal(normaliseNumber(text, 'GB'), '+442079460000', text);
    }
    assert.equal(normaliseNumber('reception', 'GB'), undefined);
    assert.equal(normaliseNumber('12', 'GB'), undefined);
    assert.equal(normaliseNumber('+'.repeat(100), 'GB'), undefined);
  });

  test('premium and personal numbers are denied though their country is allowed', () => {
    assert.equal(destinationAllowed('+447700900123', LIMITS).ok, true);
    assert.equal(destinationAllowed('+449098790123', LIMITS).ok, false);
    assert.equal(destinationAllowed('+447012345678', LIMITS).ok, false);
    assert.equal(destinationAllowed('+12025550123', LIMITS).ok, false);
  });

  test('an exception for one number of a denied range counts', () => {
    const limits = { ...LIMITS, destinationsAllowed: ['+44', '+449098790123'] };
    assert.equal(destinationAllowed('+449098790123', limits).ok, true);
  });

  test('emergency numbers are known as dialled', () => {
    assert.equal(isEmergency('999'), true);
    assert.equal(isEmergency('112'), true);
    assert.equal(isEmergency('9990'), false);
  });
});
