import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import type { Destination, Flow } from '../base/net.ts';
import type { TrunkSettings } from '../ports/records.ts';
import { createResponse } from '../sip/message/compose.ts';
import { PROBING } from './health.ts';
import type { TrunkEffect, TrunkRequest } from './trunk.ts';
import { Trunks } from './trunks.ts';

const hashing = { md5Hex: () => '', sha256Hex: () => '', hmacSha256Hex: () => '' };
const A = { transport: 'udp', address: '198.51.100.1', port: 5060 } as const;
const A2 = { transport: 'udp', address: '198.51.100.2', port: 5060 } as const;
const B = { transport: 'udp', address: '203.0.113.1', port: 5060 } as const;

function trunk(name: string, changes: Partial<TrunkSettings> = {}): TrunkSettings {
  return {
    name,
    target: { host: `sip.${name}.example`, port: 5060, transport: 'udp' },
    from: [],
    inbound: true,
    outbound: true,
    order: 1,
    weight: 1,
    country: 'GB',
    numberFormat: 'e164',
    callsMax: 100,
    ...changes,
  };
}

/** A linear congruential generator: fair enough to share calls by weight. */
function newTrunks(...settings: readonly TrunkSettings[]): Trunks {
  let state = 1;
  return new Trunks(settings, {
    now: 0,
    domain: 'voice.example.net',
    userAgent: 'Ringthrough',
    advertised: () => ({ address: '192.0.2.1', port: 5060 }),
    hashing,
    random: {
      bytes: (count) => new Uint8Array(count),
      fraction: () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      },
    },
  });
}

function from(address: string, port = 5060, transport: 'udp' | 'tcp' | 'tls' = 'udp'): Flow {
  return { transport, local: { address: '192.0.2.1', port: 5060 }, remote: { address, port } };
}

function requests(effects: readonly TrunkEffect[]): readonly TrunkRequest[] {
  return effects.filter((effect) => effect.type === 'request');
}

function onlyRequest(effects: readonly TrunkEffect[]): TrunkRequest {
  const [first, ...more] = requests(effects);
  assert.equal(more.length, 0);
  return present(first, 'a request');
}

function healthTold(effects: readonly TrunkEffect[]): readonly string[] {
  return effects.filter((effect) => effect.type === 'health').map(({ name, health }) => `${name} ${health}`);
}

/** Every probe due is answered 200 after 10 ms, except those to `dead`. */
function live(trunks: Trunks, fromMs: number, toMs: number, dead: readonly string[] = []): readonly string[] {
  const told: string[] = [];
  for (let at = trunks.nextDeadline(); at !== undefined && at <= toMs; at = trunks.nextDeadline()) {
    const now = Math.max(at, fromMs);
    const effects = trunks.expire(now);
    told.push(...healthTold(effects));
    for (const sent of requests(effects)) {
      if (dead.includes(sent.destination.address)) continue;
      const response = createResponse(sent.request, 200, { headers: [['Expires', '3600']] });
      told.push(...healthTold(trunks.answered(sent, response, now + 10)));
    }
  }
  return told;
}

/** Servers with one address each, of which the first is to be tried first. */
function locate(trunks: Trunks, name: string, places: readonly Destination[], now: number): void {
  const servers = places.map(({ transport, address, port }, priority) => ({
    transport,
    name: address,
    port,
    addresses: [address],
    priority,
    weight: 0,
  }));
  trunks.located(name, servers, undefined, now);
}

const namesOf = (trunks: Trunks): readonly string[] => trunks.candidates().map((way) => way.trunk.name);

