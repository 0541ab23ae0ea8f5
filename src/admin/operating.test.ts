// The node in use: diverts on the worst day, the ledger, calls as they are, a test call.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { FILE, MOBILE, NOON, NUMBER, Stage } from '../../test/admin-stage.ts';
import type { LedgerEntry } from '../ports/records.ts';

let stage = new Stage();
beforeEach(() => {
  stage = new Stage();
});

describe('a divert', () => {
  beforeEach(() => stage.provisioned());

  test('is set at once, shown, outlives a new plan, and is cleared', async () => {
    const view = await stage.admin.setDivert(NUMBER, { to: '07700 900456' }, 'cli');
    assert.deepEqual(view.divert, { to: '+447700900456', since: NOON, by: 'cli' });
    assert.deepEqual(stage.node.directories.at(-1)?.[0]?.numbers[0]?.divert, view.divert);
    await stage.admin.provision(FILE.replace('20s', '25s'), { dryRun: false });
    assert.deepEqual((await stage.admin.number(NUMBER)).divert, view.divert);
    assert.equal('divert' in (await stage.admin.clearDivert(NUMBER)), false);
    assert.equal((await stage.stored()).numbers[0]?.divert, undefined);
  });

  test('may end by itself, at a time or after a while', async () => {
    await stage.admin.setDivert(NUMBER, { to: MOBILE, until: '2h' }, 'api');
    assert.equal((await stage.admin.number(NUMBER)).divert?.until, NOON + 7_200_000);
    const { divert } = await stage.admin.setDivert(
      NUMBER,
      { to: MOBILE, until: '2026-10-25T14:30:00+01:00' },
      'api',
    );
    assert.equal(divert?.until, NOON + 5_400_000);
    stage.now = NOON + 5_400_000;
    assert.equal((await stage.admin.number(NUMBER)).divert, undefined);
  });

  test('clearing one that is not there writes nothing', async () => {
    await stage.admin.clearDivert(NUMBER);
    assert.equal(stage.store.batches.length, 1);
  });

  const refused: readonly { to: string; until?: string; path: string; reason: string }[] = [
    {
      to: 'nobody',
      path: 'to',
      reason: '"nobody" is not a telephone number; expected such as +442079460000',
    },
    { to: NUMBER, path: 'to', reason: 'is the number itself' },
    { to: '+449098790123', path: 'to', reason: 'numbers beginning +449 are not allowed for the account' },
    { to: MOBILE, until: '2026-10-25T11:59:00Z', path: 'until', reason: 'has passed already' },
    {
      to: MOBILE,
      until: 'tomorrow',
      path: 'until',
      reason: 'expected a time such as 2h or 2026-10-25T18:00:00Z',
    },
  ];
  for (const { path, reason, ...input } of refused) {
    test(`is refused where ${path} ${reason}`, async () => {
      await assert.rejects(stage.admin.setDivert(NUMBER, input, 'api'), {
        code: 'INVALID_INPUT',
        mistakes: [{ path, reason }],
      });
      assert.equal((await stage.stored()).numbers[0]?.divert, undefined);
    });
  }
});

describe('the ledger', () => {
  const entry = (id: string, called: string, startedAt: number): LedgerEntry => ({
    id,
    direction: 'in',
    account: 'acme',
    called,
    caller: MOBILE,
    startedAt,
    outcome: 'answered',
    reason: '',
    timeline: [],
    legs: [],
  });

  beforeEach(async () => {
    await stage.provisioned();
    const entries = [entry('1', NUMBER, 1), entry('2', 'reception', 2), entry('3', NUMBER, 3)];
    await stage.store.write(entries.map((one) => ({ type: 'ledger', entry: one })));
  });

  test('is asked by a number as people write it, or by a phone’s user', async () => {
    const ids = async (called: string) =>
      (await stage.admin.ledger({ called })).entries.map(({ id }) => id).join(' ');
    assert.deepEqual(
      [await ids('020 7946 0000'), await ids(NUMBER), await ids('reception')],
      ['3 1', '3 1', '2'],
    );
  });

  test('comes in pages', async () => {
    const first = await stage.admin.ledger({ limit: 2 });
    assert.equal(first.entries.length, 2);
    const second = await stage.admin.ledger({
      limit: 2,
      ...(first.next === undefined ? {} : { cursor: first.next }),
    });
    assert.deepEqual(
      second.entries.map(({ id }) => id),
      ['1'],
    );
    await assert.rejects(stage.admin.ledger({ limit: 0 }), { code: 'INVALID_INPUT' });
    await assert.rejects(stage.admin.ledger({ limit: 1_001 }), { code: 'INVALID_INPUT' });
  });

  test('gives one entry by its id', async () => {
    assert.equal((await stage.admin.ledgerEntry('2')).called, 'reception');
    await assert.rejects(stage.admin.ledgerEntry('9'), {
      code: 'NOT_FOUND',
      message: 'there is no ledger entry 9',
    });
  });
});

describe('live calls', () => {
  test('are shown and hung up by id', () => {
    assert.equal(stage.admin.call('call-1').state, 'answered');
    stage.admin.hangUp('call-1');
    assert.throws(() => stage.admin.hangUp('call-2'), {
      code: 'NOT_FOUND',
      message: 'there is no call call-2',
    });
    assert.throws(() => stage.admin.call('call-2'), { code: 'NOT_FOUND' });
  });
});

describe('a test call', () => {
  beforeEach(() => stage.provisioned());

  test('goes to a number of this node, as people write it', async () => {
    const steps = stage.admin.testCall('020 7946 0000');
    const first = steps.next();
    await new Promise((resolve) => setImmediate(resolve));
    const entry = { at: NOON, what: 'ended', text: 'ended' };
    stage.node.tell({ type: 'test-call', testCallId: 'test-1', entry, final: true, passed: true });
    assert.deepEqual((await first).value, { ...entry, source: 'caller', final: true, passed: true });
    assert.deepEqual(stage.node.testCalls, [NUMBER]);
  });

  test('goes to no other number, for that would cost money', async () => {
    await assert.rejects(stage.admin.testCall('+442079460999').next(), { code: 'NOT_FOUND' });
    assert.deepEqual(stage.node.testCalls, []);
  });
});

describe('a rehearsal', () => {
  const request = {
    at: NOON - 60_000,
    lane: 'known',
    rung: 'registrations',
    isEmergency: false,
    isFamiliar: false,
    isStream: false,
    isInvite: false,
    who: 'reception',
    client: 'Yealink',
    address: '192.0.2.7',
  } as const;

  test('says what the rule does, and whom it would have hurt', async () => {
    for (let n = 0; n < 2_500; n++) stage.node.traffic.note(request);
    const { rule, does, touched, accounts } = await stage.admin.rehearsal('registrations');
    assert.deepEqual([rule, touched], ['registrations', 2_500]);
    assert.match(does, /put off with 503, and the registrations stay/);
    assert.deepEqual(accounts, [{ name: 'acme', requests: 2_500, touched: 2_500 }]);
  });

  test('lets the node do its work in between', async () => {
    for (let n = 0; n < 5_000; n++) stage.node.traffic.note(request);
    let turns = 0;
    const tick = () => {
      turns++;
      if (turns < 100) setImmediate(tick);
    };
    setImmediate(tick);
    await stage.admin.rehearsal('registrations');
    assert.ok(turns >= 3 && turns < 100, `${turns}`);
  });

  test('of what is no rule is refused, with those that there are', async () => {
    await assert.rejects(stage.admin.rehearsal('everything'), {
      code: 'INVALID_INPUT',
      message: /"everything" is no rule; there are options, presence/,
    });
  });
});
