// Kamailio as a carrier that challenges: first the rig by itself, then with the node before it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { Kamailio } from './peers/kamailio.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig, freePorts } from './rig.ts';

const CREDENTIALS = { user: 'trunk', password: 'over-the-hills' };
const REALM = 'carrier.example';
const PROVISIONING = account(['reception'], ['{ ring: [reception], for: 20s }']);

test('Kamailio challenges a caller and passes an authorised call on to the PSTN', async (t) => {
  const rig = createRig(t);
  const pstn = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST });
  const carrier = await Kamailio.start(rig, { realm: REALM, ...CREDENTIALS, pstn });
  const caller = await Sipp.start(rig, {
    scenario: 'authenticated-caller',
    target: { host: CARRIER_HOST, port: carrier.port },
    credentials: CREDENTIALS,
    keys: { called: MOBILE, caller: NUMBER },
  });

  await caller.succeeded();
  await pstn.succeeded();
  await carrier.logged(/authorised INVITE to \+447700900123 from \+442079460000/);
});

for (const transport of ['udp', 'tcp'] as const) {
  test(`a call goes out over ${transport} through Kamailio’s digest, and audio comes back`, async (t) => {
    const rig = createRig(t);
    const pstn = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST, rtpEcho: true });
    const carrier = await Kamailio.start(rig, { realm: REALM, ...CREDENTIALS, pstn });
    const address = `address: "${CARRIER_HOST}:${carrier.port}", transport: ${transport}`;
    const credentials = `user: ${CREDENTIALS.user}, password: ${CREDENTIALS.password}`;
    const node = await RingthroughNode.start(rig, {
      provisioning: PROVISIONING,
      trunks: [`{ name: carrier, ${address}, outbound: true, ${credentials} }`],
    });
    const options = { user: 'reception', toneHz: 700, answer: 'manual', codec: 'PCMA' } as const;
    const phone = await Baresip.start(rig, { ...options, registrar: node.registrar });

    phone.dial(MOBILE);
    await phone.heard(700);
    phone.command('hangup');

    await carrier.logged(/challenged INVITE/);
    await carrier.logged(/authorised INVITE to \+447700900123 from \+442079460000/);
    await pstn.succeeded();
    assert.equal((await node.attempt(MOBILE)).outcome, 'answered');
  });

  test(`a trunk registers with Kamailio over ${transport}, and calls come in by it`, async (t) => {
    const rig = createRig(t);
    const pstnPort = await freePorts(6, CARRIER_HOST);
    const pstn = { port: pstnPort };
    const carrier = await Kamailio.start(rig, { realm: REALM, ...CREDENTIALS, pstn });
    const address = `address: "${CARRIER_HOST}:${carrier.port}", transport: ${transport}`;
    const credentials = `user: ${CREDENTIALS.user}, password: ${CREDENTIALS.password}`;
    const node = await RingthroughNode.start(rig, {
      provisioning: PROVISIONING,
      trunks: [`{ name: carrier, ${address}, from: ${CARRIER_HOST}, ${credentials}, register: true }`],
    });
    await carrier.logged(/registered/);
    await node.trunkRegistered('carrier');
    const options = { user: 'reception', toneHz: 700, answer: 'auto', codec: 'PCMA' } as const;
    const phone = await Baresip.start(rig, { ...options, registrar: node.registrar });

    const target = { host: CARRIER_HOST, port: carrier.port };
    const keys = { called: NUMBER, caller: MOBILE };
    const caller = await Sipp.start(rig, {
      scenario: 'caller',
      host: CARRIER_HOST,
      port: pstnPort,
      target,
      keys,
    });
    await caller.succeeded();
    assert.match((await phone.event('CALL_ESTABLISHED')).peeruri ?? '', /\+447700900123@/);
    assert.equal((await node.attempt(NUMBER)).answeredBy, 'reception');
  });
}
