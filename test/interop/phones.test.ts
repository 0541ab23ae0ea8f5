// Phones that we did not write, with the node between them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { account, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { createRig } from './rig.ts';
import { shareAt } from './tone.ts';

const PROVISIONING = account(['reception', 'workshop'], ['{ ring: [reception, workshop], for: 20s }']);

describe('two baresips through the node', () => {
  for (const [from, to] of [
    ['udp', 'udp'],
    ['tcp', 'udp'],
    ['tcp', 'tcp'],
  ] as const) {
    test(`one calls the other (${from} to ${to}), and each recording holds the other’s tone`, async (t) => {
      const rig = createRig(t);
      const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING });
      const common = { registrar: node.registrar } as const;
      const reception = await Baresip.start(rig, {
        ...common,
        user: 'reception',
        toneHz: 700,
        answer: 'manual',
        transport: from,
      });
      const workshop = await Baresip.start(rig, {
        ...common,
        user: 'workshop',
        toneHz: 1_900,
        answer: 'auto',
        transport: to,
      });
      await Promise.all([reception.event('REGISTER_OK'), workshop.event('REGISTER_OK')]);

      reception.dial('workshop');
      await reception.event('CALL_ESTABLISHED');
      await Promise.all([reception.heard(1_900), workshop.heard(700)]);
      workshop.command('hangup');
      await reception.event('CALL_CLOSED');

      assert.ok(shareAt(reception.recording(), 1_900) > 0.9);
      assert.ok(shareAt(reception.recording(), 700) < 0.01);
      assert.ok(shareAt(workshop.recording(), 700) > 0.9);
      assert.ok(shareAt(workshop.recording(), 1_900) < 0.01);

      const attempt = await node.attempt('workshop');
      assert.equal(attempt.outcome, 'answered');
      assert.equal(attempt.answeredBy, 'workshop');
      assert.equal(attempt.legs.length, 2);
      for (const leg of attempt.legs) assert.ok(leg.heardAudio && leg.packetsLost === 0, JSON.stringify(leg));
    });
  }
});
