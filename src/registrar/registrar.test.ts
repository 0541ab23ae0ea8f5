// The registrar's stories: what phones send, what they get, and what is known of them afterwards.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../base/net.ts';
import type { Binding } from '../ports/records.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import type { RegisterOutcome } from './outcome.ts';
import { Registrar, type RegistrarOptions } from './registrar.ts';

const T = 1_790_000_000_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DESK = '<sip:reception@192.0.2.7:5060>';
const LIMITS = { bindingsPerPhoneMax: 3 };

/** Always the same fraction: deadlines fall where the test expects them. */
function newRegistrar(options: Partial<RegistrarOptions> = {}): Registrar {
  return new Registrar({
    random: { fraction: () => 0, bytes: (count) => new Uint8Array(count) },
    ...options,
  });
}

function udp(address = '203.0.113.9', port = 40_001): Flow {
  return { transport: 'udp', local: { address: '203.0.113.1', port: 5060 }, remote: { address, port } };
}

function tcp(connectionId: string, address = '192.0.2.7', port = 51_000): Flow {
  return { ...udp(address, port), transport: 'tcp', connectionId };
}

let registers = 0;
interface Register {
  readonly contact?: string | readonly string[];
  readonly expires?: number | string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly more?: readonly (readonly [string, string])[];
}

function register({
  contact = [],
  expires,
  callId = 'c1',
  cseq = ++registers,
  more = [],
}: Register): SipRequest {
  const contacts = typeof contact === 'string' ? [contact] : contact;
  return new SipRequest(
    'REGISTER',
    'sip:voice.example.net',
    Headers.of([
      ['From', '<sip:reception@voice.example.net>;tag=1'],
      ['To', '<sip:reception@voice.example.net>'],
      ['Call-ID', callId],
      ['CSeq', `${cseq} REGISTER`],
      ...contacts.map((value) => ['Contact', value] as const),
      ...(expires === undefined ? [] : [['Expires', String(expires)] as const]),
      ...more,
    ]),
  );
}

interface Sent extends Register {
  readonly user?: string;
  readonly flow?: Flow;
  readonly at?: number;
}

function send(registrar: Registrar, sent: Sent): RegisterOutcome {
  return registrar.register(
    sent.user ?? 'reception',
    register(sent),
    sent.flow ?? udp(),
    LIMITS,
    sent.at ?? T,
  );
}

function headersOf(outcome: RegisterOutcome, name: string): readonly string[] {
  return outcome.headers.filter(([header]) => header === name).map(([, value]) => value);
}

function contacts(registrar: Registrar, user = 'reception'): readonly string[] {
  return registrar.bindingsOf(user).map(({ contact }) => contact);
}

