import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { described } from '../../test/stories/description.ts';
import { inOffice, type Office, ring } from '../../test/stories/office.ts';
import type { Party, Placed, Ringing } from '../../test/stories/party.ts';
import { RELAY_ADDRESS } from '../../test/stories/relay.ts';
import type { SipRequest } from '../sip/message/message.ts';

const story = inOffice({ plan: [ring('reception')] });

/** What both sides of an answered call may do, told once from each side. */
function fromBothSides(title: string, tell: (office: Office, from: Party, to: Party) => void): void {
  for (const side of ['caller', 'called phone'] as const) {
    story(`${title}: the ${side} asks`, (office) => {
      const { caller, callee } = office.talk();
      if (side === 'caller') tell(office, caller, callee);
      else tell(office, callee, caller);
    });
  }
}

function withCseq(request: SipRequest, number: number): SipRequest {
  return request.with({ headers: request.headers.set('CSeq', `${number} ${request.method}`) });
}

function goodbye(caller: Placed | Party, callee: Ringing | Party): void {
  caller.hangsUp();
  callee.hungUp();
}

describe('hanging up', () => {
  fromBothSides('BYE ends the call on the other side, with the reason', (office, from, to) => {
    from.hangsUp();
    assert.match(to.hungUp().headers.get('Reason') ?? '', /^SIP;cause=200/);
    assert.equal(office.stage.entry.outcome, 'answered');
  });

  story('both hang up at once: each BYE is answered, and nobody is told twice', (office) => {
    const { caller, callee } = office.talk();
    const bye = caller.tells('BYE');
    const late = callee.tells('BYE');
    bye.expect(200);
    late.expect(200);
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'the caller hung up');
  });

  story('a phone that hangs up before the caller has acknowledged: BYE waits for the ACK (§15)', (office) => {
    const caller = office.call();
    const phone = office.reception.answers();
    caller.expect(200);
    phone.hangsUp();
    assert.throws(() => caller.takes('BYE'));
    caller.acknowledges(caller.sent);
    caller.hungUp();
  });

  story(
    'a caller that never acknowledges is hung up after 32 s, and so is the phone (§13.3.1.4)',
    (office) => {
      const caller = office.call();
      const phone = office.reception.answers();
      caller.expect(200);
      office.pass(31_999);
      office.pass(1);
      phone.hungUp();
      caller.hungUp();
      assert.equal(office.stage.entry.reason, 'an answer was never acknowledged');
    },
  );

  story('a call is ended after a day', (office) => {
    const { caller, callee } = office.talk({ allow: 'INVITE, ACK, CANCEL, BYE' });
    office.pass(86_400_000);
    caller.hungUp();
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'the call has reached its greatest length');
  });

  story('the operator ends it: BYE to both', (office) => {
    const { caller, callee } = office.talk();
    const [view] = office.node.calls();
    office.stage.act(() => office.node.hangUp(view?.id ?? '', office.stage.now).effects);
    caller.hungUp();
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'ended by the operator');
  });
});

describe('peers that are not where they were', () => {
  story('a phone whose NAT has moved it is answered and hung up where it is now', (office) => {
    const { caller, callee } = office.talk();
    office.reception.moves({ address: '192.0.2.10', port: 33_333 });
    const info = callee.tells('INFO');
    caller.takes('INFO').reply(200);
    info.expect(200);
    callee.tells('OPTIONS').expect(200);
    caller.hangsUp();
    callee.hungUp();
  });

  story('a carrier’s requests go by its Record-Route, with a Route of its own (§12.2.1.1)', (office) => {
    const proxy = office.another('198.51.100.50');
    const caller = office.call({ headers: [['Record-Route', '<sip:198.51.100.50;lr>']] });
    const phone = office.reception.answers();
    caller.expect(200);
    caller.acknowledges(caller.sent);
    phone.hangsUp();
    const bye = proxy.takes('BYE');
    assert.equal(bye.request.headers.get('Route'), '<sip:198.51.100.50;lr>');
    assert.equal(bye.request.uri, 'sip:carrier-a@198.51.100.1:5060');
    bye.reply(200);
  });

  story(
    'a private address in a carrier’s Contact is no way to it: it is told where it called from',
    (office) => {
      const { caller, callee } = office.talk({ contact: '<sip:carrier-a@10.0.0.7:5060>' });
      callee.hangsUp();
      assert.equal(caller.hungUp().uri, 'sip:carrier-a@10.0.0.7:5060');
    },
  );

  story('a public one is: the carrier is told there', (office) => {
    const gateway = office.another('198.51.100.60');
    const { callee } = office.talk({ contact: '<sip:carrier-a@198.51.100.60>' });
    callee.hangsUp();
    gateway.takes('BYE').reply(200);
  });
});

