// sipp as a carrier, as a caller and as a phone, with the node between.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ear } from './ear.ts';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { DemoCarrier } from './peers/demo-carrier.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig, freePorts, HOST } from './rig.ts';

const PROVISIONING = account(['reception'], ['{ ring: [reception], for: 20s }']);
const KEYS = { called: NUMBER, caller: MOBILE };

function trunk(name: string, port: number, more = ''): string {
  return `{ name: ${name}, address: "${CARRIER_HOST}:${port}", outbound: true${more} }`;
}

describe('sipp and the node', () => {
  test('a phone’s call goes out to sipp as a carrier, and its own tone comes back', async (t) => {
    const rig = createRig(t);
    const carrier = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST, rtpEcho: true });
    const node = await RingthroughNode.start(rig, {
      provisioning: PROVISIONING,
      trunks: [trunk('carrier', carrier.port)],
    });
    const phone = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'manual',
      codec: 'PCMA',
      registrar: node.registrar,
    });

    phone.dial(MOBILE);
    await phone.heard(700);
    phone.command('hangup');

    await carrier.succeeded();
    const attempt = await node.attempt(MOBILE);
    assert.equal(attempt.outcome, 'answered');
  });

  test('sipp as a caller from a carrier reaches a phone, which sees his number', async (t) => {
    const rig = createRig(t);
    const port = await freePorts(6, CARRIER_HOST);
    const node = await RingthroughNode.start(rig, {
      provisioning: PROVISIONING,
      trunks: [trunk('carrier', port)],
    });
    const phone = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'auto',
      codec: 'PCMA',
      registrar: node.registrar,
    });

    const target = { port: node.sipPort };
    const caller = await Sipp.start(rig, {
      scenario: 'caller',
      host: CARRIER_HOST,
      port,
      target,
      keys: KEYS,
    });
    await caller.succeeded();

    assert.match((await phone.event('CALL_ESTABLISHED')).peeruri ?? '', /\+447700900123@/);
    const attempt = await node.attempt(NUMBER);
    assert.equal(attempt.outcome, 'answered');
    assert.equal(attempt.answeredBy, 'reception');
  });

  for (const transport of ['udp', 'tcp'] as const) {
    test(`sipp as a phone registers over ${transport} and answers ten calls`, async (t) => {
      const rig = createRig(t);
      const [carrierPort, phonePort] = [await freePorts(6, CARRIER_HOST), await freePorts(6)];
      const node = await RingthroughNode.start(rig, {
        provisioning: PROVISIONING,
        trunks: [trunk('carrier', carrierPort)],
      });
      const target = { port: node.sipPort };
      const registration = await Sipp.start(rig, {
        scenario: 'register',
        port: phonePort,
        transport,
        target,
        credentials: { user: 'reception', password: node.registrar.password },
        keys: { user: 'reception' },
      });
      await registration.succeeded();
      const phone = await Sipp.start(rig, { scenario: 'answerer', port: phonePort, transport, calls: 10 });
      // Over TCP the connection that it registered on is gone with the first sipp, and has to be noticed as new.
      await node.phone('reception', 'reachable');

      const caller = await Sipp.start(rig, {
        scenario: 'caller',
        host: CARRIER_HOST,
        port: carrierPort,
        target,
        keys: KEYS,
        calls: 10,
      });
      const { successful } = await caller.succeeded();
      assert.equal(successful, 10);
      await phone.succeeded();
    });
  }

  test('503 from the first carrier tries the second, and the caller notices nothing', async (t) => {
    const rig = createRig(t);
    const full = await Sipp.start(rig, { scenario: 'refuser', host: CARRIER_HOST });
    const free = await Sipp.start(rig, { scenario: 'answerer', host: CARRIER_HOST, rtpEcho: true });
    const node = await RingthroughNode.start(rig, {
      provisioning: PROVISIONING,
      trunks: [trunk('full', full.port, ', order: 1'), trunk('free', free.port, ', order: 2')],
    });
    const phone = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'manual',
      codec: 'PCMA',
      registrar: node.registrar,
    });

    phone.dial(MOBILE);
    await phone.heard(700);
    phone.command('hangup');
    await Promise.all([full.succeeded(), free.succeeded()]);
  });

  test('a caller who holds hears nothing, and hears the mobile again when he resumes', async (t) => {
    const rig = createRig(t);
    const [port, ear] = [await freePorts(6, CARRIER_HOST), await Ear.open(rig)];
    const network = await DemoCarrier.start(rig);
    const node = await RingthroughNode.start(rig, {
      provisioning: account(['reception'], [`{ dial: "${MOBILE}", for: 20s }`]),
      trunks: [
        `{ name: callers, address: "${CARRIER_HOST}:${port}" }`,
        `{ name: mobiles, address: "${HOST}:${network.port}", outbound: true }`,
      ],
    });
    const caller = await Sipp.start(rig, {
      scenario: 'holding-caller',
      host: CARRIER_HOST,
      port,
      target: { port: node.sipPort },
      keys: { ...KEYS, caller: '+447700900456', ear: String(ear.port) },
    });
    await caller.succeeded();
    const { ms, before, after } = ear.longestPause();
    assert.ok(
      ms > 700 && before > 15 && after > 15,
      `${before} packets, a pause of ${ms} ms, ${after} packets`,
    );
  });
});
