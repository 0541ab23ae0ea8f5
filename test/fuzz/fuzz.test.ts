// Twenty seconds of fuzzing, with a seed of its own each time, and every input that once showed a fault.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { attempt, fuzz, grows } from './engine.ts';
import { keptText, readKept } from './kept.ts';
import { TARGETS } from './targets/all.ts';

const LENGTH_MS = 20_000;

describe('what fuzzing found once stays mended', () => {
  for (const { name, target, why, input } of readKept()) {
    test(`${name}: ${why}`, async () => {
      const found = present(
        TARGETS.find((one) => one.name === target),
        `the target ${target}`,
      );
      assert.equal((await attempt(found, input)).wrong, undefined);
    });
  }
});

test('twenty seconds of nonsense throws nothing, stalls nothing and leaves nothing', async () => {
  const seed = Date.now() % 2 ** 31;
  const report = await fuzz(TARGETS, { seed, lengthMs: LENGTH_MS });
  const told = report.findings.map((finding) => {
    const again = `npm run fuzz -- --target ${finding.target} --seed ${seed} --case ${finding.number}`;
    return `${finding.what}\n${again}\n${keptText(finding)}`;
  });
  if (told.length > 0) assert.fail(told.join('\n'));
  assert.equal(grows(report), false, `the heap grows: ${report.heap.join(', ')}`);
  for (const { target, messages } of report.tallies) assert.ok(messages > 0, `${target} was given nothing`);
});
