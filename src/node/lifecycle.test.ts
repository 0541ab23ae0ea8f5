import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { hashing } from '../../test/simulation/hashing.ts';
import { SeededRandom } from '../../test/simulation/world.ts';
import { dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import { RELAY_ADDRESS } from '../../test/stories/relay.ts';
import type { Hashing } from '../ports/hashing.ts';

function stop({ node, stage }: Office): void {
  stage.act(() => node.stop(stage.now));
}

describe('stopping', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('a drain takes no new calls, and waits for those that are', (office) => {
    const { caller, callee } = office.talk();
    office.node.drain();
    assert.equal(office.node.draining, true);
    office.call().expect(503);
    office.reception.registers().expect(200);
    office.pass(60_000);
    caller.hangsUp();
    callee.hungUp();
    assert.equal(office.node.calls().length, 0);
  });

  story('a stop says BYE to both sides of every call (RFC 3261 §15)', (office) => {
    const { caller, callee } = office.talk();
    stop(office);
    assert.match(caller.hungUp().headers.get('Reason') ?? '', /shutting down/);
    callee.hungUp();
    const { outcome, reason } = office.stage.entry;
    assert.deepEqual([outcome, reason], ['answered', 'the node is shutting down']);
    assert.equal(office.node.farewells, 0);
  });

  story('a call that rings gets 503, and its phones CANCEL', (office) => {
    const caller = office.call();
    const phone = office.reception.rings();
    caller.expect(180);
    stop(office);
    caller.expect(503);
    phone.withdrawn();
    const { outcome, status } = office.stage.entry;
    assert.deepEqual([outcome, status], ['refused', 503]);
  });

  story('an announcement is broken off', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    office.carrier.called().refuses(486);
    caller.expect(183);
    stop(office);
    caller.expect(503);
  });

  story('stopping twice says nothing twice', (office) => {
    const { caller, callee } = office.talk();
    stop(office);
    stop(office);
    caller.hungUp();
    callee.hungUp();
  });
});

describe('what can be seen of calls', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('each state that a call goes through, and its legs', (office) => {
    const state = () => office.node.calls()[0]?.state;
    const caller = office.call();
    assert.equal(state(), 'trying');
    const phone = office.reception.rings();
    caller.expect(180);
    assert.equal(state(), 'ringing');
    phone.answers();
    caller.connected();
    phone.acknowledged();
    const [view] = office.node.calls();
    assert.equal(view?.state, 'answered');
    assert.deepEqual(
      [view.direction, view.account, view.called, view.answeredBy],
      ['in', 'acme', NUMBER, 'reception'],
    );
    assert.deepEqual(
      view.legs.map(({ peer, state: legState }) => `${peer}: ${legState}`),
      ['the caller: answered', 'reception: answered'],
    );
    caller.hangsUp();
    phone.hungUp();
    assert.deepEqual(office.node.calls(), []);
  });

  story('there is none to hang up under a name that no call has', (office) => {
    assert.equal(office.node.hangUp('nothing', office.stage.now).found, false);
  });

  story('hanging up one call leaves the others alone', (office) => {
    const first = office.talk();
    const second = office.talk();
    const [view] = office.node.calls();
    office.stage.act(() => office.node.hangUp(view?.id ?? '', office.stage.now).effects);
    first.caller.hungUp();
    first.callee.hungUp();
    office.assertTalking(second.caller, second.callee);
    second.caller.hangsUp();
    second.callee.hungUp();
  });
});

describe('a carrier’s health', () => {
  const story = inOffice({ plan: [dial(MOBILE)] });

  story('is what its answers to OPTIONS say, and told when it changes', (office) => {
    office.carrier.dead = true;
    office.pass(60_000);
    office.carrier.dead = false;
    office.pass(120_000);
    const told = office.stage.events.flatMap((event) =>
      event.type === 'trunk' && event.name === 'carrier-a' ? [event.health] : [],
    );
    assert.deepEqual(told, ['up', 'down', 'up']);
    assert.deepEqual(
      office.node.trunks().map(({ name, health }) => `${name} ${health}`),
      ['carrier-a up', 'carrier-b up'],
    );
  });

  story('counts the calls that it carries now', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.node.trunks()[0]?.callsActive, 1);
    caller.hangsUp();
    mobile.hungUp();
    assert.equal(office.node.trunks()[0]?.callsActive, 0);
  });
});

describe('a carrier that we register with', () => {
  const story = inOffice({
    plan: [ring('reception')],
    carrier: {
      credentials: { user: 'acme-trunk', password: 'secret' },
      register: { registrar: 'carrier-a.example', expiresMs: 300_000 },
    },
  });

  function accepts(office: Office): string {
    const asked = office.carrier.takes('REGISTER');
    const contact = asked.request.headers.get('Contact') ?? '';
    asked.reply(200, { headers: [['Contact', `${contact};expires=300`]] });
    return contact;
  }

  story('has our Contact, again and again before it runs out', (office) => {
    assert.match(accepts(office), /^<?sip:acme-trunk@203\.0\.113\.7/);
    assert.equal(office.node.trunks()[0]?.registration?.state, 'registered');
    office.pass(270_000);
    accepts(office);
  });

  story('loses it when the node stops, which is waited for', (office) => {
    accepts(office);
    stop(office);
    const asked = office.carrier.takes('REGISTER');
    const { headers } = asked.request;
    assert.match(`${headers.get('Expires')} ${headers.get('Contact')}`, /\b0\b/);
    assert.equal(office.node.farewells, 1);
    asked.reply(200);
    assert.equal(office.node.farewells, 0);
  });

  story('brings calls to our Contact: the number is in To', (office) => {
    accepts(office);
    const uri = 'sip:acme-trunk@203.0.113.7';
    const caller = office.carrier.invites(uri, { to: `<sip:${NUMBER}@carrier-a.example>` });
    const phone = office.reception.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
  });
});