describe('recognising whose call comes in', () => {
  test('a range, and a narrower range inside it: the narrower one wins', () => {
    const trunks = newTrunks(
      trunk('wide', { from: ['198.51.100.0/24'] }),
      trunk('narrow', { from: ['198.51.100.64/26', '2001:db8:1::/48'] }),
    );
    assert.equal(trunks.identify(from('198.51.100.3'))?.name, 'wide');
    assert.equal(trunks.identify(from('198.51.100.70', 40_000))?.name, 'narrow');
    assert.equal(trunks.identify(from('2001:db8:1::5'))?.name, 'narrow');
    assert.equal(trunks.identify(from('192.0.2.70')), undefined);
  });

  test('a resolved target counts at its own port only, since phones may share its address', () => {
    const trunks = newTrunks(trunk('a'));
    assert.equal(trunks.identify(from(A.address)), undefined);
    locate(trunks, 'a', [A], 0);
    assert.equal(trunks.identify(from(A.address))?.name, 'a');
    assert.equal(trunks.identify(from(A.address, 5062)), undefined);
    assert.equal(trunks.identify(from(A.address, 5060, 'tcp')), undefined);
  });

  test('a verified certificate counts wherever it comes from, and before the address', () => {
    const trunks = newTrunks(
      trunk('a'),
      trunk('b', { tls: { domain: 'b.example', verify: true, clientDomains: ['SBC.b.example'] } }),
      trunk('c', { from: ['198.51.100.0/24'] }),
      trunk('out', { inbound: false }),
    );
    const proven = (...peerDomains: string[]) =>
      trunks.identify({ ...from('198.51.100.9', 40_000, 'tls'), connectionId: 'c1', peerDomains })?.name;
    assert.equal(proven('sip.a.example'), 'a');
    assert.equal(proven('other.example', 'b.example'), 'b');
    assert.equal(proven('sbc.b.example'), 'b');
    assert.equal(proven('sip.b.example'), 'c', 'another name was configured, so the address decides');
    assert.equal(proven('sip.out.example'), 'c');
    assert.equal(proven(), 'c');
  });

  test('two carriers on one address are told apart by port', () => {
    const trunks = newTrunks(
      trunk('a', { target: { host: '127.0.0.1', port: 5071, transport: 'udp' } }),
      trunk('b', { target: { host: '127.0.0.1', port: 5072, transport: 'udp' } }),
    );
    locate(trunks, 'a', [{ transport: 'udp', address: '127.0.0.1', port: 5071 }], 0);
    locate(trunks, 'b', [{ transport: 'udp', address: '127.0.0.1', port: 5072 }], 0);
    assert.equal(trunks.identify(from('127.0.0.1', 5072))?.name, 'b');
  });

  test('each of its servers is the trunk, over the transport that DNS gave it', () => {
    const trunks = newTrunks(trunk('a', { target: { host: 'sip.a.example' } }));
    locate(trunks, 'a', [A, { ...A2, transport: 'tcp', port: 5070 }], 0);
    assert.equal(trunks.identify(from(A.address))?.name, 'a');
    assert.equal(trunks.identify(from(A2.address, 5070, 'tcp'))?.name, 'a');
    assert.equal(trunks.identify(from(A2.address, 5070)), undefined);
  });

  test('a trunk that takes no calls in is nobody', () => {
    const trunks = newTrunks(trunk('a', { inbound: false, from: ['198.51.100.0/24'] }));
    locate(trunks, 'a', [A], 0);
    assert.equal(trunks.identify(from(A.address)), undefined);
  });
});

