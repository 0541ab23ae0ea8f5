// The lanes in the real kernel: what each lets through and drops, seen from both ends of a wire. Each story runs where
// packets arrive (netdev, at an interface) and before connection tracking (inet).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Rate, Shares, ShieldChange, ShieldPlan } from '../../../src/ports/shield.ts';
import { until } from '../../interop/rig.ts';
import type { End } from './post.ts';
import type { Servant } from './servant.ts';
import type { HostOrder } from './shield-host.ts';
import {
  CARRIER,
  type Counts,
  CROWD,
  crowd,
  EDGE,
  EDGE6,
  noKernel,
  OFFICE,
  PHONE,
  PHONE6,
  STRANGER,
  STRANGER6,
  Stage,
} from './stage.ts';

/** So little a second that within a test nothing comes back. */
const only = (burst: number): Rate => ({ perSecond: 0.001, burst });
const AMPLE: Rate = { perSecond: 10_000, burst: 10_000 };

const SHARES: Shares = {
  source: only(3),
  network: only(30),
  all: AMPLE,
  beyondBudgets: only(1),
  familiarSource: only(20),
  familiarAll: AMPLE,
  connectSource: only(3),
  connectNetwork: only(30),
  connectAll: AMPLE,
};

function planWith(shares: Partial<Shares> = {}, more: Partial<ShieldPlan> = {}): ShieldPlan {
  return {
    listeners: [
      { transport: 'udp', local: { address: '0.0.0.0', port: 5060 } },
      { transport: 'udp', local: { address: EDGE6, port: 5060 } },
      { transport: 'tcp', local: { address: EDGE, port: 5060 } },
    ],
    media: { addresses: [EDGE], from: 20_000, to: 20_099 },
    carriers: [{ name: 'carrier-a', from: ['10.77.4.0/24'], rate: only(10) }],
    shares: { ...SHARES, ...shares },
    ...more,
  };
}

const REGISTER = 'REGISTER sip:voice.example.net SIP/2.0\r\n';
const SIP: End = { address: EDGE, port: 5060 };
const SIP6: End = { address: EDGE6, port: 5060 };
const MINUTE_MS = 60_000;

const known = (remote: End, rate: Rate = AMPLE): ShieldChange => ({
  type: 'flow',
  lane: 'known',
  transport: 'udp',
  remote,
  rate,
  until: MINUTE_MS,
});

