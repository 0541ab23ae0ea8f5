// The queue over a store that may fail and servers that may: nothing that was written is lost, nothing is told twice
// without need, and what was given up is told.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { RingthroughError } from '../base/errors.ts';
import { err, ok } from '../base/result.ts';
import type { Delivered } from '../ports/delivery.ts';
import type { Mail } from '../ports/mail.ts';
import type { Account, Notice } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import { Deliveries } from './outbox.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const RECORDING = 'ab'.repeat(16);
const REFUSED = err({ of: 'message', permanent: true, reason: '550 no such user' } as const);
const LIMITS_OF_ACME = {
  callsMax: 10,
  divertedCallsMax: 4,
  phonesMax: 10,
  bindingsPerPhoneMax: 10,
  destinationsAllowed: ['+44'],
  destinationsDenied: [],
};
const ACME: Account = {
  name: 'acme',
  phones: [],
  numbers: [],
  hours: [],
  limits: LIMITS_OF_ACME,
  contacts: [{ email: 'owner@example.net' }, { email: 'other@example.net' }],
};

class FailingStore extends MemoryStore {
  isFull = false;
  override write(writes: readonly StoreWrite[]): Promise<void> {
    if (this.isFull) return Promise.reject(new RingthroughError('STORE_FULL', 'full'));
    return super.write(writes);
  }
}

let store = new FailingStore();
let sent: Mail[] = [];
let answer: (mail: Mail) => Delivered | Promise<Delivered> = () => ok('250 ok');
beforeEach(() => {
  store = new FailingStore();
  sent = [];
  answer = () => ok('250 ok');
});

function open(): Deliveries {
  const quiet = () => undefined;
  return new Deliveries({
    store,
    clock: { now: () => NOON },
    random: { bytes: (count) => new Uint8Array(count), fraction: () => 0.5 },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    mail: {
      send: async (mail) => {
        sent.push(mail);
        return answer(mail);
      },
      close: quiet,
    },
    recordings: {
      read: async (id) => (id === RECORDING ? { codec: 'PCMU', samples: new Uint8Array(8_000) } : undefined),
    },
  });
}

function notice(id: string, more: Partial<Notice> = {}): StoreWrite {
  const words = { subject: 'Hello', text: 'Hello.\n' };
  const to = 'owner@example.net';
  const row = {
    id,
    account: 'acme',
    at: NOON,
    channel: 'email',
    to,
    ...words,
    attempts: 0,
    dueAt: NOON,
  } as const;
  return { type: 'notice', notice: { ...row, ...more } };
}

describe('what is to be told', () => {
  test('is delivered once it is durable, and its row goes', async () => {
    const deliveries = open();
    deliveries.begin([ACME], []);
    await deliveries.store.write([notice('one')]);
    await deliveries.close();
    assert.deepEqual(
      sent.map(({ id }) => id),
      ['one'],
    );
    assert.deepEqual(await store.notices(), []);
  });

  test('is not delivered where the batch that it belongs to fails', async () => {
    const deliveries = open();
    deliveries.begin([], []);
    store.isFull = true;
    await assert.rejects(deliveries.store.write([notice('one')]), { code: 'STORE_FULL' });
    await deliveries.close();
    assert.deepEqual(sent, []);
  });

  test('survives a node that dies under the delivery, and comes again under the same id', async () => {
    const dying = open();
    answer = () => new Promise(() => undefined);
    dying.begin([ACME], []);
    await dying.store.write([notice('one')]);
    answer = () => ok('250 ok');
    const next = open();
    next.begin([ACME], await store.notices());
    await next.close();
    assert.deepEqual(
      sent.map(({ id }) => id),
      ['one', 'one'],
    );
    assert.deepEqual(await store.notices(), []);
  });

  test('of a mailbox has its recording attached as WAV, or says that it is gone', async () => {
    const deliveries = open();
    deliveries.begin([ACME], []);
    await deliveries.store.write([
      notice('one', { recording: RECORDING }),
      notice('two', { recording: 'cd'.repeat(16), to: 'two@example.net' }),
    ]);
    await deliveries.close();
    assert.deepEqual([sent[0]?.file?.type, sent[0]?.file?.bytes.length], ['audio/wav', 44 + 16_000]);
    assert.match(sent[1]?.text ?? '', /is not attached/);
  });

  test('that failed is kept with the reason, and a restart tries it at once', async () => {
    const deliveries = open();
    answer = () => err({ of: 'server', permanent: false, reason: 'connection refused' });
    deliveries.begin([ACME], []);
    await deliveries.store.write([notice('one')]);
    await deliveries.close();
    const [kept] = await store.notices();
    assert.deepEqual([kept?.attempts, kept?.lastError], [1, 'connection refused']);
    answer = () => ok('250 ok');
    const next = open();
    next.begin([ACME], await store.notices());
    await next.close();
    assert.deepEqual(await store.notices(), []);
  });

  test('that is refused for good is in the audit, and told to the other contacts alone', async () => {
    const deliveries = open();
    answer = ({ to }) => (to === 'owner@example.net' ? REFUSED : ok('250 ok'));
    deliveries.begin([ACME], []);
    await deliveries.store.write([notice('one')]);
    await deliveries.close();
    const next = open();
    next.begin([ACME], await store.notices());
    await next.close();
    assert.deepEqual(
      sent.map(({ to }) => to),
      ['owner@example.net', 'other@example.net'],
    );
    const { entries } = await store.audit({ limit: 10 });
    assert.deepEqual(
      entries.map(({ who, how, what }) => [who, how, what]),
      [['ringthrough', 'node', 'could not deliver to owner@example.net: Hello (550 no such user)']],
    );
  });

  test('is not sent again where its row cannot be removed yet', async () => {
    const deliveries = open();
    answer = () => {
      store.isFull = true;
      return ok('250 ok');
    };
    deliveries.begin([ACME], []);
    await deliveries.store.write([notice('one')]);
    await deliveries.close();
    assert.equal(sent.length, 1);
    assert.equal((await store.notices()).length, 1, 'the next start would send it again, under the same id');
  });
});

describe('what somebody asks for', () => {
  test('a test is sent once and never kept; what waits is tried again', async () => {
    const deliveries = open();
    deliveries.begin([], []);
    const words = { subject: 'Test', text: 'Test.' };
    assert.deepEqual(await deliveries.test('email', 'owner@example.net', words), ok('250 ok'));
    assert.match(sent[0]?.id ?? '', /^test-/);
    const unable = await deliveries.test('sms', '+447700900123', words);
    assert.ok(!unable.ok && /names no server/.test(unable.error.reason));
    answer = () => err({ of: 'message', permanent: false, reason: '451 try later' });
    await deliveries.store.write([notice('one')]);
    await until(() => deliveries.waiting()[0]?.notice.attempts === 1);
    answer = () => ok('250 ok');
    assert.equal(deliveries.retry(), 1);
    await deliveries.close();
    assert.deepEqual([await store.notices(), deliveries.waiting()], [[], []]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
