import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { CALLER, inOffice, MOBILE, NUMBER, ring } from '../../test/stories/office.ts';
import { DOMAIN } from '../../test/stories/stage.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';

const story = inOffice({ plan: [ring('reception')] });

function request(method: string, uri: string, rows: readonly (readonly [string, string])[] = []): SipRequest {
  return new SipRequest(
    method,
    uri,
    Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${CALLER}@carrier-a.example>;tag=far`],
      ['To', `<${uri}>`],
      ['Call-ID', `${method}@carrier-a.example`],
      ['CSeq', `1 ${method}`],
      ...rows,
    ]),
  );
}

describe('an INVITE that goes nowhere', () => {
  story('with no hops left gets 483 (RFC 3261 §16.3)', (office) => {
    office.call({ maxForwards: 0 }).expect(483);
    assert.equal(office.reception.rung, 0);
  });

  story('that came here twice by different ways gets 482 for the second (§8.2.2.2)', (office) => {
    const words = { callId: 'forked@carrier-a.example', tag: 'caller' };
    const caller = office.call(words);
    const twin = office.call(words);
    twin.expect(482);
    const phone = office.reception.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
    // The call is over, and so is the memory of it.
    office.pass(40_000);
    const again = office.call(words);
    again.cancels();
    again.expect(487);
    office.reception.called().refuses(486);
  });

  story('that is sent again is the same INVITE: the phone rings once', (office) => {
    const caller = office.call();
    const phone = office.reception.rings();
    caller.expect(180);
    office.carrier.repeats(caller.sent);
    assert.equal(office.reception.rung, 1);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
  });

  story('with an extension that we don’t know gets 420 and its name (§8.2.2.3)', (office) => {
    const caller = office.call({ headers: [['Require', '100rel, timer, precondition']] });
    assert.equal(caller.expect(420).headers.get('Unsupported'), '100rel, precondition');
  });

  story('for a URI of a scheme that we don’t know gets 416 (§8.2.2.1)', (office) => {
    office.carrier.invites('http://voice.example.net').expect(416);
  });

  story('with content that is no session description gets 415 and what we take (§8.2.3)', (office) => {
    const caller = office.call({ body: { type: 'application/isup', text: 'x' } });
    assert.equal(caller.expect(415).headers.get('Accept'), 'application/sdp');
  });

  story('with a session description that cannot be read gets 400', (office) => {
    const response = office.call({ body: { type: 'application/sdp', text: 'v=0\r\nm=audio' } }).expect(400);
    assert.equal(response.reason, 'Bad Session Description');
  });

  story('without audio, or with audio switched off, gets 488 (§13.3.1.3)', (office) => {
    const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
    for (const media of ['m=video 4000 RTP/AVP 31\r\n', 'm=audio 0 RTP/AVP 0\r\n']) {
      office.call({ body: { type: 'application/sdp', text: head + media } }).expect(488);
    }
  });

  story('with audio that is to go nowhere gets 488, which says why', (office) => {
    for (const address of ['999.0.2.1', '192.0.2', '224.0.2.1', '255.255.255.255', ':::1', 'ff02::1']) {
      const head = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\n`;
      const body = { type: 'application/sdp', text: `${head}m=audio 4000 RTP/AVP 8\r\n` };
      const refusal = office.call({ body }).expect(488);
      assert.match(refusal.headers.get('Warning') ?? '', /^301 ringthrough "/);
    }
  });

  story('with a port that is none gets 400', (office) => {
    const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
    for (const port of ['70000', '-1', '4000000000']) {
      const body = { type: 'application/sdp', text: `${head}m=audio ${port} RTP/AVP 8\r\n` };
      office.call({ body }).expect(400);
    }
  });

  story('with audio that only a browser could carry gets 488, which says why', (office) => {
    const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
    const encrypted = 'm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=fingerprint:sha-256 00\r\n';
    const refusal = office.call({ body: { type: 'application/sdp', text: head + encrypted } }).expect(488);
    assert.equal(refusal.reason, 'DTLS-SRTP Not Supported');
    assert.match(refusal.headers.get('Warning') ?? '', /^302 ringthrough "/);
  });

  story('that is malformed gets 400 without a transaction', (office) => {
    const bad = request('INVITE', `sip:${NUMBER}@${DOMAIN}`, [['CSeq', '2 INVITE']]);
    office.carrier.send(bad).expect(400);
    assert.equal(office.node.counters()['malformed'], 1);
  });

  story('to a number that we don’t have is told so in words', (office) => {
    const caller = office.carrier.calls('+442079460555');
    caller.expect(183);
    office.pass(3_000);
    caller.expect(404);
  });

  story('while the node drains gets 503 with Retry-After, and present calls go on', (office) => {
    const { caller, callee } = office.talk();
    office.node.drain();
    assert.equal(office.call().expect(503).headers.get('Retry-After'), '30');
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });
});

