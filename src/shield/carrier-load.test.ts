import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CarrierLoad } from './carrier-load.ts';

function sent(packets: number, toMs: number): CarrierLoad {
  const load = new CarrierLoad();
  for (let n = 0; n < packets; n++) load.offered('a', (n * toMs) / packets);
  return load;
}

describe("a carrier's load", () => {
  test('within four fifths of its room nothing is asked of it', () => {
    assert.equal(sent(800, 1_000).of('a', 1_000, 1_000).lossPercent, 0);
  });

  test('at twice what is welcome half of it is to be left out', () => {
    assert.equal(Math.round(sent(1_600, 1_000).of('a', 1_000, 1_000).lossPercent), 50);
  });

  test('a burst is told within its second', () => {
    assert.equal(Math.round(sent(3_200, 100).of('a', 1_000, 100).lossPercent), 75);
  });

  test('two seconds after it was quiet it is welcome again; another carrier always was', () => {
    const load = sent(3_200, 1_000);
    assert.equal(load.of('b', 1_000, 1_000).lossPercent, 0);
    assert.equal(load.of('a', 1_000, 3_100).lossPercent, 0);
  });
});
