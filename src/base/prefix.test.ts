import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import { ipv4Number, parseAddress } from './ip.ts';
import { contains, containsIpv4, parsePrefix } from './prefix.ts';

function holds(range: string, address: string): boolean {
  const prefix = parsePrefix(range);
  assert.ok(prefix.ok, range);
  const inside = contains(prefix.value, present(parseAddress(address), address));
  const ipv4 = ipv4Number(address);
  if (ipv4 >= 0) assert.equal(containsIpv4(prefix.value, ipv4), inside, 'as a number, the same');
  return inside;
}

describe('IP prefixes', () => {
  const cases: readonly (readonly [range: string, address: string, inside: boolean])[] = [
    ['198.51.100.0/24', '198.51.100.255', true],
    ['198.51.100.0/24', '198.51.101.0', false],
    ['198.51.100.128/25', '198.51.100.127', false],
    ['198.51.100.128/25', '198.51.100.200', true],
    ['198.51.100.7', '198.51.100.7', true],
    ['198.51.100.7', '198.51.100.8', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', true],
    ['::/0', '2001:db8::1', true],
    ['198.51.100.0/24', '::ffff:198.51.100.7', true],
    ['198.51.100.0/24', '::ffff:c633:6407', true],
  ];
  for (const [range, address, inside] of cases) {
    test(`${address} is ${inside ? 'in' : 'not in'} ${range}`, () =>
      assert.equal(holds(range, address), inside));
  }

  for (const bad of [
    '',
    'sip.example.com',
    '198.51.100',
    '198.51.100.256',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/x',
  ]) {
    test(`"${bad}" is refused`, () => assert.equal(parsePrefix(bad).ok, false));
  }
  for (const bad of [
    '1::2::3',
    '2001:db8::/129',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    '1:2:3:4:5:6:7::8:9',
  ]) {
    test(`"${bad}" is refused`, () => assert.equal(parsePrefix(bad).ok, false));
  }
});
