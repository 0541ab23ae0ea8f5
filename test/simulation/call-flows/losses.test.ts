// What is lost on the way, and what the timers of RFC 3261 §17 and §13.3.1.4 make of it: each message of a call that
// RFC 3665 §3.1 draws, lost once on either side. Peers send again only where the story says that they do.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { ladder, messages, timesOf } from '../../stories/ladder.ts';
import { inOffice, ring } from '../../stories/office.ts';

const story = inOffice({ plan: [ring('reception')] });
const toStream = inOffice({ plan: [ring('attic')] });
/** Timer A of RFC 3261 §17.1.1.2, Timer G of §17.2.1 and the 2xx of §13.3.1.4 start like this. */
const FIRST_RETRIES = [0, 500, 1_500];

describe('a lost INVITE', () => {
  story('goes again to the phone after T1, which rings; the caller notices nothing', (office) => {
    office.reception.misses('INVITE');
    const caller = office.call();
    office.pass(500);
    const callee = office.reception.rings();
    caller.expect(180);
    callee.answers();
    caller.connected();
    assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '← INVITE', '180 →', '200 →', '← ACK']);
    caller.hangsUp();
    callee.hungUp();
  });
});

describe('a lost provisional answer', () => {
  story('100 to the caller: its INVITE comes again, and the latest answer is sent again', (office) => {
    office.carrier.misses('SIP/2.0 100');
    office.carrier.misses('SIP/2.0 180');
    const caller = office.call();
    const callee = office.reception.rings();
    office.carrier.repeats(caller.sent);
    caller.expect(180);
    callee.answers();
    caller.connected();
    assert.deepEqual(ladder(office.stage, caller), [
      'INVITE →',
      '← 100',
      '← 180',
      'INVITE →',
      '← 180',
      '← 200',
      'ACK →',
    ]);
    caller.hangsUp();
    callee.hungUp();
  });

  story('180 to the caller is sent again by itself, since nobody acknowledges it', (office) => {
    office.carrier.misses('SIP/2.0 180');
    const caller = office.call();
    const callee = office.reception.rings();
    caller.sent.expectNothing();
    office.pass(500);
    caller.expect(180);
    callee.answers();
    caller.connected();
    caller.hangsUp();
    callee.hungUp();
  });
});

describe('a lost 200 to INVITE', () => {
  story('to the caller goes again until the ACK comes', (office) => {
    office.carrier.misses('SIP/2.0 200');
    const caller = office.call();
    const callee = office.reception.answers();
    office.pass(500);
    caller.connected();
    office.pass(10_000);
    assert.deepEqual(timesOf(office.stage, caller, '← 200'), [0, 500]);
    caller.hangsUp();
    callee.hungUp();
  });
});

describe('a lost ACK', () => {
  story('of the caller: our 200 goes again, and is acknowledged then', (office) => {
    const caller = office.call();
    const callee = office.reception.answers();
    caller.expect(200);
    office.pass(1_500);
    caller.acknowledges(caller.sent);
    office.pass(30_000);
    assert.deepEqual(timesOf(office.stage, caller, '← 200'), FIRST_RETRIES);
    caller.hangsUp();
    callee.hungUp();
  });

  story('of ours to the phone: its 200 comes again, and the very same ACK goes again', (office) => {
    const caller = office.call();
    office.reception.misses('ACK');
    const callee = office.reception.called();
    callee.answers();
    caller.connected();
    office.pass(500);
    callee.asked.repeats();
    callee.acknowledged();
    const [first, second] = messages(office.stage, callee, '← ACK');
    assert.equal(first?.headers.get('Via'), second?.headers.get('Via'));
    assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '200 →', '← ACK', '200 →', '← ACK']);
    caller.hangsUp();
    callee.hungUp();
  });

  story('for good: after 64*T1 both sides are hung up (RFC 3261 §13.3.1.4)', (office) => {
    const caller = office.call();
    const callee = office.reception.answers();
    caller.expect(200);
    office.pass(32_000);
    caller.hungUp();
    callee.hungUp();
    assert.deepEqual(timesOf(office.stage, caller, '← 200'), [
      ...[0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
    ]);
    assert.equal(office.stage.entry.reason, 'an answer was never acknowledged');
  });

  story('of ours for a refusal: 486 comes again, and the ACK with it', (office) => {
    const caller = office.call();
    office.reception.misses('ACK');
    const callee = office.reception.called();
    callee.refuses(486);
    office.pass(500);
    callee.asked.repeats();
    assert.deepEqual(ladder(office.stage, callee), ['← INVITE', '486 →', '← ACK', '486 →', '← ACK']);
    caller.expect(183);
    office.pass(3_000);
    caller.expect(486);
  });
});

