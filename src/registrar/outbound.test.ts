// What RFC 5626, RFC 3327 and RFC 5627 add to the registrar: flows of one device, the proxies before it, and its
// own address.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import type { RegisterOutcome } from './outcome.ts';
import { Registrar } from './registrar.ts';

const T = 1_790_000_000_000;
const SECOND = 1_000;
const DESK = 'urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF';
const APP = 'urn:uuid:00000000-0000-1000-8000-000000000001';
const EDGE = '<sip:token@edge.example.net;lr;ob>';
const VIA = 'SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK';

type Row = readonly [name: string, value: string];
interface Asked {
  readonly contact: string | readonly string[];
  readonly port?: number;
  readonly callId?: string;
  readonly rows?: readonly Row[];
  readonly vias?: number;
  readonly flow?: Flow;
  readonly at?: number;
  readonly devicesMax?: number;
}

function udp(port: number): Flow {
  return {
    transport: 'udp',
    local: { address: '203.0.113.1', port: 5060 },
    remote: { address: '203.0.113.9', port },
  };
}

const TCP: Flow = { ...udp(51_000), transport: 'tcp', connectionId: 't1' };

class Scene {
  readonly registrar = new Registrar({
    random: { fraction: () => 0, bytes: (count) => new Uint8Array(count) },
    domain: 'voice.example.net',
  });
  #cseq = 0;

  send(asked: Asked): RegisterOutcome {
    const contacts = typeof asked.contact === 'string' ? [asked.contact] : asked.contact;
    const request = new SipRequest(
      'REGISTER',
      'sip:voice.example.net',
      Headers.of([
        ...Array.from({ length: asked.vias ?? 1 }, (_, index): Row => ['Via', `${VIA}${index}`]),
        ['Call-ID', asked.callId ?? 'c1'],
        ['CSeq', `${++this.#cseq} REGISTER`],
        ['Expires', '600'],
        ...contacts.map((value): Row => ['Contact', value]),
        ...(asked.rows ?? [['Supported', 'path, outbound, gruu']]),
      ]),
    );
    const limits = { bindingsPerPhoneMax: asked.devicesMax ?? 2 };
    const flow = asked.flow ?? udp(asked.port ?? 40_001);
    return this.registrar.register('reception', request, flow, limits, asked.at ?? T);
  }

  get contacts(): readonly string[] {
    return this.registrar
      .lookup('reception')
      .map(({ binding, regId }) => `${binding.contact} ${regId ?? '-'} ${binding.flow.remote.port}`)
      .sort();
  }
}

function flow(regId: number | string, instance = DESK, uri = 'sip:reception@192.0.2.2:5060'): string {
  return `<${uri}>;reg-id=${regId};+sip.instance="<${instance}>"`;
}

function header(outcome: RegisterOutcome, name: string): string | undefined {
  return outcome.headers.find(([header]) => header === name)?.[1];
}

