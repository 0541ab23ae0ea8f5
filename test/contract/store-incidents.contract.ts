// What every store must keep of incidents and maintenance: replaced by id, read newest first, found again when it was
// opened anew. The rest of the contract: store.contract.ts.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { HOUR_MS } from '../../src/base/time.ts';
import type { Incident, Maintenance } from '../../src/ports/incidents.ts';
import type { StoreWrite } from '../../src/ports/store.ts';
import type { OpenStore, StoreUnderTest } from './store.contract.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

function incident(id: string, openedAt: number, changes: Partial<Incident> = {}): Incident {
  return {
    id,
    title: 'Calls are failing',
    openedBy: 'probes',
    openedAt,
    affected: [{ component: 'Calls', worst: 'major-outage', since: openedAt }],
    updates: [{ at: openedAt, phase: 'investigating', text: 'Since 12:00 “calls” fail.', by: 'probes' }],
    ...changes,
  };
}

function maintenance(id: string, from: number, changes: Partial<Maintenance> = {}): Maintenance {
  return {
    id,
    title: 'New switch',
    text: 'Calls may drop once.',
    components: ['Calls'],
    from,
    until: from + HOUR_MS,
    state: 'scheduled',
    updates: [],
    reminders: [{ at: from - HOUR_MS, sent: false }],
    createdAt: NOON,
    ...changes,
  };
}

function puts(...those: readonly Incident[]): readonly StoreWrite[] {
  return those.map((one) => ({ type: 'incident', incident: one }));
}

function schedules(...those: readonly Maintenance[]): readonly StoreWrite[] {
  return those.map((one) => ({ type: 'maintenance', maintenance: one }));
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
  return {
    store: () => present(opened, 'store').store,
    reopen: () => present(opened, 'store').reopen(),
  };
}

export function storeIncidentsContract(under: StoreUnderTest): void {
  incidentsContract(under);
  maintenanceContract(under);
}

function incidentsContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store, of incidents`, () => {
    const { store, reopen } = stage(open);

    test('has none at first', async () => {
      assert.deepEqual(await store().incidents({ limit: 10 }), []);
      assert.deepEqual(await store().maintenance({ limit: 10 }), []);
      assert.equal(await store().incident('20261126-1'), undefined);
      assert.equal(await store().oneMaintenance('m20261126-1'), undefined);
    });

    test('replaces an incident by its id, and gives it back after it was opened anew', async () => {
      const first = incident('20261126-1', NOON + 0.5);
      const resolved: Incident = {
        ...first,
        resolvedAt: NOON + HOUR_MS,
        postMortem: { at: NOON + 2 * HOUR_MS, text: 'A fibre was cut.' },
      };
      await store().write(puts(first));
      assert.deepEqual(await store().incident(first.id), first);
      await store().write(puts(resolved));
      for (const again of [async () => store(), reopen]) {
        const kept = await again();
        assert.deepEqual(await kept.incidents({ limit: 10 }), [resolved]);
        assert.deepEqual(await kept.incident(first.id), resolved);
      }
    });

    test('incidents come newest first, in pages, and those alone that are open', async () => {
      const [a, b, c] = [0, 1, 2].map((hour) => {
        const over = hour === 1 ? { resolvedAt: NOON + 2 * HOUR_MS } : {};
        return incident(`20261126-${hour + 1}`, NOON + hour * HOUR_MS, over);
      });
      await store().write(puts(...[b, c, a].map((one) => present(one, 'incident'))));
      assert.deepEqual(await store().incidents({ limit: 2 }), [c, b]);
      assert.deepEqual(
        await store().incidents({ limit: 2, before: { at: NOON + HOUR_MS, id: '20261126-2' } }),
        [a],
      );
      assert.deepEqual(await store().incidents({ limit: 2, open: true }), [c, a]);
    });

    test('pruning takes the oldest that are over, and none that is open', async () => {
      const all = [0, 1, 2, 3].map((hour) => {
        const over = hour === 0 ? {} : { resolvedAt: NOON + 9 * HOUR_MS };
        return incident(`20261126-${hour + 1}`, NOON + hour * HOUR_MS, over);
      });
      await store().write([...puts(...all), { type: 'incidents-pruned', kept: 2 }]);
      const ids = (await store().incidents({ limit: 10 })).map(({ id }) => id);
      assert.deepEqual(ids, ['20261126-4', '20261126-3', '20261126-1']);
    });

    test('an incident of a batch that fails was never there', async () => {
      const bad: StoreWrite = { type: 'divert', number: '+442079460999', divert: undefined };
      await assert.rejects(store().write([...puts(incident('20261126-1', NOON)), bad]), {
        code: 'NOT_FOUND',
      });
      assert.deepEqual(await store().incidents({ limit: 10 }), []);
    });
  });
}

function maintenanceContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store, of maintenance`, () => {
    const { store, reopen } = stage(open);

    test('maintenance that begins in the same minute is all found, page by page', async () => {
      const [a, b, c] = ['m20261126-1', 'm20261126-2', 'm20261126-3'].map((id) => maintenance(id, NOON));
      await store().write(schedules(...[b, c, a].map((one) => present(one, 'maintenance'))));
      assert.deepEqual(await store().maintenance({ limit: 2 }), [c, b]);
      assert.deepEqual(await store().maintenance({ limit: 2, before: { at: NOON, id: 'm20261126-2' } }), [a]);
    });

    test('maintenance comes by its beginning, last first, and that alone which is not over', async () => {
      const early = maintenance('m20261126-2', NOON + HOUR_MS, { state: 'under-way' });
      const late = maintenance('m20261126-1', NOON + 9 * HOUR_MS);
      const over = maintenance('m20261126-3', NOON, { state: 'completed', endedAt: NOON + 1 });
      const off = maintenance('m20261126-4', NOON, { state: 'cancelled', endedAt: NOON + 1 });
      await store().write(schedules(off, early, over, late));
      assert.deepEqual(await store().maintenance({ limit: 10 }), [late, early, off, over]);
      assert.deepEqual(await store().maintenance({ limit: 10, open: true }), [late, early]);
      assert.deepEqual(await store().maintenance({ limit: 1, before: { at: late.from, id: late.id } }), [
        early,
      ]);
      await store().write(schedules({ ...late, state: 'cancelled', endedAt: NOON + 2 }));
      await store().write([{ type: 'maintenance-pruned', kept: 3 }]);
      const kept = await reopen();
      assert.deepEqual(await kept.maintenance({ limit: 10, open: true }), [early]);
      assert.equal((await kept.oneMaintenance(late.id))?.state, 'cancelled');
      assert.equal(await kept.oneMaintenance(over.id), undefined);
    });
  });
}