describe('a phone registers', () => {
  test('and is bound to the flow it came over, until the interval it asked for has passed', () => {
    const registrar = newRegistrar();
    const outcome = send(registrar, {
      contact: `${DESK};+sip.instance="<urn:uuid:1>";q=0.5;expires=120`,
      callId: 'boot1',
      cseq: 7,
      more: [['User-Agent', 'Desk 1.0']],
    });
    assert.equal(outcome.status, 200);
    assert.equal(outcome.changed, true);
    const [binding] = registrar.bindingsOf('reception');
    assert.deepEqual(binding, {
      user: 'reception',
      contact: 'sip:reception@192.0.2.7:5060',
      parameters: ';+sip.instance="<urn:uuid:1>"',
      flow: udp(),
      path: [],
      callId: 'boot1',
      cseq: 7,
      q: 500,
      userAgent: 'Desk 1.0',
      registeredAt: T,
      expiresAt: T + 2 * MINUTE,
    } satisfies Binding);
    assert.deepEqual(outcome.added, [binding]);
    assert.deepEqual(headersOf(outcome, 'Contact'), [
      '<sip:reception@192.0.2.7:5060>;q=0.5;+sip.instance="<urn:uuid:1>";expires=120',
    ]);
    assert.deepEqual(headersOf(outcome, 'Date'), ['Mon, 21 Sep 2026 14:13:20 GMT']);
  });

  test('and after that interval it is gone, which is told so that the store forgets it too', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: DESK, expires: 60 });
    const before = registrar.expire(T + 59_999);
    assert.ok(before.every(({ type }) => type !== 'expired'));
    const effects = registrar.expire(T + MINUTE);
    assert.deepEqual(
      effects.filter(({ type }) => type === 'expired'),
      [{ type: 'expired', user: 'reception', bindings: [] }],
    );
    assert.deepEqual([registrar.size, registrar.nextDeadline()], [0, undefined]);
  });

  test('without naming an interval it gets the default, naming a long one the maximum', () => {
    for (const [sent, seconds] of [
      [{ contact: DESK }, '300'],
      [{ contact: DESK, expires: 7_200 }, '3600'],
      [{ contact: DESK, expires: 99_999_999_999 }, '3600'],
      [{ contact: `${DESK};expires=90`, expires: 200 }, '90'],
      [{ contact: `${DESK};expires=soon` }, '3600'],
      [{ contact: DESK, expires: 'soon' }, '3600'],
    ] as const) {
      const outcome = send(newRegistrar(), sent);
      assert.deepEqual(headersOf(outcome, 'Contact'), [`${DESK};expires=${seconds}`]);
    }
  });

  test('an interval too brief is answered 423 with the least that is taken, and binds nothing', () => {
    const registrar = newRegistrar();
    const outcome = send(registrar, { contact: [DESK, '<sip:b@192.0.2.8>;expires=59'] });
    assert.deepEqual([outcome.status, outcome.reason, outcome.changed], [423, 'Interval Too Brief', false]);
    assert.deepEqual(outcome.headers, [['Min-Expires', '60']]);
    assert.equal(registrar.size, 0);
  });

  test('a refresh keeps the binding, its key and its age', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: DESK });
    const [before] = registrar.lookup('reception');
    const outcome = send(registrar, { contact: DESK, at: T + 4 * MINUTE, flow: udp('203.0.113.9', 40_002) });
    const [after] = registrar.lookup('reception');
    assert.deepEqual([outcome.changed, outcome.added], [true, []]);
    assert.equal(after?.key, before?.key);
    assert.equal(after?.binding.registeredAt, T);
    assert.equal(after?.binding.flow.remote.port, 40_002);
    assert.equal(after?.binding.expiresAt, T + 9 * MINUTE);
  });

  test('a query changes nothing and lists what is bound, with the time that is left', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: [DESK, '<sip:b@192.0.2.8>'] });
    const outcome = send(registrar, { at: T + 10_500 });
    assert.equal(outcome.changed, false);
    assert.deepEqual(headersOf(outcome, 'Contact'), [`${DESK};expires=289`, '<sip:b@192.0.2.8>;expires=289']);
  });

  test('Path is kept with the binding and given back (RFC 3327)', () => {
    const registrar = newRegistrar();
    const path = ['<sip:edge.example.net;lr>', '<sip:inner.example.net;lr>'];
    const outcome = send(registrar, { contact: DESK, more: [['Path', path.join(', ')]] });
    assert.deepEqual(registrar.bindingsOf('reception')[0]?.path, path);
    assert.deepEqual(headersOf(outcome, 'Path'), path);
    assert.deepEqual(headersOf(send(registrar, {}), 'Path'), []);
  });
});

describe('a phone unregisters', () => {
  test('one contact by expires=0, the others stay', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: [DESK, '<sip:b@192.0.2.8>'] });
    const outcome = send(registrar, { contact: `${DESK};expires=0` });
    assert.deepEqual(contacts(registrar), ['sip:b@192.0.2.8']);
    assert.deepEqual([outcome.changed, outcome.removed.length], [true, 1]);
  });

  test('what was never bound, which is fine and changes nothing', () => {
    const outcome = send(newRegistrar(), { contact: DESK, expires: 0 });
    assert.deepEqual([outcome.status, outcome.changed], [200, false]);
  });

  test('everything by the wildcard, its own and other phones of the same user', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: DESK, callId: 'a', cseq: 5 });
    send(registrar, { contact: '<sip:b@192.0.2.8>', callId: 'b', cseq: 900, flow: udp('203.0.113.8') });
    send(registrar, { contact: '<sip:w@192.0.2.9>', user: 'workshop' });
    assert.equal(send(registrar, { contact: '*', expires: 0, callId: 'a', cseq: 6 }).status, 200);
    assert.deepEqual([contacts(registrar), contacts(registrar, 'workshop').length], [[], 1]);
  });

  test('a wildcard with any other expiry, or beside a contact, is refused', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: DESK });
    for (const sent of [
      { contact: '*' },
      { contact: '*', expires: 60 },
      { contact: '*', expires: 'soon' },
      { contact: ['*', DESK], expires: 0 },
      { contact: '*;expires=0' },
    ]) {
      assert.equal(send(registrar, sent).status, 400, JSON.stringify(sent));
    }
    assert.equal(registrar.size, 1);
  });
});

