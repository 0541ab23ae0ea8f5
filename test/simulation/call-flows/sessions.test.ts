// RFC 3665 §3 as stories. Its proxies are our back-to-back user agent and the carriers' machines around it, so each
// flow has two ladders: what the one who calls sees, and what the one who is called sees.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { described } from '../../stories/description.ts';
import { ladder, messages, timesOf } from '../../stories/ladder.ts';
import { dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../stories/office.ts';
import { PROMPT_MS, RELAY_ADDRESS } from '../../stories/relay.ts';

const story = inOffice({ plan: [ring('reception')] });
const outside = inOffice({ plan: [dial(MOBILE)] });

/** Of a call from outside that rings and is answered. */
const CALLS = ['INVITE →', '← 100', '← 180', '← 200', 'ACK →'];
const CALLED = ['← INVITE', '180 →', '200 →', '← ACK'];

/** When INVITE went to this peer, in milliseconds after the call came in. */
function invitesTo({ stage }: Office, name: string): readonly number[] {
  const since = stage.entry.startedAt;
  return stage.wire.flatMap(({ at, peer, bytes }) =>
    peer === name && at >= since && new TextDecoder().decode(bytes).startsWith('INVITE') ? [at - since] : [],
  );
}

/** The caller hears why, then gets its final status. */
function announced(office: Office, expect: (status: number) => unknown, status: number): void {
  expect(183);
  office.pass(PROMPT_MS);
  expect(status);
}

describe('RFC 3665 §3.1 Successful Session Establishment', () => {
  story('one phone calls another: challenged, rung, answered, and hung up by the one called', (office) => {
    const caller = office.workshop.calls('reception');
    const callee = office.reception.rings();
    caller.expect(180);
    callee.answers();
    caller.connected();
    callee.acknowledged();
    office.assertTalking(caller, callee);
    callee.hangsUp();
    caller.hungUp();
    assert.deepEqual(ladder(office.stage, caller), [
      ...['INVITE →', '← 401', 'ACK →'],
      ...CALLS,
      ...['← BYE', '200 →'],
    ]);
    assert.deepEqual(ladder(office.stage, callee), [...CALLED, 'BYE →', '← 200']);
  });

  story('each side sees a dialog of its own, whose tags and sequence numbers never meet', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    const ringing = caller.expect(180);
    callee.answers();
    const ok = caller.connected();
    const ack = callee.acknowledged();
    assert.equal(ok.headers.get('To'), ringing.headers.get('To'), 'one To tag from 180 to 200');
    assert.notEqual(caller.callId, callee.callId);
    assert.equal(ack.headers.get('To'), `${callee.header('To')};tag=${callee.dialog.localTag}`);
    assert.equal(ack.cseq?.number, callee.invite.cseq?.number);
    assert.equal(ack.uri, 'sip:reception@192.0.2.10:5060');
    assert.notEqual(ack.headers.get('Via'), callee.header('Via'), 'the ACK of a 200 has a branch of its own');
    assert.equal(callee.invite.vias.length, 1, 'our topology is hidden');
    assert.equal(ok.headers.get('Contact'), '<sip:ringthrough@203.0.113.7:5060>');
    caller.hangsUp();
    assert.equal(callee.hungUp().cseq?.number, 2);
  });
});

describe('RFC 3665 §3.2 Session Establishment Through Two Proxies', () => {
  story('upstream: every Via comes back in order, and what follows goes by the recorded route', (office) => {
    const routes = ['<sip:198.51.100.1;lr>', '<sip:ss1.carrier-a.example;lr>'];
    const vias = [
      'SIP/2.0/UDP ss1.carrier-a.example:5060;branch=z9hG4bK2d4790.1',
      'SIP/2.0/TCP 10.1.3.33:5060;branch=z9hG4bK74b43',
    ];
    const caller = office.call({
      headers: [
        ...vias.map((via) => ['Via', via] as const),
        ...routes.map((route) => ['Record-Route', route] as const),
      ],
    });
    const callee = office.reception.answers();
    const ok = caller.connected();
    assert.deepEqual(ok.headers.all('Via').slice(1), vias);
    assert.deepEqual(ok.headers.all('Record-Route'), routes);
    callee.hangsUp();
    const bye = caller.hungUp();
    assert.deepEqual(bye.headers.all('Route'), routes);
    assert.equal(bye.uri, 'sip:carrier-a@198.51.100.1:5060');
  });

  outside('downstream: ACK and BYE take the recorded route backwards, the target stays', (office) => {
    const caller = office.call();
    const callee = office.carrier.called();
    callee.answers({
      headers: [
        ['Record-Route', '<sip:ss2.carrier-a.example;lr>'],
        ['Record-Route', '<sip:198.51.100.1;lr>'],
      ],
    });
    caller.connected();
    const ack = callee.acknowledged();
    const route = ['<sip:198.51.100.1;lr>', '<sip:ss2.carrier-a.example;lr>'];
    assert.deepEqual(ack.headers.all('Route'), route);
    assert.equal(ack.uri, 'sip:carrier-a@198.51.100.1:5060');
    caller.hangsUp();
    assert.deepEqual(callee.hungUp().headers.all('Route'), route);
  });
});

