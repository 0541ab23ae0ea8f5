import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import type { Peer } from '../../test/stories/peer.ts';
import type { Actor } from '../../test/stories/stage.ts';
import { present } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import type { Endpoint, Flow } from '../base/net.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { TrunkServers } from '../ports/records.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { parseMessage } from '../sip/message/parse.ts';
import { serialise } from '../sip/message/serialise.ts';

const SERVERS = {
  'SRV _sip._udp.carrier-a.example': ['10 0 5060 one.carrier-a.example', '20 0 5060 two.carrier-a.example'],
  'A one.carrier-a.example': ['198.51.100.1'],
  'A two.carrier-a.example': ['198.51.100.2'],
};

/** Both carriers of the office are servers of the one trunk; the other trunk is elsewhere and unused. */
const POOL = {
  plan: [dial(MOBILE)],
  registered: [],
  carrier: { target: { host: 'carrier-a.example' } },
  second: { outbound: false, inbound: false, target: { host: '198.51.100.9', port: 5060, transport: 'udp' } },
} as const;

/** A border controller of the carrier's: it hears, and passes on to who stands behind it. */
class Border implements Actor {
  readonly name = 'border';
  readonly address: Endpoint = { address: '198.51.100.50', port: 5060 };
  readonly unreachable = undefined;
  readonly heard: string[] = [];
  /** It answers requests itself, with 200, and passes nothing on. */
  alone = false;
  readonly #office: Office;
  readonly #behind: Peer;

  constructor(office: Office) {
    this.#office = office;
    this.#behind = office.carrier;
    office.stage.enters(this);
  }

  received(bytes: Uint8Array, flow: Flow): void {
    this.heard.push(methodOf(bytes));
    if (!this.alone) return this.#behind.received(bytes, flow);
    const { stage } = this.#office;
    stage.send(flow, serialise(createResponse(requestOf(bytes), 200)));
  }

  unmentioned(): readonly string[] {
    return [];
  }
}

const BORDER = { headers: [['Record-Route', '<sip:border.carrier-a.example;lr>']] } as const;

function methodOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).split(' ', 1)[0] ?? '';
}

function requestOf(bytes: Uint8Array): SipRequest {
  const parsed = parseMessage(bytes);
  assert.ok(parsed.ok && parsed.value.kind === 'request');
  return parsed.value;
}

/** Requests that the node sent to this peer, in order, but for probes. */
function sentTo(office: Office, name: string): readonly string[] {
  return office.stage.wire
    .filter(({ heading, peer }) => heading === 'from-node' && peer === name)
    .map(({ bytes }) => methodOf(bytes))
    .filter((method) => !method.startsWith('SIP/') && method !== 'OPTIONS');
}

function endThere(caller: { hangsUp(): void }, callee: { hungUp(): unknown }): void {
  caller.hangsUp();
  callee.hungUp();
}

describe('a trunk with two servers by SRV', () => {
  const story = inOffice({ ...POOL, zone: SERVERS });

  story(
    'the first is killed: the next call is with the other in 2 s, and those after it at once',
    (office) => {
      const before = office.second.calls(NUMBER);
      const there = office.carrier.answers();
      before.connected();
      office.carrier.dead = true;
      before.tells('BYE').expect(200);
      assert.ok(there.invite.uri.endsWith('@carrier-a.example'), there.invite.uri);

      for (const waitMs of [2 * SECOND_MS, 0, 0]) {
        const rung = office.second.rung;
        const call = office.second.calls(NUMBER);
        assert.equal(
          office.stage.passUntil(() => office.second.rung > rung, 2 * SECOND_MS),
          waitMs,
        );
        const callee = office.second.answers();
        call.connected();
        endThere(call, callee);
      }
      const [trunk] = office.node.trunks();
      assert.deepEqual(
        trunk?.servers.map(({ address, name }) => [address, name]),
        [
          ['udp:198.51.100.1:5060', 'one.carrier-a.example'],
          ['udp:198.51.100.2:5060', 'two.carrier-a.example'],
        ],
      );
    },
  );

  story(
    'DNS hangs for ten minutes: calls go on to where the carrier was, and the operator is told',
    (office) => {
      office.stage.zone.state = 'hangs';
      for (let calls = 0; calls < 10; calls++) {
        office.pass(MINUTE_MS);
        const call = office.second.calls(NUMBER);
        const callee = office.carrier.answers();
        call.connected();
        endThere(call, callee);
      }
      const told = office.stage.events.filter(
        (event) => event.type === 'trunk-servers' && event.name === 'carrier-a',
      );
      assert.equal(told.length, 2);
      assert.match(
        told[1]?.type === 'trunk-servers' ? (told[1].trouble ?? '') : '',
        /DNS did not answer in 5 s/,
      );
      assert.equal(office.node.trunks()[0]?.health, 'up');
    },
  );

  story('when the TTL is over, calls go where the name leads now', (office) => {
    office.stage.zone.records = {
      'SRV _sip._udp.carrier-a.example': ['10 0 5060 two.carrier-a.example'],
      'A two.carrier-a.example': ['198.51.100.2'],
    };
    office.pass(MINUTE_MS);
    const call = office.second.calls(NUMBER);
    const callee = office.second.answers();
    call.connected();
    endThere(call, callee);
  });
});

