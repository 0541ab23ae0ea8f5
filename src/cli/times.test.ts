import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { formatLength, formatRelative, formatTime, futureTime, pastTime } from './times.ts';

// London in November is UTC; Kolkata is UTC+5:30 all year.
process.env['TZ'] = 'Asia/Kolkata';
const NOW = Date.parse('2026-11-24T15:00:00+05:30');

describe('times that people read', () => {
  test('are local', () => {
    assert.equal(formatTime(NOW), '2026-11-24 15:00:00');
  });

  test('lengths have two units at most', () => {
    for (const [lengthMs, text] of [
      [0, '0 ms'],
      [42, '42 ms'],
      [4_234, '4.2 s'],
      [59_000, '59 s'],
      [MINUTE_MS, '1 min'],
      [3 * MINUTE_MS + 5 * SECOND_MS, '3 min 5 s'],
      [HOUR_MS + 59_000, '1 h'],
      [2 * HOUR_MS + 10 * MINUTE_MS, '2 h 10 min'],
      [3 * DAY_MS + 4 * HOUR_MS + 5 * MINUTE_MS, '3 d 4 h'],
    ] as const) {
      assert.equal(formatLength(lengthMs), text);
    }
  });

  test('are told from now, both ways', () => {
    assert.equal(formatRelative(NOW + 4 * MINUTE_MS, NOW), 'in 4 min');
    assert.equal(formatRelative(NOW - 2 * HOUR_MS, NOW), '2 h ago');
  });
});

describe('times that people write', () => {
  test('past ones count back from now, from midnight, or are local', () => {
    for (const [written, instant] of [
      ['2h', '2026-11-24T13:00:00+05:30'],
      ['today', '2026-11-24T00:00:00+05:30'],
      ['09:30', '2026-11-24T09:30:00+05:30'],
      ['18:00', '2026-11-23T18:00:00+05:30'],
      ['2026-11-20', '2026-11-20T00:00:00+05:30'],
      ['2026-11-20 08:15', '2026-11-20T08:15:00+05:30'],
      ['2026-11-20T08:15:00Z', '2026-11-20T08:15:00Z'],
    ] as const) {
      assert.equal(Date.parse(pastTime(written, NOW)), Date.parse(instant), written);
    }
  });

  test('a time of day to come is today, or tomorrow where it has passed', () => {
    assert.equal(Date.parse(futureTime('18:00', NOW)), Date.parse('2026-11-24T18:00:00+05:30'));
    assert.equal(Date.parse(futureTime('09:30', NOW)), Date.parse('2026-11-25T09:30:00+05:30'));
    assert.equal(Date.parse(futureTime('90m', NOW)), NOW + 90 * MINUTE_MS);
  });

  test('what is none is refused with examples', () => {
    for (const written of ['soon', '25:00', '2026-13-01', '9', '', '24.11.2026']) {
      assert.throws(() => futureTime(written, NOW), { code: 'INVALID_INPUT', message: /18:00/ }, written);
    }
  });
});
