import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hex } from '../../base/ids.ts';
import { createSystemRandom } from './system-random.ts';

describe('system randomness', () => {
  test('gives as many bytes as were asked for, even more than its pool holds', () => {
    const random = createSystemRandom();
    for (const count of [0, 1, 8, 8191, 8192, 8193, 100_000]) assert.equal(random.bytes(count).length, count);
  });

  test('never repeats itself across many fillings of the pool', () => {
    const random = createSystemRandom();
    const seen = new Set<string>();
    for (let draw = 0; draw < 5000; draw++) seen.add(hex(random.bytes(12)));
    assert.equal(seen.size, 5000);
  });

  test('does not change bytes that it handed out before', () => {
    const random = createSystemRandom();
    const first = random.bytes(16);
    const copy = hex(first);
    for (let draw = 0; draw < 2000; draw++) random.bytes(16);
    assert.equal(hex(first), copy);
  });

  test('gives fractions from 0 up to, but never reaching, 1, about even over the range', () => {
    const random = createSystemRandom();
    let sum = 0;
    for (let draw = 0; draw < 10_000; draw++) {
      const fraction = random.fraction();
      assert.ok(fraction >= 0 && fraction < 1);
      sum += fraction;
    }
    // Thirty standard deviations of the mean away from a half would be no accident.
    assert.ok(Math.abs(sum / 10_000 - 0.5) < 0.09);
  });
});
