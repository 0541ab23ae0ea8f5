import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SECOND_MS } from '../base/time.ts';
import { DoorLeaks } from './door-leaks.ts';

const DOOR = 31_007;

/** What is told of ten seconds after another in which so many packets came, of which so many proved themselves. */
function told(windows: readonly (readonly [packets: number, proofs?: number])[]): readonly number[] {
  const leaks = new DoorLeaks();
  let now = 0;
  return windows.flatMap(([packets, proofs = 0], index) => {
    if (packets > 0) leaks.knocked(DOOR, packets, now);
    for (let proof = 0; proof < proofs; proof++) leaks.proved(DOOR);
    now += 10 * SECOND_MS;
    return leaks.expire(now).map(() => index);
  });
}

describe('a door leaks', () => {
  test('when strangers send far more than ever for half a minute, and it is told once', () => {
    assert.deepEqual(told([[3], [0], [400], [500], [450], [600], [700]]), [4]);
  });

  test('not by a short burst, however large', () => {
    assert.deepEqual(told([[5_000], [5_000], [0], [5_000], [3]]), []);
  });

  test('not by less than a hundred packets, though it never had any', () => {
    assert.deepEqual(told([[90], [90], [90], [90], [90]]), []);
  });

  test('not by four hundred phones that come back at once and prove themselves', () => {
    assert.deepEqual(
      told([
        [900, 400],
        [900, 300],
        [900, 200],
        [900, 100],
      ]),
      [],
    );
  });

  test('not by what is usual there', () => {
    assert.deepEqual(told([[80], [20], [330], [330], [330], [330]]), [4]);
    assert.deepEqual(told([[95], [99], [98], [380], [380], [380], [380]]), []);
  });

  test('and costs nothing while it is quiet', () => {
    const leaks = new DoorLeaks();
    leaks.knocked(DOOR, 1, 0);
    assert.equal(leaks.nextDeadline(), 10_000);
    leaks.expire(10_000);
    leaks.expire(20_000);
    assert.equal(leaks.nextDeadline(), undefined);
  });
});
