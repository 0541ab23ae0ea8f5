// What every store must keep, whichever adapter it is: run by store.test.ts over all of them. A difference
// between adapters is a mistake of one of them, so there are no exceptions to list here.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import type {
  Account,
  Binding,
  CallHabits,
  Divert,
  DivertedUsage,
  Door,
  LedgerEntry,
  TrunkServers,
} from '../../src/ports/records.ts';
import type { Store } from '../../src/ports/store.ts';

export interface StoreUnderTest {
  readonly name: string;
  open(): Promise<OpenStore>;
}

export interface OpenStore {
  readonly store: Store;
  /** Closes the store and opens it again over the same records. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

export const NUMBER = '+442079460000';

export function account(name: string, changes: Partial<Account> = {}): Account {
  return {
    name,
    phones: [],
    numbers: [],
    hours: [],
    limits: {
      callsMax: 10,
      divertedCallsMax: 4,
      phonesMax: 100,
      bindingsPerPhoneMax: 10,
      destinationsAllowed: ['+44'],
      destinationsDenied: ['+449'],
    },
    ...changes,
  };
}

function phone(user: string): Account['phones'][number] {
  return {
    user,
    secret: { realm: 'voice.example.net', md5Ha1: '0f'.repeat(16), sha256Ha1: 'a7'.repeat(32) },
  };
}

export function number(digits: string, divert?: Divert): Account['numbers'][number] {
  const plan = { steps: [{ type: 'dial', number: '+447700900123', forMs: 30_000 } as const] };
  return { number: digits, plan, ...(divert === undefined ? {} : { divert }) };
}

export const ACME: Account = account('acme', {
  phones: [{ ...phone('workshop'), displayName: 'Workshop “2”', callerId: NUMBER }, phone('reception')],
  numbers: [
    {
      number: NUMBER,
      plan: {
        steps: [
          {
            type: 'ring',
            phones: ['reception', 'workshop'],
            order: 'in-turn',
            forMs: 20_000,
            when: { type: 'during', hours: 'office' },
          },
          {
            type: 'dial',
            number: '+447700900123',
            forMs: 30_000,
            when: { type: 'outside', hours: 'office' },
          },
          { type: 'announcement', prompt: 'closed' },
        ],
      },
      divert: { to: '+447700900456', since: 1_000.25, until: 2_000, by: 'api' },
    },
  ],
  hours: [
    {
      name: 'office',
      zone: 'Europe/London',
      open: [{ days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1050 }],
      holidays: ['2026-12-25'],
    },
  ],
});

function binding(user: string, contact: string): Binding {
  return {
    user,
    contact,
    parameters: ';+sip.instance="<urn:uuid:1>"',
    flow: {
      transport: 'tcp',
      local: { address: '192.0.2.1', port: 5060 },
      remote: { address: '2001:db8::7', port: 40_000 },
      connectionId: 'c1',
    },
    path: ['<sip:edge.example.net;lr>'],
    callId: 'a@b',
    cseq: 7,
    q: 1_000,
    userAgent: 'Phönix/1.0',
    registeredAt: 1_000.5,
    expiresAt: 301_000.5,
  };
}

function trunkServers(trunk: string, address: string): TrunkServers {
  const server = {
    transport: 'udp',
    name: `a.${trunk}.example`,
    port: 5060,
    priority: 10,
    weight: 5,
  } as const;
  return { trunk, target: { host: `${trunk}.example` }, servers: [{ ...server, addresses: [address] }] };
}

function entry(id: string, startedAt: number, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    id,
    direction: 'in',
    account: 'acme',
    called: NUMBER,
    caller: '+442079460999',
    startedAt,
    reason: '',
    timeline: [],
    legs: [],
    ...changes,
  };
}

const ANSWERED: Partial<LedgerEntry> = {
  answeredAt: 1_500.75,
  endedAt: 9_000,
  outcome: 'answered',
  answeredBy: 'reception',
  reason: 'the caller hung up',
  status: 200,
  timeline: [{ at: 1_000, what: 'rang', text: 'rang “reception” — 180 after 40 ms' }],
  legs: [
    {
      leg: 'caller',
      packetsReceived: 400,
      packetsSent: 399,
      packetsLost: 1,
      jitterMs: 0.5,
      strangersDropped: 0,
      heardAudio: true,
    },
  ],
};

/** By name, so that the order in which a store gives them does not matter. */
function byName<T extends { readonly name: string }>(records: readonly T[]): readonly T[] {
  return records.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function storeContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store`, () => {
    let opened: OpenStore | undefined;
    const store = () => present(opened, 'store').store;

    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened?.dispose();
    });

    test('is empty at first', async () => {
      assert.deepEqual(await store().accounts(), []);
      assert.deepEqual(await store().bindings(), []);
      assert.deepEqual(await store().ledger({ limit: 10 }), { entries: [] });
      assert.deepEqual(await store().unfinished(), []);
      assert.deepEqual(await store().trunkServers(), []);
      assert.deepEqual(await store().doors(), []);
      assert.deepEqual(await store().habits(), []);
      assert.deepEqual(await store().usages(), []);
      assert.deepEqual(await store().messages(), []);
      assert.deepEqual(await store().notices(), []);
      assert.deepEqual(await store().audit({ limit: 10 }), { entries: [] });
      assert.equal(await store().ledgerEntry('none'), undefined);
    });

    test('gives everything back as it was, after it was closed and opened too', async () => {
      const bindings = [binding('reception', 'sip:a@192.0.2.7'), binding('reception', 'sip:b@192.0.2.8')];
      const entries = [entry('2', 2_000, ANSWERED), entry('1', 1_000)];
      await store().write([
        { type: 'account', account: ACME },
        { type: 'account', account: account('bond') },
        { type: 'bindings', user: 'reception', bindings },
        ...entries.map((one) => ({ type: 'ledger', entry: one }) as const),
      ]);
      for (const again of [async () => store(), present(opened, 'store').reopen]) {
        const kept = await again();
        assert.deepEqual(byName(await kept.accounts()), [ACME, account('bond')]);
        assert.deepEqual(await kept.bindings(), bindings);
        assert.deepEqual((await kept.ledger({ limit: 10 })).entries, entries);
        assert.deepEqual(await kept.ledgerEntry('2'), entries[0]);
      }
    });

    test('keeps a door by its port, also when its account is gone and the store was opened again', async () => {
      const door: Door = {
        account: 'acme',
        port: 31_007,
        side: 'a',
        name: 'acme.voice.example.net',
        state: 'open',
        openedAt: 1_000.5,
        why: 'opened by the operator',
      };
      const closed: Door = { ...door, state: 'closed', why: 'closed by the operator', until: 9_000 };
      const other: Door = {
        account: 'bond',
        port: 31_001,
        side: 'b',
        state: 'grace',
        openedAt: 5,
        why: '',
        until: 7,
      };
      await store().write([
        { type: 'account', account: ACME },
        { type: 'door', door },
        { type: 'door', door: other },
      ]);
      assert.deepEqual(await store().doors(), [other, door]);
      await store().write([
        { type: 'door', door: closed },
        { type: 'account-removed', name: 'acme' },
      ]);
      assert.deepEqual(await store().doors(), [other, closed]);
      assert.deepEqual(await (await present(opened, 'store').reopen()).doors(), [other, closed]);
    });

    test('keeps what an account usually calls, until the account is gone', async () => {
      const days = { count: 3.5, latestAt: 1_000.5, lastCallAt: 2_000 };
      const habits: CallHabits = {
        account: 'acme',
        classes: [['+353', days]],
        all: days,
        hours: [[9, days]],
      };
      const more = { ...habits, classes: [...habits.classes, ['+44 premium', days] as const] };
      await store().write([{ type: 'habits', habits }]);
      await store().write([{ type: 'habits', habits: more }]);
      assert.deepEqual(await store().habits(), [more]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(await kept.habits(), [more]);
      await kept.write([
        { type: 'account', account: ACME },
        { type: 'account-removed', name: 'acme' },
      ]);
      assert.deepEqual(await kept.habits(), []);
    });

    test('keeps what diverted calls of an account have used, until the account is gone', async () => {
      const told = [{ cap: 'minutes', at: 1_500.5, limit: 60 }] as const;
      const usage: DivertedUsage = { account: 'acme', month: '2026-11', endedMs: 1_234, at: 2_000, told: [] };
      const more = { ...usage, endedMs: 3_600_000.5, at: 3_000, told };
      await store().write([{ type: 'usage', usage }]);
      await store().write([{ type: 'usage', usage: more }]);
      assert.deepEqual(await store().usages(), [more]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(await kept.usages(), [more]);
      await kept.write([
        { type: 'account', account: ACME },
        { type: 'account-removed', name: 'acme' },
      ]);
      assert.deepEqual(await kept.usages(), []);
    });

    test('replaces an account whole, and keeps the order of its phones and numbers', async () => {
      await store().write([{ type: 'account', account: ACME }]);
      const changed = account('acme', {
        phones: [phone('kitchen'), phone('reception')],
        numbers: [number('+442079460002'), number('+442079460001')],
      });
      await store().write([{ type: 'account', account: changed }]);
      assert.deepEqual(await store().accounts(), [changed]);
    });

    test('a phone that is gone takes its bindings with it', async () => {
      await store().write([
        { type: 'account', account: ACME },
        { type: 'bindings', user: 'reception', bindings: [binding('reception', 'sip:a@192.0.2.7')] },
        { type: 'bindings', user: 'workshop', bindings: [binding('workshop', 'sip:w@192.0.2.9')] },
      ]);
      await store().write([{ type: 'account', account: { ...ACME, phones: [phone('workshop')] } }]);
      assert.deepEqual(await store().bindings(), [binding('workshop', 'sip:w@192.0.2.9')]);
      await store().write([{ type: 'account-removed', name: 'acme' }]);
      assert.deepEqual(await store().bindings(), []);
    });

    test('removing an account frees its phones and numbers for others, in the same batch too', async () => {
      await store().write([{ type: 'account', account: ACME }]);
      const heir = account('heir', { phones: ACME.phones, numbers: ACME.numbers, hours: ACME.hours });
      await store().write([
        { type: 'account-removed', name: 'acme' },
        { type: 'account', account: heir },
        { type: 'account-removed', name: 'never was' },
      ]);
      assert.deepEqual(await store().accounts(), [heir]);
    });

    test('a phone or number of another account is refused, and nothing of the batch is written', async () => {
      await store().write([{ type: 'account', account: ACME }]);
      for (const thief of [
        account('thief', { phones: [phone('reception')] }),
        account('thief', { numbers: [number(NUMBER)] }),
      ]) {
        const batch = [
          { type: 'ledger', entry: entry('1', 1) },
          { type: 'account', account: account('acme') },
          { type: 'account', account: ACME },
          { type: 'account', account: thief },
        ] as const;
        await assert.rejects(store().write(batch), { code: 'CONFLICT' });
      }
      assert.deepEqual(await store().accounts(), [ACME]);
      assert.deepEqual(await store().unfinished(), []);
    });

    test('a divert is set and cleared without touching the rest', async () => {
      const plain = account('acme', { numbers: [number('+442079460001'), number(NUMBER)] });
      const divert = { to: '+447700900456', since: 5, by: 'cli' };
      await store().write([{ type: 'account', account: plain }]);
      await store().write([{ type: 'divert', number: NUMBER, divert }]);
      const diverted = account('acme', { numbers: [number('+442079460001'), number(NUMBER, divert)] });
      assert.deepEqual(await store().accounts(), [diverted]);
      await store().write([{ type: 'divert', number: NUMBER, divert: undefined }]);
      assert.deepEqual(await store().accounts(), [plain]);
    });

    test('a divert of a number that nobody has is refused', async () => {
      await assert.rejects(store().write([{ type: 'divert', number: NUMBER, divert: undefined }]), {
        code: 'NOT_FOUND',
      });
    });

    test('bindings of a phone replace those kept for it, and none removes them', async () => {
      const first = binding('reception', 'sip:a@192.0.2.7');
      const other = binding('workshop', 'sip:w@192.0.2.9');
      await store().write([
        { type: 'bindings', user: 'reception', bindings: [first, binding('reception', 'sip:b@192.0.2.8')] },
        { type: 'bindings', user: 'workshop', bindings: [other] },
      ]);
      await store().write([{ type: 'bindings', user: 'reception', bindings: [first] }]);
      const kept = await store().bindings();
      assert.deepEqual(
        kept.toSorted((a, b) => (a.user < b.user ? -1 : 1)),
        [first, other],
      );
      await store().write([{ type: 'bindings', user: 'reception', bindings: [] }]);
      assert.deepEqual(await store().bindings(), [other]);
    });

    test('where a trunk is replaces where it was, outlives a restart, and nowhere removes it', async () => {
      const was = trunkServers('carrier', '192.0.2.1');
      const is = trunkServers('carrier', '192.0.2.2');
      const other = trunkServers('other', '192.0.2.3');
      await store().write([was, other].map((known) => ({ type: 'trunk-servers', known })));
      await store().write([{ type: 'trunk-servers', known: is }]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(
        (await kept.trunkServers()).toSorted((a, b) => (a.trunk < b.trunk ? -1 : 1)),
        [is, other],
      );
      await kept.write([{ type: 'trunk-servers', known: { ...is, servers: [] } }]);
      assert.deepEqual(await kept.trunkServers(), [other]);
    });

    test('a ledger entry is replaced by id, and unfinished until it has an outcome', async () => {
      await store().write([{ type: 'ledger', entry: entry('1', 1_000) }]);
      assert.deepEqual(await store().unfinished(), [entry('1', 1_000)]);
      await store().write([{ type: 'ledger', entry: entry('1', 1_000, { ...ANSWERED }) }]);
      assert.deepEqual(await store().unfinished(), []);
      assert.deepEqual((await store().ledger({ limit: 10 })).entries, [entry('1', 1_000, { ...ANSWERED })]);
    });

    test('the ledger is asked by number, account, outcome and time', async () => {
      const entries = [
        entry('1', 1_000, { outcome: 'answered' }),
        entry('2', 2_000, { called: 'reception', outcome: 'abandoned' }),
        entry('3', 3_000, { account: 'bond', outcome: 'answered' }),
        entry('4', 4_000),
      ];
      await store().write(entries.map((one) => ({ type: 'ledger', entry: one })));
      const ids = async (query: object) =>
        (await store().ledger({ limit: 10, ...query })).entries.map(({ id }) => id).join(' ');
      assert.equal(await ids({}), '4 3 2 1');
      assert.equal(await ids({ called: NUMBER }), '4 3 1');
      assert.equal(await ids({ account: 'acme' }), '4 2 1');
      assert.equal(await ids({ outcome: 'answered' }), '3 1');
      assert.equal(await ids({ since: 2_000, until: 4_000 }), '3 2');
      assert.equal(await ids({ account: 'acme', outcome: 'answered', called: NUMBER, until: 1_000 }), '');
    });

    test('pages of the ledger follow one another without gap or repeat, while new entries come in', async () => {
      const write = (id: string, startedAt: number) =>
        store().write([{ type: 'ledger', entry: entry(id, startedAt, { outcome: 'answered' }) }]);
      // Several at one instant, so that pages are cut in the middle of equals.
      for (const [id, at] of [
        ['a', 1],
        ['b', 2.5],
        ['c', 2.5],
        ['d', 2.5],
        ['e', 3],
      ] as const)
        await write(id, at);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store().ledger({
          limit: 2,
          called: NUMBER,
          ...(cursor === undefined ? {} : { cursor }),
        });
        seen.push(...page.entries.map(({ id }) => id));
        await write(`new ${seen.length}`, 10);
        cursor = page.next;
      } while (cursor !== undefined);
      assert.equal(seen.join(' '), 'e d c b a');
    });

    test('a cursor that is none is refused', async () => {
      await assert.rejects(store().ledger({ limit: 2, cursor: 'x' }), { code: 'INVALID_INPUT' });
    });

    test('many writes at once are all done, in their order', async () => {
      const writes = Array.from({ length: 500 }, (_, index) =>
        store().write([{ type: 'ledger', entry: entry('same', 1_000, { reason: `write ${index}` }) }]),
      );
      await Promise.all(writes);
      assert.equal((await store().ledgerEntry('same'))?.reason, 'write 499');
    });

    test('among writes at once, one that does not fit fails alone', async () => {
      await store().write([{ type: 'account', account: ACME }]);
      const results = await Promise.allSettled([
        store().write([{ type: 'ledger', entry: entry('before', 1) }]),
        store().write([
          { type: 'ledger', entry: entry('with it', 1) },
          { type: 'account', account: account('thief', { phones: [phone('reception')] }) },
        ]),
        store().write([{ type: 'ledger', entry: entry('after', 2) }]),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(
        (await store().ledger({ limit: 10 })).entries.map(({ id }) => id),
        ['after', 'before'],
      );
    });

    test('what was given to it before it was closed is written, and closing twice is closing once', async () => {
      const written = store().write([{ type: 'ledger', entry: entry('last', 1) }]);
      await Promise.all([store().close(), store().close(), written]);
      const again = await present(opened, 'store').reopen();
      assert.equal((await again.ledgerEntry('last'))?.id, 'last');
    });
  });
}
