// One telephone, several flows to it (RFC 5626): which one a call takes, and what happens when it fails.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, type Office, ring } from '../../test/stories/office.ts';
import type { Phone } from '../../test/stories/phone.ts';
import { DOMAIN } from '../../test/stories/stage.ts';

const DESK = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';
const MOBILE_APP = 'urn:uuid:00000000-0000-1000-8000-000000000001';
const EDGE_PATH = '<sip:token@edge.example.net;lr;ob>';
const BEHIND_EDGE = [
  ['Via', 'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKphone'],
  ['Path', EDGE_PATH],
] as const;

const story = inOffice({ plan: [ring('reception'), dial(MOBILE)], registered: ['attic'] });

interface Flows {
  readonly first: Phone;
  readonly second: Phone;
}

/** Reception's desk phone, registered over both: the first was proven last. */
function withTwoFlows(office: Office, transport: 'udp' | 'tcp' = 'udp'): Flows {
  const first = office.reception.another('192.0.2.10', 5070, transport);
  const second = office.reception.another('192.0.2.10', 5072);
  second.registersFlow(2, DESK).expect(200);
  office.pass(1_500);
  first.registersFlow(1, DESK).expect(200);
  office.pass(1_000);
  return { first, second };
}

/** The same through two edge proxies, by which it answers. */
function throughEdges(office: Office): Flows {
  const first = office.reception.another('203.0.113.41');
  const second = office.reception.another('203.0.113.42');
  second.registersFlow(2, DESK, BEHIND_EDGE).expect(200);
  office.pass(1_500);
  first.registersFlow(1, DESK, BEHIND_EDGE).expect(200);
  office.pass(1_000);
  return { first, second };
}

function closeConnection(office: Office, { flow }: Phone): void {
  office.stage.act(() => office.node.flowClosed(flow, office.stage.now));
}

function timeline({ stage }: Office): string {
  return stage.entry.timeline.map(({ text }) => text).join('\n');
}

