import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../test/simulation/world.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { LIMITS } from '../base/limits.ts';
import { WarmUp } from './warm-up.ts';

const T = 1_790_000_000_000;

describe('a warm-up', () => {
  test('has what a flood sends read and answered, and comes to an end', () => {
    const it = new WarmUp(new SeededRandom(1), nodeHashing, T);
    let answers = 0;
    let packets = 0;
    for (; !it.isOver; packets++) answers += it.hear();
    assert.equal(packets, LIMITS.warmUpMessages);
    assert.ok(answers > LIMITS.warmUpMessages / 3, `${answers} answers`);
  });

  test('begins after a while, goes on by itself, and ends when it is closed', (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const it = new WarmUp(new SeededRandom(1), nodeHashing, T);
    let heard = 0;
    t.mock.method(it, 'hear', () => {
      heard++;
      return 0;
    });
    it.begin();
    t.mock.timers.tick(LIMITS.warmUpAfterMs);
    assert.equal(heard, 0);
    t.mock.timers.tick(3 * LIMITS.warmUpEveryMs);
    assert.equal(heard, 3 * LIMITS.warmUpMessagesAtOnce);
    it.close();
    t.mock.timers.tick(10 * LIMITS.warmUpEveryMs);
    assert.equal(heard, 3 * LIMITS.warmUpMessagesAtOnce);
  });
});
