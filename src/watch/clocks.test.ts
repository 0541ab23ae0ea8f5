import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Clocks } from './clocks.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

/** One result every five seconds, by a clock that is wrong, over a way that takes so long each time. */
function heard(behindMs: number, waysMs: readonly number[], clocks = new Clocks(), from = NOON): Clocks {
  for (const [index, wayMs] of waysMs.entries()) {
    const now = from + 5_000 * index;
    clocks.heard('oslo', now - behindMs, now + wayMs);
  }
  return clocks;
}

describe('the clock of a watcher', () => {
  test('is right when some of its results come as new as they say, however late others are', () => {
    assert.deepEqual(heard(0, [20, 9_000, 30, 8_000, 7_000]).all, []);
    assert.deepEqual(heard(2_900, [20, 30, 20]).all, []);
  });

  test('is behind by as much as the result that came soonest', () => {
    assert.deepEqual(heard(14_000, [200, 100, 600]).all, [{ watcher: 'oslo', behindMs: 14_100 }]);
  });

  test('is ahead when results are of times to come', () => {
    assert.deepEqual(heard(-8_000, [100, 50, 100]).all, [{ watcher: 'oslo', behindMs: -7_950 }]);
  });

  test('is not judged by two results', () => {
    assert.deepEqual(heard(60_000, [10, 10]).all, []);
  });

  test('is right again as soon as it was set', () => {
    const clocks = heard(14_000, [100, 100, 100, 100, 100]);
    heard(0, [100], clocks, NOON + 60_000);
    assert.deepEqual(clocks.all, []);
  });

  test('is not judged by what somebody sends again', () => {
    const clocks = heard(0, [20, 20, 20]);
    for (let copy = 0; copy < 20; copy++) clocks.heard('oslo', NOON, NOON + 25_000);
    assert.deepEqual(clocks.all, []);
  });
});
