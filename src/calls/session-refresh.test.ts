import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { inOffice, type Office, ring } from '../../test/stories/office.ts';
import type { Placed, Ringing } from '../../test/stories/party.ts';
import type { Row } from '../../test/stories/said.ts';

const story = inOffice({ plan: [ring('reception')] });
const KNOWS_TIMERS: Row = ['Supported', 'timer'];
const NO_UPDATE = 'INVITE, ACK, CANCEL, BYE, OPTIONS';

/** A call whose phone answered with these headers; the caller has no timer of its own. */
function answeredWith(office: Office, headers: readonly Row[]): { caller: Placed; callee: Ringing } {
  const caller = office.call({ allow: NO_UPDATE });
  const callee = office.reception.called();
  callee.answers({ headers });
  caller.connected();
  callee.acknowledged();
  return { caller, callee };
}

describe('a caller’s session (RFC 4028)', () => {
  story('that would be too short gets 422 with Min-SE, and no phone rings (§9)', (office) => {
    const caller = office.call({ headers: [KNOWS_TIMERS, ['Session-Expires', '60']] });
    assert.equal(caller.expect(422).headers.get('Min-SE'), '90');
    assert.equal(office.reception.rung, 0);
  });

  story('that it refreshes itself goes on as long as it does', (office) => {
    const { caller, callee } = office.talk({ headers: [KNOWS_TIMERS, ['Session-Expires', '600']] });
    for (let refresh = 0; refresh < 5; refresh++) {
      office.pass(500_000);
      const headers = [KNOWS_TIMERS, ['Session-Expires', '600;refresher=uac']] as const;
      const ok = caller.tells('UPDATE', { headers }).expect(200);
      assert.equal(ok.headers.get('Session-Expires'), '600;refresher=uac');
      assert.equal(ok.headers.get('Require'), 'timer');
    }
    caller.hangsUp();
    callee.hungUp();
  });

  story('that it does not refresh in time is over: BYE to both (§10)', (office) => {
    const { caller, callee } = office.talk({ headers: [KNOWS_TIMERS, ['Session-Expires', '600']] });
    office.pass(567_999);
    assert.equal(office.node.calls()[0]?.state, 'answered');
    office.pass(1);
    caller.hungUp();
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'the caller let its session expire');
  });

  story('that is left to us is refreshed by UPDATE at half of its time', (office) => {
    const { caller, callee } = office.talk({
      headers: [KNOWS_TIMERS, ['Session-Expires', '600;refresher=uas']],
    });
    for (let refresh = 0; refresh < 3; refresh++) {
      office.pass(300_000);
      const update = caller.takes('UPDATE');
      assert.equal(update.request.headers.get('Session-Expires'), '600;refresher=uac');
      assert.equal(update.request.body.length, 0);
      update.reply(200, { headers: [['Session-Expires', '600;refresher=uac']] });
    }
    caller.hangsUp();
    callee.hungUp();
  });

  story('of one that knows no UPDATE is refreshed by re-INVITE with what we said before (§7.4)', (office) => {
    const { caller, callee } = office.talk({
      allow: NO_UPDATE,
      headers: [KNOWS_TIMERS, ['Session-Expires', '600;refresher=uas']],
    });
    office.pass(300_000);
    const invite = caller.takes('INVITE');
    assert.equal(new TextDecoder().decode(invite.request.body).match(/^o=.*/m)?.[0], caller.origin);
    invite.reply(200, { sdp: caller.session(), headers: [['Session-Expires', '600;refresher=uac']] });
    invite.ack();
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });

  story('of one that knows UPDATE but no timers is refreshed by us, too', (office) => {
    const { caller, callee } = office.talk();
    office.pass(900_000);
    caller.takes('UPDATE').reply(200);
    office.pass(900_000);
    caller.takes('UPDATE').reply(200);
    caller.hangsUp();
    callee.hungUp();
  });

  story('of one that knows neither has no timer', (office) => {
    const { caller, callee } = office.talk({ allow: NO_UPDATE });
    office.pass(7_200_000);
    caller.hangsUp();
    callee.hungUp();
  });

  story('is over when our refresh finds no call there any more', (office) => {
    const { caller, callee } = office.talk();
    office.pass(900_000);
    caller.takes('UPDATE').reply(481);
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'the caller is not in the call any more');
  });

  story('is over when nobody answers our refresh in 32 s', (office) => {
    const { callee } = office.talk();
    office.carrier.dead = true;
    office.pass(931_999);
    assert.equal(office.node.calls().length, 1);
    office.pass(1);
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'the caller does not answer any more');
  });

  story('may be changed by an UPDATE; one that would be too short gets 422', (office) => {
    const { caller, callee } = office.talk({ headers: [KNOWS_TIMERS] });
    const short = [KNOWS_TIMERS, ['Session-Expires', '30']] as const;
    assert.equal(caller.tells('UPDATE', { headers: short }).expect(422).headers.get('Min-SE'), '90');
    const longer = [KNOWS_TIMERS, ['Session-Expires', '3600']] as const;
    caller.tells('UPDATE', { headers: longer }).expect(200);
    office.pass(3_500_000);
    caller.hangsUp();
    callee.hungUp();
  });

  story('is refreshed by a re-INVITE that goes through, and not by one that is refused', (office) => {
    const headers = [KNOWS_TIMERS, ['Session-Expires', '600;refresher=uac']] as const;
    const { caller, callee } = office.talk({ headers });
    office.pass(500_000);
    const sent = caller.tells('INVITE', { sdp: caller.session({ version: 2 }), headers });
    const asked = callee.takes('INVITE');
    asked.reply(200, { sdp: callee.session() });
    assert.equal(sent.expect(200).headers.get('Session-Expires'), '600;refresher=uac');
    asked.ack();
    caller.acknowledges(sent);
    office.pass(500_000);
    const again = caller.tells('INVITE', { sdp: caller.session({ version: 3 }), headers });
    callee.takes('INVITE').reply(488);
    again.expect(488);
    office.pass(68_000);
    caller.hungUp();
    callee.hungUp();
  });
});