describe('a carrier over a transport that we don’t have', () => {
  const target = { host: '2001:db8::50', port: 5060, transport: 'tcp' } as const;
  const story = inOffice({ plan: [ring('reception')], second: { target } });

  story('is down, and says what is missing', (office) => {
    office.pass(10_000);
    const [, second] = office.node.trunks();
    assert.equal(second?.health, 'down');
    assert.match(second.healthReason, /no tcp listener/);
  });
});

describe('a carrier that is not resolved yet', () => {
  const host = { host: 'sip.carrier-a.example', port: 5060, transport: 'udp' } as const;
  const story = inOffice({ plan: [dial(MOBILE)], carrier: { target: host } });

  story('is passed over, and taken as soon as DNS has answered', (office) => {
    const first = office.second.calls(NUMBER);
    const over = office.second.answers();
    first.connected();
    office.stage.zone.records = { 'A sip.carrier-a.example': ['198.51.100.1'] };
    office.pass(60_000);
    const second = office.second.calls(NUMBER);
    const mobile = office.carrier.answers();
    second.connected();
    assert.equal(mobile.invite.uri, `sip:${MOBILE}@sip.carrier-a.example`);
    for (const [caller, callee] of [
      [first, over],
      [second, mobile],
    ] as const) {
      caller.hangsUp();
      callee.hungUp();
    }
  });
});

describe('peers over other transports', () => {
  const story = inOffice({ plan: [ring('attic')] });

  story('a phone over TCP calls, is called, and is answered on its connection', (office) => {
    const caller = office.attic.calls('reception');
    const phone = office.reception.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
    const incoming = office.call();
    const attic = office.attic.answers();
    incoming.connected();
    assert.match(attic.header('Via') ?? '', /^SIP\/2\.0\/TCP/);
    attic.hangsUp();
    incoming.hungUp();
  });

  story(
    'a caller over TCP whose connection breaks while it rings: the phone rings out its step, no longer',
    (office) => {
      const caller = office.attic.calls('reception');
      const phone = office.reception.rings();
      caller.expect(180);
      office.attic.dead = true;
      office.stage.act(() => office.node.flowClosed(office.attic.flow, office.stage.now));
      office.attic.unreachable = 'the connection is gone';
      office.pass(200_000);
      phone.withdrawn();
      assert.ok(office.stage.entry.outcome);
    },
  );

  story('a caller over TCP whose connection breaks before its ACK: the phone is hung up', (office) => {
    const caller = office.attic.calls('reception');
    const phone = office.reception.answers();
    caller.expect(200);
    office.attic.dead = true;
    office.stage.act(() => office.node.flowClosed(office.attic.flow, office.stage.now));
    office.attic.unreachable = 'the connection is gone';
    office.pass(32_000);
    phone.hungUp();
    assert.equal(office.stage.entry.outcome, 'answered');
  });

  story('a phone over IPv6 talks to one over IPv4', (office) => {
    const other = office.workshop.another('2001:db8::12');
    other.registers().expect(200);
    const caller = office.reception.calls('workshop');
    const old = office.workshop.rings();
    caller.expect(180);
    const phone = other.answers();
    caller.connected();
    old.withdrawn();
    assert.equal(phone.header('Contact'), '<sip:ringthrough@[2001:db8::7]:5060>');
    office.assertTalking(caller, phone);
    phone.hangsUp();
    caller.hungUp();
  });
});

describe('a bug of ours in a call', () => {
  const story = inOffice({ plan: [ring('reception')] });

  story('ends that call with a final response, is told to the operator, and others go on', (office) => {
    const good = office.talk();
    office.stage.faults = [];
    office.stage.relay.address = 'no address at all';
    const caller = office.call();
    caller.expect(503);
    assert.match(office.stage.faults[0]?.what ?? '', /^call /);
    assert.equal(office.stage.entry.reason, 'an internal error');
    office.stage.relay.address = RELAY_ADDRESS;
    office.assertTalking(good.caller, good.callee);
    good.caller.hangsUp();
    good.callee.hungUp();
  });
});

describe('a bug of ours outside of calls', () => {
  /** Breaks while a REGISTER is being verified, and only then. */
  const broken: Hashing = {
    ...hashing,
    hmacSha256Hex: (key, text) => {
      if (breaking) throw new Error('broken');
      return hashing.hmacSha256Hex(key, text);
    },
  };
  let breaking = false;
  const story = inOffice({
    plan: [ring('reception')],
    node: { hashing: broken, random: new SeededRandom(2) },
  });

  story('costs the request that it hit, is told to the operator, and everything else goes on', (office) => {
    const { caller, callee } = office.talk();
    office.stage.faults = [];
    breaking = true;
    const sent = office.workshop.registersUnchallenged([['Expires', '600']]);
    breaking = false;
    sent.expectNothing();
    assert.deepEqual(
      office.stage.faults?.map(({ text }) => text),
      ['broken'],
    );
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });
});