const KNOWN: TrunkServers = {
  trunk: 'carrier-a',
  target: { host: 'carrier-a.example' },
  servers: ([1, 2] as const).map((number) => ({
    transport: 'udp',
    name: `${number === 1 ? 'one' : 'two'}.carrier-a.example`,
    port: 5060,
    addresses: [`198.51.100.${number}`],
    priority: 10 * number,
    weight: 0,
  })),
};

/** What was written of where trunks are. */
function kept({ stage }: Office): readonly TrunkServers[] {
  return stage.writes.flatMap((write) => (write.type === 'trunk-servers' ? [write.known] : []));
}

describe('where a trunk was before the node was started', () => {
  inOffice({ ...POOL, zone: SERVERS })('is kept when DNS tells, and again when it moves', (office) => {
    assert.deepEqual(
      kept(office).flatMap(({ servers }) => servers.map(({ name, addresses }) => [name, ...addresses])),
      [
        ['one.carrier-a.example', '198.51.100.1'],
        ['two.carrier-a.example', '198.51.100.2'],
      ],
    );
    assert.equal(kept(office).length, 1);
    const { records } = office.stage.zone;
    const turned = (records['SRV _sip._udp.carrier-a.example'] ?? []).toReversed();
    office.stage.zone.records = { ...records, 'SRV _sip._udp.carrier-a.example': turned };
    office.pass(2 * MINUTE_MS);
    assert.equal(kept(office).length, 1);
    office.stage.zone.records = { ...records, 'A one.carrier-a.example': ['198.51.100.2'] };
    office.pass(2 * MINUTE_MS);
    assert.equal(kept(office).length, 2);
    office.stage.zone.state = 'fails';
    office.pass(10 * MINUTE_MS);
    assert.equal(kept(office).length, 2);
  });

  const without = inOffice({ ...POOL, dns: 'hangs', trunkServers: [KNOWN] });

  without('calls go there at once while DNS hangs, and for as long as it does', (office) => {
    for (let calls = 0; calls < 3; calls++) {
      const call = office.second.calls(NUMBER);
      const callee = office.carrier.answers();
      call.connected();
      endThere(call, callee);
      office.pass(10 * MINUTE_MS);
    }
    const [first, second] = office.stage.events.filter(
      (event) => event.type === 'trunk-servers' && event.name === 'carrier-a',
    );
    assert.ok(first?.type === 'trunk-servers' && second?.type === 'trunk-servers');
    assert.match(first.trouble ?? '', /DNS has not answered since the start/);
    assert.match(second.trouble ?? '', /DNS did not answer in 5 s/);
    assert.deepEqual(second.servers, first.servers);
  });

  without('when DNS answers again, what it says takes the place of that', (office) => {
    office.stage.zone.records = {
      'SRV _sip._udp.carrier-a.example': ['10 0 5060 two.carrier-a.example'],
      'A two.carrier-a.example': ['198.51.100.2'],
    };
    office.stage.zone.state = 'answers';
    office.pass(2 * MINUTE_MS);
    assert.equal(office.node.trunks()[0]?.servers.length, 1);
    assert.equal(kept(office).length, 1);
  });

  const other = { ...KNOWN, target: { host: 'carrier-z.example' } };
  const gone = { ...KNOWN, trunk: 'carrier-z' };
  const elsewhere = inOffice({ ...POOL, dns: 'hangs', trunkServers: [other, gone], registered: [] });

  elsewhere('is not believed of a trunk that has another name now, and is forgotten', (office) => {
    assert.deepEqual(office.node.trunks()[0]?.servers, []);
    assert.deepEqual(kept(office), [
      { ...other, servers: [] },
      { ...gone, servers: [] },
    ]);
  });
});

describe('a trunk whose name was never found', () => {
  const story = inOffice({ ...POOL, plan: [ring('reception')], registered: ['reception'] });

  story('is down and says why, and is up when DNS has answered', (office) => {
    assert.equal(office.node.trunks()[0]?.health, 'down');
    assert.equal(office.node.trunks()[0]?.healthReason, 'carrier-a.example has no address for us');
    office.stage.zone.records = SERVERS;
    office.pass(2 * MINUTE_MS);
    assert.equal(office.node.trunks()[0]?.health, 'up');
  });
});