describe('a called phone’s session (RFC 4028)', () => {
  story('is asked for in our INVITE: 30 minutes, no less than 90 s', (office) => {
    const caller = office.call();
    const phone = office.reception.answers();
    caller.connected();
    assert.equal(phone.header('Session-Expires'), '1800');
    assert.equal(phone.header('Min-SE'), '90');
    assert.equal(phone.header('Supported'), 'timer');
    caller.hangsUp();
    phone.hungUp();
  });

  story('422 is answered with the interval that it asks for, in the same dialog (§7.3)', (office) => {
    const caller = office.call();
    const first = office.reception.called();
    first.refuses(422, { headers: [['Min-SE', '3600']] });
    const second = office.reception.answers();
    caller.connected();
    assert.equal(second.callId, first.callId);
    assert.equal(second.invite.cseq?.number, 2);
    assert.equal(second.header('Session-Expires'), '3600');
    assert.equal(second.header('Min-SE'), '3600');
    caller.hangsUp();
    second.hungUp();
  });

  story('422 that names no larger interval is a refusal', (office) => {
    const caller = office.call();
    office.reception.called().refuses(422, { headers: [['Min-SE', '90']] });
    caller.expect(183);
    office.pass(3_000);
    caller.expect(480);
  });

  story('that the phone refreshes is over when it does not (§10)', (office) => {
    const { caller, callee } = answeredWith(office, [['Session-Expires', '600;refresher=uas']]);
    office.pass(500_000);
    const headers = [KNOWS_TIMERS, ['Session-Expires', '600;refresher=uac']] as const;
    callee.tells('UPDATE', { headers }).expect(200);
    office.pass(567_999);
    assert.equal(office.node.calls()[0]?.state, 'answered');
    office.pass(1);
    caller.hungUp();
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'reception let its session expire');
  });

  story('that is ours to refresh is refreshed by UPDATE where the phone knows it', (office) => {
    const headers = [
      ['Session-Expires', '600;refresher=uac'],
      ['Allow', 'INVITE, ACK, BYE, UPDATE'],
    ] as const;
    const { caller, callee } = answeredWith(office, headers);
    office.pass(300_000);
    callee.takes('UPDATE').reply(200, { headers });
    office.pass(300_000);
    callee.takes('UPDATE').reply(200, { headers });
    caller.hangsUp();
    callee.hungUp();
  });

  story('an UPDATE that the phone does not know after all is made good by re-INVITE at once', (office) => {
    const headers = [
      ['Session-Expires', '600;refresher=uac'],
      ['Allow', 'INVITE, ACK, BYE, UPDATE'],
    ] as const;
    const { caller, callee } = answeredWith(office, headers);
    office.pass(300_000);
    callee.takes('UPDATE').reply(405, { headers: [['Allow', 'INVITE, ACK, BYE']] });
    const invite = callee.takes('INVITE');
    assert.equal(invite.request.headers.get('Session-Expires'), '600;refresher=uac');
    invite.reply(200, { sdp: callee.session(), headers: [['Session-Expires', '600;refresher=uac']] });
    invite.ack();
    caller.hangsUp();
    callee.hungUp();
  });

  story(
    'a refresh that meets the phone’s own re-INVITE gets 491 and comes again soon, on the same terms',
    (office) => {
      const { caller, callee } = answeredWith(office, [['Session-Expires', '600;refresher=uac']]);
      office.pass(300_000);
      callee.takes('INVITE').reply(491);
      assert.throws(() => callee.takes('INVITE'));
      office.pass(4_000);
      const again = callee.takes('INVITE');
      assert.equal(again.request.headers.get('Session-Expires'), '600;refresher=uac');
      again.reply(200, { sdp: callee.session(), headers: [['Session-Expires', '600;refresher=uac']] });
      again.ack();
      office.pass(299_000);
      assert.throws(() => callee.takes('INVITE'));
      caller.hangsUp();
      callee.hungUp();
    },
  );

  story('a refresh waits while a re-INVITE is on its way, and comes on the same terms', (office) => {
    const { caller, callee } = answeredWith(office, [['Session-Expires', '600;refresher=uac']]);
    office.pass(299_000);
    const sent = caller.tells('INVITE', { sdp: caller.session({ version: 2 }) });
    const asked = callee.takes('INVITE');
    asked.reply(100);
    office.pass(2_000);
    asked.reply(488);
    sent.expect(488);
    office.pass(3_000);
    const refresh = callee.takes('INVITE');
    assert.equal(refresh.request.headers.get('Session-Expires'), '600;refresher=uac');
    refresh.reply(200, { sdp: callee.session(), headers: [['Session-Expires', '600;refresher=uac']] });
    refresh.ack();
    caller.hangsUp();
    callee.hungUp();
  });

  story('a refresh that is too short for the phone comes again with what it asks for', (office) => {
    const { caller, callee } = answeredWith(office, [['Session-Expires', '600;refresher=uac']]);
    office.pass(300_000);
    callee.takes('INVITE').reply(422, { headers: [['Min-SE', '1200']] });
    const again = callee.takes('INVITE');
    assert.equal(again.request.headers.get('Session-Expires'), '1200;refresher=uac');
    assert.equal(again.request.headers.get('Min-SE'), '1200');
    again.reply(200, { sdp: callee.session(), headers: [['Session-Expires', '1200;refresher=uac']] });
    again.ack();
    office.pass(599_000);
    assert.throws(() => callee.takes('INVITE'));
    caller.hangsUp();
    callee.hungUp();
  });

  story('a refresh that is refused for another reason shows a living phone: the call goes on', (office) => {
    const { caller, callee } = answeredWith(office, [['Session-Expires', '600;refresher=uac']]);
    office.pass(300_000);
    callee.takes('INVITE').reply(500);
    assert.equal(office.node.calls()[0]?.state, 'answered');
    caller.hangsUp();
    callee.hungUp();
  });

  story('a re-INVITE that goes through keeps who refreshes, and starts the time anew', (office) => {
    const { caller, callee } = answeredWith(office, [['Session-Expires', '600;refresher=uas']]);
    office.pass(500_000);
    const sent = caller.tells('INVITE', { sdp: caller.session({ version: 2 }) });
    const asked = callee.takes('INVITE');
    assert.equal(asked.request.headers.get('Session-Expires'), '600;refresher=uas');
    asked.reply(200, { sdp: callee.session(), headers: [['Session-Expires', '600;refresher=uas']] });
    sent.expect(200);
    asked.ack();
    caller.acknowledges(sent);
    office.pass(567_999);
    assert.equal(office.node.calls()[0]?.state, 'answered');
    office.pass(1);
    caller.hungUp();
    callee.hungUp();
  });
});
