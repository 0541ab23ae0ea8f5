// Incidents as they are kept: written before they are told, tried again while the store fails, found at the next start.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Stage } from '../../test/admin-stage.ts';
import { RULES } from '../../test/incident-rules.ts';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { Audit } from '../admin/audit.ts';
import { Incidents, MaintenancePlans } from '../admin/incidents.ts';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant, MINUTE_MS } from '../base/time.ts';
import type { State, StateChange } from '../ports/status.ts';
import type { StoreWrite } from '../ports/store.ts';
import { IncidentKeeping } from './incidents.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

/** Fails as long as it is told to, and can be held up. */
class TriedStore extends MemoryStore {
  failing = false;
  held: Promise<void> = Promise.resolve();
  batches: (readonly StoreWrite[])[] = [];

  override async write(writes: readonly StoreWrite[]): Promise<void> {
    await this.held;
    if (this.failing) throw new RingthroughError('STORE_FULL', 'the disk is full');
    this.batches.push(writes);
    await super.write(writes);
  }
}

async function stage(t: TestContext, store = new TriedStore(), startedAt: Instant = NOON) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = startedAt;
  let stepMs = 0;
  const told: string[] = [];
  const note = (message: string) => void told.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const clock = {
    now: () => {
      now += stepMs;
      return now;
    },
  };
  const keeping = await IncidentKeeping.open({ store, clock, log, rules: RULES });
  const shown: string[] = [];
  const written: string[] = [];
  keeping.listen({
    shown: (changes) => void shown.push(...changes.map(({ component, to }) => `${component}: ${to}`)),
    written: ({ incidents, maintenance }) => {
      written.push(...incidents.map(({ id, updates }) => `${id} ${updates.at(-1)?.phase}`));
      written.push(...maintenance.map(({ id, state }) => `${id} ${state}`));
    },
  });
  const options = { desk: keeping, store, audit: new Audit({ clock, random: counting() }) };
  /** Everything that is under way has been done. */
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const pass = async (lengthMs: number) => {
    now += lengthMs;
    t.mock.timers.tick(lengthMs);
    await settled();
  };
  const judged = async (component: string, to: State) => {
    keeping.judged([{ component, from: 'unknown', to, at: now }]);
    await settled();
  };
  const close = () => keeping.close();
  t.after(close);
  return {
    store,
    keeping,
    shown,
    written,
    told,
    settled,
    pass,
    judged,
    close,
    now: () => now,
    /** From now on the clock goes on by so much whenever somebody looks at it. */
    goesOn: (ms: number) => {
      stepMs = ms;
    },
    options,
    incidents: new Incidents(options),
    maintenance: new MaintenancePlans({ ...options, hasAccounts: true }),
  };
}

function counting() {
  let seed = 0;
  return {
    bytes: (count: number) => Uint8Array.from({ length: count }, () => seed++ & 0xff),
    fraction: () => 0,
  };
}