describe('a carrier whose next hop is a name', () => {
  const NAMED = { 'A border.carrier-a.example': ['198.51.100.50'] };
  const story = inOffice({ plan: [ring('reception')], zone: NAMED });
  const outgoing = inOffice({ plan: [dial(MOBILE)], registered: [], zone: NAMED });

  story('BYE for its caller goes where its Contact leads', (office) => {
    const border = new Border(office);
    const caller = office.call({ contact: '<sip:carrier-a@border.carrier-a.example>' });
    const callee = office.reception.answers();
    caller.connected();
    callee.hangsUp();
    caller.hungUp();
    assert.deepEqual(border.heard, ['BYE']);
  });

  outgoing('ACK and BYE go where its Record-Route leads', (office) => {
    const border = new Border(office);
    const caller = office.second.calls(NUMBER);
    const mobile = office.carrier.called();
    mobile.asked.reply(183, { ...BORDER, sdp: mobile.session() });
    caller.expect(183);
    mobile.answers(BORDER);
    mobile.acknowledged();
    caller.connected();
    endThere(caller, mobile);
    assert.deepEqual(border.heard, ['ACK', 'BYE']);
  });

  outgoing(
    'a 200 that comes before DNS waits half a second for it, and what follows waits behind it',
    (office) => {
      office.stage.zone.state = 'hangs';
      const caller = office.second.calls(NUMBER);
      const mobile = office.carrier.called();
      mobile.answers(BORDER);
      assert.deepEqual(sentTo(office, 'carrier-a'), ['INVITE']);
      const bye = mobile.tells('BYE');
      bye.expectNothing();
      office.pass(LIMITS.nextHopWaitMs - 1);
      bye.expectNothing();
      office.pass(1);
      mobile.acknowledged();
      bye.expect(200);
      assert.deepEqual(sentTo(office, 'carrier-a'), ['INVITE', 'ACK']);
      caller.connected();
      caller.hungUp();
      assert.equal(office.node.leftovers().held, 0);
    },
  );

  outgoing('where DNS has failed once, the next 200 does not wait', (office) => {
    office.stage.zone.state = 'fails';
    for (let calls = 0; calls < 2; calls++) {
      const caller = office.second.calls(NUMBER);
      const mobile = office.carrier.called();
      mobile.answers(BORDER);
      mobile.acknowledged();
      caller.connected();
      endThere(caller, mobile);
    }
    assert.deepEqual(sentTo(office, 'carrier-a'), ['INVITE', 'ACK', 'BYE', 'INVITE', 'ACK', 'BYE']);
  });

  const POOLED = { 'A border.carrier-a.example': ['198.51.100.50', '198.51.100.1'] };
  const pooled = inOffice({ plan: [dial(MOBILE)], registered: [], zone: POOLED });

  /** A call through one of the servers of a hop; the other one answers for itself. */
  function through(office: Office) {
    const caller = office.second.calls(NUMBER);
    const mobile = office.carrier.called();
    mobile.answers(BORDER);
    mobile.acknowledged();
    caller.connected();
    return caller;
  }

  pooled('a BYE that gets nothing in 4 s goes to the next server, the same but for its branch', (office) => {
    const border = new Border(office);
    border.alone = true;
    const caller = through(office);
    office.carrier.dead = true;
    caller.hangsUp();
    office.pass(LIMITS.nextServerMs - 1);
    assert.deepEqual(border.heard, []);
    office.pass(1);
    assert.deepEqual(border.heard, ['BYE']);
    const byes = office.stage.wire
      .filter(({ bytes, heading }) => heading === 'from-node' && methodOf(bytes) === 'BYE')
      .map(({ bytes }) => requestOf(bytes));
    const [first, last] = [present(byes[0], 'the first BYE'), present(byes.at(-1), 'the last BYE')];
    assert.notEqual(first.headers.get('Via'), last.headers.get('Via'));
    for (const name of ['CSeq', 'Call-ID', 'From', 'To', 'Route'])
      assert.equal(last.headers.get(name), first.headers.get(name), name);
    office.pass(MINUTE_MS);
    assert.deepEqual(border.heard, ['BYE']);
  });

  pooled('a BYE that cannot be delivered goes there at once', (office) => {
    const border = new Border(office);
    border.alone = true;
    const caller = through(office);
    office.carrier.unreachable = 'port unreachable';
    caller.hangsUp();
    assert.deepEqual(border.heard, ['BYE']);
    office.carrier.unreachable = undefined;
  });

  pooled('what is known to be dead costs the other calls of that hop nothing', (office) => {
    const border = new Border(office);
    border.alone = true;
    const callers = [through(office), through(office)];
    office.carrier.dead = true;
    callers[0]?.hangsUp();
    office.pass(LIMITS.nextServerMs);
    callers[1]?.hangsUp();
    assert.deepEqual(border.heard, ['BYE', 'BYE']);
  });

  pooled('a BYE that gets nothing from any of them is given up, and nothing is left of it', (office) => {
    const border = new Border(office);
    const caller = through(office);
    office.carrier.dead = true;
    caller.hangsUp();
    office.pass(MINUTE_MS);
    assert.ok(border.heard.length > 1, 'it was sent again as any request is');
    assert.equal(office.node.gauges()['nextServers'], 0);
  });

  outgoing('of several servers, the one that answered has the rest of the call', (office) => {
    office.stage.zone.records = { 'A border.carrier-a.example': ['198.51.100.50', '198.51.100.1'] };
    const border = new Border(office);
    const caller = office.second.calls(NUMBER);
    const mobile = office.carrier.called();
    mobile.answers(BORDER);
    mobile.acknowledged();
    caller.connected();
    endThere(caller, mobile);
    assert.deepEqual(border.heard, []);
  });
});
