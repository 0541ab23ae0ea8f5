import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { percent } from './percent.ts';

describe('a share as a percentage', () => {
  for (const [share, text] of [
    [1, '100 %'],
    [0.99999999, '99.99 %'],
    [0.9993, '99.93 %'],
    [0.99999, '99.99 %'],
    [0.5, '50.00 %'],
    [0, '0.00 %'],
  ] as const) {
    test(`${share} is ${text}`, () => assert.equal(percent(share), text));
  }

  test('is never more than it was, but for what binary fractions lose', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(fc.property(share, (one) => Number.parseFloat(percent(one)) <= one * 100 + 1e-6));
  });
});
