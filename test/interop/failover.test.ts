// The reason for Ringthrough: the phones are gone, and the mobile rings. The demo carrier stands for the telephone
// network: it presents the call, and it is the mobile. The caller is a baresip of the telephone network, too.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Attempt, account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { DemoCarrier } from './peers/demo-carrier.ts';
import { createRig, freePorts, HOST, type Rig } from './rig.ts';
import { shareAt } from './tone.ts';

const MOBILE_TONE_HZ = 440;
const PHONE_TONE_HZ = 700;
const CALLER_TONE_HZ = 1_000;
const PLAN = ['{ ring: [reception], for: 20s }', `{ dial: "${MOBILE}", for: 30s }`];

async function network(rig: Rig, plan: readonly string[]) {
  const carrierPort = await freePorts();
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception'], plan),
    trunks: [`{ name: carrier, address: "${HOST}:${carrierPort}", outbound: true }`],
  });
  const routes = { '+44207946': { port: node.sipPort } };
  const carrier = await DemoCarrier.start(rig, { port: carrierPort, routes });
  const caller = await Baresip.start(rig, {
    user: '+447700900999',
    toneHz: CALLER_TONE_HZ,
    answer: 'manual',
  });
  return { node, carrier, caller, call: () => caller.dial(`sip:${NUMBER}@${HOST}:${carrier.port}`) };
}

/** Milliseconds from the start of an attempt to the first entry of its timeline that says so. */
function delayMs(attempt: Attempt, text: RegExp): number {
  const entry = attempt.timeline.find((one) => text.test(one.text));
  assert.ok(entry, `nothing like ${text} in ${JSON.stringify(attempt.timeline, undefined, 2)}`);
  return Date.parse(entry.at) - Date.parse(attempt.startedAt);
}

function registered(rig: Rig, { registrar }: RingthroughNode, transport: 'udp' | 'tcp' = 'udp') {
  return Baresip.start(rig, {
    user: 'reception',
    toneHz: PHONE_TONE_HZ,
    answer: 'auto',
    registrar,
    transport,
  });
}

describe('failover', () => {
  test('kill -9 of a phone, and the mobile’s tone arrives at the caller', async (t) => {
    const rig = createRig(t);
    const { node, caller, call } = await network(rig, PLAN);
    const phone = await registered(rig, node);
    call();
    await Promise.all([caller.heard(PHONE_TONE_HZ), phone.heard(CALLER_TONE_HZ)]);
    caller.command('hangup');
    assert.equal((await node.attempt(NUMBER)).answeredBy, 'reception');

    await phone.killHard();
    // First not known to be dead: no sign of life in 2 s. Then known, by that very call.
    for (const [knowledge, withinMs] of [
      ['unknown', 2_500],
      ['known', 500],
    ] as const) {
      call();
      await caller.heard(MOBILE_TONE_HZ);
      caller.command('hangup');
      const attempt = await node.attempt(NUMBER);
      assert.equal(attempt.outcome, 'diverted');
      assert.equal(attempt.answeredBy, MOBILE);
      const mobileMs = delayMs(attempt, /447700900123/);
      assert.ok(mobileMs < withinMs, `${knowledge} dead: the mobile was tried after ${mobileMs} ms`);
      t.diagnostic(`phone dead, ${knowledge}: the mobile was tried after ${mobileMs} ms`);
    }
    assert.ok(shareAt(caller.recording(), PHONE_TONE_HZ) < 0.01);
  });

  test('a phone on TCP is known to be gone at once', async (t) => {
    const rig = createRig(t);
    const { node, caller, call } = await network(rig, PLAN);
    const phone = await registered(rig, node, 'tcp');
    await phone.killHard();
    await node.phone('reception', 'unreachable', 2_000);
    call();
    await caller.heard(MOBILE_TONE_HZ);
    caller.command('hangup');
    const mobileMs = delayMs(await node.attempt(NUMBER), /447700900123/);
    assert.ok(mobileMs < 500, `the mobile was tried after ${mobileMs} ms`);
  });

  test('a phone that nobody calls is known to be gone within 30 s', async (t) => {
    const rig = createRig(t);
    const { node } = await network(rig, PLAN);
    const phone = await registered(rig, node);
    await node.phone('reception', 'reachable');
    await phone.killHard();
    await node.phone('reception', 'unreachable', 30_000);
  });

  test('with nobody left to ring, the caller hears an announcement', async (t) => {
    const rig = createRig(t);
    const { node, caller, call } = await network(rig, ['{ ring: [reception], for: 20s }']);
    call();
    await caller.event('CALL_CLOSED', 20_000);
    const { samples, seconds } = caller.recording();
    const loud = samples.filter((sample) => Math.abs(sample) > 1_000).length;
    assert.ok(seconds > 1.5 && loud > samples.length / 20, `${seconds} s, ${loud} loud samples`);
    assert.equal((await node.attempt(NUMBER)).outcome, 'announced');
  });

  test('kill -9 of the node: after its restart a phone rings that has not registered again', async (t) => {
    const rig = createRig(t);
    const { node, caller, call } = await network(rig, PLAN);
    const phone = await registered(rig, node);
    await node.crashAndRestart();
    call();
    await Promise.all([caller.heard(PHONE_TONE_HZ), phone.heard(CALLER_TONE_HZ)]);
    caller.command('hangup');
    assert.equal((await node.attempt(NUMBER)).answeredBy, 'reception');
  });
});
