// RFC 5407 §3 as stories: what crosses on the wire. The moratorium is the time between a 200 and its ACK, the mortal
// state the one after a BYE. A back-to-back user agent is both the caller and the callee of each of its flows.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { present } from '../../../src/base/assert.ts';
import { ladder, timesOf } from '../../stories/ladder.ts';
import { inOffice, type Office, ring } from '../../stories/office.ts';
import type { Placed, Ringing } from '../../stories/party.ts';
import type { Sent } from '../../stories/said.ts';

const story = inOffice({ plan: [ring('reception')] });

/** Answered, and the caller's ACK is still on its way. */
function inMoratorium(office: Office): { readonly caller: Placed; readonly callee: Ringing } {
  const caller = office.call();
  const callee = office.reception.answers();
  caller.expect(200);
  return { caller, callee };
}

/** The caller hangs up, and what the phone says meanwhile crosses our BYE. */
function afterBye(office: Office, caller: Placed, says: () => Sent): Sent {
  const crossed: Sent[] = [];
  office.reception.crossing(() => {
    caller.hangsUp();
    crossed.push(says());
  });
  return present(crossed[0], 'what crossed the BYE');
}

function goodbye(caller: Placed, callee: Ringing): void {
  caller.hangsUp();
  callee.hungUp();
}

describe('RFC 5407 §3.1.1 Callee receives a retransmitted INVITE in the moratorium', () => {
  story(
    'an INVITE that was sent again before the 200 came is absorbed: one call, one phone that rings',
    (office) => {
      const { caller, callee } = inMoratorium(office);
      office.carrier.repeats(caller.sent);
      caller.acknowledges(caller.sent);
      office.carrier.repeats(caller.sent);
      assert.deepEqual(ladder(office.stage, caller), [
        'INVITE →',
        '← 100',
        '← 200',
        'INVITE →',
        'ACK →',
        'INVITE →',
      ]);
      assert.equal(office.reception.rung, 1);
      goodbye(caller, callee);
    },
  );
});

describe('RFC 5407 §3.1.2 Callee receives CANCEL in the moratorium', () => {
  story('a CANCEL that crosses our 200 is answered, and changes nothing: the caller says BYE', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    office.carrier.crossing(() => {
      callee.answers();
      office.carrier.cancel(caller.sent.request);
    });
    caller.connected();
    assert.deepEqual(ladder(office.stage, caller), [
      ...['INVITE →', '← 100', '← 180', '← 200'],
      ...['CANCEL →', '← 200', 'ACK →'],
    ]);
    goodbye(caller, callee);
  });

  story('a 200 that crosses our CANCEL gets ACK and BYE', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    office.reception.stubborn = true;
    office.reception.crossing(() => {
      caller.cancels();
      callee.answers();
    });
    caller.expect(487);
    callee.withdrawn();
    callee.acknowledged();
    callee.hungUp();
    assert.deepEqual(ladder(office.stage, callee), [
      '← INVITE',
      '180 →',
      '← CANCEL',
      '200 →',
      '← ACK',
      '← BYE',
      '200 →',
      '200 →',
    ]);
    assert.equal(office.stage.entry.outcome, 'abandoned');
  });
});

describe('RFC 5407 §3.1.3 Callee receives BYE of an early dialog in the moratorium', () => {
  story('BYE in the early dialog, sent before the 200 came, ends the call', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.early(caller.expect(180));
    let bye: ReturnType<Placed['tells']> | undefined;
    office.carrier.crossing(() => {
      callee.answers();
      bye = caller.tells('BYE');
    });
    caller.sent.expect(200);
    bye?.expect(200);
    callee.acknowledged();
    callee.hungUp();
    caller.acknowledges(caller.sent);
  });
});

describe('RFC 5407 §3.1.4, §3.1.5 Callee receives re-INVITE in the moratorium', () => {
  story('a re-INVITE that overtakes its ACK is put off with 491, and may come again', (office) => {
    const { caller, callee } = inMoratorium(office);
    caller.tells('INVITE', { sdp: caller.session({ version: 2 }) }).expect(491);
    caller.acknowledges(caller.sent);
    const again = caller.tells('INVITE', { sdp: caller.session({ version: 2 }) });
    const asked = callee.takes('INVITE');
    asked.reply(200, { sdp: callee.session({ version: 2 }) });
    again.expect(200);
    caller.acknowledges(again);
    asked.ack();
    goodbye(caller, callee);
  });

  story(
    'a re-INVITE after a lost ACK is put off, too, until the 200 that comes again has its ACK',
    (office) => {
      const { caller, callee } = inMoratorium(office);
      office.pass(3_500);
      assert.deepEqual(timesOf(office.stage, caller, '← 200'), [0, 500, 1_500, 3_500]);
      caller.tells('INVITE', { sdp: caller.session({ version: 2 }) }).expect(491);
      caller.acknowledges(caller.sent);
      office.pass(32_000);
      assert.equal(timesOf(office.stage, caller, '← 200').length, 4, 'and no more');
      goodbye(caller, callee);
    },
  );

  story(
    'the phone that was called asks for a change before the caller’s ACK: 491, later it may',
    (office) => {
      const { caller, callee } = inMoratorium(office);
      callee.tells('INVITE', { sdp: callee.session({ version: 2 }) }).expect(491);
      caller.acknowledges(caller.sent);
      const again = callee.tells('INVITE', { sdp: callee.session({ version: 3 }) });
      const asked = caller.takes('INVITE');
      asked.reply(200, { sdp: caller.session({ version: 2 }) });
      again.expect(200);
      callee.acknowledges(again);
      asked.ack();
      goodbye(caller, callee);
    },
  );
});

