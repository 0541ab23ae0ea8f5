import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { contrast, isGreen, readableOn } from './colour.ts';
import { DARK, LIGHT } from './style.ts';

const colour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('colours', () => {
  test('contrast as WCAG says', () => {
    assert.equal(contrast('#000000', '#ffffff').toFixed(2), '21.00');
    assert.equal(contrast('#fff', '#767676').toFixed(2), '4.54');
  });

  test('of the page can be read, and its marks told from their ground', () => {
    for (const { ground, card, text, quiet, neutral, ok, degraded, down, maintenance } of [LIGHT, DARK]) {
      for (const on of [ground, card]) {
        for (const word of [text, quiet]) assert.ok(contrast(word, on) >= 4.5, `${word} on ${on}`);
        for (const mark of [neutral, ok, degraded, down, maintenance]) {
          assert.ok(contrast(mark, on) >= 3, `${mark} on ${on}`);
        }
      }
    }
  });

  test('of an operator are made readable, whatever they are, on the light page and on the dark', () => {
    fc.assert(
      fc.property(colour, (accent) => {
        for (const { ground, card } of [LIGHT, DARK]) {
          const readable = readableOn(accent, [ground, card]);
          assert.ok(
            contrast(readable, ground) >= 4.5 && contrast(readable, card) >= 4.5,
            `${accent} ${readable}`,
          );
        }
      }),
    );
  });

  test('that can be read already are left alone', () => {
    assert.equal(readableOn('#2457c5', [LIGHT.ground, LIGHT.card]), '#2457c5');
  });

  test('are green where a reader would say so', () => {
    assert.deepEqual(['#00bb66', '#17864f', '#00ff00', '#88cc00', '#009999'].map(isGreen), [
      true,
      true,
      true,
      true,
      true,
    ]);
    assert.deepEqual(
      ['#2457c5', '#7a3cc2', '#808080', '#ff8800', '#0099ff'].map(isGreen),
      Array(5).fill(false),
    );
  });
});
