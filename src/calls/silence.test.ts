import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { inOffice, type Office, ring } from '../../test/stories/office.ts';
import type { Party } from '../../test/stories/party.ts';

const story = inOffice({ plan: [ring('reception')], node: { silenceMs: 60_000 } });

/** Packets from this party have stopped: time goes by until the relay says so. */
function silent(office: Office, ...parties: readonly Party[]): void {
  const [first] = parties;
  assert.ok(first);
  const silentMs = office.silenceWatch(first);
  office.pass(silentMs);
  for (const party of parties) office.goesSilent(party, silentMs);
}

describe('media that stops', () => {
  story('a phone that has been silent for 30 s is asked whether it is there, and is', (office) => {
    const { caller, callee } = office.talk();
    assert.equal(office.silenceWatch(callee), 30_000);
    silent(office, callee);
    callee.takes('OPTIONS').reply(200);
    assert.equal(office.silenceWatch(callee), 60_000);
    office.pass(40_000);
    caller.hangsUp();
    callee.hungUp();
  });

  story(
    'a killed phone does not answer that: the call is over 32 s later, not when the session is',
    (office) => {
      const { caller, callee } = office.talk();
      office.reception.dead = true;
      silent(office, callee);
      office.pass(31_999);
      assert.equal(office.node.calls().length, 1);
      office.pass(1);
      caller.hungUp();
      const { outcome, reason } = office.stage.entry;
      assert.deepEqual([outcome, reason], ['answered', 'reception does not answer any more']);
    },
  );

  story('a phone that was restarted answers 481: the call is over at once', (office) => {
    const { caller, callee } = office.talk();
    silent(office, callee);
    callee.takes('OPTIONS').reply(481);
    caller.hungUp();
    assert.equal(office.stage.entry.reason, 'reception is not in the call any more');
  });

  story('a phone that knows no OPTIONS is there as well', (office) => {
    const { caller, callee } = office.talk();
    silent(office, callee);
    callee.takes('OPTIONS').reply(405);
    office.pass(60_000);
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });

  story('one quiet side that answers is nobody’s reason to end the call', (office) => {
    const { caller, callee } = office.talk();
    for (let minute = 0; minute < 10; minute++) {
      silent(office, callee);
      callee.takes('OPTIONS').reply(200);
    }
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });

  story('both sides silent for a minute, though both answer: the call is over', (office) => {
    const { caller, callee } = office.talk();
    silent(office, caller, callee);
    caller.takes('OPTIONS').reply(200);
    callee.takes('OPTIONS').reply(200);
    office.pass(60_000);
    office.goesSilent(caller, 60_000);
    caller.takes('OPTIONS').reply(200);
    office.goesSilent(callee, 60_000);
    caller.hungUp();
    callee.hungUp();
    assert.equal(office.stage.entry.reason, 'no media from either side for 60 s');
  });

  story('each side’s silences at different times are two pauses, and end nothing', (office) => {
    const { caller, callee } = office.talk({ allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS' });
    for (const party of [caller, callee, caller, callee]) {
      silent(office, party);
      party.takes('OPTIONS').reply(200);
      silent(office, party);
      party.takes('OPTIONS').reply(200);
      office.pass(300_000);
    }
    office.assertTalking(caller, callee);
    caller.hangsUp();
    callee.hungUp();
  });

  story('a side that is on hold may be silent for ever', (office) => {
    const { caller, callee } = office.talk();
    const sent = caller.tells('INVITE', { sdp: caller.session({ direction: 'inactive', version: 2 }) });
    const asked = callee.takes('INVITE');
    asked.reply(200, { sdp: callee.session({ direction: 'inactive', version: 2 }) });
    sent.expect(200);
    asked.ack();
    caller.acknowledges(sent);
    assert.deepEqual([office.silenceWatch(caller), office.silenceWatch(callee)], [0, 0]);
    // What was on its way when the call was held changes nothing.
    office.goesSilent(callee, 30_000);
    caller.hangsUp();
    callee.hungUp();
  });

  story('what was heard is told once, and when', (office) => {
    const { caller, callee } = office.talk();
    office.isHeard(caller);
    office.pass(500);
    office.isHeard(callee);
    caller.hangsUp();
    callee.hungUp();
    const heard = office.stage.entry.timeline.filter(({ what }) => what === 'heard');
    assert.deepEqual(
      heard.map(({ text }) => text),
      ['audio heard from the caller', 'audio heard from reception'],
    );
  });
});
