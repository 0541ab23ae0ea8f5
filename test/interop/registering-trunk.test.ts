// Kamailio as the registrar of a trunk, as carriers run it for their customers: digest of both kinds, nonces that go
// stale, short registrations, a restart that forgets everything, and calls through it both ways.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { Kamailio, type KamailioOptions } from './peers/kamailio.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig, freePorts, type Rig, until } from './rig.ts';

const CREDENTIALS = { user: 'trunk', password: 'over-the-hills' };
const REALM = 'carrier.example';
const PROVISIONING = account(['reception'], ['{ ring: [reception], for: 20s }']);

async function registered(rig: Rig, pstnPort: number, options: Partial<KamailioOptions>) {
  const carrier = await Kamailio.start(rig, {
    realm: REALM,
    ...CREDENTIALS,
    pstn: { port: pstnPort },
    ...options,
  });
  const address = `address: "${CARRIER_HOST}:${carrier.port}", from: ${CARRIER_HOST}, outbound: true`;
  const credentials = `user: ${CREDENTIALS.user}, password: ${CREDENTIALS.password}, register: true`;
  const node = await RingthroughNode.start(rig, {
    provisioning: PROVISIONING,
    trunks: [`{ name: carrier, ${address}, ${credentials} }`],
  });
  await carrier.logged(/registered/);
  await node.trunkRegistered('carrier');
  return { carrier, node };
}

async function callsIn(rig: Rig, carrier: Kamailio, pstnPort: number): Promise<void> {
  const caller = await Sipp.start(rig, {
    scenario: 'caller',
    host: CARRIER_HOST,
    port: pstnPort,
    target: { host: CARRIER_HOST, port: carrier.port },
    keys: { called: NUMBER, caller: MOBILE },
  });
  await caller.succeeded();
}

async function phoneOf(rig: Rig, node: RingthroughNode, answer: 'auto' | 'manual'): Promise<Baresip> {
  const options = { user: 'reception', toneHz: 700, answer, codec: 'PCMA' } as const;
  return Baresip.start(rig, { ...options, registrar: node.registrar });
}

for (const algorithm of ['MD5', 'SHA-256'] as const) {
  test(`a trunk stays registered by ${algorithm} though its nonces go stale, and calls come in`, async (t) => {
    const rig = createRig(t);
    const pstnPort = await freePorts(6, CARRIER_HOST);
    const short = { algorithm, nonceSeconds: 1, maxExpiresSeconds: 3 };
    const { carrier, node } = await registered(rig, pstnPort, short);
    // The first challenge, and one for each refresh, whose nonce is older than a second by then.
    await until('three registrations', 15_000, () => carrier.times('registered <sip:') >= 3 || undefined);
    assert.ok(carrier.times('challenged REGISTER') >= 3);
    await phoneOf(rig, node, 'auto');
    await callsIn(rig, carrier, pstnPort);
    assert.equal((await node.attempt(NUMBER)).answeredBy, 'reception');
  });

  test(`a call goes out by ${algorithm}, and its BYE is challenged and sent again`, async (t) => {
    const rig = createRig(t);
    const pstn = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST, rtpEcho: true });
    const { carrier, node } = await registered(rig, pstn.port, { algorithm, challengesBye: true });
    const phone = await phoneOf(rig, node, 'manual');
    phone.dial(MOBILE);
    await phone.heard(700);
    phone.command('hangup');
    await carrier.logged(/challenged BYE/);
    await carrier.logged(/authorised BYE within a call/);
    await pstn.succeeded();
  });
}

test('a registrar that restarts and forgets the trunk hears of it again, and calls come in', async (t) => {
  const rig = createRig(t);
  const pstnPort = await freePorts(6, CARRIER_HOST);
  const { carrier, node } = await registered(rig, pstnPort, { maxExpiresSeconds: 3 });
  await phoneOf(rig, node, 'auto');
  await carrier.restart();
  await carrier.logged(/registered/, 20_000);
  await callsIn(rig, carrier, pstnPort);
  assert.equal((await node.attempt(NUMBER)).answeredBy, 'reception');
});