describe('flows of one device (RFC 5626 §6)', () => {
  test('live side by side, though their Contact is the same', () => {
    const scene = new Scene();
    scene.send({ contact: flow(1), port: 40_001 });
    scene.send({ contact: flow(2), port: 40_002, callId: 'c2' });
    assert.deepEqual(scene.contacts, [
      'sip:reception@192.0.2.2:5060 1 40001',
      'sip:reception@192.0.2.2:5060 2 40002',
    ]);
    const devices = scene.registrar.lookup('reception').map(({ device }) => device);
    assert.deepEqual(devices, [DESK.toLowerCase(), DESK.toLowerCase()]);
  });

  test('are known by instance and reg-id: another Contact of the same flow replaces it', () => {
    const scene = new Scene();
    scene.send({ contact: flow(1) });
    const [before] = scene.registrar.lookup('reception');
    const moved = scene.send({
      contact: flow(1, DESK.toUpperCase().replace('URN:UUID', 'urn:uuid'), 'sip:reception@192.0.2.77:5099'),
      port: 40_009,
      callId: 'after a restart',
    });
    assert.equal(moved.status, 200);
    assert.deepEqual(scene.contacts, ['sip:reception@192.0.2.77:5099 1 40009']);
    assert.equal(scene.registrar.lookup('reception')[0]?.key, before?.key, 'it is the same flow');
  });

  test('of two devices with one private address are not each other’s', () => {
    const scene = new Scene();
    scene.send({ contact: flow(1, DESK, 'sip:reception@192.168.1.5:5060'), port: 1 });
    scene.send({ contact: flow(1, APP, 'sip:reception@192.168.1.5:5060'), port: 2, callId: 'c2' });
    assert.equal(scene.contacts.length, 2);
  });

  test('survive the restart of another: a new Call-ID from the same host is no ghost', () => {
    const scene = new Scene();
    scene.send({ contact: flow(1), port: 40_001 });
    scene.send({ contact: flow(2), port: 40_001, callId: 'another' });
    assert.equal(scene.contacts.length, 2);
  });

  test('that end are removed alone', () => {
    const scene = new Scene();
    scene.send({ contact: flow(1), port: 40_001 });
    scene.send({ contact: flow(2), port: 40_002, callId: 'c2' });
    scene.send({ contact: `${flow(1)};expires=0` });
    assert.deepEqual(scene.contacts, ['sip:reception@192.0.2.2:5060 2 40002']);
  });

  test('reg-id without an instance, or that is no number from 1 to 2^31 - 1, is ignored', () => {
    for (const contact of [
      '<sip:reception@192.0.2.2:5060>;reg-id=1',
      '<sip:reception@192.0.2.2:5060>;reg-id=1;+sip.instance="no urn"',
      flow('0'),
      flow('x'),
      flow('2147483648'),
    ]) {
      const scene = new Scene();
      const outcome = scene.send({ contact });
      assert.equal(outcome.status, 200);
      assert.equal(header(outcome, 'Require'), undefined, contact);
      assert.deepEqual(scene.contacts, ['sip:reception@192.0.2.2:5060 - 40001']);
    }
  });

  test('come one at a time: two in one REGISTER are a bad request, one and the end of another are not', () => {
    const scene = new Scene();
    assert.equal(scene.send({ contact: [flow(1), flow(2)] }).status, 400);
    assert.equal(scene.send({ contact: [flow(1), `${flow(2)};expires=0`] }).status, 200);
  });

  test('are restored as flows of their device', () => {
    const scene = new Scene();
    scene.send({ contact: flow(1), port: 40_001 });
    scene.send({ contact: flow(2), port: 40_002, callId: 'c2' });
    const after = new Scene();
    after.registrar.restore(scene.registrar.bindingsOf('reception'), T + SECOND);
    assert.deepEqual(after.contacts, scene.contacts);
    after.send({ contact: flow(1), port: 40_007, callId: 'c3', at: T + 2 * SECOND });
    assert.deepEqual(after.contacts, [
      'sip:reception@192.0.2.2:5060 1 40007',
      'sip:reception@192.0.2.2:5060 2 40002',
    ]);
  });
});

describe('what the phone is told', () => {
  test('that outbound was applied, and how often to send keepalives over a connection', () => {
    const outcome = new Scene().send({ contact: flow(1), flow: TCP });
    assert.equal(header(outcome, 'Require'), 'outbound');
    assert.equal(header(outcome, 'Flow-Timer'), '120');
    assert.equal(header(outcome, 'Supported'), 'path, outbound, gruu');
    assert.ok(LIMITS.flowTimerMs < LIMITS.connectionIdleMs, 'an idle connection outlives its keepalives');
  });

  test('over UDP no Flow-Timer: its NAT needs more than that', () => {
    const outcome = new Scene().send({ contact: flow(1) });
    assert.deepEqual([header(outcome, 'Require'), header(outcome, 'Flow-Timer')], ['outbound', undefined]);
  });

  test('nothing of outbound, where it did not say that it supports it, or registered no flow', () => {
    const scene = new Scene();
    const silent = scene.send({ contact: flow(1), rows: [] });
    const plain = scene.send({ contact: '<sip:reception@192.0.2.3>' });
    assert.deepEqual([header(silent, 'Require'), header(plain, 'Require')], [undefined, undefined]);
  });

  test('its public GRUU, on each Contact with an instance, where it supports that (RFC 5627 §5.3)', () => {
    const scene = new Scene();
    scene.send({ contact: '<sip:reception@192.0.2.3>' });
    const outcome = scene.send({ contact: `<sip:reception@192.0.2.2>;+sip.instance="<${DESK}>"` });
    const contacts = outcome.headers.filter(([name]) => name === 'Contact').map(([, value]) => value);
    const gruu = `;pub-gruu="sip:reception@voice.example.net;gr=${DESK.toLowerCase()}"`;
    assert.deepEqual(
      contacts.map((value) => value.includes(gruu)),
      [false, true],
    );
    const unaware = scene.send({ contact: `<sip:reception@192.0.2.2>;+sip.instance="<${DESK}>"`, rows: [] });
    assert.ok(!unaware.headers.some(([, value]) => value.includes('gruu=')));
  });
});

