import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, NUMBER, type Office, ring, ringInTurn } from '../../test/stories/office.ts';
import { LIMITS } from '../base/limits.ts';

function timeline({ stage }: Office): string {
  return stage.entry.timeline.map(({ text }) => text).join('\n');
}

describe('a phone that gives no sign of life', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('has 2 s, then the mobile is called, and the caller waits no longer', (office) => {
    office.reception.dead = true;
    const caller = office.call();
    office.pass(1_999);
    assert.equal(office.carrier.rung, 0);
    office.pass(1);
    const mobile = office.carrier.answers();
    caller.connected();
    office.assertTalking(caller, mobile);
    assert.match(timeline(office), /reception gave no sign of life in 2 s: cannot be reached/);
    caller.hangsUp();
    mobile.hungUp();
    assert.equal(office.stage.entry.outcome, 'diverted');
  });

  story('costs the next caller no waiting at all', (office) => {
    office.reception.dead = true;
    const first = office.call();
    office.pass(2_000);
    const mobile = office.carrier.answers();
    first.connected();
    const second = office.call();
    const again = office.carrier.answers();
    second.connected();
    assert.match(timeline(office), /reception stopped answering 0 s ago/);
    first.hangsUp();
    mobile.hungUp();
    second.hangsUp();
    again.hungUp();
  });

  story('that is known from its probes costs no waiting: 30 s after it died at the latest', (office) => {
    office.reception.dead = true;
    office.pass(30_000);
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    assert.equal(office.reception.rung, 0);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('rings again as soon as it has registered again', (office) => {
    office.reception.dead = true;
    office.pass(30_000);
    office.reception.dead = false;
    office.reception.registers().expect(200);
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
  });

  story('that wakes up after all is cancelled: the mobile has the call', (office) => {
    office.reception.dead = true;
    const caller = office.call();
    office.pass(2_000);
    const mobile = office.carrier.answers();
    caller.connected();
    office.reception.dead = false;
    office.pass(4_000);
    const phone = office.reception.rings();
    phone.withdrawn();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('and answers 100 within the 2 s may take its time to ring', (office) => {
    const caller = office.call();
    const phone = office.reception.called();
    office.pass(1_900);
    phone.asked.reply(100);
    office.pass(8_000);
    caller.expect(180);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
  });
});

describe('a phone over UDP that the network says is not there', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('is unreachable at once', (office) => {
    office.reception.unreachable = 'connection refused';
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('and that has rung already goes on ringing: the next datagram may arrive', (office) => {
    const caller = office.call();
    const phone = office.reception.rings();
    caller.expect(180);
    office.stage.act(() =>
      office.node.flowFailed(office.reception.flow, 'host unreachable', office.stage.now),
    );
    assert.equal(office.carrier.rung, 0);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
  });
});

describe('a phone over TCP', () => {
  const story = inOffice({ plan: [ring('attic'), dial(MOBILE)] });

  story('whose connection fails is unreachable at once', (office) => {
    office.attic.unreachable = 'connection reset';
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    assert.match(timeline(office), /attic connection reset: cannot be reached/);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('whose connection is closed before the call is not even tried', (office) => {
    office.stage.act(() => office.node.flowClosed(office.attic.flow, office.stage.now));
    office.attic.unreachable = 'the connection is gone';
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.attic.rung, 0);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('that answers when all is long over is told so: ACK and BYE (RFC 3261 §13.2.2.4)', (office) => {
    const caller = office.call();
    const phone = office.attic.called();
    office.pass(2_000);
    const mobile = office.carrier.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
    office.pass(60_000);
    phone.answers();
    phone.acknowledged();
    phone.hungUp();
  });

  story('whose connection is closed while it rings: the plan goes on at once', (office) => {
    const caller = office.call();
    const phone = office.attic.rings();
    caller.expect(180);
    office.attic.dead = true;
    office.stage.act(() => office.node.flowClosed(office.attic.flow, office.stage.now));
    office.attic.unreachable = 'the connection is gone';
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    assert.ok(phone);
    caller.hangsUp();
    mobile.hungUp();
  });
});

describe('phones that ring together, some of them dead', () => {
  const story = inOffice({ plan: [ring('reception', 'workshop'), dial(MOBILE)] });

  story('the living one rings for the whole step', (office) => {
    office.reception.dead = true;
    const caller = office.call();
    const phone = office.workshop.rings();
    caller.expect(180);
    office.pass(19_000);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
  });

  story('all of them: one wait of 2 s, not one for each', (office) => {
    office.reception.dead = true;
    office.workshop.dead = true;
    const caller = office.call();
    office.pass(2_000);
    const mobile = office.carrier.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });
});

describe('phones that ring in turn, some of them dead', () => {
  const story = inOffice({ plan: [ringInTurn('reception', 'workshop', 'attic')] });

  story('each unknown dead one costs 2 s of its turn', (office) => {
    office.reception.dead = true;
    office.workshop.dead = true;
    const caller = office.call();
    office.pass(4_000);
    caller.expect(180);
    const phone = office.attic.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
  });
});

describe('when nobody can be reached', () => {
  const story = inOffice({ plan: [ring('reception')], registered: [] });

  story('the caller hears that, and then gets 480', (office) => {
    const caller = office.call();
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(3_000);
    caller.expect(480);
    const { outcome, status } = office.stage.entry;
    assert.deepEqual({ outcome, status }, { outcome: 'announced', status: 480 });
    assert.match(timeline(office), /reception is not registered/);
  });
});

describe('a plan with more legs than a call may have', () => {
  const story = inOffice({ plan: Array.from({ length: 40 }, () => ring('reception')) });

  story('ends with the announcement', (office) => {
    const caller = office.call();
    for (let leg = 0; leg < LIMITS.legsPerCallMax; leg++) office.reception.called().refuses(486);
    caller.expect(183);
    assert.equal(office.hears(caller), 'busy');
    office.pass(3_000);
    caller.expect(486);
    assert.equal(office.stage.entry.called, NUMBER);
  });
});

describe('an answer that nobody could hear', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('because it refuses audio is hung up, and the plan goes on', (office) => {
    const caller = office.call();
    const deaf = office.reception.called();
    deaf.answers({ sdp: deaf.session().replace(/m=audio \d+/, 'm=audio 0') });
    deaf.acknowledged();
    deaf.hungUp();
    const mobile = office.carrier.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });
});
