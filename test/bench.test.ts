// The benches of bench/ make load, so they are held to law 9: what they send goes to loopback, or is not sent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeBriefCalls } from '../bench/brief-callers.ts';
import { placeCalls } from '../bench/callers.ts';
import { Carrier } from '../bench/carrier.ts';
import { BenchPhone } from '../bench/phones.ts';
import { quantile } from '../bench/report.ts';
import { onLoopback, withStand } from '../bench/stand.ts';
import { Voices } from '../bench/voices.ts';

const ELSEWHERE = { address: '192.0.2.1', port: 5060 };
const REFUSED = /192\.0\.2\.1:5060 is not on loopback/;

describe('a bench cannot be aimed at others', () => {
  test('only literal loopback addresses are targets', () => {
    for (const address of ['127.0.0.1', '127.66.0.2', '::1']) {
      assert.equal(onLoopback({ address, port: 5060 }).address, address);
    }
    for (const address of ['192.0.2.1', '10.0.0.1', '0.0.0.0', '::', '::ffff:192.0.2.1', 'localhost', '']) {
      assert.throws(() => onLoopback({ address, port: 5060 }), /is not on loopback/, address);
    }
  });

  test('callers place no call elsewhere', async () => {
    await withStand('refusal', async (stand) => {
      const from = { address: '127.0.0.1', port: 5060 };
      const load = { calls: 1, callsPerSecond: 1, seconds: 1, numbers: ['+442079460000'] };
      await assert.rejects(placeCalls(stand, { target: ELSEWHERE, from, ...load }), REFUSED);
      assert.equal(stand.children.size, 0);
    });
  });

  test('brief callers place no call elsewhere', async () => {
    await withStand('refusal', async (stand) => {
      const from = { address: '127.0.0.1', port: 5060 };
      const load = { calls: 1, callsPerSecond: 1, numbers: ['+442079460000'] };
      await assert.rejects(placeBriefCalls(stand, { target: ELSEWHERE, from, ...load }), REFUSED);
      assert.equal(stand.children.size, 0);
    });
  });

  test('phones register nowhere else', async () => {
    await assert.rejects(BenchPhone.open(0, 'desk', 'secret', ELSEWHERE), REFUSED);
  });

  test('voices speak to nobody elsewhere, whatever an answer says', async () => {
    const voices = await Voices.open(1, '127.0.0.1');
    assert.throws(() => voices.speak(voices.ports[0] ?? 0, ELSEWHERE, 1), REFUSED);
    voices.close();
  });

  test('the carrier presents no call elsewhere', async () => {
    await withStand('refusal', async (stand) => {
      const carrier = await Carrier.open(stand, { address: '127.0.0.1', port: 0 });
      await assert.rejects(carrier.divertMs('+442079460000', ELSEWHERE), REFUSED);
    });
  });
});

test('a quantile lies between the values around it', () => {
  assert.equal(quantile([4, 1, 3, 2], 0), 1);
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([4, 1, 3, 2], 1), 4);
  assert.equal(quantile([7], 0.99), 7);
});