describe('re-INVITE (RFC 3261 §14)', () => {
  fromBothSides('hold and resume go through, with our address and a new version', (office, from, to) => {
    const before = office.stage.ledger.length;
    const hold = from.tells('INVITE', { sdp: from.session({ direction: 'sendonly', version: 2 }) });
    const asked = to.takes('INVITE');
    const offer = described(asked.request);
    assert.equal(offer.direction, 'sendonly');
    assert.equal(offer.endpoint?.address, RELAY_ADDRESS);
    asked.reply(200, { sdp: to.session({ direction: 'recvonly', version: 2 }) });
    assert.equal(described(hold.expect(200)).direction, 'recvonly');
    asked.ack();
    from.acknowledges(hold);
    assert.equal(office.silenceWatch(from) + office.silenceWatch(to) > 0, true);
    assert.equal(office.silenceWatch(to), 0, 'who is held is not expected to speak');

    const resume = from.tells('INVITE', { sdp: from.session({ version: 3 }) });
    const again = to.takes('INVITE');
    assert.equal(described(again.request).direction, 'sendrecv');
    again.reply(200, { sdp: to.session({ version: 3 }) });
    resume.expect(200);
    again.ack();
    from.acknowledges(resume);
    office.assertTalking(from, to);
    assert.ok(office.silenceWatch(to) > 0);
    goodbye(from, to);
    const told = office.stage.entry.timeline.map(({ what }) => what);
    assert.ok(told.includes('held') && told.includes('resumed'));
    assert.equal(office.stage.ledger.length, before + 1);
  });

  fromBothSides('a peer that moves tells its new address: the relay follows', (office, from, to) => {
    from.media = { address: '192.0.2.99', port: 40_000 };
    const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
    const asked = to.takes('INVITE');
    asked.reply(200, { sdp: to.session() });
    sent.expect(200);
    asked.ack();
    from.acknowledges(sent);
    office.assertTalking(from, to);
    goodbye(from, to);
  });

  fromBothSides(
    'without an offer: the other side’s offer and our asker’s answer go through (§14.1)',
    (office, from, to) => {
      const sent = from.tells('INVITE');
      const asked = to.takes('INVITE');
      assert.equal(asked.request.body.length, 0);
      asked.reply(200, { sdp: to.session({ version: 2, direction: 'sendonly' }) });
      assert.equal(described(sent.expect(200)).direction, 'sendonly');
      assert.throws(() => asked.ack(), 'the ACK brings the answer, so it waits for it');
      from.acknowledges(sent, from.session({ version: 2, direction: 'recvonly' }));
      assert.equal(described(asked.ack()).direction, 'recvonly');
      office.assertTalking(from, to);
      goodbye(from, to);
    },
  );

  fromBothSides('refused by the other side: the session goes on as it was (§14.1)', (office, from, to) => {
    const sent = from.tells('INVITE', { sdp: from.session({ version: 2, direction: 'inactive' }) });
    to.takes('INVITE').reply(488, { headers: [['Warning', '304 example.com "no"']] });
    assert.equal(sent.expect(488).headers.get('Warning'), '304 example.com "no"');
    office.assertTalking(from, to);
    goodbye(from, to);
  });

  story('from both at once: each gets 491, and tries again later (§14.2)', (office) => {
    const { caller, callee } = office.talk();
    const first = caller.tells('INVITE', { sdp: caller.session({ version: 2 }) });
    const second = callee.tells('INVITE', { sdp: callee.session({ version: 2 }) });
    second.expect(491);
    callee.takes('INVITE').reply(491);
    first.expect(491);
    office.pass(2_500);
    const again = callee.tells('INVITE', { sdp: callee.session({ version: 3 }) });
    const asked = caller.takes('INVITE');
    asked.reply(200, { sdp: caller.session({ version: 3 }) });
    again.expect(200);
    asked.ack();
    callee.acknowledges(again);
    goodbye(caller, callee);
  });

  fromBothSides('a second one before the first is done gets 491', (office, from, to) => {
    const first = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
    from.tells('INVITE', { sdp: from.session({ version: 3 }) }).expect(491);
    const asked = to.takes('INVITE');
    asked.reply(200, { sdp: to.session({ version: 2 }) });
    first.expect(200);
    asked.ack();
    from.acknowledges(first);
    void office;
    goodbye(from, to);
  });

  fromBothSides('481 from the other side ends the call (§12.2.1.2)', (office, from, to) => {
    const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
    to.takes('INVITE').reply(481);
    sent.expect(481);
    from.hungUp();
    assert.match(office.stage.entry.reason, /is not in the call any more$/);
  });

  fromBothSides(
    'no answer at all: 408 for the asker, and the call is over (§12.2.1.2)',
    (office, from, to) => {
      to.peer.dead = true;
      const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
      office.pass(32_000);
      sent.expect(408);
      from.hungUp();
    },
  );

  fromBothSides('withdrawn by CANCEL before it is answered', (office, from, to) => {
    const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
    const asked = to.takes('INVITE');
    asked.reply(180);
    from.peer.cancel(sent.request).expect(200);
    asked.cancel();
    sent.expect(487);
    office.assertTalking(from, to);
    goodbye(from, to);
  });

  fromBothSides('the other side hangs up instead of answering: 487 and BYE (§15.1.2)', (office, from, to) => {
    const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
    const asked = to.takes('INVITE');
    to.hangsUp();
    asked.reply(487);
    sent.expect(487);
    from.hungUp();
    void office;
  });

  fromBothSides(
    'the asker hangs up instead of waiting: 487 for it, and BYE to the other',
    (office, from, to) => {
      const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
      const asked = to.takes('INVITE');
      from.hangsUp();
      sent.expect(487);
      to.hungUp();
      asked.reply(487);
      void office;
    },
  );

  fromBothSides(
    'the other side’s 200 crosses the asker’s BYE: it is acknowledged all the same',
    (office, from, to) => {
      const sent = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
      const asked = to.takes('INVITE');
      from.hangsUp();
      sent.expect(487);
      asked.reply(200, { sdp: to.session({ version: 2 }) });
      asked.ack();
      to.hungUp();
      void office;
    },
  );

  fromBothSides(
    'a body that is no session description is refused: 415 by its type, 400 by its text',
    (office, from, to) => {
      const sent = from.tells('INVITE', { body: { type: 'application/isup', text: 'x' } });
      assert.equal(sent.expect(415).headers.get('Accept'), 'application/sdp');
      from.tells('INVITE', { body: { type: 'application/sdp', text: 'v=1' } }).expect(400);
      office.assertTalking(from, to);
      goodbye(from, to);
    },
  );

  fromBothSides('an extension that is required and unknown gets 420 (§8.2.2.3)', (office, from, to) => {
    const sent = from.tells('INVITE', { sdp: from.session(), headers: [['Require', '100rel, timer']] });
    assert.equal(sent.expect(420).headers.get('Unsupported'), '100rel');
    office.assertTalking(from, to);
    goodbye(from, to);
  });

  fromBothSides('out of order it gets 500 with Retry-After (§14.2)', (office, from, to) => {
    const info = from.tells('INFO');
    to.takes('INFO').reply(200);
    info.expect(200);
    // Its CSeq is from before the INFO.
    const late = from.peer.send(withCseq(from.dialog.createRequest('INVITE'), 1));
    assert.ok(late.expect(500).headers.has('Retry-After'));
    void office;
    goodbye(from, to);
  });
});