for (const { where, interfaces } of [
  { where: 'at an interface', interfaces: ['wire'] },
  { where: 'before connection tracking', interfaces: [] },
]) {
  describe(`the lanes in the kernel, ${where}`, { skip: noKernel }, () => {
    let stage: Stage;
    let shield: Servant<HostOrder>;
    let received: Record<string, number>;

    before(async () => {
      stage = new Stage();
      for (const on of [SIP, SIP6, { address: EDGE, port: 20_000 }, { address: EDGE, port: 20_002 }]) {
        await stage.node.ask({ do: 'listen', on });
      }
      await stage.node.ask({ do: 'listen-tcp', on: SIP });
    });
    after(() => stage.close());

    async function begin(plan: ShieldPlan, changes: readonly ShieldChange[] = []): Promise<void> {
      shield = await stage.opened(plan, interfaces);
      await shield.ask({ do: 'change', changes });
      // What is asked after a change is answered after it is in the kernel, or at the latest the second time.
      await counts();
      await counts();
      await stage.node.ask({ do: 'received' });
      received = {};
    }

    afterEach(async () => {
      await shield.ask({ do: 'close' });
      await shield.end();
      assert.deepEqual(stage.tables(), []);
    });

    function counts(): Promise<Counts> {
      return shield.ask<Counts>({ do: 'counts' });
    }

    function send(from: End, count: number, { to = SIP, text = REGISTER } = {}): Promise<unknown> {
      return stage.outside.ask({ do: 'send', from, to, text, count });
    }

    /** Waits for so many packets that came through from there since the test began. */
    async function arrived(from: End, count: number, port = 5060): Promise<void> {
      const key = `${from.address}:${from.port} > ${port}`;
      await until(`${count} packets of ${key}, of ${JSON.stringify(received)}`, 5_000, async () => {
        for (const [each, more] of Object.entries(
          await stage.node.ask<Record<string, number>>({ do: 'received' }),
        )) {
          received[each] = (received[each] ?? 0) + more;
        }
        return (received[key] ?? 0) >= count || undefined;
      });
      assert.equal(received[key] ?? 0, count, key);
    }

    test('a known flow passes while its neighbour behind the same address is held to a share', async () => {
      const phone = { address: PHONE, port: 5060 };
      const neighbour = { address: PHONE, port: 6060 };
      await begin(planWith(), [known(phone)]);
      await send(neighbour, 200);
      await send(phone, 50);
      await arrived(phone, 50);
      const { lanes } = await counts();
      assert.equal(lanes.known.admitted, 50);
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      assert.equal(lanes.newcomer.dropped, 200 - SHARES.source.burst);
    });

    test('a known flow beyond its budget and what all have together is what any newcomer is', async () => {
      const phone = { address: PHONE, port: 5060 };
      await begin(planWith(), [known(phone, only(10))]);
      await send(phone, 20);
      await arrived(phone, 11 + SHARES.source.burst);
      const { lanes } = await counts();
      assert.deepEqual([lanes.known.admitted, lanes.known.dropped], [11, 9]);
      assert.equal(lanes.newcomer.dropped, 9 - SHARES.source.burst);
    });

    test('what is said of a flow again takes the place of what was said before', async () => {
      const phone = { address: PHONE, port: 5060 };
      await begin(planWith({ source: only(1) }), [known(phone, only(1))]);
      await shield.ask({ do: 'change', changes: [known(phone, only(30))] });
      await until('the new budget', 5_000, async () => {
        await send(phone, 1);
        return (await counts()).lanes.known.admitted > 3 || undefined;
      });
      await shield.ask({
        do: 'change',
        changes: [{ type: 'flow-gone', lane: 'known', transport: 'udp', remote: phone }],
      });
      await until('the flow to be gone', 5_000, async () => {
        const before = (await counts()).lanes.newcomer;
        await send(phone, 1);
        const { newcomer } = (await counts()).lanes;
        return newcomer.admitted + newcomer.dropped > before.admitted + before.dropped || undefined;
      });
    });

    test('an emergency flow passes when its known budget is spent, at a refused address', async () => {
      const phone = { address: PHONE, port: 5060 };
      await begin(planWith(), [
        known(phone, only(1)),
        { ...known(phone), lane: 'emergency' } as ShieldChange,
        { type: 'refused', address: PHONE, until: MINUTE_MS },
      ]);
      await send(phone, 40);
      await arrived(phone, 40);
      assert.equal((await counts()).lanes.emergency.admitted, 40);
    });

    test('a refused address gets nothing in but its known flows, and is let in again', async () => {
      const phone = { address: PHONE, port: 5060 };
      const bot = { address: PHONE, port: 6060 };
      await begin(planWith(), [known(phone), { type: 'refused', address: PHONE, until: MINUTE_MS }]);
      await send(bot, 20);
      await send(phone, 20);
      await arrived(phone, 20);
      assert.equal((await counts()).lanes.refused.dropped, 20);
      await shield.ask({ do: 'change', changes: [{ type: 'refused-gone', address: PHONE }] });
      await until('a packet from there to come in', 5_000, async () => {
        await send(bot, 1);
        return (await counts()).lanes.newcomer.admitted > 0 || undefined;
      });
    });

    test('a carrier has its own share for all of its addresses, and its proven flow one beside it', async () => {
      const proven = { address: CARRIER, port: 5060 };
      const other = { address: CARRIER, port: 6060 };
      await begin(planWith(), [known(proven)]);
      await send(other, 30);
      await send(proven, 30);
      const { lanes } = await counts();
      assert.deepEqual([lanes.carrier.admitted, lanes.carrier.dropped], [11, 19]);
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      await arrived(proven, 30);
    });

    test('a source where phones have proved themselves has a larger share', async () => {
      const office = { address: OFFICE, port: 6060 };
      const stranger = { address: STRANGER, port: 6060 };
      await begin(planWith(), [{ type: 'familiar', address: OFFICE, until: MINUTE_MS }]);
      await send(office, 50);
      await send(stranger, 50);
      await arrived(office, SHARES.familiarSource.burst);
      await arrived(stranger, SHARES.source.burst);
    });

    test('a network has a share as well, and all newcomers together', async () => {
      await begin(planWith({ network: only(20), all: only(25) }));
      for (let index = 0; index < CROWD; index++) await send({ address: crowd(index), port: 6060 }, 3);
      assert.equal((await counts()).lanes.newcomer.admitted, 20);
      await send({ address: STRANGER, port: 6060 }, 3);
      await send({ address: OFFICE, port: 6060 }, 3);
      const { newcomer } = (await counts()).lanes;
      assert.equal(newcomer.admitted, 25);
      assert.equal(newcomer.dropped, CROWD * 3 + 6 - 25);
    });

    test('IPv6 is counted by /64', async () => {
      const phone = { address: PHONE6, port: 5060 };
      await begin(planWith(), [known(phone), { type: 'refused', address: 'fd77:2::99', until: MINUTE_MS }]);
      await send(phone, 30, { to: SIP6 });
      await send({ address: PHONE6, port: 6060 }, 30, { to: SIP6 });
      await send({ address: STRANGER6, port: 6060 }, 30, { to: SIP6 });
      await arrived(phone, 30);
      const { lanes } = await counts();
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      assert.equal(lanes.refused.dropped, 30);
    });

    test('what is neither SIP nor STUN takes nothing from a source’s share', async () => {
      const phone = { address: PHONE, port: 6060 };
      await begin(planWith());
      await send(phone, 20, { text: '\r\n\r\n' });
      await send(phone, 20, { text: 'GET / HTTP/1.1\r\n\r\n' });
      assert.equal((await counts()).garbage, 40);
      await send(phone, 1, { text: '\u0000\u0001\u0000\u0000\u0021\u0012xx' });
      await send(phone, SHARES.source.burst);
      await arrived(phone, SHARES.source.burst);
    });

    test('what is for other ports is none of its business', async () => {
      const elsewhere = { address: EDGE, port: 7000 };
      await stage.node.ask({ do: 'listen', on: elsewhere });
      await begin(planWith({ all: only(1) }));
      const stranger = { address: STRANGER, port: 6060 };
      await send(stranger, 100, { to: elsewhere });
      await arrived(stranger, 100, 7_000);
    });

    test('a live leg’s peer is heard through a flood to its port; a closed port gets nothing', async () => {
      const peer = { address: PHONE, port: 4000 };
      const bot = { address: STRANGER, port: 4000 };
      await begin(planWith(), [
        { type: 'media-open', port: 20_000 },
        { type: 'media-peer', port: 20_000, remote: peer },
      ]);
      const to = { address: EDGE, port: 20_000 };
      await send(bot, 1_000, { to, text: 'x'.repeat(172) });
      await send(peer, 100, { to, text: 'x'.repeat(172) });
      await send(peer, 50, { to: { address: EDGE, port: 20_002 } });
      await arrived(peer, 100, 20_000);
      await arrived(peer, 0, 20_002);
      const { media } = await counts();
      assert.ok(media.admitted < 100 + 150 && media.dropped > 1_000 - 150 + 50, JSON.stringify(media));
      await shield.ask({ do: 'change', changes: [{ type: 'media-closed', port: 20_000 }] });
      await until('the port to be closed', 5_000, async () => {
        const { dropped } = (await counts()).media;
        await send(peer, 1, { to });
        return (await counts()).media.dropped > dropped || undefined;
      });
    });

    test('attempts to connect have shares of their own, and what is connected stays so', async () => {
      await begin(planWith());
      const connect = (from: string) =>
        stage.outside.ask<number>({ do: 'connect', from, to: SIP, count: 10 });
      assert.equal(await connect(STRANGER), SHARES.connectSource.burst);
      const { connects } = await counts();
      assert.equal(connects.admitted, SHARES.connectSource.burst);
      assert.ok(connects.dropped >= 10 - SHARES.connectSource.burst);
      await shield.ask({ do: 'change', changes: [{ type: 'familiar', address: OFFICE, until: MINUTE_MS }] });
      await counts();
      await counts();
      assert.equal(await connect(OFFICE), 10);
    });
  });
}
