// A browser as a phone: Chromium and JsSIP, over WebSockets with TLS and without. Signalling only, for the node has
// no media that a browser would take; so these stories are about what becomes of the calls.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Authority, type Issued } from '../authority.ts';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { Browser, type Incoming, type PhonePageOptions, servePages } from './peers/browser.ts';
import { DemoCarrier } from './peers/demo-carrier.ts';
import { createRig, freePorts, HOST, type Rig } from './rig.ts';

const MOBILE_TONE_HZ = 440;
const PLAN = ['{ ring: [reception], for: 20s }', `{ dial: "${MOBILE}", for: 30s }`];

async function office(rig: Rig) {
  const issued = await (await Authority.create()).issue({ names: [HOST] });
  const origin = await servePages(rig);
  const browser = await Browser.start(rig, issued.certificate);
  const carrierPort = await freePorts();
  const node = await RingthroughNode.start(rig, {
    provisioning: `${account(['reception'], PLAN)}    mailboxes: [{ name: office, phones: [reception] }]`,
    trunks: [`{ name: carrier, address: "${HOST}:${carrierPort}", outbound: true }`],
    webOrigin: origin,
    tls: filesOf(rig, issued),
  });
  const phone = (over: 'ws' | 'wss', incoming: Incoming) =>
    browser.open(origin, phoneOf(node, over, incoming));
  /** A caller in the telephone network, which the carrier also leads to the mobile. */
  const telephoneNetwork = async () => {
    const routes = { '+44207946': { port: node.sipPort } };
    const carrier = await DemoCarrier.start(rig, { port: carrierPort, routes });
    const caller = await Baresip.start(rig, { user: '+447700900999', toneHz: 1_000, answer: 'manual' });
    return { caller, call: () => caller.dial(`sip:${NUMBER}@${HOST}:${carrier.port}`) };
  };
  return { node, browser, phone, telephoneNetwork };
}

function filesOf({ folder }: Rig, issued: Issued) {
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
  writeFileSync(certificate, issued.certificate);
  writeFileSync(key, issued.key, { mode: 0o600 });
  return { certificate, key };
}

function phoneOf(node: RingthroughNode, over: 'ws' | 'wss', incoming: Incoming): PhonePageOptions {
  const { password } = node.registrar;
  return { url: node.webUrl(over), user: 'reception', password, incoming };
}

describe('a browser', () => {
  test('registers with digest, is asked whether it is there, and is gone when its page closes', async (t) => {
    const rig = createRig(t);
    const { node, phone } = await office(rig);
    const page = await phone('wss', 'busy');
    await page.event('registered');
    await node.phone('reception', 'reachable', 5_000);
    const [binding] = await node.bindings('reception');
    assert.equal(binding?.transport, 'wss');
    assert.match(binding?.contact ?? '', /\.invalid;transport=ws$/);
    assert.ok((binding?.roundTripMs ?? -1) >= 0, 'it answered an OPTIONS');
    await page.asks();
    assert.equal((await page.event('answered')).status, 200);

    // It comes back by itself after kill -9 of the node.
    await node.crashAndRestart();
    await page.event('registered', 20_000);
    await node.phone('reception', 'reachable', 5_000);

    await page.closes();
    await node.phone('reception', 'unreachable', 1_000);
  });

  test('is told of its mailbox, at first without having asked, then in its subscription', async (t) => {
    const rig = createRig(t);
    const { phone } = await office(rig);
    const page = await phone('wss', 'busy');
    await page.event('registered');
    const { text } = await page.event('lamp');
    assert.match(text ?? '', /^Messages-Waiting: no\r\nMessage-Account: .*\r\nVoice-Message: 0\/0 /);
    await page.watches('reception');
    await page.event('watching');
    assert.equal((await page.event('waiting')).text, text);
    await page.watchesNoMore();
    assert.equal((await page.event('waiting')).text, text);
    assert.equal((await page.event('watched')).reason, 'timeout');
    await page.watches('workshop');
    // JsSIP's word for a refusal.
    assert.equal((await page.event('watched')).code, 2);
  });

  test('is told why its calls cannot be served, and is not let in from a page that is not listed', async (t) => {
    const rig = createRig(t);
    const { node, browser, phone } = await office(rig);
    const page = await phone('ws', 'busy');
    await page.event('registered');
    await page.calls(NUMBER);
    const failure = await page.event('failed');
    assert.equal(failure.status, 488);
    assert.equal(failure.reason, 'DTLS-SRTP Not Supported');
    assert.match(failure.warning ?? '', /^302 /);

    const stranger = await browser.open(await servePages(rig), phoneOf(node, 'ws', 'busy'));
    await stranger.event('disconnected');
    assert.equal((await node.bindings('reception')).length, 1);
  });

  test('that rejects a call, or cannot answer it, leaves nobody in silence: the mobile rings', async (t) => {
    const rig = createRig(t);
    const { node, phone, telephoneNetwork } = await office(rig);
    const { caller, call } = await telephoneNetwork();
    for (const [incoming, status] of [
      ['busy', 486],
      ['answer', 488],
    ] as const) {
      const page = await phone('wss', incoming);
      await page.event('registered');
      call();
      assert.equal((await page.event('incoming')).from, '+447700900999');
      const ended = page.event('incoming-failed');
      await caller.heard(MOBILE_TONE_HZ);
      await ended;
      caller.command('hangup');
      await page.closes();
      const attempt = await node.attempt(NUMBER);
      assert.equal(attempt.answeredBy, MOBILE);
      const at = (text: RegExp) => Date.parse(attempt.timeline.find((one) => text.test(one.text))?.at ?? '');
      const mobileMs = at(/447700900123/) - at(new RegExp(`reception.*${status}`));
      assert.ok(mobileMs < 500, `${mobileMs} ms after ${status}: ${JSON.stringify(attempt.timeline)}`);
      t.diagnostic(`${status} from the page: the mobile was tried after ${mobileMs} ms`);
      await node.phone('reception', 'unreachable', 1_000);
    }
  });
});
