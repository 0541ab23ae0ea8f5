import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ONE_CUSTOMER, ONE_NETWORK, sourceKey, sourceOf } from './source.ts';

test('addresses of one customer, or of one network, have one name', () => {
  for (const [address, customer, network] of [
    ['192.0.2.77', '192.0.2.77', '192.0.2'],
    ['::ffff:192.0.2.77', '192.0.2.77', '192.0.2'],
    ['2001:db8::7', '20010db800000000', '20010db8000000'],
    ['2001:db8:0:0:ffff:1:2:3', '20010db800000000', '20010db8000000'],
    ['2001:DB8:1:2::', '20010db800010002', '20010db8000100'],
    ['fe80::1%eth0', 'fe80000000000000', 'fe800000000000'],
    ['::1', '0000000000000000', '00000000000000'],
  ] as const) {
    assert.equal(sourceOf(address, ONE_CUSTOMER), customer, address);
    assert.equal(sourceOf(address, ONE_NETWORK), network, address);
  }
});

test('as a key they are equal where their names are', () => {
  const addresses = [
    '192.0.2.77',
    '::ffff:192.0.2.77',
    '192.0.2.78',
    '192.0.3.77',
    '2001:db8::7',
    '2001:db8::1:7',
  ];
  for (const bits of [ONE_CUSTOMER, ONE_NETWORK]) {
    for (const a of addresses) {
      for (const b of addresses) {
        const isSame = sourceOf(a, bits) === sourceOf(b, bits);
        assert.equal(sourceKey(a, bits) === sourceKey(b, bits), isSame, `${a} and ${b}`);
      }
    }
  }
});
