import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from './judge.ts';

const SEEDS = 300;
const BATCH = 50;

describe('three hundred seeds keep every invariant', () => {
  for (let from = 1; from <= SEEDS; from += BATCH) {
    test(`seeds ${from} to ${from + BATCH - 1}`, () => {
      const failures: string[] = [];
      for (let seed = from; seed < from + BATCH; seed++) {
        for (const { rule, what } of judge(seed).violations) failures.push(`seed ${seed}: ${rule}: ${what}`);
      }
      assert.deepEqual(failures, [], 'npm run sim -- --seed N prints what happened');
    });
  }
});

describe('a run depends on its seed and on nothing else', () => {
  for (const seed of [1, 77, 4_242]) {
    test(`seed ${seed} twice gives the same messages at the same instants`, () => {
      assert.equal(judge(seed).ladder(), judge(seed).ladder());
    });
  }

  test('another seed gives another run', () => {
    assert.notEqual(judge(1).ladder(), judge(2).ladder());
  });
});
