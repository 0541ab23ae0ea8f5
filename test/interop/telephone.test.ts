// With nothing but a telephone: a message is left, mailed and heard, and survives a crash; a number is sent to a mobile
// from a borrowed one. The callers are a baresip and a sipp of the telephone network: behind the demo carrier.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { DemoCarrier } from './peers/demo-carrier.ts';
import { MailServer } from './peers/mail-server.ts';
import { gets, hears, invites, says, script, types, typesByInfo } from './peers/script.ts';
import { Sipp } from './peers/sipp.ts';
import { createRig, freePorts, HOST, type Rig, until } from './rig.ts';
import { readWav, shareAt } from './tone.ts';

const CONTROL_NUMBER = '+442079460111';
const ID = '104711';
const PIN = '739150';
/** Not the beep's. */
const CALLER_TONE_HZ = 600;
const BEEP_SECONDS = 0.25;
const MOBILE_TONE_HZ = 440;

interface Message {
  readonly id: string;
  readonly mailbox: string;
  readonly caller: string;
  readonly lengthSeconds?: number;
  readonly lengthMs?: number;
}

type Routes = Readonly<Record<string, { readonly port: number }>>;

interface Around {
  readonly routes?: Routes;
  readonly mail?: MailServer;
}

async function network(rig: Rig, plan: readonly string[], { routes: more = {}, mail }: Around = {}) {
  const carrierPort = await freePorts();
  const node = await RingthroughNode.start(rig, {
    provisioning: `${account(['reception'], plan)}
    mailboxes: [{ name: office, phones: [reception], email: [owner@example.net] }]
    control: { id: "${ID}", pin: "${PIN}", mobiles: [{ number: "${MOBILE}", name: Ann }] }`,
    trunks: [`{ name: carrier, address: "${HOST}:${carrierPort}", outbound: true }`],
    more: [`control: { numbers: "${CONTROL_NUMBER}" }`, ...(mail === undefined ? [] : [mail.configuration])],
  });
  const routes = { '+44207946': { port: node.sipPort }, ...more };
  const carrier = await DemoCarrier.start(rig, { port: carrierPort, routes });
  const caller = await Baresip.start(rig, {
    user: '+447700900999',
    toneHz: CALLER_TONE_HZ,
    answer: 'manual',
  });
  const dial = (number: string) => caller.dial(`sip:${number}@${HOST}:${carrier.port}`);
  return { node, carrier, caller, dial };
}

async function messages(node: RingthroughNode): Promise<readonly Message[]> {
  return (await node.api<{ messages: readonly Message[] }>('GET', '/messages')).messages;
}

async function isDiverted(node: RingthroughNode): Promise<boolean> {
  const { divert } = await node.api<{ divert?: { to: string } }>('GET', `/numbers/${NUMBER}`);
  return divert?.to === MOBILE;
}

async function divertedSeconds(node: RingthroughNode): Promise<number> {
  return (await node.api<{ diverted: { seconds: number } }>('GET', '/accounts/acme')).diverted.seconds;
}

/** A call to the number, which the mobile takes; how long it took to ring it. */
async function nextCall(node: RingthroughNode, caller: Baresip, dial: (number: string) => void) {
  dial(NUMBER);
  await caller.heard(MOBILE_TONE_HZ);
  caller.command('hangup');
  const { outcome, timeline, startedAt } = await node.attempt(NUMBER);
  assert.equal(outcome, 'diverted');
  const dialled = timeline.find(({ what }) => what === 'dialling');
  const ringsMs = Date.parse(dialled?.at ?? '') - Date.parse(startedAt);
  assert.ok(ringsMs < 1_000);
  return ringsMs;
}