describe('choosing ways out', () => {
  test('before DNS has answered there is no way, and what it says of trouble is told', () => {
    const trunks = newTrunks(trunk('a'));
    assert.deepEqual(trunks.candidates(), []);
    assert.equal(trunks.views()[0]?.healthReason, 'sip.a.example is not resolved yet');
    trunks.located('a', [], 'DNS did not answer in 2 s', 5);
    assert.equal(trunks.views()[0]?.healthReason, 'DNS did not answer in 2 s');
  });

  test('servers of one trunk by SRV: priority first, weights by lot for each call, addresses together', () => {
    const trunks = newTrunks(trunk('a'));
    const server = (name: string, address: string, priority: number, weight: number) =>
      ({
        transport: 'udp',
        name,
        port: 5060,
        addresses: [address, `${address}0`],
        priority,
        weight,
      }) as const;
    const servers = [
      server('backup', '10.0.0.9', 2, 100),
      server('heavy', '10.0.0.3', 1, 30),
      server('light', '10.0.0.1', 1, 10),
    ];
    trunks.located('a', servers, undefined, 0);
    let heavyFirst = 0;
    for (let calls = 0; calls < 1_000; calls++) {
      const order = trunks.candidates().map(({ destination }) => destination.address);
      assert.deepEqual(order.slice(4), ['10.0.0.9', '10.0.0.90']);
      const heavy = ['10.0.0.3', '10.0.0.30', '10.0.0.1', '10.0.0.10'];
      const isHeavy = order[0] === '10.0.0.3';
      assert.deepEqual(order.slice(0, 4), isHeavy ? heavy : [...heavy.slice(2), ...heavy.slice(0, 2)]);
      if (isHeavy) heavyFirst++;
    }
    assert.ok(Math.abs(heavyFirst - 730) < 60, String(heavyFirst));
    assert.deepEqual(
      trunks
        .views()[0]
        ?.servers.map(({ address, name, weight }) => [address, name, weight])
        .slice(0, 2),
      [
        ['udp:10.0.0.9:5060', 'backup', 100],
        ['udp:10.0.0.90:5060', 'backup', 100],
      ],
    );
  });

  test('a server that failed one call stands behind its fellows at once, and its trunk where it was', () => {
    const trunks = newTrunks(trunk('a', { order: 1 }), trunk('b', { order: 2 }));
    locate(trunks, 'a', [A, A2], 0);
    locate(trunks, 'b', [B], 0);
    live(trunks, 0, 1_000);
    assert.deepEqual(
      trunks.candidates().map(({ destination }) => destination),
      [A, A2, B],
    );
    trunks.callFailed('a', A, 'no sign of life in 2 s', 2_000);
    assert.deepEqual(
      trunks.candidates().map(({ destination }) => destination),
      [A2, A, B],
    );
    trunks.callSucceeded('a', A, 3_000);
    assert.deepEqual(
      trunks.candidates().map(({ destination }) => destination),
      [A, A2, B],
    );
  });

  test('up before unknown before down, whatever the order says', () => {
    const trunks = newTrunks(trunk('a', { order: 1 }), trunk('b', { order: 2 }), trunk('c', { order: 3 }));
    locate(trunks, 'a', [A], 0);
    locate(trunks, 'b', [A2], 0);
    locate(trunks, 'c', [B], 0);
    assert.deepEqual(namesOf(trunks), ['a', 'b', 'c']);
    trunks.callSucceeded('c', B, 0);
    trunks.callFailed('a', A, 'silence', 0);
    trunks.callFailed('a', A, 'silence', 1);
    assert.deepEqual(namesOf(trunks), ['c', 'b', 'a']);
  });

  test('equals share calls by weight, and the others follow as second choice', () => {
    const trunks = newTrunks(
      trunk('a', { weight: 3 }),
      trunk('b', { weight: 1 }),
      trunk('never', { weight: 0 }),
    );
    locate(trunks, 'a', [A], 0);
    locate(trunks, 'b', [B], 0);
    locate(trunks, 'never', [A2], 0);
    const firsts = { a: 0, b: 0, never: 0 };
    for (let i = 0; i < 4_000; i++) {
      const names = namesOf(trunks);
      assert.equal(names.length, 3);
      assert.equal(names[2], 'never');
      firsts[names[0] as keyof typeof firsts] += 1;
    }
    assert.ok(Math.abs(firsts.a - 3_000) < 150, `a was first ${firsts.a} times`);
  });

  test('a full trunk is left out until a call ends', () => {
    const trunks = newTrunks(trunk('a', { callsMax: 2 }));
    locate(trunks, 'a', [A], 0);
    trunks.callStarted('a', 'call', false);
    trunks.callStarted('a', 'call', false);
    assert.deepEqual(namesOf(trunks), []);
    trunks.callEnded('a', 'call');
    assert.deepEqual(namesOf(trunks), ['a']);
  });

  test('an emergency call is tried on a full trunk all the same', () => {
    const trunks = newTrunks(trunk('a', { callsMax: 1 }));
    locate(trunks, 'a', [A], 0);
    trunks.callStarted('a', 'call', false);
    assert.equal(trunks.candidates({ emergency: true }).length, 1);
  });

  test('a carrier with two addresses: the live one first, the dead one last', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A, A2], 0);
    live(trunks, 0, 60_000, [A.address]);
    assert.deepEqual(
      trunks.candidates().map(({ destination, health }) => [destination, health]),
      [
        [A2, 'up'],
        [A, 'down'],
      ],
    );
    assert.equal(trunks.views()[0]?.health, 'up');
  });

  test('a trunk for calls in only is no way out', () => {
    const trunks = newTrunks(trunk('a', { outbound: false }));
    locate(trunks, 'a', [A], 0);
    assert.deepEqual(namesOf(trunks), []);
    assert.equal(trunks.nextDeadline(), undefined);
  });
});

