// Which kinds of numbers calls may be diverted to.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DivertClass } from '../ports/records.ts';
import { divertAllowed } from './divert-classes.ts';

const LIMITS = {
  callsMax: 10,
  divertedCallsMax: 4,
  phonesMax: 10,
  bindingsPerPhoneMax: 5,
  destinationsAllowed: ['+44', '+353'],
  destinationsDenied: ['+4470'],
};
const EXAMPLES: readonly (readonly [string, DivertClass])[] = [
  ['+447700900123', 'mobile'],
  ['+442079460999', 'national'],
  ['+449098790123', 'premium'],
  ['+35316771111', 'international'],
  ['+353851234567', 'international'],
];

function allowed(number: string, divertClasses?: readonly DivertClass[]) {
  const limits = { ...LIMITS, ...(divertClasses && { divertClasses }) };
  return divertAllowed(number, { limits, numbers: [{ number: '+442079460000', plan: { steps: [] } }] });
}

describe('classes of diverts', () => {
  for (const [number, kind] of EXAMPLES) {
    test(`${number} is ${kind}: allowed where that is named, or nothing is, and nowhere else`, () => {
      assert.equal(allowed(number).ok, true);
      assert.equal(allowed(number, [kind]).ok, true);
      const others = EXAMPLES.map(([, other]) => other).filter((other) => other !== kind);
      assert.equal(allowed(number, others).ok, false);
    });
  }

  test('allow nothing that the account may not call at all', () => {
    assert.equal(allowed('+12025550123', ['international']).ok, false);
  });

  test('are told in words', () => {
    const refused = allowed('+35316771111', ['mobile']);
    assert.equal(
      !refused.ok && refused.error,
      '+35316771111 is abroad, to which the account does not divert',
    );
  });
});
