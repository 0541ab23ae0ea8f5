import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { lasting, Times } from './times.ts';

const at = (text: string): number => Date.parse(text);

describe('times', () => {
  const summer = new Times('Europe/London', at('2026-07-01T12:00:00Z'));

  test('are those of the zone, by its own name', () => {
    assert.equal(summer.full(at('2026-07-01T23:30:00Z')), '2 July 2026, 00:30 BST');
    assert.equal(new Times('UTC', 0).zone(0), 'UTC');
  });

  test('leave out the day that is today, and the year that is this one', () => {
    assert.equal(summer.brief(at('2026-07-01T08:05:00Z')), '09:05');
    assert.equal(summer.brief(at('2026-06-30T08:05:00Z')), '30 June, 09:05');
    assert.equal(summer.brief(at('2025-12-31T08:05:00Z')), '31 December 2025, 08:05');
  });

  test('know when a day began, also on the day the clocks change', () => {
    assert.equal(summer.midnight(at('2026-07-01T12:34:56Z')), at('2026-06-30T23:00:00Z'));
    const kathmandu = new Times('Asia/Kathmandu', 0);
    assert.equal(kathmandu.midnight(at('2026-07-01T12:00:00Z')), at('2026-06-30T18:15:00Z'));
  });
});

test('a length of time has two units at most, and is never nothing', () => {
  const lengths = [
    0,
    40_000,
    14 * MINUTE_MS + 59_000,
    125 * MINUTE_MS,
    2 * HOUR_MS,
    DAY_MS,
    3 * DAY_MS + 4 * HOUR_MS,
  ];
  assert.deepEqual(lengths.map(lasting), [
    '1 s',
    '40 s',
    '14 min',
    '2 h 5 min',
    '2 h',
    '1 day',
    '3 days 4 h',
  ]);
});