describe('probing carriers', () => {
  test('OPTIONS goes to the resolved address, for the configured host', () => {
    const trunks = newTrunks(trunk('a', { target: { host: 'sip.a.example', port: 5070, transport: 'tcp' } }));
    const there = { ...A, transport: 'tcp' } as const;
    locate(trunks, 'a', [there], 7);
    assert.equal(trunks.nextDeadline(), 7);
    const sent = onlyRequest(trunks.expire(7));
    assert.equal(sent.request.method, 'OPTIONS');
    assert.equal(sent.request.uri, 'sip:sip.a.example:5070;transport=tcp');
    assert.deepEqual(sent.destination, there);
  });

  test('a silent carrier is down after two probes of 4 s, 9 s after it fell silent at worst in a probe', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A], 0);
    assert.deepEqual(live(trunks, 0, 10_000), ['a up']);
    const silentFrom = present(trunks.nextDeadline(), 'the next probe');
    assert.deepEqual(live(trunks, 0, silentFrom + 9_000, [A.address]), ['a down']);
    const [view] = trunks.views();
    assert.equal(view?.healthReason, '198.51.100.1:5060 did not answer in 4 s');
    assert.equal(view?.healthSince, silentFrom + 2 * PROBING.answerMs + PROBING.confirmMs);
  });

  test('a carrier that comes back is up again within a minute and a bit, after two answers', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A], 0);
    live(trunks, 0, 600_000, [A.address]);
    assert.equal(trunks.views()[0]?.health, 'down');
    assert.deepEqual(live(trunks, 600_000, 600_000 + PROBING.downMaxMs + PROBING.answerMs + 2_000), ['a up']);
  });

  test('any answer shows life except 408 and 503', () => {
    for (const [status, health] of [
      [200, 'up'],
      [401, 'up'],
      [404, 'up'],
      [501, 'up'],
      [408, 'unknown'],
      [503, 'unknown'],
    ] as const) {
      const trunks = newTrunks(trunk('a'));
      locate(trunks, 'a', [A], 0);
      const sent = onlyRequest(trunks.expire(0));
      trunks.answered(sent, createResponse(sent.request, status), 5);
      assert.equal(trunks.views()[0]?.health, health, `after ${status}`);
    }
  });

  test('the late end of an old probe does not count against the new one', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A], 0);
    const old = onlyRequest(trunks.expire(0));
    trunks.expire(PROBING.answerMs);
    const second = onlyRequest(trunks.expire(PROBING.answerMs + PROBING.confirmMs));
    assert.deepEqual(trunks.failed(old, 'Timer F', 5_001), []);
    assert.deepEqual(healthTold(trunks.answered(second, createResponse(second.request, 200), 5_010)), [
      'a up',
    ]);
  });

  test('a call that failed is followed by a probe within a second', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A], 0);
    live(trunks, 0, 1_000);
    trunks.callFailed('a', A, 'no sign of life in 2 s', 5_000);
    assert.equal(trunks.nextDeadline(), 5_000 + PROBING.confirmMs);
  });

  test('two calls without a sign of life take a trunk down before any probe', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A], 0);
    live(trunks, 0, 1_000);
    assert.deepEqual(trunks.callFailed('a', A, 'silence', 2_000), []);
    const effects = trunks.callFailed('a', A, 'silence', 2_100);
    assert.deepEqual(healthTold(effects), ['a down']);
    assert.equal(trunks.views()[0]?.healthReason, '198.51.100.1:5060 failed a call: silence');
  });

  test('new DNS answers keep what is known of addresses that stay; an empty answer changes nothing', () => {
    const trunks = newTrunks(trunk('a'));
    locate(trunks, 'a', [A], 0);
    live(trunks, 0, 1_000);
    locate(trunks, 'a', [A2, A], 2_000);
    assert.deepEqual(
      trunks.candidates().map(({ destination, health }) => [destination.address, health]),
      [
        [A.address, 'up'],
        [A2.address, 'unknown'],
      ],
    );
    locate(trunks, 'a', [], 3_000);
    assert.equal(trunks.candidates().length, 2);
  });
});

