// Where calls go when phones could not take them: which forward is for which failure, and that one at most is tried.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NumberRecord, PlanStep } from '../ports/records.ts';
import { fitsAfter } from './forwards.ts';
import { stepsOf } from './plan.ts';
import { describeDiverts } from './selfcare.ts';
import { mostTelling, VERDICTS, type Verdict } from './verdicts.ts';

const MOBILE = '+447700900123';
const RING: PlanStep = { type: 'ring', phones: ['reception'], order: 'together', forMs: 20_000 };
const SAY: PlanStep = { type: 'announcement', prompt: 'closed' };
const since = { since: 0, by: 'cli' };
const FORWARDED: NumberRecord = {
  number: '+442079460000',
  plan: { steps: [RING, RING, SAY] },
  forwards: {
    unreachable: { to: MOBILE, ...since },
    noAnswer: { to: { mailbox: 'desk' }, ...since },
    busy: { to: '+447700900456', ...since, until: 1_000 },
  },
};

describe('forwards', () => {
  test('come right after the phones, the most telling failure first', () => {
    const { steps } = stepsOf(FORWARDED, 0);
    assert.deepEqual(steps, [
      RING,
      RING,
      { type: 'dial', number: '+447700900456', forMs: 60_000, after: 'busy' },
      { type: 'voicemail', mailbox: 'desk', after: 'no-answer' },
      { type: 'dial', number: MOBILE, forMs: 60_000, after: 'unreachable' },
      SAY,
    ]);
  });

  test('are told of for as long as they are in force', () => {
    assert.match(describeDiverts(FORWARDED, 999), /nobody answers, to \+447700900456 when it is busy$/);
    assert.match(describeDiverts(FORWARDED, 1_000), /when nobody answers$/);
  });

  test('are for phones: a plan that begins otherwise has none, and a divert overrides them', () => {
    const spoken = { ...FORWARDED, plan: { steps: [SAY, RING] } };
    assert.deepEqual(stepsOf(spoken, 0).steps, [SAY, RING]);
    const diverted = { ...FORWARDED, divert: { to: MOBILE, ...since } };
    assert.deepEqual(stepsOf(diverted, 0).steps, [{ type: 'dial', number: MOBILE, forMs: 60_000 }]);
  });

  test('end by themselves when their time has come', () => {
    const kinds = stepsOf(FORWARDED, 1_000).steps.map(({ after }) => after);
    assert.deepEqual(kinds, [undefined, undefined, 'no-answer', 'unreachable', undefined]);
  });

  test('are tried after their own failure, and never two of them, whatever the first one comes to', () => {
    const verdicts = Object.keys(VERDICTS) as readonly Verdict[];
    const forwards = stepsOf(FORWARDED, 0).steps.filter(({ after }) => after !== undefined);
    const tried = (first: Verdict, then: Verdict) => {
      let verdict = first;
      return forwards.flatMap((step) => {
        if (!fitsAfter(step, verdict)) return [];
        verdict = mostTelling(verdict, then);
        return [step.after];
      });
    };
    for (const first of verdicts) {
      for (const then of verdicts) assert.equal(tried(first, then).length, 1, `${first}, then ${then}`);
    }
    assert.deepEqual(tried('busy', 'busy'), ['busy']);
    assert.deepEqual(tried('declined', 'no-answer'), ['busy']);
    assert.deepEqual(tried('no-answer', 'busy'), ['no-answer']);
    assert.deepEqual(tried('unreachable', 'busy'), ['unreachable']);
    assert.equal(fitsAfter({ ...SAY, after: 'busy' }, undefined), false);
    assert.equal(fitsAfter(SAY, undefined), true);
  });
});
