// What every store must keep of time series: samples of three resolutions, added up as they are asked for, and gone
// when they are too old. The rest of the contract: store.contract.ts.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import type { Resolution, SeriesSample } from '../../src/ports/series.ts';
import type { StoreWrite } from '../../src/ports/store.ts';
import type { OpenStore, StoreUnderTest } from './store.contract.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');

function sample(series: string, at: number, value: number, count = 1): SeriesSample {
  return { series, at, count, sum: value * count, min: value - 0.5, max: value + 0.5 };
}

function samples(resolution: Resolution, ...those: readonly SeriesSample[]): StoreWrite {
  return { type: 'samples', resolution, samples: those };
}

/** A store of its own for each test. */
function stage(open: StoreUnderTest['open']) {
  let opened: OpenStore | undefined;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(async () => {
    await opened?.dispose();
  });
  const store = () => present(opened, 'store').store;
  return {
    store,
    reopen: () => present(opened, 'store').reopen(),
    read: (names: readonly string[], resolution: Resolution, stepMs: number) =>
      store().samples({ names, from: NOON, to: NOON + 2 * HOUR_MS, resolution, stepMs }),
  };
}

export function storeSeriesContract(under: StoreUnderTest): void {
  readingContract(under);
  writingContract(under);
}

function readingContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store, when time series are read`, () => {
    const { store, reopen, read } = stage(open);

    test('gives the samples of each series in the order of time, and of one resolution only', async () => {
      const [first, second] = [sample('a', NOON, 1), sample('a', NOON + 10_000, 2)];
      const other = sample('b', NOON, 3);
      await store().write([samples('raw', second, other, first), samples('minute', sample('a', NOON, 9))]);
      assert.deepEqual(await read(['b', 'a'], 'raw', 10_000), [other, first, second]);
      assert.deepEqual(await read(['nothing'], 'raw', 10_000), []);
      assert.deepEqual(await store().seriesNames(), ['a', 'b']);
      const kept = await reopen();
      assert.deepEqual(await kept.seriesNames(), ['a', 'b']);
    });

    test('adds samples up into the steps that are asked for; a step without any is left out', async () => {
      const those = [
        sample('a', NOON, 1),
        sample('a', NOON + MINUTE_MS, 3, 3),
        sample('a', NOON + 11 * MINUTE_MS, 5),
      ];
      await store().write([samples('minute', ...those)]);
      assert.deepEqual(await read(['a'], 'minute', 5 * MINUTE_MS), [
        { series: 'a', at: NOON, count: 4, sum: 10, min: 0.5, max: 3.5 },
        { series: 'a', at: NOON + 10 * MINUTE_MS, count: 1, sum: 5, min: 4.5, max: 5.5 },
      ]);
    });

    test('what is asked for includes its beginning and not its end', async () => {
      await store().write([
        samples('hour', ...[-1, 0, 1, 2].map((hour) => sample('a', NOON + hour * HOUR_MS, hour))),
      ]);
      const found = await read(['a'], 'hour', HOUR_MS);
      assert.deepEqual(
        found.map(({ at }) => (at - NOON) / HOUR_MS),
        [0, 1],
      );
    });
  });
}

function writingContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store, when time series are written`, () => {
    const { store, read } = stage(open);

    test('a sample of the same series and time replaces the one before', async () => {
      await store().write([samples('raw', sample('a', NOON, 1))]);
      await store().write([samples('raw', sample('a', NOON, 7, 2), sample('a', NOON, 8, 2))]);
      assert.deepEqual(await read(['a'], 'raw', 10_000), [sample('a', NOON, 8, 2)]);
    });

    test('pruning takes what is older, of that resolution, and a series that has nothing left', async () => {
      const late = sample('a', NOON + HOUR_MS, 2);
      await store().write([
        samples('minute', sample('a', NOON, 1), late, sample('gone', NOON, 1)),
        samples('hour', sample('a', NOON, 1)),
      ]);
      await store().write([{ type: 'samples-pruned', resolution: 'minute', before: NOON + HOUR_MS }]);
      assert.deepEqual(await read(['a', 'gone'], 'minute', MINUTE_MS), [late]);
      assert.deepEqual(await read(['a'], 'hour', HOUR_MS), [sample('a', NOON, 1)]);
      assert.deepEqual(await store().seriesNames(), ['a']);
    });

    test('samples of a batch that fails were never there', async () => {
      const bad: StoreWrite = { type: 'divert', number: '+442079460999', divert: undefined };
      await assert.rejects(store().write([samples('raw', sample('a', NOON, 1)), bad]), { code: 'NOT_FOUND' });
      assert.deepEqual(await store().seriesNames(), []);
    });
  });
}
