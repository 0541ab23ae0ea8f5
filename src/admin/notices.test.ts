import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOON, Stage } from '../../test/admin-stage.ts';
import { err, ok } from '../base/result.ts';
import type { Waiting } from '../notices/outbox.ts';

function waiting(id: string, account = 'acme'): Waiting {
  const words = { subject: 'Hello', text: 'Hello.' };
  const failed = { attempts: 2, dueAt: NOON + 60_000, lastError: '451 try later' };
  return {
    notice: { id, account, at: NOON, channel: 'email', to: 'a@example.net', ...words, ...failed },
    state: 'later',
  };
}

describe('notices that wait', () => {
  test('are listed with what was tried, why it failed and when it is tried again', async () => {
    const stage = new Stage();
    stage.notices.waiting = () => [waiting('one'), waiting('two', 'bond'), waiting('three')];
    const { waiting: count, notices } = await stage.admin.notices.list('acme', 1);
    assert.equal(count, 2);
    assert.deepEqual(notices, [
      {
        id: 'one',
        account: 'acme',
        channel: 'email',
        to: 'a@example.net',
        subject: 'Hello',
        at: NOON,
        attempts: 2,
        state: 'waiting',
        nextAt: NOON + 60_000,
        lastError: '451 try later',
      },
    ]);
    await assert.rejects(stage.admin.notices.list(undefined, 1_001), { code: 'INVALID_INPUT' });
  });

  test('are tried now, one or all; one that does not wait is not found', async () => {
    const stage = new Stage();
    const asked: (string | undefined)[] = [];
    stage.notices.waiting = () => [waiting('one')];
    stage.notices.retry = (id) => asked.push(id);
    await stage.admin.notices.retry('one');
    await stage.admin.notices.retry();
    assert.deepEqual(asked, ['one', undefined]);
    await assert.rejects(stage.admin.notices.retry('gone'), { code: 'NOT_FOUND' });
  });
});

describe('a test message', () => {
  test("is sent to whom it says, and tells the server's own words", async () => {
    const stage = new Stage();
    stage.notices.test = async (channel, to) => ok(`250 ${channel} ${to}`);
    const { test: send } = { test: stage.admin.notices.test.bind(stage.admin.notices) };
    const mail = await send({ email: 'owner@example.net' });
    assert.deepEqual([mail.delivered, mail.answer], [true, '250 email owner@example.net']);
    assert.equal((await send({ sms: '07700 900123' })).answer, '250 sms +447700900123');
    stage.notices.test = async () => err({ of: 'server', permanent: false, reason: '535 wrong password' });
    const refused = await send({ email: 'owner@example.net' });
    assert.deepEqual([refused.delivered, refused.answer], [false, '535 wrong password']);
    await assert.rejects(send({}), { code: 'INVALID_INPUT', message: /exactly one of email and sms/ });
  });
});
