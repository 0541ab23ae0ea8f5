import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { openSigning } from '../adapters/node-signing/ed25519.ts';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { err, ok } from '../base/result.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { Reports } from '../ports/reports.ts';
import type { SeriesSample } from '../ports/series.ts';
import { SeriesReporting, takeSeries } from './series-reports.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

const sample = (at: number, sum: number): SeriesSample => {
  return { series: 'calls.reached', at, count: 1, sum, min: sum, max: sum };
};

/** An edge that has series, and a node on another network that takes them. */
async function stage(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'series-reports-'));
  t.after(() => rm(folder, { recursive: true }));
  const signing = await openSigning(path.join(folder, 'watch.key'));
  const [edge, page] = [new MemoryStore(), new MemoryStore()];
  let now = NOON;
  const clock = { now: () => now };
  const from = { name: 'edge-1', publicKey: signing.publicKey };
  const take = takeSeries({ from, verifying: signing, store: page, clock });
  now += 6_000;
  const bodies: string[] = [];
  let isGone = false;
  const reports: Reports = {
    async send(_node, _path, body) {
      bodies.push(body);
      if (isGone) return err('no answer');
      const { text, signature } = JSON.parse(body);
      const taken = await take(text, signature);
      return taken === undefined ? err('HTTP 401') : taken.ok ? ok('{}') : err(taken.error);
    },
  };
  const told: string[] = [];
  const note = (message: string) => void told.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const nodes = ['https://status.example.net'];
  const reporting = new SeriesReporting({
    watcher: 'edge-1',
    nodes,
    store: edge,
    signing,
    reports,
    clock,
    log,
  });
  t.after(() => reporting.close());
  const pass = (lengthMs: number): void => {
    now += lengthMs;
  };
  const disconnect = (gone: boolean): void => {
    isGone = gone;
  };
  const all = (resolution: 'raw' | 'minute' | 'hour', stepMs: number) =>
    page.samples({ names: ['calls.reached'], from: 0, to: NOON + DAY_MS, resolution, stepMs });
  return { edge, take, bodies, reporting, told, pass, disconnect, all };
}

describe('time series of a node', () => {
  test('are brought to another one, ninety days back, and what is new each minute', async (t) => {
    const { edge, reporting, bodies, pass, all } = await stage(t);
    const hours = [sample(NOON - 90 * DAY_MS, 1), sample(NOON - 30 * DAY_MS, 2), sample(NOON, 3)];
    await edge.write([
      { type: 'samples', resolution: 'hour', samples: [...hours, sample(NOON - 200 * DAY_MS, 9)] },
      { type: 'samples', resolution: 'minute', samples: [sample(NOON, 3)] },
    ]);
    await reporting.bring();
    assert.deepEqual(await all('hour', HOUR_MS), hours);
    assert.deepEqual(await all('minute', MINUTE_MS), [sample(NOON, 3)]);
    const atFirst = bodies.length;
    pass(MINUTE_MS);
    const [later, next] = [sample(NOON, 8), sample(NOON + MINUTE_MS, 5)];
    await edge.write([
      { type: 'samples', resolution: 'hour', samples: [later] },
      { type: 'samples', resolution: 'minute', samples: [next] },
    ]);
    await reporting.bring();
    assert.equal((await all('hour', HOUR_MS)).at(-1)?.sum, 8, 'the hour that goes on is brought again');
    assert.equal((await all('minute', MINUTE_MS)).length, 2);
    assert.equal(bodies.length - atFirst, 2);
  });

  test('are brought later where the other one is gone for a while, which is said once', async (t) => {
    const { edge, reporting, told, pass, disconnect, all } = await stage(t);
    disconnect(true);
    await edge.write([{ type: 'samples', resolution: 'minute', samples: [sample(NOON, 1)] }]);
    await reporting.bring();
    await reporting.bring();
    assert.deepEqual(told, ['time series are not taken']);
    disconnect(false);
    pass(20 * MINUTE_MS);
    await reporting.bring();
    assert.deepEqual(await all('minute', MINUTE_MS), [sample(NOON, 1)]);
    assert.deepEqual(told, ['time series are not taken', 'time series are taken again']);
  });

  test('count once, of now, and from whom they are wanted', async (t) => {
    const { edge, reporting, take, bodies, pass } = await stage(t);
    await edge.write([{ type: 'samples', resolution: 'minute', samples: [sample(NOON, 1)] }]);
    await reporting.bring();
    const { text, signature } = JSON.parse(bodies[0] ?? '');
    assert.deepEqual(await take(text, signature), err('replayed'));
    assert.equal(await take(text.replace('"calls.reached"', '"calls.offered"'), signature), undefined);
    pass(31_000);
    assert.deepEqual(await take(text, signature), err('too-old'));
    const nobody = takeSeries({
      from: undefined,
      verifying: { verify: () => true },
      store: edge,
      clock: { now: () => NOON },
    });
    assert.equal(await nobody(text, signature), undefined);
  });
});
