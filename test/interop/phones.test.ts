// Phones that we did not write, with the node between them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { account, NUMBER, RingthroughNode } from './node.ts';
import { Baresip, type BaresipOptions } from './peers/baresip.ts';
import { createRig, type Rig } from './rig.ts';
import { shareAt } from './tone.ts';

const TONES_HZ = { reception: 700, workshop: 1_900, office: 2_500 } as const;
type User = keyof typeof TONES_HZ;

const PROVISIONING = account(
  ['reception', 'workshop', 'office'],
  ['{ ring: [reception, workshop], for: 20s }'],
);

/** Phones that have registered with a node. */
async function phones<U extends User>(
  rig: Rig,
  node: RingthroughNode,
  users: Readonly<Record<U, Pick<BaresipOptions, 'answer' | 'transport'>>>,
): Promise<Readonly<Record<U, Baresip>>> {
  const started: Partial<Record<U, Baresip>> = {};
  for (const user of Object.keys(users) as U[]) {
    const options = { user, toneHz: TONES_HZ[user], registrar: node.registrar, ...users[user] };
    started[user] = await Baresip.start(rig, options);
  }
  return started as Record<U, Baresip>;
}

describe('two baresips through the node', () => {
  for (const [from, to] of [
    ['udp', 'udp'],
    ['tcp', 'udp'],
    ['tcp', 'tcp'],
  ] as const) {
    test(`one calls the other (${from} to ${to}), and each recording holds the other’s tone`, async (t) => {
      const rig = createRig(t);
      const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING });
      const { reception, workshop } = await phones(rig, node, {
        reception: { answer: 'manual', transport: from },
        workshop: { answer: 'auto', transport: to },
      });

      reception.dial('workshop');
      await reception.event('CALL_ESTABLISHED');
      await Promise.all([reception.heard(TONES_HZ.workshop), workshop.heard(TONES_HZ.reception)]);
      workshop.command('hangup');
      await reception.event('CALL_CLOSED');

      assert.ok(shareAt(reception.recording(), TONES_HZ.workshop) > 0.9);
      assert.ok(shareAt(reception.recording(), TONES_HZ.reception) < 0.01);
      assert.ok(shareAt(workshop.recording(), TONES_HZ.reception) > 0.9);
      assert.ok(shareAt(workshop.recording(), TONES_HZ.workshop) < 0.01);

      const attempt = await node.attempt('workshop');
      assert.equal(attempt.outcome, 'answered');
      assert.equal(attempt.answeredBy, 'workshop');
      assert.equal(attempt.legs.length, 2);
      for (const leg of attempt.legs) assert.ok(leg.heardAudio && leg.packetsLost === 0, JSON.stringify(leg));
    });
  }

  test('DTMF from one is heard by the other', async (t) => {
    const rig = createRig(t);
    const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING });
    const { reception, workshop } = await phones(rig, node, {
      reception: { answer: 'manual' },
      workshop: { answer: 'auto' },
    });
    reception.dial('workshop');
    await workshop.heard(TONES_HZ.reception);
    // As a person would, it presses again when nothing happens: baresip's jitter buffer drops what is late, and on
    // a busy machine once in a while that is all of so short an event.
    const heard = workshop.event('CALL_DTMF_START');
    const again = setInterval(() => reception.command('sndcode', '5'), 2_000);
    reception.command('sndcode', '5');
    try {
      assert.equal((await heard).param, '5');
    } finally {
      clearInterval(again);
    }
  });
});

describe('three baresips and a number', () => {
  test('both phones of the step ring, one answers, and the other stops ringing', async (t) => {
    const rig = createRig(t);
    const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING });
    const { office, reception, workshop } = await phones(rig, node, {
      office: { answer: 'manual' },
      reception: { answer: 'manual' },
      workshop: { answer: 'manual' },
    });
    office.dial(NUMBER);
    await Promise.all([reception.event('CALL_INCOMING'), workshop.event('CALL_INCOMING')]);
    await office.event('CALL_RINGING');
    workshop.command('accept');
    await Promise.all([office.heard(TONES_HZ.workshop), workshop.heard(TONES_HZ.office)]);
    await reception.event('CALL_CLOSED');
    office.command('hangup');
    await workshop.event('CALL_CLOSED');
    assert.equal((await node.attempt(NUMBER)).answeredBy, 'workshop');
  });

  test('a caller who gives up leaves no phone ringing', async (t) => {
    const rig = createRig(t);
    const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING });
    const { office, reception, workshop } = await phones(rig, node, {
      office: { answer: 'manual' },
      reception: { answer: 'manual' },
      workshop: { answer: 'manual' },
    });
    office.dial(NUMBER);
    await Promise.all([reception.event('CALL_INCOMING'), workshop.event('CALL_INCOMING')]);
    await office.event('CALL_RINGING');
    office.command('hangup');
    await Promise.all([reception.event('CALL_CLOSED'), workshop.event('CALL_CLOSED')]);
    assert.equal((await node.attempt(NUMBER)).outcome, 'abandoned');
  });
});
