// What moves a flow between lanes, and what a carrier hears for which there is no room: at the whole core.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountOf, CALLER, inOffice, NUMBER, ring, trunk } from '../../test/stories/office.ts';
import { DOMAIN, NODE, Stage } from '../../test/stories/stage.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import type { ShieldChange } from '../ports/shield.ts';
import type { Effect } from './effects.ts';

const CARRIER: Flow = { transport: 'udp', local: NODE, remote: { address: '198.51.100.1', port: 5060 } };

function from(address: string, port = 5060): Flow {
  return { transport: 'udp', local: NODE, remote: { address, port } };
}

function request(method: string, uri: string, rows: readonly string[], tag = 'far'): Buffer {
  const all = [
    `Max-Forwards: 70`,
    `From: <sip:${CALLER}@carrier-a.example>;tag=${tag}`,
    `To: <${uri}>`,
    `Call-ID: ${tag}@far.example`,
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
    ...rows,
  ];
  return Buffer.from(`${method} ${uri} SIP/2.0\r\n${all.join('\r\n')}\r\n\r\n`);
}

function sent(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [Buffer.from(effect.bytes).toString()] : []));
}

function told(effects: readonly Effect[]): readonly ShieldChange[] {
  return effects.flatMap((effect) => (effect.type === 'shield' ? effect.changes : []));
}

function isCallForHelp(stage: Stage, flow: Flow, uri: string): boolean {
  const { isCallForHelp = false } = stage.node.admit({ flow, bytes: request('INVITE', uri, []) }, stage.now);
  return isCallForHelp;
}

function laneOf(stage: Stage, flow: Flow): string {
  return stage.node.admit({ flow, bytes: Buffer.from('OPTIONS ') }, stage.now).lane;
}

describe('who is known', () => {
  test('a request without credentials, or with made-up ones, proves nothing', () => {
    const stage = new Stage([]);
    stage.start([accountOf({})]);
    const flow = from('192.0.2.66');
    const made = `Authorization: Digest username="reception", realm="${DOMAIN}", nonce="x", uri="sip:x", response="00"`;
    for (const rows of [[], [made]]) {
      const via = 'Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKx';
      const bytes = request('REGISTER', `sip:reception@${DOMAIN}`, [via, ...rows]);
      assert.deepEqual(told(stage.node.receive([{ flow, bytes }], stage.now)), []);
    }
    assert.equal(laneOf(stage, flow), 'newcomer');
  });

  const story = inOffice({ plan: [ring('reception')], registered: [] });

  story('a phone is, from the moment that its digest was right', ({ stage, reception }) => {
    assert.equal(laneOf(stage, reception.flow), 'newcomer');
    reception.registers();
    assert.equal(laneOf(stage, reception.flow), 'known');
    const elsewhere = { ...reception.flow, remote: { ...reception.flow.remote, port: 1_024 } };
    assert.equal(laneOf(stage, elsewhere), 'newcomer');
  });

  story(
    'a phone that calls for help is put before all others, and no stranger is',
    ({ stage, reception }) => {
      const { flow } = reception;
      assert.equal(isCallForHelp(stage, flow, `sip:999@${DOMAIN}`), false);
      reception.registers();
      for (const uri of [
        `sip:999@${DOMAIN}`,
        'tel:112',
        `sips:9-1-1;phone-context=x@${DOMAIN}`,
        'urn:service:sos.fire',
      ]) {
        assert.equal(isCallForHelp(stage, flow, uri), true, uri);
      }
      assert.equal(isCallForHelp(stage, flow, `sip:${NUMBER}@${DOMAIN}`), false);
      const { isCallForHelp: isIts } = stage.node.admit(
        { flow, bytes: Buffer.from('REGISTER sip:999@x SIP') },
        stage.now,
      );
      assert.equal(isIts, undefined);
    },
  );

  story('whoever forges a flow puts few packets before all others', ({ stage, reception }) => {
    reception.registers();
    const first = Array.from({ length: 40 }, () => isCallForHelp(stage, reception.flow, `sip:999@${DOMAIN}`));
    assert.equal(first.filter((isFirst) => isFirst).length, LIMITS.emergencyInvitesAtOnce);
  });

  test('phones that were registered before a restart are known at once, and a kernel hears of it', () => {
    const stage = new Stage([]);
    const flow = from('192.0.2.10');
    const binding = {
      user: 'reception',
      contact: 'sip:reception@192.0.2.10:5060',
      parameters: '',
      flow,
      path: [],
      callId: 'before',
      cseq: 4,
      q: 1_000,
      userAgent: 'desk phone',
      registeredAt: stage.now - 1_000,
      expiresAt: stage.now + 60_000,
    };
    const kept = { accounts: [accountOf({})], bindings: [binding], unfinished: [], trunkServers: [] };
    const changes = told(stage.node.start(kept, stage.now));
    assert.deepEqual(
      changes.map((change) => (change.type === 'flow' ? [change.lane, change.remote] : change.type)),
      [['known', flow.remote], 'familiar'],
    );
    assert.equal(laneOf(stage, flow), 'known');
  });
});