describe('a lost refusal', () => {
  story('to the caller goes again after T1, and is acknowledged then', (office) => {
    office.carrier.misses('SIP/2.0 486');
    const caller = office.call();
    office.reception.called().refuses(486);
    caller.expect(183);
    office.pass(3_000);
    caller.sent.expectNothing();
    office.pass(500);
    caller.expect(486);
    assert.deepEqual(ladder(office.stage, caller).slice(-3), ['← 486', '← 486', 'ACK →']);
  });
});

describe('a lost CANCEL', () => {
  story('to the phone goes again after T1', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    office.reception.misses('CANCEL');
    caller.cancels();
    caller.expect(487);
    office.pass(500);
    callee.withdrawn();
    assert.deepEqual(ladder(office.stage, callee), [
      '← INVITE',
      '180 →',
      '← CANCEL',
      '← CANCEL',
      '200 →',
      '487 →',
      '← ACK',
    ]);
  });

  story('whose 200 is lost is answered again when it comes again, and the INVITE ends once', (office) => {
    const caller = office.call();
    const callee = office.reception.rings();
    caller.expect(180);
    office.carrier.misses('SIP/2.0 200');
    const cancel = office.carrier.cancel(caller.sent.request);
    caller.expect(487);
    office.carrier.repeats(cancel);
    cancel.expect(200);
    callee.withdrawn();
    assert.deepEqual(ladder(office.stage, caller), [
      'INVITE →',
      '← 100',
      '← 180',
      'CANCEL →',
      '← 200',
      '← 487',
      'ACK →',
      'CANCEL →',
      '← 200',
    ]);
  });
});

describe('a lost BYE', () => {
  story('of ours goes again after T1, then less and less often', (office) => {
    const { caller, callee } = office.talk();
    for (let lost = 0; lost < 3; lost++) office.reception.misses('BYE');
    caller.hangsUp();
    office.pass(3_500);
    callee.hungUp();
    assert.deepEqual(timesOf(office.stage, callee, '← BYE'), [0, 500, 1_500, 3_500]);
  });

  story('whose 200 is lost is answered again when it comes again', (office) => {
    const { caller, callee } = office.talk();
    office.carrier.misses('SIP/2.0 200');
    const bye = caller.tells('BYE');
    callee.hungUp();
    office.pass(500);
    office.carrier.repeats(bye);
    bye.expect(200);
    assert.deepEqual(ladder(office.stage, caller).slice(-4), ['BYE →', '← 200', 'BYE →', '← 200']);
  });

  story(
    'for good, with all that was said to a phone that died: nothing of the call is kept after 64*T1',
    (office) => {
      const { caller, callee } = office.talk();
      office.reception.dead = true;
      caller.hangsUp();
      office.pass(32_000);
      assert.equal(timesOf(office.stage, callee, '← BYE').length, 11);
      assert.deepEqual(office.node.calls(), []);
    },
  );
});

describe('over a connection nothing is lost', () => {
  toStream(
    'so only a 2xx is ever sent again, for it has to arrive from end to end (RFC 3261 §13.3.1.4)',
    (office) => {
      const caller = office.attic.calls('workshop');
      const callee = office.workshop.answers();
      caller.expect(200);
      office.pass(1_500);
      caller.acknowledges(caller.sent);
      assert.deepEqual(timesOf(office.stage, caller, '← 200'), FIRST_RETRIES);
      caller.hangsUp();
      callee.hungUp();
    },
  );
});