describe('RFC 3665 §3.3 Session with Multiple Proxy Authentication', () => {
  const challenged = inOffice({
    plan: [],
    carrier: { credentials: { user: 'acme-trunk', password: 'trunk-secret' } },
  });

  challenged(
    'we challenge the phone, the carrier challenges us, and each sees its own credentials only',
    (office) => {
      const caller = office.reception.calls('07700900123');
      const first = office.carrier.called();
      assert.equal(first.header('Authorization'), undefined);
      first.refuses(407, {
        headers: [
          [
            'Proxy-Authenticate',
            'Digest realm="carrier-a.example", nonce="f84f1cec41e6cbe5aea9c8e88d359", qop="auth", algorithm=MD5',
          ],
        ],
      });
      const callee = office.carrier.rings();
      assert.match(
        callee.header('Proxy-Authorization') ?? '',
        /username="acme-trunk", realm="carrier-a.example"/,
      );
      caller.expect(180);
      callee.answers();
      caller.connected();
      callee.acknowledged();
      assert.deepEqual(ladder(office.stage, caller), ['INVITE →', '← 401', 'ACK →', ...CALLS]);
      assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '407 →', '← ACK', ...CALLED]);
      assert.deepEqual([first.invite.cseq?.number, callee.invite.cseq?.number], [1, 2]);
      caller.hangsUp();
      callee.hungUp();
    },
  );
});

describe('RFC 3665 §3.4 Successful Session with Proxy Failure', () => {
  outside(
    'the first carrier is silent: INVITE goes again after 0.5 and 1.5 s, then to the second',
    (office) => {
      const caller = office.callWithoutFirst();
      office.pass(2_000);
      const callee = office.second.rings();
      caller.expect(180);
      callee.answers();
      caller.connected();
      assert.deepEqual(ladder(office.stage, caller), CALLS);
      assert.deepEqual(ladder(office.stage, callee), CALLED);
      assert.deepEqual(invitesTo(office, 'carrier-a'), [0, 500, 1_500]);
      caller.hangsUp();
      callee.hungUp();
    },
  );
});

describe('RFC 3665 §3.5 Session Through a SIP ALG', () => {
  story('a phone behind a NAT is met where it came from, by whatever name it calls itself', (office) => {
    const inside = '<sip:workshop@10.0.0.5:5060>';
    office.workshop.registers([['Expires', '600']], inside).expect(200);
    const caller = office.workshop.calls('reception', { contact: inside });
    const callee = office.reception.answers();
    const ok = caller.connected();
    assert.match(
      ok.headers.get('Via') ?? '',
      /;rport=5060;received=192\.0\.2\.11|;received=192\.0\.2\.11;rport=5060/,
    );
    assert.equal(
      described(ok).endpoint?.address,
      RELAY_ADDRESS,
      'audio comes to us, which can follow the NAT',
    );
    callee.hangsUp();
    const bye = caller.hungUp();
    assert.equal(bye.uri, 'sip:workshop@10.0.0.5:5060');
  });
});

describe('RFC 3665 §3.6 Session via Redirect and Proxy Servers with SDP in ACK', () => {
  outside(
    'a redirection is passed over for the next carrier; the offer is in its 200, the answer in the ACK',
    (office) => {
      const caller = office.call({ offer: 'none' });
      office.carrier.called().refuses(302, { headers: [['Contact', '<sip:mobile@203.0.113.99>']] });
      const callee = office.second.rings();
      assert.equal(callee.invite.body.length, 0);
      caller.expect(180);
      callee.answers();
      const offer = described(caller.expect(200));
      caller.acknowledges(caller.sent, caller.session());
      const answer = described(callee.acknowledged());
      assert.deepEqual([offer.endpoint?.address, answer.endpoint?.address], [RELAY_ADDRESS, RELAY_ADDRESS]);
      office.assertTalking(caller, callee);
      assert.deepEqual(ladder(office.stage, caller), CALLS);
      assert.deepEqual(ladder(office.stage, callee), CALLED);
      caller.hangsUp();
      callee.hungUp();
    },
  );
});

