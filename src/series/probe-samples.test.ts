import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import { ProbeSamples } from './probe-samples.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const PASSED = { probe: 'sip-main', at: NOON, outcome: 'passed', latencyMs: 12.5 } as const;

function told(samples: ReturnType<ProbeSamples['of']>): readonly string[] {
  return samples.samples.map(({ series, sum }) => `${series} ${sum}`);
}

describe('what a probe finds becomes samples', () => {
  test('of whether it passed, how long it took, and what it measured', () => {
    const measures = { lossShare: 0.25, mos: 4.2, 'ns1-example-netMs': 7 };
    assert.deepEqual(told(new ProbeSamples().of({ ...PASSED, measures })), [
      'probe.sip-main.up 1',
      'probe.sip-main.latency_ms 12.5',
      'probe.sip-main.loss_share 0.25',
      'probe.sip-main.mos 4.2',
      'probe.sip-main.ns1-example-net_ms 7',
    ]);
  });

  test('in which a failure is 0, and a warning is not', () => {
    const samples = new ProbeSamples();
    assert.deepEqual(told(samples.of({ probe: 'a.b', at: NOON, outcome: 'failed' })), ['probe.a_b.up 0']);
    assert.deepEqual(told(samples.of({ probe: 'a.b', at: NOON, outcome: 'warned' })), ['probe.a_b.up 1']);
  });

  test('of so many series and no more, though ever new things are measured; those that are there go on', () => {
    const samples = new ProbeSamples();
    let left = 0;
    for (let index = 0; index < LIMITS.probeSeriesMax; index++) {
      left += samples.of({ ...PASSED, measures: { [`m${index}`]: 1 } }).left;
    }
    assert.equal(left, 2);
    const later = samples.of({ ...PASSED, measures: { m0: 3, other: 4 } });
    assert.deepEqual(told(later).at(-1), 'probe.sip-main.m0 3');
    assert.equal(later.left, 1);
    assert.equal(samples.of({ ...PASSED, measures: { ' ': 1 } }).left, 1);
  });
});
