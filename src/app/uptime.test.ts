import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { ShownState } from '../ports/status.ts';
import type { Store } from '../ports/store.ts';
import { UptimeKeeping } from './uptime.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

/** One component, and a clock that moves when a test says so. */
async function stage(t: TestContext, kept: { readonly store: Store; readonly now: number }) {
  let { now } = kept;
  let shown: ShownState = 'operational';
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const keeping = await UptimeKeeping.open({
    store: kept.store,
    clock: { now: () => now },
    log: { debug: note, info: note, warn: note, error: note },
    read: () => [{ name: 'Calls', state: 'major-outage', since: NOON - 1, shown }],
  });
  const pass = (lengthMs: number): void => {
    now += lengthMs;
    t.mock.timers.tick(lengthMs);
  };
  const show = (state: ShownState): void => {
    shown = state;
    keeping.changed();
  };
  return { keeping, pass, show, logged };
}

const rows = async (store: Store) =>
  (await store.componentDays({ from: '2026-11-01' })).map(({ day, ms }) => {
    return [day.slice(8), Object.entries(ms).filter(([, each]) => each > 0)];
  });

describe('uptime is kept', () => {
  test('minute by minute, and at every change', async (t) => {
    const store = new MemoryStore();
    const { pass, show, keeping } = await stage(t, { store, now: NOON });
    pass(MINUTE_MS);
    await keeping.close();
    assert.deepEqual(await rows(store), [['26', [['operational', MINUTE_MS]]]]);
    t.mock.timers.reset();
    const again = await stage(t, { store, now: NOON + 10 * MINUTE_MS });
    again.pass(10_000);
    again.show('major-outage');
    again.pass(5_000);
    show('operational');
    await again.keeping.close();
    assert.deepEqual(await rows(store), [
      [
        '26',
        [
          ['operational', 70_000],
          ['major-outage', 5_000],
        ],
      ],
    ]);
    const { components } = again.keeping.view();
    assert.deepEqual(components[0]?.uptime, { day: 70 / 75, week: 70 / 75, quarter: 70 / 75 });
  });

  test('to the moment in which somebody asks', async (t) => {
    const { keeping, pass } = await stage(t, { store: new MemoryStore(), now: NOON });
    pass(1_500);
    const [calls] = keeping.view().components;
    assert.deepEqual([calls?.uptime.day, calls?.days[0]?.ms.operational], [1, 1_500]);
    await keeping.close();
  });

  test('with what the probes said last', async (t) => {
    const store = new MemoryStore();
    const { keeping, pass } = await stage(t, { store, now: NOON });
    pass(5_000);
    await keeping.close();
    assert.deepEqual(await store.componentStates(), [
      { component: 'Calls', state: 'major-outage', since: NOON - 1, at: NOON + 5_000 },
    ]);
  });

  test('though the store fails for a while, which is said once', async (t) => {
    const store = new MemoryStore();
    const real = store.write.bind(store);
    let isFull = true;
    store.write = async (writes) => {
      if (isFull) throw new Error('the disk is full');
      await real(writes);
    };
    const { pass, keeping, logged } = await stage(t, { store, now: NOON });
    for (let minute = 0; minute < 3; minute++) {
      pass(MINUTE_MS);
      await new Promise(setImmediate);
    }
    assert.deepEqual(logged, ['uptime cannot be written']);
    isFull = false;
    await keeping.close();
    assert.deepEqual(await rows(store), [['26', [['operational', 3 * MINUTE_MS]]]]);
  });

  test('and what is too old is taken out of the store, an hour after the start: by then clocks are right', async (t) => {
    const store = new MemoryStore();
    const ms = {
      operational: 1,
      degraded: 0,
      maintenance: 0,
      unknown: 0,
      'partial-outage': 0,
      'major-outage': 0,
    };
    for (const day of ['2026-08-18', '2026-08-19'])
      await store.write([{ type: 'component-day', row: { component: 'Gone', day, ms } }]);
    const left = async () =>
      (await store.componentDays({ from: '2026-01-01', to: '2026-11-25' })).map(({ day }) => day);
    const ahead = await stage(t, { store, now: NOON + 10 * 365 * DAY_MS });
    ahead.pass(HOUR_MS - MINUTE_MS);
    await ahead.keeping.close();
    assert.deepEqual(await left(), ['2026-08-18', '2026-08-19']);
    t.mock.timers.reset();
    const { keeping, pass } = await stage(t, { store, now: NOON });
    pass(HOUR_MS);
    await keeping.close();
    assert.deepEqual(await left(), ['2026-08-19']);
  });
});
