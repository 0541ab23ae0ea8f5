import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { RESOLUTION_MS, RESOLUTIONS, type Resolution, type SeriesSample } from '../ports/series.ts';
import { isSeriesName } from './names.ts';
import { keyOf, neededSince, RollUp, type Row } from './roll-up.ts';
import { addedUp, sampleOf, stepOf } from './sample.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const NAME = 'calls.setup_ms';

function sample(value: number, at: number, series = NAME): SeriesSample {
  return { series, ...sampleOf(value, at) };
}

/** What a store would have: rows replace those before. */
class Rows {
  readonly #rows = new Map<string, Row>();

  put(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.set(keyOf(row), row);
  }

  of(resolution: Resolution, since = 0): readonly SeriesSample[] {
    const those = [...this.#rows.values()].filter((row) => row.resolution === resolution);
    return those.map((row) => row.sample).filter(({ at }) => at >= since);
  }

  restart(now: number): RollUp {
    const needed = neededSince(now);
    const raw = this.of('raw', needed.raw);
    return new RollUp({ names: [NAME], raw, minutes: this.of('minute', needed.minutes) });
  }
}

describe('samples are rolled up', () => {
  test('six of 10 s make a minute, and the minutes an hour, with the true average, least and most', () => {
    const rows = new Rows();
    const rollUp = new RollUp();
    for (const [index, value] of [10, 20, 30, 40, 50, 600, 7].entries()) {
      const at = NOON + index * 10 * SECOND_MS;
      rows.put(rollUp.add([sample(value, at)], at).rows);
    }
    assert.deepEqual(rows.of('minute'), [
      { series: NAME, at: NOON, count: 6, sum: 750, min: 10, max: 600 },
      { series: NAME, at: NOON + MINUTE_MS, count: 1, sum: 7, min: 7, max: 7 },
    ]);
    assert.deepEqual(rows.of('hour'), [{ series: NAME, at: NOON, count: 7, sum: 757, min: 7, max: 600 }]);
  });

  test('a sample that comes late goes where it belongs, up to a quarter of an hour', () => {
    const rollUp = new RollUp();
    rollUp.add([sample(5, NOON)], NOON);
    const late = rollUp.add([sample(7, NOON + MINUTE_MS)], NOON + LIMITS.seriesLateMs);
    assert.equal(late.refused, 0);
    const hour = late.rows.find(({ resolution }) => resolution === 'hour');
    assert.deepEqual(hour?.sample, { series: NAME, at: NOON, count: 2, sum: 12, min: 5, max: 7 });
    const tooLate = rollUp.add([sample(9, NOON)], NOON + LIMITS.seriesLateMs + 1);
    assert.deepEqual(tooLate, { rows: [], refused: 1 });
    const early = rollUp.add([sample(9, NOON + LIMITS.seriesEarlyMs + 1)], NOON);
    assert.equal(early.refused, 1);
  });

  test('one that is sent twice counts once where it replaces, and twice where it combines', () => {
    const rollUp = new RollUp();
    const hourOf = (again: 'combine' | 'replace') => {
      const { rows } = rollUp.add([sample(5, NOON)], NOON, again);
      return rows.find(({ resolution }) => resolution === 'hour')?.sample.count;
    };
    assert.deepEqual([hourOf('replace'), hourOf('replace'), hourOf('combine')], [1, 1, 2]);
  });

  test('as many series as may be, of names that are known, and no more', () => {
    const rollUp = new RollUp();
    const names = Array.from({ length: LIMITS.seriesMax }, (_, index) => `probe.p${index}.up`);
    assert.equal(
      rollUp.add(
        names.map((name) => sample(1, NOON, name)),
        NOON,
      ).refused,
      0,
    );
    assert.equal(rollUp.add([sample(1, NOON)], NOON).refused, 1);
    assert.equal(new RollUp().add([sample(1, NOON, 'anything')], NOON).refused, 1);
    assert.equal(rollUp.size, LIMITS.seriesMax);
  });

  test('names are the own ones and those of probes', () => {
    for (const name of ['calls.offered', 'probe.inbound.up', 'probe.trunk-a.setup_ms', 'probe.w1.a.mos'])
      assert.ok(isSeriesName(name), name);
    for (const name of [
      'calls',
      'probe.',
      'probe.x',
      'probe.X.up',
      `probe.a.${'b'.repeat(200)}`,
      'probe.a..b',
    ])
      assert.ok(!isSeriesName(name), name);
  });

  test('whatever comes in whatever order, with crashes and clocks set back, nothing is lost or counted double', () => {
    const step = fc.record({
      forwardMs: fc.integer({ min: -20 * MINUTE_MS, max: 40 * MINUTE_MS }),
      lateMs: fc.integer({ min: 0, max: LIMITS.seriesLateMs }),
      value: fc.integer({ min: 0, max: 100 }),
      next: fc.constantFrom('on', 'on', 'crash', 'write-again'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rows = new Rows();
        let rollUp = new RollUp();
        let now = NOON;
        const taken: SeriesSample[] = [];
        for (const { forwardMs, lateMs, value, next } of steps) {
          // A clock goes back only with a restart.
          now += next === 'crash' ? forwardMs : Math.abs(forwardMs);
          if (next === 'crash') rollUp = rows.restart(now);
          const one = sample(value, now - lateMs);
          const { rows: written, refused } = rollUp.add([one], now);
          assert.equal(refused, 0);
          rows.put(written);
          if (next === 'write-again') rows.put(written);
          taken.push(one);
        }
        for (const resolution of RESOLUTIONS) {
          const stepMs = RESOLUTION_MS[resolution];
          const expected = Map.groupBy(taken, ({ at }) => stepOf(at, stepMs));
          const stored = rows.of(resolution);
          assert.equal(stored.length, expected.size);
          for (const { series, ...found } of stored)
            assert.deepEqual(found, addedUpOf(expected.get(found.at) ?? [], found.at));
        }
      }),
    );
  });

  test('a sample of a year ago, or of one ahead, does no harm', () => {
    const rollUp = new RollUp();
    for (const at of [NOON - 365 * DAY_MS, NOON + 365 * DAY_MS, Number.NaN])
      assert.equal(rollUp.add([sample(1, at)], NOON).refused, 1);
    assert.equal(rollUp.add([sample(Number.NaN, NOON), sample(1, NOON + HOUR_MS)], NOON).refused, 2);
  });
});

function addedUpOf(samples: readonly SeriesSample[], at: number) {
  return addedUp(
    samples.map(({ series: _, ...rest }) => rest),
    at,
  );
}