describe('UPDATE (RFC 3311)', () => {
  fromBothSides('with a session description goes through like re-INVITE, without ACK', (office, from, to) => {
    const sent = from.tells('UPDATE', { sdp: from.session({ version: 2, direction: 'sendonly' }) });
    const asked = to.takes('UPDATE');
    assert.equal(described(asked.request).direction, 'sendonly');
    asked.reply(200, { sdp: to.session({ version: 2, direction: 'recvonly' }) });
    assert.equal(described(sent.expect(200)).direction, 'recvonly');
    goodbye(from, to);
    void office;
  });

  fromBothSides('without one is answered here: it only refreshes the session', (office, from, to) => {
    const ok = from.tells('UPDATE').expect(200);
    assert.equal(ok.contacts.length, 1);
    assert.equal(ok.body.length, 0);
    assert.throws(() => to.takes('UPDATE'));
    goodbye(from, to);
    void office;
  });

  story('at the same time as a re-INVITE of the other side it gets 491 (§5.2)', (office) => {
    const { caller, callee } = office.talk();
    const invite = caller.tells('INVITE', { sdp: caller.session({ version: 2 }) });
    callee.tells('UPDATE', { sdp: callee.session({ version: 2 }) }).expect(491);
    callee.takes('INVITE').reply(491);
    invite.expect(491);
    goodbye(caller, callee);
  });
});

