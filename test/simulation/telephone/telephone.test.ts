import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeTelephone } from './judge.ts';

const SEEDS = 200;
const BATCH = 50;

describe('callers of the node itself, on two hundred seeds, keep every invariant', () => {
  const happened = new Map<string, number>();
  for (let from = 1; from <= SEEDS; from += BATCH) {
    test(`seeds ${from} to ${from + BATCH - 1}`, async () => {
      const failures: string[] = [];
      for (let seed = from; seed < from + BATCH; seed++) {
        const { violations, happened: each } = await judgeTelephone(seed);
        for (const { rule, what } of violations) failures.push(`seed ${seed}: ${rule}: ${what}`);
        for (const [name, count] of Object.entries(each))
          happened.set(name, (happened.get(name) ?? 0) + count);
      }
      assert.deepEqual(failures, [], 'npm run sim -- --telephone --seed N prints what happened');
    });
  }

  test('and they live through all of it: a run in which nothing is acknowledged would prove nothing', () => {
    for (const [name, count] of happened) assert.ok(count > 0, `${name}: ${count}`);
  });
});