describe('a phone behind proxies (RFC 3327, RFC 5626 §6)', () => {
  const outbound: Row = ['Supported', 'outbound'];

  test('registers flows where the one nearest to it keeps them: ob in its Path', () => {
    const outer: Row = ['Path', '<sip:core.example.net;lr>'];
    const scene = new Scene();
    const outcome = scene.send({ contact: flow(1), vias: 3, rows: [outbound, outer, ['Path', EDGE]] });
    assert.equal(header(outcome, 'Require'), 'outbound');
    assert.deepEqual(scene.registrar.lookup('reception')[0]?.binding.path, [
      '<sip:core.example.net;lr>',
      EDGE,
    ]);
  });

  test('is promised no outbound where it does not, and registered all the same', () => {
    for (const path of [[], [['Path', '<sip:edge.example.net;lr>'] as const]]) {
      const outcome = new Scene().send({ contact: flow(1), vias: 2, rows: [outbound, ...path] });
      assert.deepEqual([outcome.status, header(outcome, 'Require')], [200, undefined]);
    }
  });

  test('gets 439 where it requires outbound', () => {
    const scene = new Scene();
    const outcome = scene.send({ contact: flow(1), vias: 2, rows: [['Require', 'outbound']] });
    assert.deepEqual([outcome.status, outcome.reason], [439, 'First Hop Lacks Outbound Support']);
    assert.deepEqual(scene.contacts, []);
  });

  test('need not say that it supports Path; it gets it back', () => {
    const outcome = new Scene().send({ contact: flow(1), vias: 2, rows: [['Path', EDGE]] });
    assert.deepEqual([outcome.status, header(outcome, 'Path')], [200, EDGE]);
  });

  test('with a Path that is no route, or too long a one, is refused and not bound', () => {
    const tooMany = Array.from({ length: LIMITS.pathValuesMax + 1 }, (): Row => ['Path', EDGE]);
    const tooLong: Row = ['Path', `<sip:${'x'.repeat(LIMITS.tokenBytesMax)}@edge.example.net;lr>`];
    for (const rows of [
      tooMany,
      [tooLong],
      [['Path', 'nonsense'] as const],
      [['Path', '<tel:+44>'] as const],
    ]) {
      const scene = new Scene();
      assert.equal(scene.send({ contact: flow(1), vias: 2, rows }).status, 400);
      assert.deepEqual(scene.contacts, []);
    }
  });
});

describe('how many', () => {
  test('devices are counted, not flows', () => {
    const scene = new Scene();
    for (const [port, contact] of [flow(1), flow(2), flow(1, APP), flow(2, APP)].entries()) {
      assert.equal(scene.send({ contact, port, callId: `c${port}` }).status, 200);
    }
    const third = scene.send({ contact: '<sip:reception@192.0.2.9>', port: 9, callId: 'c9' });
    assert.deepEqual([third.status, third.reason], [403, 'Too Many Contacts']);
    assert.equal(scene.contacts.length, 4);
  });

  test('a whole device gives way when the last of its flows is lost', () => {
    const scene = new Scene();
    for (const [port, contact] of [flow(1), flow(2), flow(1, APP)].entries()) {
      scene.send({ contact, port, callId: `c${port}` });
    }
    const desk = scene.registrar.lookup('reception').filter(({ device }) => device === DESK.toLowerCase());
    scene.registrar.noSignOfLife(desk[0]?.key ?? '', T + SECOND);
    const third = { contact: '<sip:reception@192.0.2.9>', port: 9, callId: 'c9', at: T + SECOND };
    assert.equal(scene.send(third).status, 403);
    scene.registrar.noSignOfLife(desk[1]?.key ?? '', T + SECOND);
    assert.equal(scene.send(third).status, 200);
    assert.deepEqual(scene.contacts, ['sip:reception@192.0.2.2:5060 1 2', 'sip:reception@192.0.2.9 - 9']);
  });

  test('a device has few flows: a lost one gives way to a new one, a living one does not', () => {
    const scene = new Scene();
    for (let regId = 1; regId <= LIMITS.flowsPerDeviceMax; regId++) {
      assert.equal(scene.send({ contact: flow(regId), port: regId, callId: `c${regId}` }).status, 200);
    }
    const more = { contact: flow(99), port: 99, callId: 'c99', at: T + SECOND };
    assert.equal(scene.send(more).reason, 'Too Many Flows Of One Device');
    const lost = scene.registrar.lookup('reception').find(({ regId }) => regId === 2);
    scene.registrar.noSignOfLife(lost?.key ?? '', T + SECOND);
    assert.equal(scene.send(more).status, 200);
    const regIds = scene.registrar.lookup('reception').map(({ regId }) => regId);
    assert.deepEqual(regIds.sort(), [1, 3, 4, 99]);
  });
});