describe('order and identity', () => {
  test('an old or equal CSeq of the same Call-ID changes nothing, not even the contacts that would do', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: DESK, callId: 'a', cseq: 5 });
    for (const cseq of [4, 5]) {
      const outcome = send(registrar, {
        contact: ['<sip:b@192.0.2.8>', DESK],
        expires: 60,
        callId: 'a',
        cseq,
      });
      assert.deepEqual([outcome.status, outcome.reason], [500, 'REGISTER Out Of Order']);
      assert.equal(send(registrar, { contact: '*', expires: 0, callId: 'a', cseq }).status, 500);
      assert.equal(send(registrar, { contact: DESK, expires: 0, callId: 'a', cseq }).status, 500);
    }
    assert.deepEqual(contacts(registrar), ['sip:reception@192.0.2.7:5060']);
  });

  test('a phone that started anew, with another Call-ID, may count from 1, and is as old as that', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: DESK, callId: 'a', cseq: 5_000 });
    assert.equal(send(registrar, { contact: DESK, callId: 'b', cseq: 1, at: T + MINUTE }).status, 200);
    assert.equal(registrar.bindingsOf('reception')[0]?.registeredAt, T + MINUTE);
  });

  test('contacts are the same when their URIs are (RFC 3261 §19.1.4), not when they look alike', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: '<sip:alice@Desk.Example.net:5060>' });
    send(registrar, { contact: '<sip:%61lice@desk.example.NET:5060>' });
    assert.deepEqual(contacts(registrar), ['sip:%61lice@desk.example.NET:5060']);
    send(registrar, { contact: '<sip:alice@desk.example.net>' });
    assert.equal(registrar.size, 2);
  });

  test('two contacts that both equal a third, but not each other, stay two', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: '<sip:a@192.0.2.7>' });
    send(registrar, { contact: ['<sip:a@192.0.2.7;line=1>', '<sip:a@192.0.2.7;line=2>'] });
    assert.deepEqual(contacts(registrar), ['sip:a@192.0.2.7;line=1', 'sip:a@192.0.2.7;line=2']);
    send(registrar, { contact: '<sip:a@192.0.2.7;line=2>;expires=0' });
    assert.deepEqual(contacts(registrar), ['sip:a@192.0.2.7;line=1']);
  });

  test('a contact named twice in one REGISTER counts once, as the last word says', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: [`${DESK};expires=60`, `${DESK};expires=120`] });
    assert.deepEqual(
      registrar.bindingsOf('reception').map(({ expiresAt }) => expiresAt),
      [T + 2 * MINUTE],
    );
  });

  test('a restarted softphone takes the place of its former self, another instance does not', () => {
    const registrar = newRegistrar();
    const start = (port: number, instance: string, more = '') =>
      send(registrar, {
        contact: `<sip:r${port}@192.0.2.7:${port}>;+sip.instance="<urn:uuid:${instance}>"${more}`,
        callId: `boot${port}`,
        flow: udp('203.0.113.9', port),
      });
    start(40_001, 'aa');
    const outcome = start(40_002, 'AA');
    assert.deepEqual([outcome.added.length, outcome.removed.length], [1, 1]);
    start(40_003, 'bb');
    assert.deepEqual(contacts(registrar), ['sip:r40002@192.0.2.7:40002', 'sip:r40003@192.0.2.7:40003']);
    start(40_004, 'bb', ';reg-id=2');
    assert.equal(registrar.size, 3);
  });

  test('a phone restarted on the same socket replaces what it left there, whatever its contact is now', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: '<sip:reception-0x5558@192.0.2.7>', callId: 'boot1' });
    send(registrar, { contact: '<sip:other@192.0.2.8>', callId: 'other', flow: udp('203.0.113.8') });
    const outcome = send(registrar, { contact: '<sip:reception-0x55b9@192.0.2.7>', callId: 'boot2' });
    assert.deepEqual([outcome.added.length, outcome.removed.length], [1, 1]);
    assert.deepEqual(contacts(registrar), ['sip:other@192.0.2.8', 'sip:reception-0x55b9@192.0.2.7']);
  });

  test('and so does one on TCP, whose new connection has another port, by the socket that it listens on', () => {
    const registrar = newRegistrar();
    const start = (callId: string, flow: Flow) =>
      send(registrar, { contact: `<sip:${callId}@192.0.2.7:5060;transport=tcp>`, callId, flow });
    start('boot1', tcp('t1'));
    start('elsewhere', tcp('t2', '198.51.100.4'));
    start('udp', udp('192.0.2.7'));
    assert.equal(
      start('boot2', { ...tcp('t3'), remote: { address: '192.0.2.7', port: 51_001 } }).removed.length,
      1,
    );
    assert.equal(registrar.size, 3);
  });

  test('two contacts of one phone on one socket stay, and so do two phones behind one proxy', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: '<sip:line1@192.0.2.7>', callId: 'boot' });
    send(registrar, { contact: '<sip:line2@192.0.2.7>', callId: 'boot' });
    assert.equal(registrar.size, 2);
    for (const more of [
      [['Path', '<sip:edge.example.net;lr>']],
      [['Via', 'SIP/2.0/UDP edge.example.net, SIP/2.0/UDP 192.168.1.5']],
    ] as const) {
      const proxied = newRegistrar();
      send(proxied, { contact: '<sip:a@192.168.1.5>', callId: 'a', more });
      send(proxied, { contact: '<sip:b@192.168.1.6>', callId: 'b', more });
      assert.equal(proxied.size, 2);
    }
  });

  test('contacts that nothing could be sent to are refused', () => {
    const registrar = newRegistrar();
    for (const contact of [
      '<tel:+442079460000>',
      '<mailto:a@b.example>',
      '<sip:>',
      'sip',
      `<sip:${'a'.repeat(2_000)}@192.0.2.7>`,
      Array.from({ length: 33 }, (_, n) => `<sip:a@192.0.2.${n}>`),
    ]) {
      assert.equal(
        send(registrar, { contact: typeof contact === 'string' ? [DESK, contact] : contact }).status,
        400,
      );
    }
    assert.equal(registrar.size, 0);
  });

  test('a senseless q keeps no phone from its calls', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: `${DESK};q=often` });
    assert.equal(registrar.bindingsOf('reception')[0]?.q, 1_000);
  });
});

