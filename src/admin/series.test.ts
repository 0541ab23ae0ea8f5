import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { DAY_MS, HOUR_MS } from '../base/time.ts';
import { sampleOf } from '../series/sample.ts';
import { readSeries } from './series.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const clock = { now: () => NOON };

describe('time series for graphs', () => {
  test('are those of the node over the last day unless something else is asked for', async () => {
    const store = new MemoryStore();
    const samples = [{ series: 'calls.offered', ...sampleOf(4, NOON - HOUR_MS) }];
    await store.write([{ type: 'samples', resolution: 'minute', samples }]);
    const view = await readSeries({}, { store, clock });
    assert.deepEqual([view.from, view.to, view.stepMs], [NOON - DAY_MS, NOON, 300_000]);
    assert.deepEqual(view.series[0], { name: 'calls.offered', points: [sampleOf(4, NOON - HOUR_MS)] });
    assert.equal(view.series.length, 6);
  });

  test('tell what is wrong with what was asked for', async () => {
    const of = (request: Parameters<typeof readSeries>[0]) =>
      readSeries(request, { store: new MemoryStore(), clock });
    await assert.rejects(of({ names: ['calls'] }), /"calls", which is no series; there are calls.offered/);
    await assert.rejects(of({ from: NOON + 1 }), /from: is not before `to`/);
    const many = Array.from({ length: 21 }, (_, index) => `probe.p${index}.up`);
    await assert.rejects(of({ names: many }), /names: has more than 20 series/);
  });

  test('of ten years are those of the two that are kept', async () => {
    const view = await readSeries({ from: NOON - 3_650 * DAY_MS }, { store: new MemoryStore(), clock });
    assert.ok(view.from >= NOON - 733 * DAY_MS);
  });
});
