// The rig itself: two phones that talk to each other directly, so that a failure with the node between them is
// the node's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Baresip } from './peers/baresip.ts';
import { createRig } from './rig.ts';
import { shareAt } from './tone.ts';

test('two baresips hear each other’s tone, and only that, without a node between them', async (t) => {
  const rig = createRig(t);
  const alice = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual' });
  const bob = await Baresip.start(rig, { user: 'bob', toneHz: 1_900, answer: 'auto' });

  alice.dial(`sip:bob@${bob.address}`);
  await alice.event('CALL_ESTABLISHED');
  await Promise.all([alice.heard(1_900), bob.heard(700)]);
  alice.command('hangup');
  await bob.event('CALL_CLOSED');

  assert.ok(shareAt(alice.recording(), 1_900) > 0.9);
  assert.ok(shareAt(alice.recording(), 700) < 0.01);
  assert.ok(shareAt(bob.recording(), 700) > 0.9);
  assert.ok(shareAt(bob.recording(), 1_900) < 0.01);
});
