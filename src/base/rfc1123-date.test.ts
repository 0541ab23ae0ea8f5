import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rfc1123Date } from './rfc1123-date.ts';

test('a date reads as the calendar has it, in every century, fractions of a second left out', () => {
  assert.equal(rfc1123Date(Date.UTC(2010, 10, 13, 23, 29, 0)), 'Sat, 13 Nov 2010 23:29:00 GMT');
  assert.equal(rfc1123Date(Date.UTC(2000, 1, 29)), 'Tue, 29 Feb 2000 00:00:00 GMT');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 7_258_118_400_000, noNaN: true }), (now) => {
      assert.equal(rfc1123Date(now), new Date(Math.floor(now)).toUTCString());
    }),
  );
});
