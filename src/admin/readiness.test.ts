// Readiness as its surfaces get it: of what is stored, page by page.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MOBILE, NOON, NUMBER, Stage } from '../../test/admin-stage.ts';

const SECOND = '+442079460001';

describe('readiness', () => {
  const failed = async (stage: Stage, number = NUMBER) => {
    const { numbers } = await stage.admin.readiness({});
    const found = numbers.find((one) => one.number === number);
    return found?.findings.filter(({ result }) => result === 'failed').map(({ check }) => check);
  };

  test('is judged of what is stored: plan, control, contacts, rehearsal', async () => {
    const stage = new Stage();
    const steps = [{ ring: 'reception', for: '20s' }, { dial: MOBILE }] as const;
    const account = {
      name: 'acme',
      phones: [{ user: 'reception' }],
      numbers: [{ number: NUMBER, plan: [...steps] }],
    };
    await stage.admin.putAccount(account);
    assert.deepEqual(await failed(stage), [
      'mobile-confirmed',
      'two-carriers',
      'control-pin',
      'contacts',
      'rehearsed',
    ]);
    const ready = { ...account, control: { pin: '739164', mobiles: [{ number: MOBILE }] } };
    await stage.admin.putAccount({ ...ready, contacts: [{ email: 'a@example.net' }] });
    const heard = [{ number: MOBILE, at: NOON }];
    const row = { number: NUMBER, account: 'acme', at: NOON, by: 'cli', dialled: true, passed: true };
    await stage.store.write([{ type: 'rehearsal', rehearsal: { ...row, summary: '', steps: [], heard } }]);
    assert.deepEqual(await failed(stage), ['two-carriers']);
  });

  test('is not there while the account may divert nothing: its minutes are used, or it has no calls', async () => {
    const stage = new Stage();
    const numbers = [{ number: NUMBER, plan: [{ dial: MOBILE }] }];
    const why = async (limits: object) => {
      await stage.admin.putAccount({ name: 'acme', numbers, limits });
      const [readiness] = (await stage.admin.readiness({})).numbers;
      return readiness?.findings.find(({ check }) => check === 'survives-site')?.text;
    };
    // The stage's calls have used 90 s.
    assert.match(
      (await why({ divertedMinutesPerMonth: 2 })) ?? '',
      /^when the phones are gone, callers reach/,
    );
    assert.match((await why({ divertedMinutesPerMonth: 1 })) ?? '', /used its 1 diverted minute of 2026-11$/);
    assert.match((await why({ divertedCallsMax: 0 })) ?? '', /may have no diverted calls$/);
  });

  test('finds a number that is diverted to one which sends its calls back', async () => {
    const stage = new Stage();
    const numbers = [
      { number: NUMBER, plan: [{ ring: 'reception', for: '20s' }, { dial: SECOND }] },
      { number: SECOND, plan: [{ dial: NUMBER }] },
    ];
    await stage.admin.putAccount({ name: 'acme', phones: [{ user: 'reception' }], numbers });
    assert.ok((await failed(stage))?.includes('no-loop'));
  });

  test('comes page by page, and only of what fails where that is asked', async () => {
    const stage = new Stage();
    const numbers = [NUMBER, SECOND].map((number) => ({ number, plan: [{ dial: MOBILE }] }));
    await stage.admin.putAccount({ name: 'acme', numbers });
    const first = await stage.admin.readiness({ limit: 1 });
    assert.deepEqual([first.numbers.map(({ number }) => number), first.next], [[NUMBER], NUMBER]);
    const second = await stage.admin.readiness({ limit: 1, cursor: NUMBER, account: 'acme', failing: true });
    assert.deepEqual([second.numbers.map(({ number }) => number), second.next], [[SECOND], undefined]);
    await assert.rejects(stage.admin.readiness({ account: 'nobody' }), { code: 'NOT_FOUND' });
    await assert.rejects(stage.admin.readiness({ limit: 1_000 }), { code: 'INVALID_INPUT' });
  });
});
