// The benches of bench/ make load, so they are held to law 9: what they send goes to loopback, or is not sent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeBriefCalls } from '../bench/brief-callers.ts';
import { placeCalls } from '../bench/callers.ts';
import { Carrier } from '../bench/carrier.ts';
import { BenchPhone } from '../bench/phones.ts';
import { quantile } from '../bench/report.ts';
import { Caller } from '../bench/soak/caller.ts';
import { Garbage } from '../bench/soak/garbage.ts';
import { CarrierAgent } from '../bench/soak/load.ts';
import { SoakPhoneAgent } from '../bench/soak/phone.ts';
import { floorOf, slopePerHour } from '../bench/soak/trend.ts';
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

  test('the soak registers, calls and sends garbage nowhere else', async () => {
    const counted = () => undefined;
    const phone = {
      user: 'desk-1',
      listen: '127.0.0.1',
      transport: 'udp',
      node: ELSEWHERE,
      counted,
    } as const;
    await assert.rejects(SoakPhoneAgent.open(phone), REFUSED);
    await assert.rejects(SoakPhoneAgent.open({ ...phone, listen: ELSEWHERE.address }), /is not on loopback/);
    await assert.rejects(CarrierAgent.open(ELSEWHERE), REFUSED);
    assert.throws(() => new Garbage(ELSEWHERE, 1, counted), REFUSED);
    const agent = await CarrierAgent.open({ address: '127.0.0.1', port: 0 });
    const call = { agent: agent.agent, from: 'a', called: 'b', node: ELSEWHERE, talkMs: 1, ended: counted };
    assert.throws(() => new Caller(call), REFUSED);
    await agent.agent.close(0);
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

describe('a trend', () => {
  const points = (values: readonly number[]) =>
    values.map((value, index) => ({ atMs: index * 60_000, value }));

  test('is the slope of the line through the samples, per hour', () => {
    assert.ok(Math.abs(slopePerHour(points([10, 11, 12, 13])) - 60) < 1e-9);
    assert.equal(slopePerHour(points([10, 10, 10])), 0);
    assert.equal(slopePerHour(points([10])), 0);
  });

  test('of what is in use is that of the least value of each window', () => {
    const floors = floorOf(points([10, 90, 11, 95, 12, 80]), 120_000);
    assert.deepEqual(
      floors.map(({ value }) => value),
      [10, 11, 12],
    );
  });
});