describe('other requests in a call', () => {
  fromBothSides(
    'INFO goes through with its body (RFC 6086), and the answer comes back',
    (office, from, to) => {
      const body = { type: 'application/dtmf-relay', text: 'Signal=5\r\nDuration=160\r\n' };
      const sent = from.tells('INFO', { body, headers: [['Info-Package', 'dtmf']] });
      const asked = to.takes('INFO');
      assert.equal(asked.request.headers.get('Content-Type'), 'application/dtmf-relay');
      assert.equal(asked.request.headers.get('Info-Package'), 'dtmf');
      assert.equal(new TextDecoder().decode(asked.request.body), body.text);
      asked.reply(200);
      sent.expect(200);
      goodbye(from, to);
      void office;
    },
  );

  fromBothSides('INFO during a re-INVITE is no glare', (office, from, to) => {
    const invite = from.tells('INVITE', { sdp: from.session({ version: 2 }) });
    const asked = to.takes('INVITE');
    const info = to.tells('INFO');
    from.takes('INFO').reply(200);
    info.expect(200);
    asked.reply(200, { sdp: to.session({ version: 2 }) });
    invite.expect(200);
    asked.ack();
    from.acknowledges(invite);
    goodbye(from, to);
    void office;
  });

  fromBothSides('an INFO that the other side does not know is no reason to end', (office, from, to) => {
    const sent = from.tells('INFO');
    to.takes('INFO').reply(405, { headers: [['Allow', 'INVITE, ACK, BYE']] });
    sent.expect(405);
    office.assertTalking(from, to);
    goodbye(from, to);
  });

  fromBothSides('OPTIONS is answered here', (office, from, to) => {
    const ok = from.tells('OPTIONS').expect(200);
    assert.match(ok.headers.get('Allow') ?? '', /UPDATE/);
    goodbye(from, to);
    void office;
  });

  fromBothSides('a method that we don’t know gets 405 with what we do know (§8.2.1)', (office, from, to) => {
    const refusal = from.tells('REFER', { headers: [['Refer-To', '<sip:x@example.com>']] }).expect(405);
    assert.match(refusal.headers.get('Allow') ?? '', /^INVITE/);
    goodbye(from, to);
    void office;
  });

  story('a request for a dialog that has ended gets 481', (office) => {
    const { caller, callee } = office.talk();
    goodbye(caller, callee);
    caller.tells('INFO').expect(481);
    callee.tells('INVITE', { sdp: callee.session() }).expect(481);
  });
});