describe('limits', () => {
  test('a phone with too many contacts is refused, and may still refresh those it has', () => {
    const registrar = newRegistrar();
    const all = [1, 2, 3].map((n) => `<sip:r@192.0.2.${n}>`);
    assert.equal(send(registrar, { contact: all }).status, 200);
    const outcome = send(registrar, { contact: '<sip:r@192.0.2.4>' });
    assert.deepEqual([outcome.status, outcome.reason], [403, 'Too Many Contacts']);
    assert.equal(send(registrar, { contact: all }).status, 200);
  });

  test('a contact that does not answer any more gives way to a new one', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: [1, 2, 3].map((n) => `<sip:r@192.0.2.${n}>`) });
    const [, second, third] = registrar.lookup('reception');
    registrar.noSignOfLife(third?.key ?? '', T + 1);
    registrar.noSignOfLife(second?.key ?? '', T + 2);
    assert.equal(send(registrar, { contact: '<sip:r@192.0.2.4>', at: T + 3 }).status, 200);
    assert.deepEqual(registrar.bindingsOf('reception').length, 3);
    assert.ok(!registrar.bindingsOf('reception').some(({ contact }) => contact === third?.binding.contact));
  });

  test('a full node answers 503 with Retry-After to new phones, and keeps the ones it has', () => {
    const registrar = newRegistrar({ bindingsMax: 1 });
    send(registrar, { contact: DESK });
    const outcome = send(registrar, { contact: '<sip:w@192.0.2.9>', user: 'workshop' });
    assert.equal(outcome.status, 503);
    assert.deepEqual(headersOf(outcome, 'Retry-After'), ['30']);
    assert.equal(send(registrar, { contact: DESK }).status, 200);
  });
});

