// The rig itself: Kamailio as a carrier that challenges, without the node before it.

import { test } from 'node:test';
import { Kamailio } from './peers/kamailio.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig } from './rig.ts';

const KEYS = { called: '+447700900123', caller: '+442079460000' };
const CREDENTIALS = { user: 'trunk', password: 'over the hills' };

test('Kamailio challenges a caller and passes an authorised call on to the PSTN', async (t) => {
  const rig = createRig(t);
  const pstn = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST });
  const carrier = await Kamailio.start(rig, { realm: 'carrier.example', ...CREDENTIALS, pstn });
  const caller = await Sipp.start(rig, {
    scenario: 'authenticated-caller',
    target: { host: CARRIER_HOST, port: carrier.port },
    credentials: CREDENTIALS,
    keys: KEYS,
  });

  await caller.succeeded();
  await pstn.succeeded();
  await carrier.logged(/authorised INVITE to \+447700900123 from \+442079460000/);
});
