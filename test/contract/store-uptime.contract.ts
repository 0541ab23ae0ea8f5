// What every store must keep of how components were: a row for each and day, and what each was last. The rest of the
// contract: store.contract.ts.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import type { ComponentDay, ComponentState } from '../../src/ports/uptime.ts';
import type { OpenStore, StoreUnderTest } from './store.contract.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const NONE = {
  operational: 0,
  degraded: 0,
  maintenance: 0,
  unknown: 0,
  'partial-outage': 0,
  'major-outage': 0,
};

function day(component: string, which: string, operational: number): ComponentDay {
  return { component, day: which, ms: { ...NONE, operational } };
}

function wrote(row: ComponentDay) {
  return { type: 'component-day', row } as const;
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
  return { store: () => present(opened, 'store').store, reopen: () => present(opened, 'store').reopen() };
}

export function storeUptimeContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store, of how components were`, () => {
    const { store, reopen } = stage(open);

    test('gives days in their order, from one to another, both included', async () => {
      const [first, second, third] = [
        day('Calls', '2026-11-24', 1),
        day('Calls', '2026-11-25', 2.5),
        day('Calls', '2026-11-26', 3),
      ];
      const web = day('Web', '2026-11-25', 9);
      await store().write([third, web, second, first].map(wrote));
      const kept = await reopen();
      assert.deepEqual(await kept.componentDays({ from: '2026-11-01' }), [first, second, web, third]);
      assert.deepEqual(await kept.componentDays({ from: '2026-11-25', to: '2026-11-25' }), [second, web]);
      assert.deepEqual(await kept.componentDays({ from: '2026-11-27' }), []);
    });

    test('a day of the same component replaces the one before', async () => {
      await store().write([wrote(day('Calls', '2026-11-26', 1))]);
      await store().write([wrote(day('Calls', '2026-11-26', 2)), wrote(day('Calls', '2026-11-26', 3))]);
      assert.deepEqual(await store().componentDays({ from: '2026-11-26' }), [day('Calls', '2026-11-26', 3)]);
    });

    test('keeps what each was last', async () => {
      const calls: ComponentState = {
        component: 'Calls',
        state: 'major-outage',
        since: NOON - 0.5,
        at: NOON,
      };
      const web: ComponentState = { component: 'Web', state: 'operational', since: 1, at: NOON };
      await store().write([web, calls].map((row) => ({ type: 'component-state', row })));
      const later = { ...calls, at: NOON + 1 };
      await store().write([{ type: 'component-state', row: later }]);
      assert.deepEqual(await (await reopen()).componentStates(), [later, web]);
    });

    test('pruning takes days before one, and what was last known of a component before it', async () => {
      const last = (component: string, at: number): ComponentState => {
        return { component, state: 'unknown', since: 1, at };
      };
      const midnight = Date.parse('2026-11-26T00:00:00Z');
      const [gone, kept] = [last('Gone', midnight - 1), last('Web', midnight)];
      await store().write([
        wrote(day('Gone', '2026-11-25', 1)),
        wrote(day('Web', '2026-11-26', 1)),
        { type: 'component-state', row: gone },
        { type: 'component-state', row: kept },
      ]);
      await store().write([{ type: 'component-days-pruned', before: '2026-11-26' }]);
      assert.deepEqual(await store().componentDays({ from: '2026-01-01' }), [day('Web', '2026-11-26', 1)]);
      assert.deepEqual(await store().componentStates(), [kept]);
    });

    test('what is of a batch that fails was never there', async () => {
      const bad = { type: 'divert', number: '+442079460999', divert: undefined } as const;
      const batch = store().write([wrote(day('Calls', '2026-11-26', 1)), bad]);
      await assert.rejects(batch, { code: 'NOT_FOUND' });
      assert.deepEqual(await store().componentDays({ from: '2026-01-01' }), []);
    });
  });
}