describe('trunks that register', () => {
  const registering = {
    register: { registrar: 'sip.a.example', expiresMs: 3_600_000 },
    credentials: { user: 'acme', password: 'x' },
  };

  test('REGISTER names us by the advertised address, and the trunk is up once both are answered', () => {
    const trunks = newTrunks(trunk('a', registering));
    locate(trunks, 'a', [A], 0);
    const [options, register] = requests(trunks.expire(0));
    assert.equal(register?.purpose, 'register');
    assert.equal(register.request.contacts[0]?.uri, 'sip:acme@192.0.2.1:5060');
    const probe = present(options, 'OPTIONS');
    assert.deepEqual(trunks.answered(probe, createResponse(probe.request, 200), 5), []);
    assert.match(trunks.views()[0]?.healthReason ?? '', /not registered/);
    const granted = createResponse(register.request, 200, { headers: [['Expires', '60']] });
    assert.deepEqual(healthTold(trunks.answered(register, granted, 6)), ['a up']);
    assert.deepEqual(trunks.views()[0]?.registration, {
      state: 'registered',
      reason: 'registered for 60 s',
      until: 60_006,
    });
  });

  test('one that answers but refuses the registration comes after one that is well', () => {
    const trunks = newTrunks(trunk('a', { ...registering, order: 1 }), trunk('b', { order: 2 }));
    locate(trunks, 'a', [A], 0);
    locate(trunks, 'b', [B], 0);
    for (const sent of requests(trunks.expire(0))) {
      trunks.answered(sent, createResponse(sent.request, sent.purpose === 'register' ? 403 : 200), 5);
    }
    assert.deepEqual(namesOf(trunks), ['b', 'a']);
    assert.equal(trunks.views()[0]?.registration?.reason, '403 Forbidden');
  });

  test('stopping unregisters, and nothing is due afterwards', () => {
    const trunks = newTrunks(trunk('a', registering));
    locate(trunks, 'a', [A], 0);
    live(trunks, 0, 1_000);
    const leave = onlyRequest(trunks.stop(2_000));
    assert.equal(leave.request.headers.get('Expires'), '0');
    assert.equal(trunks.nextDeadline(), undefined);
    assert.deepEqual(requests(trunks.answered(leave, createResponse(leave.request, 200), 2_010)), []);
  });
});