describe('a carrier for which there is no room', () => {
  const OC = ';oc;oc-algo="loss,rate"';

  function flooded(): Stage {
    const stage = new Stage([trunk('carrier-a', 9, { outbound: false, from: ['198.51.100.1'] })]);
    stage.start([accountOf({})]);
    for (let n = 0; n < 28_000; n++) laneOf(stage, CARRIER);
    return stage;
  }

  function turnedAway(stage: Stage, n: number, { via = '', to = '' } = {}): readonly string[] {
    const rows = [`Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK${n}${via}`, ...(to === '' ? [] : [to])];
    const bytes = request('INVITE', `sip:${NUMBER}@${DOMAIN}`, rows, `t${n}`);
    return sent(stage.node.turnAway({ flow: CARRIER, bytes }, stage.now));
  }

  test('gets 503 for a call that begins, to take it elsewhere, and may come again within seconds', () => {
    const [answer = ''] = turnedAway(flooded(), 1);
    assert.match(answer, /^SIP\/2\.0 503 /);
    assert.match(answer, /\r\nRetry-After: [1-4]\r\n/);
  });

  test('hears by how much to send less, where it goes by that (RFC 7339, RFC 7415)', () => {
    const stage = flooded();
    const [answer = ''] = turnedAway(stage, 1, { via: OC });
    assert.match(answer, /;oc=5600;oc-algo="rate";oc-validity=2000;oc-seq=\d+\.\d\d/);
    const options = request('OPTIONS', `sip:${DOMAIN}`, [
      'Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKo;oc;oc-algo="loss"',
    ]);
    const [ok = ''] = sent(stage.node.receive([{ flow: CARRIER, bytes: options }], stage.now));
    assert.match(ok, /^SIP\/2\.0 200 OK[\s\S]*\r\nVia: [^\r]*;oc=80;oc-algo="loss";oc-validity=2000/);
  });

  test('is not answered more often than is worth it', () => {
    const stage = flooded();
    const answers = Array.from({ length: 1_000 }, (_, n) => turnedAway(stage, n)).flat();
    assert.equal(answers.length, LIMITS.turnedAwayPerSecond);
  });

  test('is not answered for what is no call, cannot be read, or belongs to a call that goes on', () => {
    const stage = flooded();
    for (const bytes of [Buffer.from('OPTIONS sip:x SIP/2.0\r\n\r\n'), Buffer.from('INVITE \r\n\r\n')])
      assert.deepEqual(sent(stage.node.turnAway({ flow: CARRIER, bytes }, stage.now)), []);
    const inside = request('INVITE', `sip:${NUMBER}@${DOMAIN}`, [
      'Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKi',
    ]).toString();
    const bytes = Buffer.from(inside.replace(/^To: (.*)$/m, 'To: $1;tag=ours'));
    assert.deepEqual(sent(stage.node.turnAway({ flow: CARRIER, bytes }, stage.now)), []);
  });

  test('one that is not overloaded is told so, and one that does not ask is told nothing', () => {
    const stage = new Stage([trunk('carrier-a', 9, { outbound: false, from: ['198.51.100.1'] })]);
    stage.start([accountOf({})]);
    const answerTo = (via: string) =>
      sent(
        stage.node.receive(
          [
            {
              flow: CARRIER,
              bytes: request('OPTIONS', `sip:${DOMAIN}`, [
                `Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKq${via.length}${via}`,
              ]),
            },
          ],
          stage.now,
        ),
      )[0] ?? '';
    assert.match(answerTo(OC), /;oc=0;oc-algo="loss";oc-validity=0;/);
    assert.doesNotMatch(answerTo(''), /;oc/);
  });
});
