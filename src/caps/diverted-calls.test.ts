import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS, type Instant, MINUTE_MS } from '../base/time.ts';
import type { LedgerEntry } from '../ports/records.ts';
import { DivertedCalls } from './diverted-calls.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const DECEMBER = Date.UTC(2026, 11, 1);

function entry(changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const whose = { id: 'one', direction: 'in', account: 'acme', called: '+442079460000' } as const;
  const answered = { startedAt: NOON, answeredAt: NOON, answeredBy: '+447700900123' };
  return { ...whose, caller: '+442079460999', ...answered, reason: '', timeline: [], legs: [], ...changes };
}

/** Follows it to its end, and gives what it has used. */
function ended(calls: DivertedCalls, changes: Partial<LedgerEntry>, endedAt: Instant): number | undefined {
  calls.follow(entry(changes), changes.answeredAt ?? NOON);
  return calls.follow(entry({ ...changes, endedAt, outcome: 'diverted' }), endedAt);
}

describe('what diverted calls have used', () => {
  test('counts from the answer, also while a call lasts', () => {
    const calls = new DivertedCalls();
    calls.follow(entry(), NOON);
    calls.follow(entry({ id: 'two' }), NOON);
    assert.equal(calls.usedMs('acme', NOON + MINUTE_MS), 2 * MINUTE_MS);
    assert.equal(calls.inProgress('acme'), 2);
    const endedAt = NOON + MINUTE_MS;
    calls.add('acme', calls.follow(entry({ endedAt }), endedAt) ?? 0, endedAt);
    assert.equal(calls.usedMs('acme', NOON + 3 * MINUTE_MS), 4 * MINUTE_MS);
    assert.equal(calls.usage('acme', endedAt).endedMs, MINUTE_MS);
  });

  test('is nothing of calls that phones, voicemail or nobody answered, of calls out, and of those back from a mailbox', () => {
    const calls = new DivertedCalls();
    for (const answeredBy of ['reception', 'voicemail reception'])
      assert.equal(ended(calls, { answeredBy }, NOON + HOUR_MS), undefined);
    assert.equal(ended(calls, { direction: 'out' }, NOON + HOUR_MS), undefined);
    assert.equal(ended(calls, { direction: 'internal', called: '*97' }, NOON + HOUR_MS), undefined);
    const { answeredAt: _, ...unanswered } = entry({ endedAt: NOON + HOUR_MS });
    assert.equal(calls.follow(unanswered, NOON + HOUR_MS), undefined);
    assert.deepEqual([calls.busy, calls.size], [[], 0]);
  });

  test('is that of a call of ours to a number of ours too', () => {
    assert.equal(ended(new DivertedCalls(), { direction: 'internal' }, NOON + HOUR_MS), HOUR_MS);
  });

  test('of a call over the end of a month counts in each month for its part', () => {
    const calls = new DivertedCalls();
    const answeredAt = DECEMBER - HOUR_MS;
    calls.follow(entry({ answeredAt }), answeredAt);
    assert.equal(calls.usedMs('acme', DECEMBER - 1), HOUR_MS - 1);
    assert.equal(calls.usedMs('acme', DECEMBER + MINUTE_MS), MINUTE_MS);
    const endedAt = DECEMBER + 2 * MINUTE_MS;
    assert.equal(calls.follow(entry({ answeredAt, endedAt }), endedAt), 2 * MINUTE_MS);
  });

  test('begins anew with each month', () => {
    const calls = new DivertedCalls();
    const used = { endedMs: HOUR_MS, at: NOON, told: [] };
    calls.remember([{ account: 'acme', month: '2026-11', ...used }]);
    assert.equal(calls.usedMs('acme', DECEMBER - 1), HOUR_MS);
    assert.equal(calls.usedMs('acme', DECEMBER), 0);
    calls.add('acme', 5, DECEMBER);
    assert.deepEqual(calls.usage('acme', DECEMBER), {
      account: 'acme',
      month: '2026-12',
      endedMs: 5,
      at: DECEMBER,
      told: [],
    });
  });

  test('of accounts that are gone is forgotten', () => {
    const calls = new DivertedCalls();
    calls.add('acme', 1, NOON);
    calls.add('bond', 1, NOON);
    calls.keepOnly(new Set(['bond']));
    assert.deepEqual([calls.usedMs('acme', NOON), calls.usedMs('bond', NOON)], [0, 1]);
  });
});

describe('what an account is told of its caps', () => {
  test('is told of calls and destinations once a day, each by itself', () => {
    const calls = new DivertedCalls();
    const tells = (cap: 'calls' | 'destinations', at: Instant) => calls.tells('acme', cap, undefined, at);
    assert.deepEqual([tells('calls', NOON), tells('calls', NOON + HOUR_MS)], [true, false]);
    assert.ok(tells('destinations', NOON));
    assert.ok(tells('calls', NOON + 12 * HOUR_MS), 'it is another day, UTC');
    assert.equal(calls.usage('acme', NOON).told.length, 2);
  });

  test('is told of minutes once a month, and again when the cap is changed', () => {
    const calls = new DivertedCalls();
    const tells = (limit: number, at: Instant) => calls.tells('acme', 'minutes', limit, at);
    assert.deepEqual([tells(60, NOON), tells(60, DECEMBER - 1)], [true, false]);
    assert.deepEqual([tells(90, DECEMBER - 1), tells(90, DECEMBER)], [true, true]);
  });
});
