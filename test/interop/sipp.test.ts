// The rig itself: sipp as caller and as carrier, without the node between them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Baresip } from './peers/baresip.ts';
import { Sipp } from './peers/sipp.ts';
import { createRig } from './rig.ts';

for (const transport of ['udp', 'tcp'] as const) {
  test(`sipp calls sipp over ${transport}, five times`, async (t) => {
    const rig = createRig(t);
    const carrier = await Sipp.start(rig, { scenario: 'answerer', transport, calls: 5 });
    const keys = { called: '+442079460000', caller: '+447700900123' };
    const caller = await Sipp.start(rig, { scenario: 'caller', transport, calls: 5, target: carrier, keys });

    assert.deepEqual(await caller.succeeded(), { successful: 5, failed: 0, retransmissions: 0 });
    await carrier.succeeded();
  });
}

test('a scenario that does not go as written fails', async (t) => {
  const rig = createRig(t);
  const keys = { called: '+442079460000', caller: '+447700900123' };
  const nobody = { port: 9 };
  const caller = await Sipp.start(rig, { scenario: 'caller', target: nobody, keys, withinSeconds: 2 });

  await assert.rejects(() => caller.succeeded());
});

test('a phone hears its own tone from sipp’s echo', async (t) => {
  const rig = createRig(t);
  const carrier = await Sipp.start(rig, { scenario: 'answerer', rtpEcho: true });
  const alice = await Baresip.start(rig, { user: 'alice', toneHz: 700, answer: 'manual', codec: 'PCMA' });

  alice.dial(`sip:+447700900123@127.0.0.1:${carrier.port}`);
  await alice.heard(700);
  alice.command('hangup');

  await carrier.succeeded();
});
