import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CarrierLoad } from './carrier-load.ts';

function sent(packets: number, toMs: number): CarrierLoad {
  const load = new CarrierLoad(1_000);
  for (let n = 0; n < packets; n++) load.offered('a', (n * toMs) / packets);
  return load;
}

describe("a carrier's load", () => {
  test('within four fifths of its budget nothing is asked of it', () => {
    assert.equal(sent(800, 1_000).lossPercent('a', 1_000), 0);
  });

  test('at twice what is welcome half of it is to be left out', () => {
    assert.equal(Math.round(sent(1_600, 1_000).lossPercent('a', 1_000)), 50);
  });

  test('a burst is told within its second', () => {
    assert.equal(Math.round(sent(3_200, 100).lossPercent('a', 100)), 75);
  });

  test('two seconds after it was quiet it is welcome again; another carrier always was', () => {
    const load = sent(3_200, 1_000);
    assert.equal(load.lossPercent('b', 1_000), 0);
    assert.equal(load.lossPercent('a', 3_100), 0);
  });
});
