import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { heardMin, stateOf, verdictOf } from './quorum.ts';
import type { Opinion } from './vote.ts';

const OPINIONS: Readonly<Record<string, Opinion>> = { p: 'passing', f: 'failing', s: 'shaky', '-': 'silent' };
const said = (letters: string): readonly Opinion[] => [...letters].map((one) => OPINIONS[one] ?? 'silent');

describe('what several watchers make of a probe', () => {
  for (const [letters, verdict, why] of [
    ['p', 'passed', 'one watcher is believed'],
    ['f', 'failed', 'one watcher is believed'],
    ['-', 'unknown', 'nobody is heard'],
    ['pp', 'passed', 'both say so'],
    ['pf', 'shaky', 'two disagree'],
    ['ff', 'failed', 'both say so'],
    ['p-', 'passed', 'one of two is believed alone'],
    ['f-', 'failed', 'one of two is believed alone'],
    ['ppf', 'passed', "one's bad network is no outage"],
    ['pff', 'failed', "one's lie hides none"],
    ['pps', 'passed', 'one is shaky'],
    ['pss', 'shaky', 'most are shaky'],
    ['psf', 'shaky', 'most find something'],
    ['pp-', 'passed', 'two of three say so'],
    ['pf-', 'shaky', 'the two that are heard disagree'],
    ['ff-', 'failed', 'two of three say so'],
    ['p--', 'unknown', 'too few are heard to call it green'],
    ['f--', 'unknown', 'too few are heard to call it an outage'],
    ['---', 'unknown', 'nobody is heard'],
    ['ppf--', 'unknown', 'too few say that it passes'],
    ['ppff', 'shaky', 'half of them disagree'],
  ] as const) {
    test(`${letters} is ${verdict}: ${why}`, () => {
      assert.equal(verdictOf(said(letters)), verdict);
    });
  }

  test('is passed only if as many as must be heard say so, and no worse for a better opinion', () => {
    const opinion = fc.constantFrom<Opinion>('passing', 'shaky', 'failing', 'silent');
    fc.assert(
      fc.property(fc.array(opinion, { minLength: 1, maxLength: 17 }), (opinions) => {
        const passing = opinions.filter((one) => one === 'passing').length;
        const failing = opinions.filter((one) => one === 'failing').length;
        const verdict = verdictOf(opinions);
        if (verdict === 'passed') assert.ok(passing >= heardMin(opinions.length) && passing > failing);
        if (verdict === 'failed' && opinions.length >= 3) assert.ok(failing >= 2);
        const turned = opinions.map((one) => (one === 'passing' ? 'failing' : one));
        assert.ok(verdict !== 'failed' || verdictOf(turned) === 'failed');
      }),
    );
  });
});

describe('the state of a component', () => {
  for (const [verdicts, state] of [
    [['passed', 'passed'], 'operational'],
    [['passed', 'shaky'], 'degraded'],
    [['passed', 'unknown'], 'unknown'],
    [['shaky', 'unknown'], 'unknown'],
    [['passed', 'failed'], 'partial-outage'],
    [['unknown', 'failed'], 'partial-outage'],
    [['failed', 'failed'], 'major-outage'],
    [[], 'unknown'],
  ] as const) {
    test(`is ${state} when its probes are ${verdicts.join(' and ') || 'none'}`, () => {
      assert.equal(stateOf(verdicts), state);
    });
  }
});
