import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SECOND_MS } from '../../base/time.ts';
import { Calendar } from './calendar.ts';

/** How many are told each number of seconds; chance goes round through `of` values. */
function told(calendar: Calendar, phones: number, places: number, of = 97): Map<number, number> {
  const counts = new Map<number, number>();
  for (let n = 0; n < phones; n++) {
    const seconds = calendar.promise(places, (n % of) / of, 0);
    counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
  }
  return counts;
}

describe('a calendar of promises', () => {
  test('gives no second to more phones than it has places', () => {
    const counts = told(new Calendar(180 * SECOND_MS), 1_000, 10);
    assert.ok([...counts.values()].every((count) => count <= 10));
  });

  test('spreads them over the time that they need, and hardly more', () => {
    const counts = told(new Calendar(180 * SECOND_MS), 1_000, 10);
    const latest = Math.max(...counts.keys());
    assert.ok(latest >= 100 && latest <= 108, `${latest} s`);
  });

  test('fills its first seconds as they become free again', () => {
    const calendar = new Calendar(20 * SECOND_MS);
    told(calendar, 1_000, 10);
    assert.equal(calendar.outstanding(21 * SECOND_MS), 0);
    assert.ok(calendar.promise(10, 0, 21 * SECOND_MS) <= 3);
  });

  test('shares its later half among those that find no place at all', () => {
    const counts = told(new Calendar(20 * SECOND_MS), 10_000, 10);
    const seconds = [...counts].filter(([, count]) => count > 10).map(([second]) => second);
    assert.ok(Math.min(...seconds) >= 10 && Math.max(...seconds) <= 20, seconds.join(' '));
  });
});