describe('incidents as they are kept', () => {
  test('are written before they are told; what is shown follows the probes at once', async (t) => {
    const { store, keeping, shown, written, judged, settled } = await stage(t);
    keeping.begin([]);
    await judged('Calls', 'operational');
    let go: () => void = () => undefined;
    store.held = new Promise((resolve) => {
      go = resolve;
    });
    await judged('Calls', 'major-outage');
    assert.deepEqual(shown, ['Calls: operational', 'Calls: major-outage']);
    assert.deepEqual(written, []);
    go();
    await settled();
    assert.deepEqual(written, ['20261126-1 investigating']);
    assert.equal((await store.incident('20261126-1'))?.title, 'Outage of Calls');
  });

  test('are over in time though a timer is early, and the time comes while nobody looks', async (t) => {
    const { keeping, written, pass, judged, goesOn } = await stage(t);
    keeping.begin([]);
    await judged('Calls', 'major-outage');
    await judged('Calls', 'operational');
    await pass(RULES.resolveAfterMs - 1);
    // The next look is just too early, and when it is over it is just too late.
    goesOn(0.6);
    await judged('Website', 'operational');
    assert.equal(written.at(-1), '20261126-1 monitoring');
    await pass(1);
    assert.equal(written.at(-1), '20261126-1 resolved');
  });

  test('are not over because the node stood still: the judge is asked first what it has to say', async (t) => {
    const { keeping, written, pass, judged, now } = await stage(t);
    let due: readonly StateChange[] = [];
    keeping.begin([], () => {
      const late = due;
      due = [];
      keeping.judged(late);
    });
    await judged('Calls', 'major-outage');
    await judged('Calls', 'operational');
    due = [{ component: 'Calls', from: 'operational', to: 'unknown', at: now() + MINUTE_MS }];
    await pass(10 * MINUTE_MS);
    assert.deepEqual(written, ['20261126-1 investigating', '20261126-1 monitoring']);
    await judged('Calls', 'operational');
    await pass(RULES.resolveAfterMs);
    assert.equal(written.at(-1), '20261126-1 resolved');
  });

  test('that cannot be written are tried again until they are', async (t) => {
    const { store, keeping, written, told, pass, judged } = await stage(t);
    keeping.begin([]);
    store.failing = true;
    await judged('Calls', 'major-outage');
    await pass(2_000);
    await pass(2_000);
    assert.deepEqual(written, []);
    assert.deepEqual(told, ['incidents cannot be written']);
    store.failing = false;
    await pass(2_000);
    assert.deepEqual(written, ['20261126-1 investigating']);
    assert.equal((await store.incident('20261126-1'))?.openedAt, NOON);
    assert.ok(told.includes('incidents can be written again'));
  });

  test('of an outage are opened though another component changes a thousand times while the store fails', async (t) => {
    const { store, keeping, written, pass, judged, now } = await stage(t);
    keeping.begin([]);
    store.failing = true;
    await judged('Calls', 'major-outage');
    const flapping = Array.from({ length: LIMITS.stateChangesWaitingMax }, (_, index): StateChange => {
      const [from, to] =
        index % 2 === 0 ? (['unknown', 'degraded'] as const) : (['degraded', 'unknown'] as const);
      return { component: 'Website', from, to, at: now() };
    });
    keeping.judged(flapping);
    store.failing = false;
    await pass(2_000);
    assert.deepEqual(written, ['20261126-1 investigating']);
    assert.equal((await store.incident('20261126-1'))?.title, 'Outage of Calls');
  });

  test('follow the judge in his order, though whoever is told asks him again', async (t) => {
    const { keeping, shown, written, pass, judged, now } = await stage(t);
    let hasAsked = false;
    keeping.listen({
      shown: () => {
        if (hasAsked) return;
        hasAsked = true;
        keeping.judged([{ component: 'Calls', from: 'major-outage', to: 'operational', at: now() }]);
      },
    });
    keeping.begin([{ name: 'Calls', state: 'major-outage', since: NOON - HOUR_MS }]);
    await pass(6 * MINUTE_MS);
    assert.equal(written.at(-1), '20261126-1 resolved');
    hasAsked = false;
    await judged('Calls', 'major-outage');
    await pass(6 * MINUTE_MS);
    assert.equal(written.at(-1), '20261126-2 resolved');
    const each = ['Calls: major-outage', 'Calls: operational'];
    assert.deepEqual(shown, [...each, ...each]);
  });

  test('are resolved by the clock, and found open at the next start', async (t) => {
    const first = await stage(t);
    first.keeping.begin([]);
    await first.judged('Calls', 'major-outage');
    await first.close();
    t.mock.timers.reset();
    const { store, keeping, written, pass, judged } = await stage(t, first.store, NOON + HOUR_MS);
    keeping.begin([{ name: 'Calls', state: 'unknown', since: NOON + HOUR_MS }]);
    await pass(MINUTE_MS);
    assert.deepEqual(written, []);
    await judged('Calls', 'operational');
    await pass(5 * MINUTE_MS);
    assert.deepEqual(written, ['20261126-1 monitoring', '20261126-1 resolved']);
    assert.deepEqual(await store.incidents({ limit: 1, open: true }), []);
  });

  test('of a judge that remembers an outage are opened at the start', async (t) => {
    const { keeping, shown, written, settled } = await stage(t);
    keeping.begin([{ name: 'Calls', state: 'partial-outage', since: NOON - HOUR_MS }]);
    await settled();
    assert.deepEqual([shown, written], [['Calls: partial-outage'], ['20261126-1 investigating']]);
  });

  test('are changed by operators with a row of the audit in the same batch', async (t) => {
    const { store, keeping, incidents, judged, shown } = await stage(t);
    keeping.begin([]);
    await judged('Calls', 'operational');
    const components = [{ name: 'Calls', state: 'degraded' as const }];
    const { id } = await incidents.open({ text: 'We look at it.', components }, 'cli');
    assert.deepEqual(
      store.batches.at(-1)?.map(({ type }) => type),
      ['incident', 'incidents-pruned', 'audit'],
    );
    assert.deepEqual(shown, ['Calls: operational', 'Calls: degraded']);
    await judged('Calls', 'major-outage');
    const closing = { phase: 'resolved' as const, text: 'Over.' };
    await assert.rejects(incidents.update(id, closing, 'cli'), {
      code: 'CONFLICT',
      message: /major outage since/,
    });
    await judged('Calls', 'operational');
    const over = await incidents.update(id, closing, 'cli');
    assert.equal(over.resolvedAt, NOON);
    assert.equal((await incidents.postMortem(id, { text: 'A fuse.' }, 'api')).postMortem?.text, 'A fuse.');
    assert.equal((await incidents.retitle(id, { title: 'Fuse' }, 'api')).title, 'Fuse');
    const { entries } = await store.audit({ limit: 10 });
    assert.deepEqual(entries.map(({ what }) => what).sort(), [
      'incident 20261126-1 is called: Fuse',
      'incident 20261126-1 opened: Trouble with Calls',
      'incident 20261126-1: post-mortem',
      'incident 20261126-1: resolved',
    ]);
  });

  test('that an operator could not have written never were', async (t) => {
    const { store, keeping, incidents, written } = await stage(t);
    keeping.begin([]);
    store.failing = true;
    const asked = { text: 'Hm.', components: [{ name: 'Calls', state: 'degraded' as const }] };
    await assert.rejects(incidents.open(asked, 'api'), { code: 'STORE_FULL' });
    store.failing = false;
    assert.equal((await incidents.open(asked, 'api')).id, '20261126-1');
    assert.deepEqual(written, ['20261126-1 investigating']);
  });
});