describe('RFC 3665 §3.7 Session with re-INVITE (IP Address Change)', () => {
  story('a phone that moves says so, is heard from there, and gets what follows there', (office) => {
    const { caller, callee } = office.talk();
    office.reception.moves({ address: '192.0.2.200', port: 5060 });
    callee.media = { address: '192.0.2.200', port: 47_172 };
    const move = callee.tells('INVITE', { sdp: callee.session({ version: 2 }) });
    const asked = caller.takes('INVITE');
    assert.equal(
      asked.request.headers.get('Contact'),
      '<sip:ringthrough@203.0.113.7:5060>',
      'our side of it did not move',
    );
    asked.reply(200, { sdp: caller.session({ version: 2 }) });
    move.expect(200);
    callee.acknowledges(move);
    asked.ack();
    office.assertTalking(caller, callee);
    caller.hangsUp();
    assert.equal(callee.hungUp().uri, 'sip:reception@192.0.2.200:5060');
    const moved = ['INVITE →', '← 200', 'ACK →', '← BYE', '200 →'];
    assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '200 →', '← ACK', ...moved]);
  });
});

describe('RFC 3665 §3.8 Unsuccessful No Answer', () => {
  story('the caller gives up: CANCEL goes on to the phone, and each INVITE ends with 487', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    caller.cancels();
    caller.expect(487);
    callee.withdrawn();
    assert.deepEqual(ladder(office.stage, caller), [
      'INVITE →',
      '← 100',
      '← 180',
      'CANCEL →',
      '← 200',
      '← 487',
      'ACK →',
    ]);
    assert.deepEqual(ladder(office.stage, callee), [
      '← INVITE',
      '180 →',
      '← CANCEL',
      '200 →',
      '487 →',
      '← ACK',
    ]);
    const cancel = callee.withdrawn();
    assert.deepEqual(
      [cancel.uri, cancel.headers.get('Via'), cancel.cseq?.number, cancel.headers.get('To')],
      [callee.invite.uri, callee.header('Via'), callee.invite.cseq?.number, callee.header('To')],
      'RFC 3261 §9.1: as its INVITE',
    );
  });

  story('nobody gives up: after its 20 s the step is cancelled, and the caller hears why', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    office.pass(20_000);
    callee.withdrawn();
    announced(office, (status) => caller.expect(status), 480);
    const [first, second] = [timesOf(office.stage, caller, '← 180'), timesOf(office.stage, caller, '← 183')];
    assert.deepEqual(
      [first, second],
      [
        [0, 500, 2_000],
        [0, 500, 2_000],
      ],
      'provisional answers are sent again, for one may be lost',
    );
    assert.deepEqual(ladder(office.stage, caller).slice(-3), ['← 183', '← 480', 'ACK →']);
    assert.deepEqual(ladder(office.stage, callee), [
      '← INVITE',
      '180 →',
      '← CANCEL',
      '200 →',
      '487 →',
      '← ACK',
    ]);
  });
});

describe('RFC 3665 §3.9 Unsuccessful Busy', () => {
  story('486 is acknowledged at once, and reaches the caller after the words', (office) => {
    const caller = office.call();
    const callee = office.reception.called();
    callee.refuses(486);
    announced(office, (status) => caller.expect(status), 486);
    assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '486 →', '← ACK']);
    const [ack] = messages(office.stage, callee, '← ACK');
    assert.equal(
      ack?.headers.get('Via'),
      callee.header('Via'),
      'RFC 3261 §17.1.1.3: the branch of its INVITE',
    );
  });
});

describe('RFC 3665 §3.10 Unsuccessful No Response from User Agent', () => {
  story('a phone that says nothing is given up after 2 s, and the caller hears why', (office) => {
    office.reception.dead = true;
    const caller = office.call();
    office.pass(2_000);
    announced(office, (status) => caller.expect(status), 480);
    // Whether a phone heard the INVITE nobody knows, so it is asked until Timer B: were it to ring, it is cancelled.
    office.pass(32_000);
    assert.deepEqual(invitesTo(office, 'reception'), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert.deepEqual(
      [...new Set(ladder(office.stage, caller))],
      ['INVITE →', '← 100', '← 183', '← 480', 'ACK →'],
    );
  });
});

describe('RFC 3665 §3.11 Unsuccessful Temporarily Unavailable', () => {
  story(
    '480 from a phone goes on to the plan; with none left, 480 reaches the caller after the words',
    (office) => {
      const caller = office.call();
      const callee = office.reception.rings();
      caller.expect(180);
      callee.refuses(480);
      announced(office, (status) => caller.expect(status), 480);
      assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '180 →', '480 →', '← ACK']);
      assert.equal(office.stage.entry.called, NUMBER);
      assert.deepEqual(timesOf(office.stage, callee, '← ACK'), [0]);
    },
  );
});
