import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificateDomains, speaksFor } from './identity.ts';

describe('what a certificate speaks for (RFC 5922 §7.1)', () => {
  const cases: readonly (readonly [why: string, subjectAltName: string | undefined, domains: string[]])[] = [
    ['no alternative name is no domain', undefined, []],
    [
      'DNS names are domains',
      'DNS:sip.carrier.example, DNS:Carrier.EXAMPLE',
      ['sip.carrier.example', 'carrier.example'],
    ],
    ['a SIP URI is a domain', 'URI:sip:carrier.example', ['carrier.example']],
    [
      'beside a SIP URI, DNS names count for nothing',
      'DNS:web.example, URI:sip:carrier.example',
      ['carrier.example'],
    ],
    [
      'a SIP URI with a user is a user',
      'URI:sip:alice@carrier.example, DNS:carrier.example',
      ['carrier.example'],
    ],
    ['a sips URI is no identity', 'URI:sips:carrier.example', []],
    [
      'another URI leaves the DNS names',
      'URI:https://carrier.example/, DNS:sip.carrier.example',
      ['sip.carrier.example'],
    ],
    ['a wildcard speaks for nobody', 'DNS:*.carrier.example', []],
    ['addresses count beside names', 'DNS:a.example, IP Address:198.51.100.7', ['a.example', '198.51.100.7']],
    ['a DNS name that looks like an address is none', 'DNS:198.51.100.7', []],
    ['a name in quotes is one name', 'DNS:"evil.example, DNS:carrier.example"', []],
    ['a name with a stray quote ends the reading', 'DNS:evil.example"x, DNS:carrier.example', []],
    ['a name with NUL is none', 'DNS:"carrier.example\\u0000.evil.example"', []],
    ['names of other kinds count for nothing', 'email:a@carrier.example, DirName:"CN = carrier.example"', []],
  ];
  for (const [why, subjectAltName, domains] of cases) {
    test(why, () => assert.deepEqual(certificateDomains(subjectAltName), domains));
  }
});

describe('whether that is who was asked for (RFC 5922 §7.2)', () => {
  test('case does not matter, nor the root dot', () => {
    assert.ok(speaksFor(['sip.carrier.example'], 'SIP.Carrier.Example.'));
  });
  test('a domain does not speak for what is below it', () => {
    assert.ok(!speaksFor(['carrier.example'], 'sip.carrier.example'));
    assert.ok(!speaksFor(['sip.carrier.example'], 'carrier.example'));
  });
  test('an IPv6 address is known in each way that it may be written', () => {
    const domains = certificateDomains('IP Address:2001:DB8:0:0:0:0:0:7');
    assert.ok(speaksFor(domains, '2001:db8::7'));
    assert.ok(!speaksFor(domains, '2001:db8::8'));
  });
});
