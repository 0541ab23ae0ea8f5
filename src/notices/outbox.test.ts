// Days of a queue in no time: when a notice is tried, in whose turn, and what comes instead of a flood.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import { err, ok } from '../base/result.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { DeliveryFailure } from '../ports/delivery.ts';
import type { Notice } from '../ports/records.ts';
import { Outbox } from './outbox.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const GREYLISTED = { of: 'message', permanent: false, reason: '451 try later' } as const;
const NO_SUCH_USER = { of: 'message', permanent: true, reason: '550 no such user' } as const;
const DOWN = { of: 'server', permanent: false, reason: 'connection refused' } as const;

let ids = 0;
let outbox = new Outbox({ fraction: () => 0.5, newId: () => `made-${ids++}` });
beforeEach(() => {
  outbox = new Outbox({ fraction: () => 0.5, newId: () => `made-${ids++}` });
});

function notice(id: string, more: Partial<Notice> = {}): Notice {
  const to = `${id}@example.net`;
  const words = { subject: `about ${id}`, text: 'Hello.' };
  return { id, account: 'acme', at: NOON, channel: 'email', to, ...words, attempts: 0, dueAt: NOON, ...more };
}

function many(count: number, more: Partial<Notice> = {}): readonly Notice[] {
  return Array.from({ length: count }, (_, index) => notice(`n${index}`, { to: 'a@example.net', ...more }));
}

function begun(now: number): readonly string[] {
  return outbox.work(now).deliver.map(({ id }) => id);
}

/** Everything that may be delivered now, one after another. */
function deliverAll(now: number): readonly string[] {
  const done: string[] = [];
  for (let next = begun(now); next.length > 0; next = begun(now)) {
    for (const id of next) outbox.settle(id, ok('250 ok'), now);
    done.push(...next);
  }
  return done;
}

/** When something is begun next, if nothing else happens. */
function nextTry(): number {
  for (;;) {
    const now = present(outbox.nextDeadline(), 'another try');
    if (begun(now).length > 0) return now;
  }
}

function fail(id: string, failure: DeliveryFailure, now: number) {
  return outbox.settle(id, err(failure), now);
}

describe('a notice', () => {
  test('is delivered at once, and gone', () => {
    outbox.add([notice('one')], NOON);
    assert.deepEqual(begun(NOON), ['one']);
    assert.deepEqual(outbox.settle('one', ok('250 ok'), NOON), { type: 'delivered' });
    assert.equal(outbox.waitingOf('email'), 0);
    assert.deepEqual(begun(NOON + DAY_MS), []);
  });

  test('that is put off comes again after 1, 2, 4 … minutes, and then every 6 hours', () => {
    outbox.add([notice('one')], NOON);
    const delays: number[] = [];
    let now = NOON;
    assert.deepEqual(begun(now), ['one']);
    for (let attempt = 0; attempt < 12; attempt++) {
      assert.equal(fail('one', GREYLISTED, now).type, 'again');
      const next = nextTry();
      delays.push((next - now) / MINUTE_MS);
      now = next;
    }
    assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
  });

  test('that is refused for good is given up at once, with the words of the server', () => {
    outbox.add([notice('one')], NOON);
    begun(NOON);
    const settled = fail('one', NO_SUCH_USER, NOON);
    assert.equal(settled.type === 'given-up' && settled.why, '550 no such user');
    assert.equal(outbox.waitingOf('email'), 0);
  });

  test('is given up after three days, tried one last time at their end', () => {
    outbox.add([notice('one')], NOON);
    let now = NOON;
    assert.deepEqual(begun(now), ['one']);
    while (fail('one', GREYLISTED, now).type === 'again') now = nextTry();
    assert.equal(now, NOON + 3 * DAY_MS);
  });

  test('that is told of twice is delivered once', () => {
    outbox.add([notice('one')], NOON);
    outbox.add([notice('one')], NOON);
    assert.deepEqual(deliverAll(NOON), ['one']);
  });

  test('beyond the room that there is comes back at once', () => {
    const all = Array.from({ length: LIMITS.noticesMax }, (_, index) =>
      notice(`n${index}`, { account: `account-${index}` }),
    );
    assert.deepEqual(outbox.add(all, NOON), []);
    assert.deepEqual(
      outbox.add([notice('more')], NOON).map(({ notice: { id } }) => id),
      ['more'],
    );
  });
});

