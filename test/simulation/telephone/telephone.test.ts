import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeTelephone } from './judge.ts';

const SEEDS = 150;
const BATCH = 50;
const EACH_AT_LEAST = 10;
/** The disk has to fill up between the recording and its row. */
const RARE = 'messages not kept';

describe('callers of the node itself, on a hundred and fifty seeds, keep every invariant', () => {
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

  test('and all of it happens often: where nothing is acknowledged, nothing would be proved', () => {
    const rare = [...happened].filter(([name, count]) => count < (name === RARE ? 1 : EACH_AT_LEAST));
    assert.deepEqual(rare, []);
    assert.ok(happened.size > 0);
  });
});
