import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { RESOLUTION_MS } from '../ports/series.ts';
import { keptSince, RETENTION_MS, stretchOf } from './retention.ts';

const NOW = Date.parse('2026-11-24T12:34:56Z');

function drawn(lengthMs: number, points = 400) {
  const { stepMs, resolution } = stretchOf(NOW - lengthMs, NOW, points, NOW);
  return { stepMs, resolution };
}

describe('a graph is read from samples as coarse as it can bear', () => {
  test('an hour from 10 s, a day from minutes, a week, ninety days and two years from hours', () => {
    assert.deepEqual(drawn(HOUR_MS), { stepMs: 10 * SECOND_MS, resolution: 'raw' });
    assert.deepEqual(drawn(DAY_MS), { stepMs: 5 * MINUTE_MS, resolution: 'minute' });
    assert.deepEqual(drawn(7 * DAY_MS), { stepMs: HOUR_MS, resolution: 'hour' });
    assert.deepEqual(drawn(90 * DAY_MS), { stepMs: 6 * HOUR_MS, resolution: 'hour' });
    assert.deepEqual(drawn(731 * DAY_MS), { stepMs: 2 * DAY_MS, resolution: 'hour' });
  });

  test('an hour of last week has points of a minute, one of last spring of an hour: finer is not kept', () => {
    const hourAt = (at: number) => stretchOf(at, at + HOUR_MS, 400, NOW).stepMs;
    assert.equal(hourAt(NOW - 7 * DAY_MS), MINUTE_MS);
    assert.equal(hourAt(NOW - 200 * DAY_MS), HOUR_MS);
  });

  test('whatever is asked for, steps are whole, cover it, are kept that far back, and are no more than wanted', () => {
    const ages = fc.integer({ min: 1, max: RETENTION_MS.hour });
    fc.assert(
      fc.property(ages, ages, fc.integer({ min: 105, max: 2_000 }), (one, other, points) => {
        const [from, to] = [NOW - Math.max(one, other) - 1, NOW - Math.min(one, other)];
        const stretch = stretchOf(from, to, points, NOW);
        assert.ok(stretch.from <= from && stretch.to >= to);
        assert.equal(stretch.from % stretch.stepMs, 0);
        assert.equal(stretch.to % stretch.stepMs, 0);
        assert.equal(stretch.stepMs % RESOLUTION_MS[stretch.resolution], 0);
        assert.ok((stretch.to - stretch.from) / stretch.stepMs <= points + 2);
        assert.ok(keptSince(stretch.resolution, NOW) <= from);
      }),
    );
  });
});
