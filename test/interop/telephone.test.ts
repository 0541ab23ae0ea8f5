// With nothing but a telephone: a message is left, heard and survives a crash; a number is sent to a mobile from a
// borrowed one. The caller is a baresip of the telephone network, which the demo carrier stands for.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { DemoCarrier } from './peers/demo-carrier.ts';
import { createRig, freePorts, HOST, type Rig, until } from './rig.ts';

const CONTROL_NUMBER = '+442079460111';
const ID = '104711';
const PIN = '739150';
const CALLER_TONE_HZ = 1_000;
const MOBILE_TONE_HZ = 440;

interface Message {
  readonly id: string;
  readonly mailbox: string;
  readonly caller: string;
  readonly lengthSeconds?: number;
  readonly lengthMs?: number;
}

type Routes = Readonly<Record<string, { readonly port: number }>>;

async function network(rig: Rig, plan: readonly string[], more: Routes = {}) {
  const carrierPort = await freePorts();
  const node = await RingthroughNode.start(rig, {
    provisioning: `${account(['reception'], plan)}
    mailboxes: [{ name: office, phones: [reception] }]
    control: { id: "${ID}", pin: "${PIN}", mobiles: [{ number: "${MOBILE}", name: Ann }] }`,
    trunks: [`{ name: carrier, address: "${HOST}:${carrierPort}", outbound: true }`],
    more: [`control: { numbers: "${CONTROL_NUMBER}" }`],
  });
  const routes = { '+44207946': { port: node.sipPort }, ...more };
  const carrier = await DemoCarrier.start(rig, { port: carrierPort, routes });
  const caller = await Baresip.start(rig, {
    user: '+447700900999',
    toneHz: CALLER_TONE_HZ,
    answer: 'manual',
  });
  return { node, caller, dial: (number: string) => caller.dial(`sip:${number}@${HOST}:${carrier.port}`) };
}

async function messages(node: RingthroughNode): Promise<readonly Message[]> {
  return (await node.api<{ messages: readonly Message[] }>('GET', '/messages')).messages;
}

describe('with nothing but a telephone', () => {
  test('a message is left, survives kill -9, and is heard by its owner', async (t) => {
    const rig = createRig(t);
    const { node, caller, dial } = await network(rig, ['{ voicemail: office }']);
    const phone = await Baresip.start(rig, {
      user: 'reception',
      toneHz: 700,
      answer: 'manual',
      registrar: node.registrar,
      lamp: true,
    });
    await phone.lamp('0/0');
    dial(NUMBER);
    await caller.event('CALL_ESTABLISHED');
    await caller.types('1');
    await caller.speaks(3_000);
    await caller.types('#');
    const [message] = await until('a message', 10_000, async () => {
      const found = await messages(node);
      return found.length > 0 ? found : undefined;
    });
    assert.ok(message);
    await phone.lamp('1/0');
    await node.crashAndRestart();
    assert.deepEqual(
      (await messages(node)).map(({ id }) => id),
      [message.id],
    );
    phone.dial(`sip:*97@${HOST}`);
    await phone.heard(CALLER_TONE_HZ, 20_000);
    phone.command('hangup');
  });

  test('a number is sent to the mobile from a borrowed telephone, and the next call rings it', async (t) => {
    const rig = createRig(t);
    const { node, caller, dial } = await network(rig, ['{ announcement: closed }']);
    await node.api('POST', '/accounts/acme/control', { do: 'confirm-mobile', number: MOBILE });
    dial(CONTROL_NUMBER);
    await caller.event('CALL_ESTABLISHED');
    await caller.types(`${ID}#${PIN}#1`);
    await until(`${NUMBER} to be diverted`, 20_000, async () => {
      const { divert } = await node.api<{ divert?: { to: string } }>('GET', `/numbers/${NUMBER}`);
      return divert?.to === MOBILE || undefined;
    });
    caller.command('hangup');
    const call = await node.attempt(CONTROL_NUMBER);
    const done = call.timeline.find(({ text }) => text.endsWith(': done'));
    const callTimeMs = Date.parse(done?.at ?? '') - Date.parse(call.startedAt);
    assert.ok(callTimeMs < 40_000);

    dial(NUMBER);
    await caller.heard(MOBILE_TONE_HZ);
    caller.command('hangup');
    const next = await node.attempt(NUMBER);
    assert.equal(next.outcome, 'diverted');
    const dialled = next.timeline.find(({ what }) => what === 'dialling');
    const ringsMs = Date.parse(dialled?.at ?? '') - Date.parse(next.startedAt);
    assert.ok(ringsMs < 1_000);
    t.diagnostic(
      `diverted ${(callTimeMs / 1_000).toFixed(1)} s into the call; the next one rang after ${ringsMs} ms`,
    );
  });

  test('a rehearsal rings the mobile, whose owner presses 1, and the number is ready for that', async (t) => {
    const rig = createRig(t);
    const mobile = await Baresip.start(rig, { user: MOBILE, toneHz: MOBILE_TONE_HZ, answer: 'auto' });
    const port = Number(mobile.address.split(':')[1]);
    const plan = ['{ ring: [reception], for: 20s }', `{ dial: "${MOBILE}" }`, '{ voicemail: office }'];
    const { node } = await network(rig, plan, { [MOBILE]: { port } });
    const rehearsal = node.cli(['rehearse', NUMBER, '--dial']);
    await mobile.event('CALL_ESTABLISHED');
    await mobile.types('1');
    const { code } = await rehearsal.exited;
    assert.match(rehearsal.output, /FAILED +reception is not registered\n/);
    assert.match(rehearsal.output, /works +\+447700900123: answered after .*, and said that they heard it\n/);
    assert.match(rehearsal.output, /works +voicemail office: it has room for \d+ messages\n/);
    assert.match(rehearsal.output, /\nfailed: nobody can be rung: reception is not registered$/);
    assert.equal(code, 1, 'a phone that is not there is a fault of the plan');
    const { numbers } = await node.api<{
      numbers: readonly { findings: readonly { check: string; result: string; text: string }[] }[];
    }>('GET', '/readiness');
    const found = numbers[0]?.findings.find(({ check }) => check === 'mobile-confirmed');
    assert.equal(found?.result, 'passed', found?.text ?? 'it was not judged');
    const told = await node.api<{ control?: { mobiles: readonly { confirmedAt?: string }[] } }>(
      'GET',
      '/accounts/acme',
    );
    assert.ok(told.control?.mobiles[0]?.confirmedAt, 'it is one of the mobiles that calls may be sent to');
  });
});
