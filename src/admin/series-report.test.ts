import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS } from '../base/time.ts';
import { readReport, type SeriesReport, writeReport } from './series-report.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

const REPORT: SeriesReport = {
  watcher: 'edge-1',
  at: NOON,
  resolution: 'hour',
  samples: [{ series: 'calls.reached', at: NOON - HOUR_MS, count: 2, sum: 3.5, min: 0, max: 2 }],
};

describe('a report of time series', () => {
  test('is read as it was written', () => {
    assert.deepEqual(readReport(writeReport(REPORT), NOON), { ok: true, value: REPORT });
    assert.equal(
      writeReport(REPORT),
      `["ringthrough-series-1","edge-1",${NOON},"hour",[["calls.reached",${NOON - HOUR_MS},2,3.5,0,2]]]`,
    );
  });

  const [sample] = REPORT.samples;
  for (const [what, change] of [
    ['of no series of ours', { series: 'probe.main.up' }],
    ['between two steps', { at: NOON - HOUR_MS + 1 }],
    ['of long ago', { at: NOON - 800 * 24 * HOUR_MS }],
    ['that are still to come', { at: NOON + HOUR_MS }],
    ['of nothing', { count: 0 }],
    ['whose ends are the wrong way round', { min: 3 }],
  ] as const) {
    test(`with samples ${what} is refused`, () => {
      const samples = sample === undefined ? [] : [{ ...sample, ...change }];
      assert.deepEqual(readReport(writeReport({ ...REPORT, samples }), NOON), {
        ok: false,
        error: 'malformed',
      });
    });
  }

  test('in any other form is refused', () => {
    for (const text of ['', '{}', '[]', '["ringthrough-probe-result-1"]', '['.repeat(9_000)])
      assert.deepEqual(readReport(text, NOON), { ok: false, error: 'malformed' });
  });
});
