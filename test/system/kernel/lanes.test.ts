// The lanes in the real kernel: what each lets through and drops, seen from both ends of a wire. Each story runs where
// packets arrive (netdev, at an interface) and before connection tracking (inet).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { LIMITS } from '../../../src/base/limits.ts';
import type { Rate, ShieldChange } from '../../../src/ports/shield.ts';
import { until } from '../../interop/rig.ts';
import { known, MINUTE_MS, only, PLACES, planWith, Scene, SHARES, SIP, SIP6 } from './scene.ts';
import {
  CARRIER,
  CROWD,
  crowd,
  EDGE,
  noKernel,
  OFFICE,
  PHONE,
  PHONE6,
  STRANGER,
  STRANGER6,
} from './stage.ts';

for (const { where, interfaces } of PLACES) {
  describe(`the lanes in the kernel, ${where}`, { skip: noKernel }, () => {
    let scene: Scene;
    before(async () => {
      scene = new Scene(interfaces);
      await scene.listen(SIP, SIP6, { address: EDGE, port: 20_000 }, { address: EDGE, port: 20_002 });
      await scene.stage.node.ask({ do: 'listen-tcp', on: SIP });
    });
    afterEach(() => scene.end());
    after(() => scene.stage.close());

    test('a known flow passes while its neighbour behind the same address is held to a share', async () => {
      const phone = { address: PHONE, port: 5060 };
      const neighbour = { address: PHONE, port: 6060 };
      await scene.begin(planWith(), [known(phone)]);
      await scene.send(neighbour, 200);
      await scene.send(phone, 50);
      await scene.arrived(phone, 50);
      const { lanes } = await scene.counts();
      assert.equal(lanes.known.admitted, 50);
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      assert.equal(lanes.newcomer.dropped, 200 - SHARES.source.burst);
    });

    test('a known flow beyond its budget and what all have together is what any newcomer is', async () => {
      const phone = { address: PHONE, port: 5060 };
      await scene.begin(planWith(), [known(phone, only(10))]);
      await scene.send(phone, 20);
      await scene.arrived(phone, 11 + SHARES.source.burst);
      const { lanes } = await scene.counts();
      assert.deepEqual([lanes.known.admitted, lanes.known.dropped], [11, 9]);
      assert.equal(lanes.newcomer.dropped, 9 - SHARES.source.burst);
    });

    test('flows beyond their budgets share what is within them, and others do not notice', async () => {
      const phone = { address: PHONE, port: 5060 };
      const other = { address: PHONE, port: 5070 };
      const budget: Rate = { perSecond: 10_000, burst: 10 };
      await scene.begin(planWith({ exceedingFlows: only(5) }), [known(phone, budget), known(other)]);
      await scene.send(phone, 3_000);
      await scene.send(other, 50);
      await scene.arrived(other, 50);
      const { lanes } = await scene.counts();
      assert.ok(lanes.known.dropped > 100, `${lanes.known.dropped} dropped`);
      // However much its budget gives back: after it had nothing once, five of all such flows.
      await scene.send(phone, 500);
      const after = (await scene.counts()).lanes.known;
      assert.equal(after.admitted, lanes.known.admitted);
    });

    test('what is said of a flow again takes the place of what was said before', async () => {
      const phone = { address: PHONE, port: 5060 };
      await scene.begin(planWith({ source: only(1) }), [known(phone, only(1))]);
      await scene.change(known(phone, only(30)));
      await until('the new budget', 5_000, async () => {
        await scene.send(phone, 1);
        return (await scene.counts()).lanes.known.admitted > 3 || undefined;
      });
      await scene.change({ type: 'flow-gone', lane: 'known', transport: 'udp', remote: phone });
      await until('the flow to be gone', 5_000, async () => {
        const before = (await scene.counts()).lanes.newcomer;
        await scene.send(phone, 1);
        const { newcomer } = (await scene.counts()).lanes;
        return newcomer.admitted + newcomer.dropped > before.admitted + before.dropped || undefined;
      });
    });

    test('an emergency flow passes when its known budget is spent, at a refused address', async () => {
      const phone = { address: PHONE, port: 5060 };
      await scene.begin(planWith(), [
        known(phone, only(1)),
        { ...known(phone), lane: 'emergency' } as ShieldChange,
        { type: 'refused', address: PHONE, until: MINUTE_MS },
      ]);
      await scene.send(phone, 40);
      await scene.arrived(phone, 40);
      assert.equal((await scene.counts()).lanes.emergency.admitted, 40);
    });

    test('a refused address gets nothing in but its known flows, and is let in again', async () => {
      const phone = { address: PHONE, port: 5060 };
      const bot = { address: PHONE, port: 6060 };
      await scene.begin(planWith(), [known(phone), { type: 'refused', address: PHONE, until: MINUTE_MS }]);
      await scene.send(bot, 20);
      await scene.send(phone, 20);
      await scene.arrived(phone, 20);
      assert.equal((await scene.counts()).lanes.refused.dropped, 20);
      await scene.change({ type: 'refused-gone', address: PHONE });
      await until('a packet from there to come in', 5_000, async () => {
        await scene.send(bot, 1);
        return (await scene.counts()).lanes.newcomer.admitted > 0 || undefined;
      });
    });

    test('a carrier has its own share for all of its addresses, and its proven flow one beside it', async () => {
      const proven = { address: CARRIER, port: 5060 };
      const other = { address: CARRIER, port: 6060 };
      await scene.begin(planWith(), [known(proven)]);
      await scene.send(other, 30);
      await scene.send(proven, 30);
      const { lanes } = await scene.counts();
      assert.deepEqual([lanes.carrier.admitted, lanes.carrier.dropped], [11, 19]);
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      await scene.arrived(proven, 30);
    });

    test('a source where phones have proved themselves has a larger share', async () => {
      const office = { address: OFFICE, port: 6060 };
      const stranger = { address: STRANGER, port: 6060 };
      await scene.begin(planWith(), [{ type: 'familiar', address: OFFICE, until: MINUTE_MS }]);
      await scene.send(office, 50);
      await scene.send(stranger, 50);
      await scene.arrived(office, SHARES.familiarSource.burst);
      await scene.arrived(stranger, SHARES.source.burst);
    });

    test('a network has a share as well, and all newcomers together', async () => {
      await scene.begin(planWith({ network: only(20), all: only(25) }));
      for (let index = 0; index < CROWD; index++) await scene.send({ address: crowd(index), port: 6060 }, 3);
      assert.equal((await scene.counts()).lanes.newcomer.admitted, 20);
      await scene.send({ address: STRANGER, port: 6060 }, 3);
      await scene.send({ address: OFFICE, port: 6060 }, 3);
      const { newcomer } = (await scene.counts()).lanes;
      assert.equal(newcomer.admitted, 25);
      assert.equal(newcomer.dropped, CROWD * 3 + 6 - 25);
    });

    test('IPv6 is counted by /64', async () => {
      const phone = { address: PHONE6, port: 5060 };
      await scene.begin(planWith(), [
        known(phone),
        { type: 'refused', address: 'fd77:2::99', until: MINUTE_MS },
      ]);
      await scene.send(phone, 30, { to: SIP6 });
      await scene.send({ address: PHONE6, port: 6060 }, 30, { to: SIP6 });
      await scene.send({ address: STRANGER6, port: 6060 }, 30, { to: SIP6 });
      await scene.arrived(phone, 30);
      const { lanes } = await scene.counts();
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      assert.equal(lanes.refused.dropped, 30);
    });

    test('what is neither SIP nor STUN takes nothing from a source’s share', async () => {
      const phone = { address: PHONE, port: 6060 };
      await scene.begin(planWith());
      await scene.send(phone, 20, { text: '\r\n\r\n' });
      await scene.send(phone, 20, { text: 'GET / HTTP/1.1\r\n\r\n' });
      assert.equal((await scene.counts()).garbage, 40);
      await scene.send(phone, 1, { text: '\u0000\u0001\u0000\u0000\u0021\u0012xx' });
      await scene.send(phone, SHARES.source.burst);
      await scene.arrived(phone, SHARES.source.burst);
    });

    test('what is for other ports is none of its business', async () => {
      const elsewhere = { address: EDGE, port: 7000 };
      await scene.stage.node.ask({ do: 'listen', on: elsewhere });
      await scene.begin(planWith({ all: only(1) }));
      const stranger = { address: STRANGER, port: 6060 };
      await scene.send(stranger, 100, { to: elsewhere });
      await scene.arrived(stranger, 100, 7_000);
    });

    test('a live leg’s peer is heard through a flood to its port; closed ports get next to nothing', async () => {
      const peer = { address: PHONE, port: 4000 };
      const bot = { address: STRANGER, port: 4000 };
      await scene.begin(planWith(), [
        { type: 'media-open', port: 20_000 },
        { type: 'media-peer', port: 20_000, remote: peer },
      ]);
      const to = { address: EDGE, port: 20_000 };
      await scene.send(bot, 1_000, { to, text: 'x'.repeat(172) });
      await scene.send(peer, 100, { to, text: 'x'.repeat(172) });
      await scene.arrived(peer, 100, 20_000);
      const { media } = await scene.counts();
      assert.ok(media.admitted < 100 + 150 && media.dropped > 1_000 - 150, JSON.stringify(media));
      await scene.send(bot, 1_000, { to: { address: EDGE, port: 20_002 } });
      const after = (await scene.counts()).media.admitted - media.admitted;
      assert.ok(after < 2 * LIMITS.kernelMediaUntoldPerSecond, `${after} at a closed port`);
      await scene.change({ type: 'media-closed', port: 20_000 });
      await until('the port to be closed', 5_000, async () => {
        const { dropped } = (await scene.counts()).media;
        await scene.send(peer, 2 * LIMITS.kernelMediaUntoldPerSecond, { to });
        return (await scene.counts()).media.dropped > dropped || undefined;
      });
    });

    test('attempts to connect have shares of their own, and what is connected stays so', async () => {
      await scene.begin(planWith());
      const connect = (from: string) =>
        scene.stage.outside.ask<number>({ do: 'connect', from, to: SIP, count: 10 });
      assert.equal(await connect(STRANGER), SHARES.connectSource.burst);
      const { connects } = await scene.counts();
      assert.equal(connects.admitted, SHARES.connectSource.burst);
      assert.ok(connects.dropped >= 10 - SHARES.connectSource.burst);
      await scene.change({ type: 'familiar', address: OFFICE, until: MINUTE_MS });
      await scene.counts();
      await scene.counts();
      assert.equal(await connect(OFFICE), 10);
    });
  });
}
