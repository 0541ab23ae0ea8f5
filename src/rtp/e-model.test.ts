import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BPL_G711, BPL_G711_CONCEALED, estimateMos, mosOfRating, ratingOf } from './e-model.ts';

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`);
}

describe('the E-model', () => {
  test('a path without delay and loss has the rating that G.107 gives for its defaults: 93.2, which is a MOS of 4.41', () => {
    const rating = ratingOf({ delayMs: 0, loss: 0, bpl: BPL_G711 });
    near(rating, 93.2, 0.05);
    near(mosOfRating(rating), 4.41, 0.005);
  });

  // As other people's implementations reckon it from the equations of G.107 (06/2015).
  for (const [delayMs, percent, rating, mos] of [
    [0, 0, 93.206208, 4.409406],
    [100, 0, 90.66373, 4.35492],
    [150, 0, 89.539132, 4.327546],
    [250, 0, 79.177101, 3.992519],
    [0, 1, 89.566361, 4.328232],
    [0, 5, 77.425477, 3.923091],
  ] as const) {
    test(`${delayMs} ms and ${percent} % of loss, concealed, are a rating of ${rating} and a MOS of ${mos}`, () => {
      const found = ratingOf({ delayMs, loss: percent / 100, bpl: BPL_G711_CONCEALED });
      near(found, rating, 5e-6);
      near(mosOfRating(found), mos, 1e-6);
    });
  }

  // G.107 Annex B, table B.1: the categories of G.109 begin at these.
  for (const [rating, mos] of [
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ] as const) {
    test(`a rating of ${rating} is a MOS of ${mos}`, () => near(mosOfRating(rating), mos, 0.007));
  }

  test('a MOS stays between 1 and 4.5 for every rating', () => {
    assert.equal(mosOfRating(-20), 1);
    assert.equal(mosOfRating(3), 1);
    assert.equal(mosOfRating(101), 4.5);
  });

  test('delay hurts little until 150 ms, and much from 300 ms, as the figure of G.114 has it', () => {
    const at = (delayMs: number) => ratingOf({ delayMs, loss: 0, bpl: BPL_G711 });
    near(at(150), 90, 1.5);
    near(at(250), 80, 3);
    near(at(300), 73, 3);
    near(at(400), 62, 4);
    for (let delayMs = 0; delayMs < 800; delayMs += 5)
      assert.ok(at(delayMs + 5) <= at(delayMs) + 1e-9, `${delayMs}`);
  });

  test('as much loss as Bpl says takes half of 95 from the rating', () => {
    const lost = (percent: number, bpl: number) => {
      return 93.2 - ratingOf({ delayMs: 0, loss: percent / 100, bpl });
    };
    near(lost(BPL_G711, BPL_G711), 47.5, 0.05);
    near(lost(BPL_G711_CONCEALED, BPL_G711_CONCEALED), 47.5, 0.05);
    near(lost(1, BPL_G711), 17.9, 0.1);
    near(lost(1, BPL_G711_CONCEALED), 3.6, 0.1);
  });

  test('a stream without loss is as good as a telephone gets; one that loses a tenth is annoying', () => {
    near(estimateMos({ packetsReceived: 3_000, packetsLost: 0, jitterMs: 2 }), 4.37, 0.03);
    const poor = estimateMos({ packetsReceived: 2_700, packetsLost: 300, jitterMs: 2 });
    assert.ok(poor < 3.5 && poor > 2.5, `${poor}`);
    const jittery = estimateMos({ packetsReceived: 3_000, packetsLost: 0, jitterMs: 60 });
    assert.ok(jittery < 4.2, `${jittery}`);
  });
});