describe('RFC 5407 §3.1.6 Callee receives BYE in the moratorium', () => {
  story('a BYE that comes though the ACK was lost ends the call, and the 200 goes out no more', (office) => {
    const { caller, callee } = inMoratorium(office);
    office.pass(500);
    caller.tells('BYE').expect(200);
    callee.hungUp();
    office.pass(32_000);
    assert.deepEqual(ladder(office.stage, caller).slice(2), ['← 200', '← 200', 'BYE →', '← 200']);
  });
});

describe('RFC 5407 §3.2.1 UA receives BYE in the mortal state', () => {
  story('both hang up, and the BYEs cross: each is answered, nobody waits', (office) => {
    const { caller, callee } = office.talk();
    const late = afterBye(office, caller, () => callee.tells('BYE'));
    late.expect(200);
    callee.hungUp();
    assert.equal(office.stage.entry.outcome, 'answered');
  });
});

describe('RFC 5407 §3.2.2 UA receives re-INVITE in the mortal state', () => {
  story('a re-INVITE that crosses our BYE is refused, and the BYE is answered', (office) => {
    const { caller, callee } = office.talk();
    const late = afterBye(office, caller, () =>
      callee.tells('INVITE', { sdp: callee.session({ version: 2 }) }),
    );
    late.expect(481);
    callee.hungUp();
  });
});

describe('RFC 5407 §3.2.3 UA receives the 200 of a re-INVITE in the mortal state', () => {
  story('a 200 that crosses our BYE still gets its ACK', (office) => {
    const { caller, callee } = office.talk();
    const hold = caller.tells('INVITE', { sdp: caller.session({ version: 2, direction: 'sendonly' }) });
    const asked = callee.takes('INVITE');
    office.reception.crossing(() => {
      caller.hangsUp();
      asked.reply(200, { sdp: callee.session({ version: 2, direction: 'recvonly' }) });
    });
    hold.expect(487);
    asked.ack();
    callee.hungUp();
  });
});

describe('RFC 5407 §3.2.4 Callee receives ACK in the mortal state', () => {
  story('the phone hangs up before the caller’s ACK: our BYE waits for it (RFC 3261 §15)', (office) => {
    const { caller, callee } = inMoratorium(office);
    callee.hangsUp();
    office.pass(1_000);
    caller.acknowledges(caller.sent);
    caller.hungUp();
    assert.deepEqual(ladder(office.stage, caller).slice(-3), ['ACK →', '← BYE', '200 →']);
  });
});

describe('RFC 5407 §3.3.1 Re-INVITE crossover', () => {
  story('both change the session at once: 491 for both, and whoever comes again first has it', (office) => {
    const { caller, callee } = office.talk();
    const first = caller.tells('INVITE', { sdp: caller.session({ version: 2 }) });
    callee.tells('INVITE', { sdp: callee.session({ version: 2 }) }).expect(491);
    callee.takes('INVITE').reply(491);
    first.expect(491);
    office.assertTalking(caller, callee);
    // RFC 3261 §14.1: who owns the Call-ID waits for 2.1 s at least, the other at most 2 s.
    office.pass(1_000);
    const again = callee.tells('INVITE', { sdp: callee.session({ version: 3 }) });
    const asked = caller.takes('INVITE');
    asked.reply(200, { sdp: caller.session({ version: 3 }) });
    again.expect(200);
    callee.acknowledges(again);
    asked.ack();
    goodbye(caller, callee);
  });
});

describe('RFC 5407 §3.3.2 UPDATE and re-INVITE crossover', () => {
  story(
    'an UPDATE with an offer that crosses a re-INVITE gets 491, one without is a mere refresh',
    (office) => {
      const { caller, callee } = office.talk();
      const hold = caller.tells('INVITE', { sdp: caller.session({ version: 2, direction: 'sendonly' }) });
      callee.tells('UPDATE', { sdp: callee.session({ version: 2 }) }).expect(491);
      callee.tells('UPDATE').expect(200);
      const asked = callee.takes('INVITE');
      asked.reply(200, { sdp: callee.session({ version: 2, direction: 'recvonly' }) });
      hold.expect(200);
      caller.acknowledges(hold);
      asked.ack();
      goodbye(caller, callee);
    },
  );

  story(
    'two UPDATEs with offers cross: 491 for the second, the first goes through (RFC 3311 §5.2)',
    (office) => {
      const { caller, callee } = office.talk();
      const first = caller.tells('UPDATE', { sdp: caller.session({ version: 2 }) });
      callee.tells('UPDATE', { sdp: callee.session({ version: 2 }) }).expect(491);
      callee.takes('UPDATE').reply(200, { sdp: callee.session({ version: 3 }) });
      first.expect(200);
      office.assertTalking(caller, callee);
      goodbye(caller, callee);
    },
  );
});

describe('RFC 5407 §3.3.3 Receiving REFER in the mortal state', () => {
  story('a REFER, which we take for no call, is refused before and after the BYE', (office) => {
    const { caller, callee } = office.talk();
    const refer = () =>
      callee.tells('REFER', { headers: [['Refer-To', '<sip:workshop@voice.example.net>']] });
    refer().expect(405);
    afterBye(office, caller, refer).expect(481);
    callee.hungUp();
  });
});
