import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { hashing } from '../../test/simulation/hashing.ts';
import { CALLER, dial, inOffice, MOBILE, NUMBER, ring, SECOND_NUMBER } from '../../test/stories/office.ts';
import type { Ringing } from '../../test/stories/party.ts';
import type { Asked } from '../../test/stories/said.ts';
import { ha1 } from '../sip/auth/digest.ts';
import { DigestServer } from '../sip/auth/server.ts';

const ACCOUNT = { user: 'acme-trunk', password: 'trunk-secret' };

describe('a number over trunks', () => {
  const story = inOffice({ plan: [dial(MOBILE)] });

  story('goes over the preferred one, with its number as the carrier writes it', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(mobile.invite.uri, `sip:${MOBILE}@198.51.100.1`);
    assert.equal(office.second.rung, 0);
    caller.hangsUp();
    mobile.hungUp();
  });

  const named = { type: 'dial', number: MOBILE, forMs: 30_000, trunk: 'carrier-b' } as const;
  const overSecond = inOffice({ plan: [named, ring('reception')] });

  overSecond('goes over the one that its step names, whatever their order is', (office) => {
    const caller = office.call();
    const mobile = office.second.answers();
    caller.connected();
    assert.equal(office.carrier.rung, 0);
    caller.hangsUp();
    mobile.hungUp();
  });

  overSecond('that refuses the call leaves it to the rest of the plan, and to no other trunk', (office) => {
    const caller = office.call();
    office.second.called().refuses(503);
    const phone = office.reception.answers();
    caller.connected();
    assert.equal(office.carrier.rung, 0);
    caller.hangsUp();
    phone.hungUp();
  });

  for (const status of [503, 500, 502, 403, 408, 480, 488, 302]) {
    story(`${status} from the first is the carrier’s own failure: the second is tried at once`, (office) => {
      const caller = office.call();
      office.carrier.called().refuses(status);
      const mobile = office.second.answers();
      caller.connected();
      assert.equal(office.stage.now, office.stage.entry.startedAt);
      caller.hangsUp();
      mobile.hungUp();
    });
  }

  for (const [status, prompt, final] of [
    [486, 'busy', 486],
    [600, 'busy', 486],
    [603, 'unavailable', 480],
    [404, 'unknown-number', 404],
  ] as const) {
    story(
      `${status} is the far end’s own word: no other carrier is asked, the caller hears "${prompt}"`,
      (office) => {
        const caller = office.call();
        office.carrier.called().refuses(status);
        caller.expect(183);
        assert.equal(office.hears(caller), prompt);
        office.pass(3_000);
        caller.expect(final);
        assert.equal(office.second.rung, 0);
      },
    );
  }

  story('after ringing 480 means that nobody answered: no other carrier is asked', (office) => {
    const caller = office.call();
    const mobile = office.carrier.rings();
    caller.expect(180);
    mobile.refuses(480);
    caller.expect(183);
    office.pass(3_000);
    caller.expect(480);
    assert.equal(office.second.rung, 0);
  });

  story('a carrier that gives no sign of life in 2 s: the second is tried', (office) => {
    const caller = office.callWithoutFirst();
    office.pass(1_999);
    assert.equal(office.second.rung, 0);
    office.pass(1);
    const mobile = office.second.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a carrier that is known to be down is tried last', (office) => {
    office.carrier.dead = true;
    office.pass(60_000);
    const caller = office.callWithoutFirst();
    const mobile = office.second.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a carrier that answers calls with 503 again and again is down for calls, too', (office) => {
    for (let call = 0; call < 2; call++) {
      const caller = office.call();
      office.carrier.called().refuses(503);
      const mobile = office.second.answers();
      caller.connected();
      caller.hangsUp();
      mobile.hungUp();
    }
    assert.equal(office.node.trunks()[0]?.health, 'down');
    const caller = office.call();
    const mobile = office.second.answers();
    caller.connected();
    assert.equal(office.carrier.rung, 2);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a carrier that takes the call and says nothing more in 10 s: the second is tried', (office) => {
    const caller = office.call();
    const first = office.carrier.called();
    first.refuses(100);
    office.pass(9_999);
    caller.expect(180);
    assert.equal(office.second.rung, 0);
    office.pass(1);
    first.withdrawn();
    const mobile = office.second.answers();
    caller.connected();
    assert.match(
      office.stage.entry.timeline.find(({ what }) => what === 'failed')?.text ?? '',
      /over carrier-a took the call and said nothing more in 10 s/,
    );
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a carrier that rings, or describes its session, has all the time of its step', (office) => {
    const caller = office.call();
    const mobile = office.carrier.called();
    mobile.refuses(100);
    office.pass(8_000);
    mobile.rings();
    caller.expect(180);
    office.pass(15_000);
    assert.equal(office.second.rung, 0);
    mobile.answers();
    caller.connected();
    mobile.acknowledged();
    caller.hangsUp();
    mobile.hungUp();
  });

  story(
    'the last carrier has all the time of its step, though it says nothing: it may still ring',
    (office) => {
      const caller = office.call();
      office.carrier.called().refuses(503);
      const mobile = office.second.called();
      mobile.refuses(100);
      office.pass(20_000);
      caller.expect(180);
      mobile.answers();
      caller.connected();
      mobile.acknowledged();
      caller.hangsUp();
      mobile.hungUp();
    },
  );

  story('an answer of the first that comes after all is acknowledged and hung up', (office) => {
    const caller = office.call();
    const first = office.carrier.called();
    office.carrier.stubborn = true;
    first.refuses(100);
    office.pass(10_000);
    caller.expect(180);
    first.withdrawn();
    const mobile = office.second.answers();
    first.answers();
    first.acknowledged();
    first.hungUp();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('when both fail the caller hears that all lines failed, and gets 480', (office) => {
    const caller = office.call();
    office.carrier.called().refuses(503);
    office.second.called().refuses(500);
    caller.expect(183);
    assert.equal(office.hears(caller), 'all-lines-failed');
    office.pass(3_000);
    caller.expect(480);
  });

  story('a redirection is not followed: it would choose who pays', (office) => {
    const caller = office.call();
    const elsewhere = [['Contact', '<sip:+15005550006@203.0.113.99>']] as const;
    office.carrier.called().refuses(302, { headers: elsewhere });
    office.second.called().refuses(302, { headers: elsewhere });
    caller.expect(183);
    office.pass(3_000);
    caller.expect(480);
  });

  story('the mobile is a leg of its own: another Call-ID, fewer hops left, our own Contact', (office) => {
    const caller = office.call({ maxForwards: 10 });
    const mobile = office.carrier.answers();
    caller.connected();
    assert.notEqual(mobile.callId, caller.callId);
    assert.equal(mobile.header('Max-Forwards'), '9');
    assert.equal(mobile.header('Contact'), '<sip:ringthrough@203.0.113.7:5060>');
    assert.equal(mobile.header('User-Agent'), 'Ringthrough/test');
    caller.hangsUp();
    mobile.hungUp();
  });
});

describe('a carrier that asks for credentials', () => {
  const story = inOffice({ plan: [dial(MOBILE)], carrier: { credentials: ACCOUNT } });
  const digest = new DigestServer({
    realm: 'carrier-a.example',
    key: new Uint8Array(32),
    hashing,
    acceptMd5: true,
    nonceLifetimeMs: 60_000,
    noncesMax: 10,
  });

  const challenge = (mobile: Ringing, status: 401 | 407, now: number): void => {
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const values = digest.challenges(now, false);
    mobile.refuses(status, { headers: values.map((value) => [name, value] as const) });
  };
  const secretOf = () => ({
    md5Ha1: ha1(hashing, 'MD5', ACCOUNT.user, 'carrier-a.example', ACCOUNT.password),
    sha256Ha1: ha1(hashing, 'SHA-256', ACCOUNT.user, 'carrier-a.example', ACCOUNT.password),
  });

  for (const [status, header] of [
    [401, 'Authorization'],
    [407, 'Proxy-Authorization'],
  ] as const) {
    story(`${status} is answered with them, in the same dialog (§22.2, §22.3)`, (office) => {
      const caller = office.call();
      const first = office.carrier.called();
      challenge(first, status, office.stage.now);
      const second = office.carrier.called();
      const verdict = digest.verify(second.invite, header, secretOf, office.stage.now);
      assert.equal(verdict.type, 'accepted');
      assert.equal(second.callId, first.callId);
      assert.equal(second.invite.cseq?.number, 2);
      assert.equal(second.header('From'), first.header('From'));
      second.answers();
      caller.connected();
      second.acknowledged();
      caller.hangsUp();
      assert.equal(second.hungUp().cseq?.number, 3);
    });
  }

  const challenged = (asked: Asked, status: 401 | 407, now: number): void => {
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const values = digest.challenges(now, false);
    asked.reply(status, { headers: values.map((value) => [name, value] as const) });
  };
  const carries = (asked: Asked, status: 401 | 407, now: number): boolean => {
    const header = status === 401 ? 'Authorization' : 'Proxy-Authorization';
    return digest.verify(asked.request, header, secretOf, now).type === 'accepted';
  };

  for (const status of [401, 407] as const) {
    story(`${status} to BYE is answered with them: the carrier’s channel is not left open`, (office) => {
      const caller = office.call();
      const mobile = office.carrier.answers();
      caller.connected();
      caller.hangsUp();
      const first = mobile.takes('BYE');
      challenged(first, status, office.stage.now);
      const second = mobile.takes('BYE');
      assert.ok(carries(second, status, office.stage.now));
      assert.equal(second.request.cseq?.number, (first.request.cseq?.number ?? 0) + 1);
      second.reply(200);
    });
  }

  story('a BYE that is challenged again is given up', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    caller.hangsUp();
    challenged(mobile.takes('BYE'), 407, office.stage.now);
    challenged(mobile.takes('BYE'), 407, office.stage.now);
  });

  story('a call that came in over it is hung up with them as well', (office) => {
    const caller = office.carrier.calls(SECOND_NUMBER);
    const callee = office.reception.answers();
    caller.connected();
    callee.hangsUp();
    challenged(caller.takes('BYE'), 407, office.stage.now);
    const again = caller.takes('BYE');
    assert.ok(carries(again, 407, office.stage.now));
    again.reply(200);
  });

  story('so is a re-INVITE, whose ACK goes by its new number; the caller notices nothing', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    const hold = caller.tells('INVITE', { sdp: caller.session({ version: 2, direction: 'sendonly' }) });
    challenged(mobile.takes('INVITE'), 407, office.stage.now);
    const asked = mobile.takes('INVITE');
    assert.ok(carries(asked, 407, office.stage.now));
    asked.reply(200, { sdp: mobile.session({ version: 2, direction: 'recvonly' }) });
    hold.expect(200);
    caller.acknowledges(hold);
    assert.equal(asked.ack().cseq?.number, asked.request.cseq?.number);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('and the question whether it is still there', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    office.goesSilent(mobile, 30_000);
    challenged(mobile.takes('OPTIONS'), 407, office.stage.now);
    mobile.takes('OPTIONS').reply(200);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a challenge within the call that we cannot meet is 403 to who asked', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    const hold = caller.tells('INVITE', { sdp: caller.session({ version: 2, direction: 'sendonly' }) });
    challenged(mobile.takes('INVITE'), 407, office.stage.now);
    challenged(mobile.takes('INVITE'), 407, office.stage.now);
    hold.expect(403);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a carrier that is silent after its challenge has 2 s again, and no more', (office) => {
    const caller = office.call();
    challenge(office.carrier.called(), 407, office.stage.now);
    office.carrier.called();
    office.pass(1_999);
    assert.equal(office.second.rung, 0);
    office.pass(1);
    const mobile = office.second.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('a second challenge is a refusal: the next carrier is tried', (office) => {
    const caller = office.call();
    challenge(office.carrier.called(), 407, office.stage.now);
    challenge(office.carrier.called(), 407, office.stage.now);
    const mobile = office.second.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('each new call is authenticated anew, also when the carrier keeps its nonce', (office) => {
    for (let call = 0; call < 2; call++) {
      const caller = office.call();
      challenge(office.carrier.called(), 407, office.stage.now);
      const mobile = office.carrier.called();
      const verdict = digest.verify(mobile.invite, 'Proxy-Authorization', secretOf, office.stage.now);
      assert.equal(verdict.type, 'accepted');
      mobile.answers();
      caller.connected();
      mobile.acknowledged();
      caller.hangsUp();
      mobile.hungUp();
    }
  });

  story('a carrier that we have no credentials for is passed over', (office) => {
    const caller = office.call();
    office.carrier.called().refuses(503);
    challenge(office.second.called(), 407, office.stage.now);
    caller.expect(183);
    office.pass(3_000);
    caller.expect(480);
  });
});

describe('how many calls a trunk may carry', () => {
  const story = inOffice({ plan: [dial(MOBILE)], carrier: { callsMax: 1 } });

  story('the next call goes over the next trunk, and the first again when it is free', (office) => {
    const first = office.call();
    const one = office.carrier.answers();
    first.connected();
    const second = office.call();
    const two = office.second.answers();
    second.connected();
    first.hangsUp();
    one.hungUp();
    const third = office.call();
    const three = office.carrier.answers();
    third.connected();
    for (const [caller, mobile] of [
      [second, two],
      [third, three],
    ] as const) {
      caller.hangsUp();
      mobile.hungUp();
    }
  });
});

describe('when all trunks are full', () => {
  const story = inOffice({ plan: [dial(MOBILE)], carrier: { callsMax: 0 }, second: { callsMax: 0 } });

  story('the caller hears that all lines failed, and the ledger says why', (office) => {
    const caller = office.call();
    caller.expect(183);
    assert.equal(office.hears(caller), 'all-lines-failed');
    office.pass(3_000);
    caller.expect(480);
    assert.match(
      office.stage.entry.timeline.map(({ text }) => text).join('\n'),
      /no trunk can carry \+447700900123 now/,
    );
  });
});

describe('a carrier that writes numbers without a plus sign', () => {
  const story = inOffice({
    plan: [ring('reception')],
    carrier: {
      numberFormat: 'e164-without-plus',
      target: { host: '198.51.100.1', port: 5060, transport: 'tcp' },
    },
  });

  story('is called over TCP as it wants it', (office) => {
    const caller = office.reception.calls('07700 900123'.replace(' ', ''));
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(mobile.invite.uri, 'sip:447700900123@198.51.100.1;transport=tcp');
    assert.equal(mobile.header('Contact'), '<sip:ringthrough@203.0.113.7:5060;transport=tcp>');
    mobile.hangsUp();
    caller.hungUp();
  });

  story('is understood when it calls in so', (office) => {
    for (const written of ['442079460000', '02079460000', '+442079460000', '00442079460000']) {
      const caller = office.carrier.calls(written, { from: `<sip:${CALLER.slice(1)}@carrier-a.example>` });
      const phone = office.reception.answers();
      caller.connected();
      assert.equal(office.stage.entry.called, NUMBER);
      assert.match(phone.header('From') ?? '', /sip:\+442079460999@/);
      caller.hangsUp();
      phone.hungUp();
    }
  });
});