describe('maintenance as it is kept', () => {
  test('reminds contacts by e-mail in the batch that says so, and shows itself while under way', async (t) => {
    const { store, keeping, maintenance, pass, shown, judged, now } = await stage(t);
    const account = {
      name: 'acme',
      phones: [],
      numbers: [],
      hours: [],
      limits: await provisionedLimits(),
      contacts: [{ email: 'it@acme.example' }, { sms: '+447700900123' }],
    };
    await store.write([
      { type: 'account', account },
      { type: 'account', account: { ...account, name: 'bond' } },
    ]);
    keeping.begin([]);
    await judged('Calls', 'operational');
    const from = now() + 2 * HOUR_MS;
    const asked = { title: 'New switch', components: ['Calls'], from, until: from + HOUR_MS };
    await maintenance.schedule({ ...asked, notify: true }, 'cli');
    await pass(HOUR_MS);
    const reminder = store.batches.at(-1);
    assert.deepEqual(
      reminder?.map(({ type }) => type),
      ['maintenance', 'notice', 'notice'],
    );
    const notices = await store.notices();
    assert.deepEqual(
      notices.map(({ id, to, subject }) => [id, to, subject]),
      ['acme', 'bond'].map((name) => [
        `m20261126-1-1-${name}-0`,
        'it@acme.example',
        'Maintenance on Thu 26 Nov 2026, 14:00 UTC: New switch',
      ]),
    );
    await pass(HOUR_MS);
    await pass(HOUR_MS);
    assert.deepEqual(shown, ['Calls: operational', 'Calls: maintenance', 'Calls: operational']);
    assert.equal((await maintenance.get('m20261126-1')).state, 'completed');
  });

  test('reminds nobody by e-mail where there are no accounts, which is said', async (t) => {
    const { keeping, options, now } = await stage(t);
    keeping.begin([]);
    const watching = new MaintenancePlans({ ...options, hasAccounts: false });
    const from = now() + 2 * HOUR_MS;
    const asked = { title: 'New switch', components: ['Calls'], from, until: from + HOUR_MS };
    const refusal = { code: 'INVALID_INPUT', message: /notify.*no accounts to remind/ };
    await assert.rejects(watching.schedule({ ...asked, notify: true }, 'cli'), refusal);
    const { id } = await watching.schedule(asked, 'cli');
    await assert.rejects(watching.change(id, { notify: true }, 'cli'), refusal);
  });

  test('whose contacts cannot be read is trouble, which is said once, and it reminds them later', async (t) => {
    const { store, keeping, maintenance, pass, told, now } = await stage(t);
    keeping.begin([]);
    const from = now() + 2 * HOUR_MS;
    const asked = { title: 'New switch', components: ['Calls'], from, until: from + HOUR_MS };
    const { id } = await maintenance.schedule({ ...asked, notify: true }, 'cli');
    told.length = 0;
    const reading = t.mock.method(store, 'accounts', () => Promise.reject(new Error('the file is damaged')));
    await pass(HOUR_MS);
    await pass(2_000);
    assert.equal(keeping.trouble, 'the file is damaged');
    assert.deepEqual(told, ['incidents cannot be written']);
    reading.mock.restore();
    await pass(2_000);
    assert.equal(keeping.trouble, undefined);
    assert.ok(told.includes('incidents can be written again'));
    assert.ok((await maintenance.get(id)).reminders.every(({ sent }) => sent));
  });
});

async function provisionedLimits() {
  const stage = new Stage();
  await stage.provisioned();
  return (await stage.stored()).limits;
}
