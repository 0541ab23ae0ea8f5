import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import { LastKnown } from './last-known.ts';

/** A store that answers when the test says so. */
function stage(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: { readonly now: number; readonly tell: (told: string) => void; readonly fail: () => void }[] =
    [];
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message.split(' ').slice(-3).join(' '));
  const known = new LastKnown(
    (now) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      asked.push({ now, tell: resolve, fail: () => reject(new Error('the disk is gone')) });
      return promise;
    },
    { debug: note, info: note, warn: note, error: note },
  );
  return { known, asked, logged, wait: () => t.mock.timers.tick(LIMITS.pageReadMs) };
}

describe('what is known for the page', () => {
  test('is what the store tells, and what it told before where it fails', async (t) => {
    const { known, asked, logged } = stage(t);
    const first = known.at(1);
    asked[0]?.tell('one');
    assert.equal(await first, 'one');
    for (const now of [2, 3]) {
      const failed = known.at(now);
      asked.at(-1)?.fail();
      assert.equal(await failed, 'one');
    }
    const again = known.at(4);
    asked[3]?.tell('four');
    assert.equal(await again, 'four');
    assert.deepEqual(logged, ['cannot be read', 'be read again']);
  });

  test('is there in time though the store hangs, which is asked no second question meanwhile', async (t) => {
    const { known, asked, logged, wait } = stage(t);
    const first = known.at(1);
    asked[0]?.tell('one');
    await first;
    for (const now of [2, 3]) {
      const hung = known.at(now);
      wait();
      assert.equal(await hung, 'one');
    }
    assert.equal(asked.length, 2);
    asked[1]?.tell('two');
    assert.equal(await known.at(4), 'two');
    assert.deepEqual(logged, ['cannot be read', 'be read again']);
  });

  test('is nothing at first: a page without its incidents would say that there are none', async (t) => {
    const { known, asked, wait } = stage(t);
    const failed = known.at(1);
    asked[0]?.fail();
    await assert.rejects(failed, /the disk is gone/);
    const hung = known.at(2);
    wait();
    await assert.rejects(hung, /does not answer/);
  });
});