describe('who may call', () => {
  story('a stranger is challenged, SHA-256 first (RFC 8760 §2.4)', (office) => {
    const stranger = office.stranger();
    const response = stranger.invites(`sip:${MOBILE}@${DOMAIN}`).expect(401);
    const challenges = response.headers.all('WWW-Authenticate');
    assert.match(challenges[0] ?? '', /algorithm=SHA-256/);
    assert.match(challenges[1] ?? '', /algorithm=MD5/);
    assert.equal(office.carrier.rung, 0);
  });

  story('a carrier is known by its address and needs no credentials', (office) => {
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
  });

  story('a carrier may call our numbers, and nobody else through us', (office) => {
    const caller = office.carrier.calls(MOBILE);
    caller.expect(183);
    assert.equal(office.hears(caller), 'unknown-number');
    office.pass(3_000);
    caller.expect(404);
    assert.equal(office.second.rung, 0);
  });
});

describe('the number that a carrier’s call is for', () => {
  function arrives(uri: string, to: string, headers: readonly (readonly [string, string])[] = []): void {
    story(
      `is found in ${headers.length > 0 ? 'P-Called-Party-ID' : uri.includes('+') ? 'the Request-URI' : 'To'}`,
      (office) => {
        const caller = office.carrier.invites(uri, { to, headers });
        const phone = office.reception.answers();
        caller.connected();
        assert.equal(office.stage.entry.called, NUMBER);
        caller.hangsUp();
        phone.hungUp();
      },
    );
  }

  arrives(`sip:${NUMBER};npdi=yes@203.0.113.7`, '<sip:somebody@example.com>');
  arrives('sip:acme-trunk@203.0.113.7', `<sip:${NUMBER}@carrier-a.example>`);
  arrives('sip:acme-trunk@203.0.113.7', '<sip:somebody@example.com>', [
    ['P-Called-Party-ID', `<sip:${NUMBER}@carrier-a.example>`],
  ]);
});

describe('other requests outside of calls', () => {
  story('OPTIONS is answered with what we can do (§11.2)', (office) => {
    const ok = office.carrier.send(request('OPTIONS', `sip:${DOMAIN}`)).expect(200);
    assert.equal(ok.headers.get('Allow'), 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, SUBSCRIBE');
    assert.equal(ok.headers.get('Allow-Events'), 'message-summary');
    assert.equal(ok.headers.get('Accept'), 'application/sdp');
    assert.equal(ok.headers.get('Supported'), 'timer, path, outbound, gruu');
  });

  story('OPTIONS while the node drains gets 503: carriers take it for what it is', (office) => {
    office.node.drain();
    const refusal = office.carrier.send(request('OPTIONS', `sip:${DOMAIN}`)).expect(503);
    assert.equal(refusal.headers.get('Retry-After'), '30');
  });

  story('requests that belong into a call and have none get 481 (§12.2.2)', (office) => {
    for (const method of ['BYE', 'UPDATE', 'INFO']) {
      office.carrier.send(request(method, `sip:${DOMAIN}`)).expect(481);
    }
    const bye = request('BYE', `sip:${DOMAIN}`);
    const headers = bye.headers.set('To', `<sip:${DOMAIN}>;tag=nobody`);
    office.carrier.send(bye.with({ headers })).expect(481);
  });

  story('methods that we don’t have get 405 with those that we do (§8.2.1)', (office) => {
    for (const method of ['REFER', 'NOTIFY', 'MESSAGE', 'PUBLISH', 'FOO']) {
      const response = office.carrier.send(request(method, `sip:${DOMAIN}`)).expect(405);
      assert.match(response.headers.get('Allow') ?? '', /^INVITE, ACK/);
    }
  });

  story('an ACK for nothing and an answer to nothing are passed over', (office) => {
    office.carrier.transmit(request('ACK', `sip:${DOMAIN}`));
    const answer = new TextEncoder().encode(
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bKnone\r\nFrom: <sip:a@b>;tag=1\r\n' +
        'To: <sip:c@d>;tag=2\r\nCall-ID: none\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n',
    );
    office.stage.send(office.carrier.flow, answer);
    assert.equal(office.node.counters()['stray'], 1);
  });

  story('what is no SIP at all is dropped, counted and answered by nothing', (office) => {
    for (const noise of ['', 'hello', 'GET / HTTP/1.1\r\n\r\n', '\0\0\0\0']) {
      office.stage.send(office.carrier.flow, new TextEncoder().encode(noise));
    }
    assert.equal(office.node.counters()['unanswerable'], 4);
  });
});
