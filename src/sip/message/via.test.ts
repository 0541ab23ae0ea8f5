import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatVia, parseVia, type Via } from './via.ts';

describe('Via', () => {
  test('is taken apart, white space or not', () => {
    const expected: Via = {
      protocol: 'SIP/2.0',
      transport: 'UDP',
      host: '2001:db8::9',
      port: 5060,
      parameters: new Map([
        ['branch', 'z9hG4bK77'],
        ['rport', undefined],
      ]),
    };
    for (const text of [
      'SIP/2.0/UDP [2001:DB8::9]:5060;branch=z9hG4bK77;rport',
      'sip / 2.0 / udp   [2001:db8::9] : 5060 ; branch = z9hG4bK77 ; rport',
    ]) {
      assert.deepEqual(parseVia(text), { ok: true, value: expected });
    }
  });

  const malformed = [
    '',
    'SIP/2.0',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ;branch=x',
    'SIP/2.0/ 192.0.2.1',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP a:b',
    'SIP/2.0/UDP 2001:db8::9',
    'SIP/2.0/UDP a;',
    'SIP/2.0/U(P a',
  ];
  for (const text of malformed) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseVia(text).ok, false));
  }

  test('formatting and parsing again gives the same Via', () => {
    const via = fc.record(
      {
        protocol: fc.constantFrom('SIP/2.0', 'SIP/7.0'),
        transport: fc.constantFrom('UDP', 'TCP', 'TLS', 'X-OTHER'),
        host: fc.oneof(fc.constantFrom('example.com', '192.0.2.1', 'a_b'), fc.ipV6()),
        port: fc.integer({ min: 0, max: 65_535 }),
        parameters: fc
          .dictionary(
            fc.constantFrom('branch', 'received', 'rport', 'x'),
            fc.option(fc.constantFrom('z9hG4bK1', '2001:db8::1', '[::1]'), { nil: undefined }),
          )
          .map((entries) => new Map(Object.entries(entries))),
      },
      { requiredKeys: ['protocol', 'transport', 'host', 'parameters'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(via, (each) => {
        assert.deepEqual(parseVia(formatVia(each)), { ok: true, value: each });
      }),
    );
  });
});