describe('turns', () => {
  test('a few are under way at once, and one to each recipient', () => {
    const rest = ['b', 'c', 'd', 'e', 'f'].map((id) => notice(id));
    outbox.add([...many(3), ...rest], NOON);
    assert.deepEqual(begun(NOON), ['n0', 'b', 'c', 'd']);
    assert.deepEqual(begun(NOON), []);
    outbox.settle('n0', ok(''), NOON);
    assert.deepEqual(begun(NOON), ['e'], 'the others have their turn before its next one');
  });

  test('text messages do not wait for e-mail', () => {
    outbox.add(
      Array.from({ length: 5 }, (_, index) => notice(`m${index}`)),
      NOON,
    );
    begun(NOON);
    outbox.add([notice('text', { channel: 'sms', to: '+447700900123' })], NOON);
    assert.deepEqual(begun(NOON), ['text']);
  });

  test('a server that is down is tried by one while the others wait, and back within 15 minutes', () => {
    outbox.add(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => notice(id)),
      NOON,
    );
    for (const id of begun(NOON)) fail(id, DOWN, NOON);
    assert.deepEqual(begun(NOON), []);
    assert.equal(outbox.isFailing('email'), true);
    let now = NOON;
    for (let tries = 0; tries < 20; tries++) {
      const before = now;
      now = present(outbox.nextDeadline(), 'another try');
      assert.ok(now - before <= 15 * MINUTE_MS);
      const tried = begun(now);
      assert.ok(tried.length <= 1);
      for (const id of tried) fail(id, DOWN, now);
    }
    const done = new Set<string>();
    while (outbox.waitingOf('email') > 0) {
      now = present(outbox.nextDeadline(), 'another try');
      for (const id of deliverAll(now)) done.add(id);
    }
    assert.equal(done.size, 6);
  });
});

describe('a flood', () => {
  test('comes as one list when the hour is over', () => {
    outbox.add(many(40), NOON);
    assert.equal(deliverAll(NOON).length, LIMITS.emailsPerHourMax);
    assert.equal(outbox.nextDeadline(), NOON + HOUR_MS);
    const { merge, deliver } = outbox.work(NOON + HOUR_MS);
    assert.deepEqual(deliver, []);
    const [one] = merge;
    assert.equal(one?.replaced.length, 10);
    assert.match(one?.into.subject ?? '', /^10 messages about account acme$/);
    assert.match(one?.into.text ?? '', /Thu 26 Nov 2026, 12:00 UTC {2}about n30\n/);
    outbox.merged(present(one, 'a list'), NOON + HOUR_MS);
    assert.deepEqual(deliverAll(NOON + HOUR_MS), [one?.into.id]);
    assert.equal(outbox.waitingOf('email'), 0);
  });

  test('whose list cannot be written comes one by one', () => {
    outbox.add(many(40), NOON);
    deliverAll(NOON);
    const [one] = outbox.work(NOON + HOUR_MS).merge;
    outbox.unmerged(present(one, 'a list'), NOON + HOUR_MS);
    assert.equal(deliverAll(NOON + HOUR_MS + MINUTE_MS).length, 10);
  });

  test('of voicemail hides no other notice, and of one account none of another', () => {
    outbox.add(many(40, { recording: 'ab'.repeat(16) }), NOON);
    deliverAll(NOON);
    outbox.add([notice('change', { to: 'a@example.net' }), notice('other', { account: 'other' })], NOON);
    assert.deepEqual(deliverAll(NOON), ['change', 'other']);
  });

  test('while a server is down spends nothing of the allowance', () => {
    outbox.add(many(1), NOON);
    for (let tries = 0; tries < 40; tries++) {
      for (const id of begun(NOON + tries * 16 * MINUTE_MS)) fail(id, DOWN, NOON + tries * 16 * MINUTE_MS);
    }
    const later = NOON + 41 * 16 * MINUTE_MS;
    outbox.add(many(LIMITS.emailsPerHourMax), later);
    assert.equal(deliverAll(later).length, LIMITS.emailsPerHourMax);
  });

  test('of more than an account may have waiting becomes one for each recipient', () => {
    outbox.add([...many(LIMITS.noticesOfAccountMax), notice('x'), notice('y')], NOON);
    const { merge } = outbox.work(NOON);
    assert.deepEqual(
      merge.map(({ replaced }) => replaced.length),
      [LIMITS.noticesOfAccountMax],
    );
  });
});

describe('a notice that somebody has tried again', () => {
  test('is begun at once, though its time has not come and its server was given a rest', () => {
    outbox.add([notice('one'), notice('two')], NOON);
    assert.deepEqual(begun(NOON), ['one', 'two']);
    fail('one', DOWN, NOON);
    fail('two', GREYLISTED, NOON);
    assert.deepEqual(begun(NOON + 1), []);
    assert.deepEqual(
      outbox.waiting().map(({ notice: { id, attempts, lastError } }) => [id, attempts, lastError]),
      [
        ['one', 1, 'connection refused'],
        ['two', 1, '451 try later'],
      ],
    );
    assert.equal(outbox.retry('two', NOON + 1), 1);
    assert.deepEqual(begun(NOON + 1), ['two']);
    assert.equal(outbox.retry('two', NOON + 1), 0);
    outbox.settle('two', ok('250 ok'), NOON + 1);
    assert.equal(outbox.retry(undefined, NOON + 2), 1);
    assert.deepEqual(begun(NOON + 2), ['one']);
  });
});
