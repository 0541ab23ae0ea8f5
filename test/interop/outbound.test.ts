// A phone with two flows (RFC 5626): baresip registers over both, one of them dies, and calls still arrive.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { EdgeProxy } from './peers/edge.ts';
import { Sipp } from './peers/sipp.ts';
import { UdpRelay } from './relay.ts';
import { CARRIER_HOST, createRig, type Rig } from './rig.ts';

const PROVISIONING = account(['reception'], ['{ ring: [reception], for: 20s }']);
const TRUNKS = [`{ name: carrier, address: ${CARRIER_HOST}, from: ${CARRIER_HOST} }`];

async function phone(rig: Rig, node: RingthroughNode, flows: readonly [number, number]): Promise<Baresip> {
  const { registrar } = node;
  return Baresip.start(rig, {
    user: 'reception',
    toneHz: 700,
    answer: 'auto',
    codec: 'PCMA',
    registrar,
    flows,
  });
}

/** A call from outside to the number, answered and ended by the caller; how it went, and how long it took. */
async function call(rig: Rig, node: RingthroughNode): Promise<{ attempt: Attempt; answeredAfterMs: number }> {
  const target = { host: '127.0.0.1', port: node.sipPort };
  const keys = { called: NUMBER, caller: MOBILE };
  const caller = await Sipp.start(rig, { scenario: 'caller', host: CARRIER_HOST, target, keys });
  await caller.succeeded();
  const attempt = await node.attempt(NUMBER);
  const answeredAfterMs = Date.parse(attempt.answeredAt ?? '') - Date.parse(attempt.startedAt);
  return { attempt, answeredAfterMs };
}

function tells(attempt: Attempt): string {
  return attempt.timeline.map(({ text }) => text).join('\n');
}

test('baresip over two listeners of a node: one way is cut, and the next call comes over the other', async (t) => {
  const rig = createRig(t);
  const node = await RingthroughNode.start(rig, {
    provisioning: PROVISIONING,
    trunks: TRUNKS,
    secondListener: true,
  });
  const ways = [
    await UdpRelay.start(rig, node.sipPort),
    await UdpRelay.start(rig, node.sipPort + 1),
  ] as const;
  await phone(rig, node, [ways[0].port, ways[1].port]);
  await node.flows('reception', 2, 'reachable');

  const before = await call(rig, node);
  assert.equal(before.attempt.timeline.filter(({ what }) => what === 'ringing-phone').length, 1);

  // The one that just brought a call is the one that was proven last, and so the next call's first choice.
  assert.equal(ways.filter(({ passed }) => passed.has('INVITE')).length, 1, 'one way was taken');
  const [used, other] = ways[0].passed.has('INVITE') ? ways : [ways[1], ways[0]];
  used.cut = true;
  const during = await call(rig, node);
  assert.equal(during.attempt.answeredBy, 'reception');
  assert.ok(other.passed.has('INVITE'));
  assert.ok(during.answeredAfterMs < 3_000, `${during.answeredAfterMs} ms\n${tells(during.attempt)}`);
  t.diagnostic(`answered ${during.answeredAfterMs} ms after the call came in, the first flow dead unnoticed`);

  await node.flows('reception', 1, 'unreachable');
  const after = await call(rig, node);
  assert.ok(after.answeredAfterMs < 1_000, `${after.answeredAfterMs} ms\n${tells(after.attempt)}`);
  t.diagnostic(
    `answered ${after.answeredAfterMs} ms after the call came in, the first flow known to be dead`,
  );

  // Its keepalives over UDP are STUN (RFC 5626 §4.4.2), every 29 s.
  await node.counted('stun_answered', 40_000);
});

test('baresip behind two Kamailio edge proxies: one is stopped, and calls come through the other', async (t) => {
  const rig = createRig(t);
  const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING, trunks: TRUNKS });
  const edges = [
    await EdgeProxy.start(rig, 'edge-1', { port: node.sipPort }),
    await EdgeProxy.start(rig, 'edge-2', { port: node.sipPort }),
  ] as const;
  await phone(rig, node, [edges[0].port, edges[1].port]);
  await node.flows('reception', 2, 'reachable');

  assert.equal((await call(rig, node)).attempt.answeredBy, 'reception');

  const [stopped, other] = edges[0].hasPassed('INVITE') ? edges : [edges[1], edges[0]];
  assert.equal(other.hasPassed('INVITE'), false, 'one way was taken');
  await stopped.stop();
  const { attempt, answeredAfterMs } = await call(rig, node);
  assert.deepEqual([other.hasPassed('INVITE'), other.hasPassed('BYE')], [true, true]);
  assert.equal(attempt.answeredBy, 'reception');
  assert.ok(answeredAfterMs < 3_000, `${answeredAfterMs} ms\n${tells(attempt)}`);
  t.diagnostic(`answered ${answeredAfterMs} ms after the call came in, the first proxy stopped`);
});
