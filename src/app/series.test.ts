import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { RingthroughError } from '../base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { NodeEvent } from '../node/views.ts';
import type { LedgerEntry } from '../ports/records.ts';
import type { Resolution } from '../ports/series.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { sampleOf } from '../series/sample.ts';
import { Series } from './series.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const STEP_MS = 10_000;

class Stage {
  readonly store = new MemoryStore();
  readonly warnings: string[] = [];
  readonly writes: (readonly StoreWrite[])[] = [];
  isFull = false;
  readonly #failing: Store = new Proxy(this.store, {
    get: (target, name) => {
      if (name === 'write') return (writes: readonly StoreWrite[]) => this.#write(writes);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

  open(): Promise<Series> {
    const ignore = () => undefined;
    const log = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (text: string) => void this.warnings.push(text),
    };
    const clock = { now: () => Date.now() };
    const read = () => ({ phonesRegistered: 3, packetsBlocked: 0 });
    return Series.open({ store: this.#failing, clock, log, read, probeAccounts: ['watch'] });
  }

  async #write(writes: readonly StoreWrite[]): Promise<void> {
    if (this.isFull) throw new RingthroughError('STORE_FULL', 'full');
    this.writes.push(writes);
    await this.store.write(writes);
  }

  async sums(name: string, resolution: Resolution): Promise<readonly number[]> {
    const stepMs = { raw: STEP_MS, minute: MINUTE_MS, hour: HOUR_MS }[resolution];
    const to = NOON + 100 * HOUR_MS;
    const found = await this.store.samples({ names: [name], from: 0, to, resolution, stepMs });
    return found.map(({ sum }) => sum);
  }
}

function callEnded(account = 'acme'): NodeEvent {
  const parties = { account, called: '+442079460000', caller: '+447700900123', direction: 'in' };
  const entry = {
    id: 'a',
    ...parties,
    startedAt: NOON,
    outcome: 'answered',
    reason: '',
    timeline: [],
    legs: [],
  };
  return { type: 'call-ended', callId: 'a', entry: entry as LedgerEntry };
}

function fakeTime(t: TestContext): void {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOON });
}

/** Lets a step pass, and what it began come to its end. */
async function pass(t: TestContext, steps = 1): Promise<void> {
  for (let step = 0; step < steps; step++) {
    t.mock.timers.tick(STEP_MS);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

describe('the time series of a node', () => {
  test('are written every 10 s: one batch with raw, minute and hour', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    const series = await stage.open();
    series.heard(callEnded());
    await pass(t, 6);
    assert.equal(stage.writes.length, 6);
    assert.deepEqual(await stage.sums('calls.reached', 'raw'), [1, 0, 0, 0, 0, 0]);
    assert.deepEqual(await stage.sums('calls.reached', 'minute'), [1]);
    assert.deepEqual(await stage.sums('phones.registered', 'hour'), [18]);
    await series.close();
  });

  test('leave out the calls of probes: they would hide those of customers that do not arrive', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    const series = await stage.open();
    for (const account of ['acme', 'watch', 'watch']) series.heard(callEnded(account));
    await pass(t);
    assert.deepEqual(await stage.sums('calls.offered', 'raw'), [1]);
    await series.close();
  });

  test('go on where they ended when the node starts again, within the same step too', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    const before = await stage.open();
    before.heard(callEnded());
    await before.close();
    const series = await stage.open();
    series.heard(callEnded());
    await pass(t);
    assert.deepEqual(await stage.sums('calls.reached', 'raw'), [2]);
    assert.deepEqual(await stage.sums('calls.reached', 'hour'), [2]);
    await series.close();
  });

  test('lose nothing while the store takes nothing, and warn once', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    const series = await stage.open();
    stage.isFull = true;
    series.heard(callEnded());
    await pass(t, 3);
    stage.isFull = false;
    await pass(t);
    assert.deepEqual(await stage.sums('calls.reached', 'raw'), [1, 0, 0, 0]);
    assert.equal(stage.warnings.length, 1);
    await series.close();
  });

  test('have a gap where the node was down', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    await (await stage.open()).close();
    t.mock.timers.tick(HOUR_MS);
    const series = await stage.open();
    await pass(t);
    assert.equal((await stage.sums('phones.registered', 'raw')).length, 2);
    await series.close();
  });

  test('lose what is too old once an hour, though not in the first one', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    const old = { series: 'calls.offered', ...sampleOf(5, NOON - 60 * HOUR_MS) };
    await stage.store.write([{ type: 'samples', resolution: 'raw', samples: [old] }]);
    const series = await stage.open();
    await pass(t, 359);
    assert.equal((await stage.sums('calls.offered', 'raw'))[0], 5);
    await pass(t, 2);
    assert.equal((await stage.sums('calls.offered', 'raw'))[0], 0);
    await series.close();
  });

  test('take the samples of probes beside their own', async (t) => {
    fakeTime(t);
    const stage = new Stage();
    const series = await stage.open();
    const probe = { series: 'probe.inbound.up', ...sampleOf(1, NOON) };
    assert.equal(series.record([probe, probe], 'replace'), 0);
    assert.equal(series.record([{ ...probe, series: 'nonsense' }], 'replace'), 1);
    await series.close();
    assert.deepEqual(await stage.sums('probe.inbound.up', 'minute'), [1]);
  });
});
