// Large messages in pieces. What comes after the first piece has no ports, so that only its number can be held down.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { LIMITS } from '../../../src/base/limits.ts';
import { known, MINUTE_MS, PLACES, planWith, REGISTER, Scene, SIP, SIP6 } from './scene.ts';
import { noKernel, PHONE, PHONE6, STRANGER } from './stage.ts';

/** Three pieces over a wire that takes 1,500 bytes. */
const LARGE = REGISTER.padEnd(4_000, 'x');

for (const { where, interfaces } of PLACES) {
  describe(`fragments in the kernel, ${where}`, { skip: noKernel }, () => {
    let scene: Scene;
    before(async () => {
      scene = new Scene(interfaces);
      await scene.listen(SIP, SIP6);
    });
    afterEach(() => scene.end());
    after(() => scene.stage.close());

    test('large messages of phones come through, at the pace of people', async () => {
      const phone = { address: PHONE, port: 5060 };
      const phone6 = { address: PHONE6, port: 5060 };
      await scene.begin(planWith(), [known(phone), known(phone6)]);
      await scene.send(phone, 10, { text: LARGE });
      await scene.send(phone6, 10, { text: LARGE, to: SIP6 });
      await scene.arrived(phone, 10);
      await scene.arrived(phone6, 10);
      assert.deepEqual((await scene.counts()).fragments, { admitted: 40, dropped: 0 });
    });

    test('a flood of pieces from one source is cut, and a familiar source is heard through it', async () => {
      const phone = { address: PHONE, port: 5060 };
      await scene.begin(planWith(), [known(phone), { type: 'familiar', address: PHONE, until: MINUTE_MS }]);
      await scene.send({ address: STRANGER, port: 6060 }, 500, { text: LARGE });
      await scene.send(phone, 100, { text: LARGE });
      await scene.arrived(phone, 100);
      const { fragments } = await scene.counts();
      assert.ok(fragments.dropped > 1_000 - 20 * LIMITS.kernelFragmentsPerSource, JSON.stringify(fragments));
    });
  });
}