describe('a phone with two flows', () => {
  story('is rung once, over the one that was proven last', (office) => {
    const { first, second } = withTwoFlows(office);
    const caller = office.call();
    const callee = first.answers();
    caller.connected();
    assert.equal(second.rung, 0);
    caller.hangsUp();
    callee.hungUp();
  });

  story('rings over the second within 2 s of the first’s death, in the same step', (office) => {
    const { first, second } = withTwoFlows(office);
    first.dead = true;
    const caller = office.call();
    office.pass(1_999);
    assert.equal(second.rung, 0);
    office.pass(1);
    const callee = second.rings();
    caller.expect(180);
    office.pass(17_900);
    callee.answers();
    caller.connected();
    callee.acknowledged();
    assert.match(timeline(office), /gave no sign of life in 2 s.*\nringing reception at 192\.0\.2\.10:5072/);
    assert.equal(office.stage.entry.answeredBy, 'reception');
    caller.hangsUp();
    callee.hungUp();
  });

  story('whose first connection is known to be closed rings over the second at once', (office) => {
    const { first, second } = withTwoFlows(office, 'tcp');
    closeConnection(office, first);
    first.unreachable = 'the connection is gone';
    const caller = office.call();
    const callee = second.answers();
    caller.connected();
    assert.deepEqual([first.rung, office.stage.now], [0, office.stage.entry.startedAt]);
    caller.hangsUp();
    callee.hungUp();
  });

  story('whose first datagram is refused by the network rings over the second at once', (office) => {
    const { first, second } = withTwoFlows(office);
    first.unreachable = 'connection refused';
    const caller = office.call();
    const callee = second.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    caller.hangsUp();
    callee.hungUp();
  });

  story('whose connection is closed while it rings is rung over the second', (office) => {
    const { first, second } = withTwoFlows(office, 'tcp');
    const caller = office.call();
    first.rings();
    caller.expect(180);
    first.dead = true;
    closeConnection(office, first);
    const callee = second.answers();
    caller.connected();
    caller.hangsUp();
    callee.hungUp();
  });

  story('that is busy is busy over both: it has given its answer', (office) => {
    const { first, second } = withTwoFlows(office);
    const caller = office.call();
    first.called().refuses(486);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(second.rung, 0);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('both of them dead: 2 s for each, then the plan goes on', (office) => {
    const { first, second } = withTwoFlows(office);
    first.dead = true;
    second.dead = true;
    const caller = office.call();
    office.pass(4_000);
    caller.expect(180);
    const mobile = office.carrier.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('still rings beside the other devices of its user', (office) => {
    const { first, second } = withTwoFlows(office);
    const app = office.reception.another('192.0.2.20');
    app.registersFlow(1, MOBILE_APP).expect(200);
    const caller = office.call();
    const desk = first.rings();
    caller.expect(180);
    const other = app.answers();
    caller.connected();
    desk.withdrawn();
    assert.equal(second.rung, 0);
    caller.hangsUp();
    other.hungUp();
  });

  story('that wakes up on the first after all: that call is cancelled', (office) => {
    const { first, second } = withTwoFlows(office);
    first.dead = true;
    const caller = office.call();
    office.pass(2_000);
    const callee = second.answers();
    caller.connected();
    first.dead = false;
    office.pass(4_000);
    first.rings().withdrawn();
    caller.hangsUp();
    callee.hungUp();
  });
});

describe('a phone behind two edge proxies (RFC 5626 §9.3)', () => {
  story('is called by the Path of its flow', (office) => {
    const { first } = throughEdges(office);
    const caller = office.call();
    const callee = first.answers();
    assert.equal(callee.header('Route'), EDGE_PATH);
    caller.connected();
    caller.hangsUp();
    callee.hungUp();
  });

  story('430 from the first proxy tries the second at once, and the next call begins there', (office) => {
    const { first, second } = throughEdges(office);
    const caller = office.call();
    first.called().refuses(430, { reason: 'Flow Failed' });
    const callee = second.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    caller.hangsUp();
    callee.hungUp();
    const again = office.call();
    const calleeAgain = second.answers();
    again.connected();
    assert.equal(first.rung, 1);
    again.hangsUp();
    calleeAgain.hungUp();
  });

  story('100 is the proxy’s word, not the phone’s: after 2 s the second flow is tried', (office) => {
    const { first, second } = throughEdges(office);
    const caller = office.call();
    const silent = first.called();
    silent.asked.reply(100);
    office.pass(2_000);
    silent.withdrawn();
    const callee = second.answers();
    caller.connected();
    caller.hangsUp();
    callee.hungUp();
  });

  story('without another flow 100 is enough, and it may take its time to ring', (office) => {
    const only = office.reception.another('203.0.113.41');
    only.registersFlow(1, DESK, BEHIND_EDGE).expect(200);
    office.pass(1_000);
    const caller = office.call();
    const callee = only.called();
    callee.asked.reply(100);
    office.pass(8_000);
    caller.expect(180);
    callee.answers();
    caller.connected();
    callee.acknowledged();
    caller.hangsUp();
    callee.hungUp();
  });

  story('408 to a probe is the proxy’s word too: the flow is known to be lost', (office) => {
    const { first, second } = throughEdges(office);
    first.wellness = 408;
    office.pass(30_000);
    const caller = office.call();
    const callee = second.answers();
    caller.connected();
    assert.equal(first.rung, 0);
    caller.hangsUp();
    callee.hungUp();
  });

  story('a call whose proxy is lost is ended through the other, by its Path', (office) => {
    const { first, second } = throughEdges(office);
    const caller = office.call();
    first.called().answers({ headers: [['Record-Route', '<sip:token@edge.example.net;lr>']] });
    caller.connected();
    first.dead = true;
    office.pass(30_000);
    caller.hangsUp();
    const bye = second.takes('BYE');
    assert.deepEqual(bye.request.headers.values('Route'), [EDGE_PATH]);
    bye.reply(200);
  });
});

describe('a call over a flow that is lost', () => {
  story('is ended over the other flow of the phone that was called', (office) => {
    const { first, second } = withTwoFlows(office, 'tcp');
    const caller = office.call();
    first.answers();
    caller.connected();
    first.dead = true;
    closeConnection(office, first);
    caller.hangsUp();
    second.takes('BYE').reply(200);
  });

  story('is ended over the other flow of the phone that calls', (office) => {
    const { first, second } = withTwoFlows(office, 'tcp');
    const caller = first.calls('attic');
    const callee = office.attic.answers();
    caller.connected();
    first.dead = true;
    closeConnection(office, first);
    callee.hangsUp();
    second.takes('BYE').reply(200);
  });
});

describe('a call to a GRUU (RFC 5627)', () => {
  story('rings that device and no other', (office) => {
    const { first } = withTwoFlows(office);
    const app = office.reception.another('192.0.2.20');
    const ok = app.registersFlow(1, MOBILE_APP).expect(200);
    const gruu = /pub-gruu="([^"]*0001)"/.exec(ok.headers.all('Contact').join())?.[1] ?? '';
    assert.equal(gruu, `sip:reception@${DOMAIN};gr=${MOBILE_APP}`);
    const caller = office.attic.callsUri(gruu);
    const callee = app.answers();
    caller.connected();
    assert.equal(first.rung, 0);
    caller.hangsUp();
    callee.hungUp();
  });

  story('of a device that is not there is answered 480', (office) => {
    withTwoFlows(office);
    const caller = office.attic.callsUri(`sip:reception@${DOMAIN};gr=${MOBILE_APP}`);
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(3_000);
    caller.expect(480);
  });

  story('that we never gave, a temporary one, is answered 404', (office) => {
    const caller = office.attic.callsUri(`sip:reception@${DOMAIN};gr`);
    caller.expect(404);
  });

  story('in a phone’s Contact is resolved as long as the call lasts', (office) => {
    const { first } = withTwoFlows(office);
    const gruu = `sip:reception@${DOMAIN};gr=${DESK}`;
    const caller = first.calls('attic', { contact: `<${gruu}>` });
    const callee = office.attic.answers();
    caller.connected();
    callee.hangsUp();
    const bye = caller.takes('BYE');
    assert.equal(bye.request.uri, 'sip:reception@192.0.2.10:5070');
    bye.reply(200);
  });
});
