// Doors in the real kernel: many ports without a socket each, judged one by one, with answers that leave from the door
// that was knocked at.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ShieldPlan } from '../../../src/ports/shield.ts';
import { until } from '../../interop/rig.ts';
import type { End } from './post.ts';
import { AMPLE, known, only, PLACES, planWith, REGISTER, Scene, SIP } from './scene.ts';
import { crowd, EDGE, EDGE6, noKernel, OFFICE, PHONE, PHONE6, STRANGER } from './stage.ts';

const INSIDE = { a: 5_090, b: 5_091 } as const;
const DOORS: ShieldPlan = planWith(
  {},
  { doors: { from: 30_000, to: 39_999, inside: INSIDE, newcomers: only(7) } },
);
const door = (port: number, address = EDGE): End => ({ address, port });
const phone: End = { address: PHONE, port: 5_060 };

for (const { where, interfaces } of PLACES) {
  describe(`doors in the kernel, ${where}`, { skip: noKernel }, () => {
    let scene: Scene;
    before(async () => {
      scene = new Scene(interfaces);
      await scene.listen(SIP);
      for (const port of Object.values(INSIDE)) {
        for (const address of [EDGE, EDGE6]) {
          await scene.stage.node.ask({ do: 'listen', on: { address, port }, answers: true });
        }
      }
    });
    afterEach(() => scene.end());
    after(() => scene.stage.close());

    /** Waits for so many answers from there. */
    async function answered(by: End, count: number): Promise<void> {
      const key = `${by.address}:${by.port} > 5060`;
      let sum = 0;
      await until(`${count} answers from ${key}`, 5_000, async () => {
        const received = await scene.stage.outside.ask<Record<string, number>>({ do: 'received' });
        sum += received[key] ?? 0;
        return sum >= count || undefined;
      });
      assert.equal(sum, count);
    }

    test('what is sent to a door comes in at its side, and answers leave from the door', async () => {
      await scene.begin(DOORS, [
        known(phone),
        { type: 'door-open', port: 30_001, side: 'a' },
        { type: 'door-open', port: 30_002, side: 'b' },
      ]);
      await scene.send(phone, 20, { to: door(30_001) });
      await scene.arrived(phone, 20, INSIDE.a);
      await answered(door(30_001), 20);
      await scene.send(phone, 10, { to: door(30_002) });
      await scene.arrived(phone, 10, INSIDE.b);
      await answered(door(30_002), 10);
    });

    test('the same over IPv6', async () => {
      const phone6 = { address: PHONE6, port: 5_060 };
      await scene.begin(DOORS, [known(phone6), { type: 'door-open', port: 30_001, side: 'a' }]);
      await scene.send(phone6, 20, { to: door(30_001, EDGE6) });
      await scene.arrived(phone6, 20, INSIDE.a);
      await answered(door(30_001, EDGE6), 20);
    });

    test('newcomers have a share of each door, and what knocks is counted by door', async () => {
      await scene.begin(DOORS, [
        known(phone),
        { type: 'door-open', port: 30_001, side: 'a' },
        { type: 'door-open', port: 30_002, side: 'a' },
      ]);
      for (let index = 0; index < 10; index++) {
        await scene.send({ address: crowd(index), port: 6_060 }, 2, { to: door(30_001) });
      }
      await scene.send({ address: STRANGER, port: 6_060 }, 1, { to: door(30_002) });
      await scene.send(phone, 20, { to: door(30_001) });
      await scene.arrived(phone, 20, INSIDE.a);
      const { lanes, doorNewcomers } = await scene.counts();
      assert.deepEqual(doorNewcomers, { 30001: 20, 30002: 1 });
      assert.equal(lanes.newcomer.admitted, 7 + 1);
      assert.equal(lanes.newcomer.dropped, 20 - 7);
    });

    test('a flood of the public port takes nothing from a door', async () => {
      const plan = { ...DOORS, shares: { ...DOORS.shares, all: only(10) } };
      await scene.begin(plan, [{ type: 'door-open', port: 30_001, side: 'a' }]);
      for (let index = 0; index < 20; index++) await scene.send({ address: crowd(index), port: 6_060 }, 10);
      const newcomer = { address: OFFICE, port: 6_060 };
      await scene.send(newcomer, 3, { to: door(30_001) });
      await scene.arrived(newcomer, 3, INSIDE.a);
    });

    test('a door that is closed is no way in, nor is the port inside', async () => {
      await scene.begin(DOORS, [known(phone), { type: 'door-open', port: 30_001, side: 'a' }]);
      await scene.send(phone, 5, { to: door(30_001) });
      await scene.arrived(phone, 5, INSIDE.a);
      await scene.change({ type: 'door-closed', port: 30_001 });
      await scene.send(phone, 5, { to: door(30_001) });
      await scene.send(phone, 5, { to: door(INSIDE.a) });
      await scene.send(phone, 5, { to: SIP });
      await scene.arrived(phone, 5);
      await scene.arrived(phone, 5, INSIDE.a);
    });

    test('ten thousand doors are opened, and each leads in', async () => {
      const ports = Array.from({ length: 10_000 }, (_, index) => 30_000 + index);
      await scene.begin(DOORS, [known(phone)]);
      await scene.shield.ask({
        do: 'change',
        changes: ports.map((port) => ({ type: 'door-open', port, side: 'a' })),
      });
      await until('the last of them to be open', 20_000, async () => {
        await scene.send(phone, 1, { to: door(39_999), text: REGISTER });
        return (await scene.counts()).lanes.known.admitted > 0 || undefined;
      });
      await scene.change(known(phone, AMPLE));
      const before = (await scene.counts()).lanes.known.admitted;
      for (const port of [30_000, 31_234, 36_789]) await scene.send(phone, 1, { to: door(port) });
      assert.equal((await scene.counts()).lanes.known.admitted, before + 3);
    });
  });
}
