// What guessing side by side brings, which one call after another cannot show.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import { Guesses } from './guesses.ts';

const OWNER = { caller: '+447700900123', isProven: false };
const stranger = (n: number) => ({ caller: `+4479460${n}`, isProven: false });

describe('PINs that are being looked at', () => {
  test('count already, so that many calls at once have no more tries than one', () => {
    const guesses = new Guesses();
    const looked = Array.from({ length: 100 }, () => guesses.begin('control 1', stranger(1), false, 0));
    assert.equal(looked.filter(Boolean).length, LIMITS.pinGuessesOfCallerMax);
    const others = Array.from({ length: 100 }, (_, n) =>
      guesses.begin('control 1', stranger(n + 2), false, 0),
    );
    const left = LIMITS.pinGuessesOfStrangersMax - LIMITS.pinGuessesOfCallerMax;
    assert.equal(others.filter(Boolean).length, left);
  });

  test('count no more once they were right, or nobody could say', () => {
    const guesses = new Guesses();
    for (let n = 0; n < 100; n++) guesses.begin('control 1', OWNER, false, 0)?.right();
    for (let n = 0; n < 100; n++) guesses.begin('control 1', stranger(1), false, 0)?.unjudged();
    for (let n = 0; n < 100; n++) guesses.begin('control 1', stranger(1), true, 0)?.unjudged();
    const looked = Array.from({ length: LIMITS.pinGuessesOfStrangersMax }, (_, n) =>
      guesses.begin('control 1', stranger(n), false, 0),
    );
    assert.ok(looked.every(Boolean));
  });
});
