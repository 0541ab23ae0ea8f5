import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from './limits.ts';
import { Places } from './places.ts';

function places(max: number, perAddressMax = max) {
  const known = new Set<string>();
  const asked: string[] = [];
  const gone: string[] = [];
  const options = {
    max,
    perAddressMax,
    isKnown: (holder: string) => {
      asked.push(holder);
      return known.has(holder);
    },
    giveWay: (holder: string) => {
      gone.push(holder);
    },
  };
  return { places: new Places(options), known, asked, gone };
}

describe('the places of a listener', () => {
  test('are given while there are any, and nobody is asked', () => {
    const { places: all, asked } = places(2);
    assert.deepEqual([all.take('a'), all.take('b'), all.taken], [true, true, 2]);
    assert.deepEqual(asked, []);
  });

  test('go from whoever has proved nothing for the longest to the newcomer', () => {
    const { places: all, known, gone } = places(3);
    for (const each of ['phone', 'old', 'young']) all.take(each);
    known.add('phone');
    assert.ok(all.take('newcomer'));
    assert.deepEqual(gone, ['old']);
    assert.equal(all.taken, 3);
  });

  test('are not given where all are known', () => {
    const { places: all, known, gone } = places(2);
    for (const each of ['a', 'b']) known.add(each) && all.take(each);
    assert.equal(all.take('newcomer'), false);
    assert.deepEqual([gone, all.taken], [[], 2]);
  });

  test('who was known counts as a stranger from when it was last found known', () => {
    const { places: all, known, gone } = places(3);
    for (const each of ['phone', 'a', 'b']) all.take(each);
    known.add('phone');
    assert.ok(all.isProven('phone'));
    known.delete('phone');
    for (const each of ['c', 'd', 'e']) all.take(each);
    assert.deepEqual(gone, ['a', 'b', 'phone']);
  });

  test('a newcomer asks few of them, and the next one goes on from there', () => {
    const max = LIMITS.connectionsAskedMax + 1;
    const { places: all, known, asked, gone } = places(max);
    for (let index = 1; index < max; index++) all.take(`phone-${index}`) && known.add(`phone-${index}`);
    all.take('stranger');
    assert.equal(all.take('newcomer'), false);
    assert.equal(asked.length, LIMITS.connectionsAskedMax);
    assert.ok(all.take('next'));
    assert.deepEqual(gone, ['stranger']);
  });

  test('are counted for each address, and given back once', () => {
    const { places: all, gone } = places(3, 1);
    assert.deepEqual([all.take('a', '192.0.2.1'), all.take('b', '192.0.2.1')], [true, false]);
    assert.ok(all.take('c', '192.0.2.2'));
    all.leave('a');
    all.leave('a');
    all.leave('b');
    assert.deepEqual([all.take('d', '192.0.2.1'), all.take('e', '192.0.2.1')], [true, false]);
    assert.deepEqual([gone, all.taken], [[], 2]);
  });

  test('who gave way no longer counts for its address', () => {
    const { places: all } = places(1, 2);
    for (const each of ['a', 'b', 'c']) assert.ok(all.take(each, '192.0.2.1'));
  });
});
