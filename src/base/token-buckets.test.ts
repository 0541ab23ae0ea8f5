import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBuckets } from './token-buckets.ts';

const T = 1_790_000_000_000;

function takes(buckets: TokenBuckets, key: string, times: number, now: number): number {
  return Array.from({ length: times }, () => buckets.take(key, now)).filter(Boolean).length;
}

test('a key may take a burst at once, and then so many a second', () => {
  const buckets = new TokenBuckets({ slots: 1_024, burst: 10, perSecond: 2, seed: 1 });
  assert.equal(takes(buckets, 'a', 50, T), 10);
  assert.equal(takes(buckets, 'a', 50, T + 1_000), 2);
  assert.equal(takes(buckets, 'a', 50, T + 1_499), 0);
  assert.equal(takes(buckets, 'a', 50, T + 1_500), 1);
  assert.equal(takes(buckets, 'b', 50, T + 1_500), 10);
  assert.equal(takes(buckets, 'a', 50, T + 3_600_000), 10);
});

test('which keys share a place depends on the seed', () => {
  const sharing = [1, 2].map((seed) => {
    const buckets = new TokenBuckets({ slots: 64, burst: 1, perSecond: 0, seed });
    return Array.from({ length: 64 }, (_, n) => buckets.take(`192.0.2.${n}`, T));
  });
  assert.notDeepEqual(sharing[0], sharing[1]);
});

test('a rate is changed for every key at once: who was just there begins with little, all others whole', () => {
  const buckets = new TokenBuckets({ slots: 1_024, rows: 3, burst: 100, perSecond: 100, seed: 1 });
  takes(buckets, 'long ago', 1, T);
  takes(buckets, 'just now', 1, T + 15_000);
  buckets.changeTo({ burst: 4, perSecond: 0.5 }, T + 20_000, { withinMs: 10_000, left: 1 });
  assert.equal(takes(buckets, 'just now', 50, T + 20_000), 1);
  assert.equal(takes(buckets, 'long ago', 50, T + 20_000), 4);
  assert.equal(takes(buckets, 'new', 50, T + 20_000), 4);
  assert.equal(takes(buckets, 'just now', 50, T + 24_000), 2);
  buckets.changeTo({ burst: 4, perSecond: 0.5 }, T + 25_000);
  assert.equal(takes(buckets, 'just now', 50, T + 25_000), 4);
});