describe('with nothing but a telephone', () => {
  test('a message is left, survives kill -9, and reaches its owner by mail and by phone', async (t) => {
    const rig = createRig(t);
    const mail = await MailServer.planned(rig);
    const { node, caller, dial } = await network(rig, ['{ voicemail: office }'], { mail });
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
    const beganAt = performance.now();
    await caller.types('1');
    await caller.speaks(3_000);
    const spokenSeconds = (performance.now() - beganAt) / 1_000 - BEEP_SECONDS;
    await caller.types('#');
    const [message] = await until('a message', 10_000, async () => {
      const found = await messages(node);
      return found.length > 0 ? found : undefined;
    });
    assert.ok(message);
    await phone.lamp('1/0');
    await mail.starts();
    await node.crashAndRestart();
    assert.deepEqual(
      (await messages(node)).map(({ id }) => id),
      [message.id],
    );
    const { to, subject, attachments } = await mail.mail();
    assert.equal(to?.[0]?.address, 'owner@example.net');
    assert.match(subject ?? '', /^Voicemail from \+44 7700 900999, \d seconds$/);
    const [attached] = attachments;
    assert.deepEqual([attached?.filename, attached?.mimeType], ['voicemail.wav', 'audio/wav']);
    assert.ok(attached?.content instanceof ArrayBuffer);
    const recording = readWav(Buffer.from(attached.content));
    const told = `${recording.seconds} s in the mail, ${spokenSeconds.toFixed(2)} s spoken`;
    assert.ok(Math.abs(recording.seconds - spokenSeconds) < 0.5, told);
    assert.ok(shareAt(recording, CALLER_TONE_HZ) > 0.95, 'what was said, and nothing else');
    t.diagnostic(told);
    phone.dial(`sip:*97@${HOST}`);
    await phone.heard(CALLER_TONE_HZ, 20_000);
    phone.command('hangup');
  });

  test('a number is sent to the mobile from borrowed telephones of two makes, and then rings', async (t) => {
    const rig = createRig(t);
    const { node, carrier, caller, dial } = await network(rig, ['{ announcement: closed }']);
    await node.api('POST', '/accounts/acme/control', { do: 'confirm-mobile', number: MOBILE });
    const sipp = await Sipp.start(rig, {
      scenario: 'control-number',
      script: script('control number', [
        invites(),
        gets(200),
        says('caller', 'ACK', 1),
        ...typesByInfo(`${ID}#`, 2),
        types(`${PIN}#1`),
        says('caller', 'BYE', 99),
        hears(200),
      ]),
      target: carrier,
      keys: { called: CONTROL_NUMBER, caller: '+447700900888' },
    });
    await sipp.succeeded();
    assert.ok(await isDiverted(node), 'sipp typed a divert');
    const first = await nextCall(node, caller, dial);
    const usedSeconds = await divertedSeconds(node);
    assert.ok(usedSeconds >= 1);
    await node.crashAndRestart();
    assert.equal(await divertedSeconds(node), usedSeconds, 'what counts towards its cap is what it was');
    assert.ok(await isDiverted(node));

    await node.api('DELETE', `/numbers/${NUMBER}/divert`);
    dial(CONTROL_NUMBER);
    await caller.event('CALL_ESTABLISHED');
    await caller.types(`${ID}#${PIN}#1`);
    await until(`${NUMBER} to be diverted`, 20_000, async () => (await isDiverted(node)) || undefined);
    caller.command('hangup');
    const call = await node.attempt(CONTROL_NUMBER);
    const done = call.timeline.find(({ text }) => text.endsWith(': done'));
    const callTimeMs = Date.parse(done?.at ?? '') - Date.parse(call.startedAt);
    assert.ok(callTimeMs < 40_000);
    const second = await nextCall(node, caller, dial);
    t.diagnostic(
      `diverted ${(callTimeMs / 1_000).toFixed(1)} s into the call; the next ones rang after ${first}, ${second} ms`,
    );
  });

  test('a rehearsal rings the mobile, whose owner presses 1, and the number is ready for that', async (t) => {
    const rig = createRig(t);
    const mobile = await Baresip.start(rig, { user: MOBILE, toneHz: MOBILE_TONE_HZ, answer: 'auto' });
    const port = Number(mobile.address.split(':')[1]);
    const plan = ['{ ring: [reception], for: 20s }', `{ dial: "${MOBILE}" }`, '{ voicemail: office }'];
    const { node } = await network(rig, plan, { routes: { [MOBILE]: { port } } });
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
