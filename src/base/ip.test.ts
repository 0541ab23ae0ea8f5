import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipv4Number, parseAddress } from './ip.ts';

test('an IPv4 address as a number is its four bytes', () => {
  assert.equal(ipv4Number('0.0.0.0'), 0);
  assert.equal(ipv4Number('192.0.2.1'), 0xc0000201);
  assert.equal(ipv4Number('255.255.255.255'), 0xffffffff);
  assert.equal(ipv4Number('::ffff:192.0.2.1'), 0xc0000201);
});

test('what is no IPv4 address has none', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4 ',
    '::1',
    'a.b.c.d',
  ])
    assert.equal(ipv4Number(text), -1, text);
});

test('both ways of reading agree on whatever it may be', () => {
  const texts = fc.oneof(fc.ipV4(), fc.stringMatching(/^[0-9.:a]{0,16}$/));
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = parseAddress(text);
      const number = ipv4Number(text);
      if (number < 0) return bytes?.length !== 4 || /^0\d|\.0\d/.test(text);
      const [a = 0, b = 0, c = 0, d = 0] = bytes ?? [];
      return number === ((a * 256 + b) * 256 + c) * 256 + d;
    }),
    { numRuns: 2_000 },
  );
});