describe('looking up', () => {
  test('contacts come by preference, then the newest first', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: '<sip:old@192.0.2.1>', callId: 'a', flow: udp('192.0.2.1') });
    send(registrar, {
      contact: '<sip:last@192.0.2.2>;q=0.1',
      callId: 'b',
      flow: udp('192.0.2.2'),
      at: T + 1,
    });
    send(registrar, { contact: '<sip:new@192.0.2.3>', callId: 'c', flow: udp('192.0.2.3'), at: T + 2 });
    assert.deepEqual(
      registrar.lookup('reception').map(({ binding }) => binding.contact),
      ['sip:new@192.0.2.3', 'sip:old@192.0.2.1', 'sip:last@192.0.2.2'],
    );
    assert.deepEqual([...registrar.all()].length, 3);
    assert.deepEqual(registrar.lookup('nobody'), []);
  });

  test('a removed customer is nowhere to be found, and leaves no deadline', () => {
    const registrar = newRegistrar();
    send(registrar, { contact: [DESK, '<sip:b@192.0.2.8>'] });
    registrar.removeUser('reception');
    assert.deepEqual(
      [registrar.size, registrar.lookup('reception'), registrar.nextDeadline()],
      [0, [], undefined],
    );
    assert.deepEqual(registrar.signOfLife(udp(), T + 1), []);
  });
});

describe('after a restart', () => {
  function restarted(flow: Flow, contact: string, more: Partial<Binding> = {}): Registrar {
    const before = newRegistrar();
    send(before, { contact, flow });
    const after = newRegistrar();
    after.restore(
      before.bindingsOf('reception').map((binding) => ({ ...binding, ...more })),
      T + MINUTE,
    );
    return after;
  }

  test('phones need not register again: what has not expired is there, and asked whether it answers', () => {
    const registrar = restarted(udp(), DESK);
    assert.deepEqual(contacts(registrar), ['sip:reception@192.0.2.7:5060']);
    assert.equal(registrar.lookup('reception')[0]?.reachability, 'unknown');
    assert.deepEqual(
      registrar.expire(T + MINUTE + 20 * SECOND).map(({ type }) => type),
      ['probe'],
    );
  });

  test('what expired meanwhile is not restored', () => {
    assert.equal(restarted(udp(), DESK, { expiresAt: T + MINUTE }).size, 0);
  });

  test('probes of restored phones are spread over the interval', () => {
    let drawn = 0;
    const fraction = () => ++drawn / 100;
    const registrar = newRegistrar({ random: { fraction, bytes: (count) => new Uint8Array(count) } });
    const before = newRegistrar();
    for (let n = 0; n < 100; n++) send(before, { contact: DESK, user: `u${n}`, expires: 600 });
    const bindings = [...before.all()].map(({ binding }) => binding);
    registrar.restore(bindings, T);
    const asked = new Set<string>();
    const probesPerSecond = Array.from({ length: 20 }, (_, second) =>
      registrar.expire(T + second * SECOND + 999),
    )
      .map((effects) =>
        effects.filter(
          (effect) => effect.type === 'probe' && !asked.has(effect.key) && asked.add(effect.key),
        ),
      )
      .map(({ length }) => length);
    assert.equal(Math.max(...probesPerSecond), 5);
  });

  test('a TCP phone behind a NAT is unreachable until it connects again, and is not pestered', () => {
    const registrar = restarted(
      tcp('old-7', '203.0.113.9'),
      '<sip:reception@192.168.1.5:5060;transport=tcp>',
    );
    const [found] = registrar.lookup('reception');
    assert.equal(found?.reachability, 'unreachable');
    assert.deepEqual(registrar.expire(T + 3 * MINUTE), []);
    // The NAT has given its port to another device by now.
    assert.deepEqual(registrar.signOfLife(tcp('other-3', '203.0.113.9'), T + 3 * MINUTE), []);
    assert.equal(registrar.lookup('reception')[0]?.binding.flow.connectionId, 'old-7');
    send(registrar, {
      contact: '<sip:reception@192.168.1.5:5060;transport=tcp>',
      flow: tcp('new-1'),
      at: T + 3 * MINUTE,
    });
    assert.equal(registrar.lookup('reception')[0]?.reachability, 'reachable');
  });

  test('a TCP phone whose Contact is its own address is tried there over a new connection', () => {
    const registrar = restarted(tcp('old-7'), '<sip:reception@192.0.2.7:5062;transport=tcp>');
    const [found] = registrar.lookup('reception');
    assert.equal(found?.reachability, 'unknown');
    assert.deepEqual(found?.binding.flow, {
      transport: 'tcp',
      local: { address: '203.0.113.1', port: 5060 },
      remote: { address: '192.0.2.7', port: 5062 },
    });
  });
});
