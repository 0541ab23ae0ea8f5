import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type GoodRequest, GoodTraffic } from './good-traffic.ts';

const REQUEST: GoodRequest = {
  at: 1_000,
  lane: 'known',
  rung: 'outbound-invites',
  isEmergency: false,
  isFamiliar: false,
  isStream: false,
  isInvite: true,
  who: 'reception',
  client: 'Yealink',
  address: '192.0.2.7',
};

describe('the memory of good traffic', () => {
  test('gives back what was noted', () => {
    const traffic = new GoodTraffic();
    const others: Partial<GoodRequest>[] = [
      {},
      { rung: undefined, lane: 'carrier', who: 'carrier-a' },
      { isEmergency: true, isInvite: false },
      { lane: 'newcomer', isFamiliar: true, isStream: true, at: 1_790_000_000_000.5 },
    ];
    for (const other of others) traffic.note({ ...REQUEST, ...other });
    for (const [number, other] of others.entries()) {
      assert.deepEqual(traffic.get(number), { ...REQUEST, ...other });
    }
  });

  test('grows as it fills, and forgets the oldest when it is full', () => {
    const traffic = new GoodTraffic(3_000);
    for (let n = 0; n < 5_000; n++) traffic.note({ ...REQUEST, at: n });
    assert.deepEqual([traffic.first, traffic.next, traffic.size], [2_000, 5_000, 3_000]);
    assert.equal(traffic.get(1_999), undefined);
    for (let n = 2_000; n < 5_000; n++) assert.equal(traffic.get(n)?.at, n);
  });

  test('keeps a text as long as something names it, and no longer', () => {
    const traffic = new GoodTraffic(100);
    for (let n = 0; n < 10_000; n++) {
      traffic.note({ ...REQUEST, who: `phone ${n}`, address: `198.51.100.${n % 7}` });
    }
    assert.equal(traffic.words, 100 + 7 + 1);
    assert.equal(traffic.get(9_950)?.who, 'phone 9950');
    assert.equal(traffic.get(9_950)?.address, `198.51.100.${9_950 % 7}`);
  });

  test('keeps no more of a text than it may', () => {
    const traffic = new GoodTraffic();
    traffic.note({ ...REQUEST, client: 'x'.repeat(10_000) });
    assert.equal(traffic.get(0)?.client.length, 64);
  });
});
