import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, ring, ringInTurn } from '../../test/stories/office.ts';

describe('phones that ring together', () => {
  const story = inOffice({ plan: [ring('reception', 'workshop'), dial(MOBILE)] });

  story(
    'the first to answer gets the call, the others are told why they stop ringing (RFC 3326)',
    (office) => {
      const caller = office.call();
      const first = office.reception.rings();
      const second = office.workshop.rings();
      caller.expect(180);
      caller.expect(180);
      second.answers();
      caller.connected();
      second.acknowledged();
      const { headers } = first.withdrawn();
      assert.match(headers.get('Reason') ?? '', /^SIP;cause=200/);
      office.assertTalking(caller, second);
      caller.hangsUp();
      second.hungUp();
      assert.equal(office.stage.entry.answeredBy, 'workshop');
    },
  );

  story(
    'each rings the caller under a To tag of its own, and the answer is one of them (§12.1.1)',
    (office) => {
      const caller = office.call();
      const first = office.reception.rings();
      const second = office.workshop.rings();
      const tags = [caller.expect(180), caller.expect(180)].map(({ to }) => to?.parameters.get('tag'));
      assert.notEqual(tags[0], tags[1]);
      first.answers();
      const ok = caller.connected();
      first.acknowledged();
      second.withdrawn();
      assert.equal(ok.to?.parameters.get('tag'), tags[0]);
      first.hangsUp();
      caller.hungUp();
    },
  );

  story('two answer at once: the second gets ACK and BYE, and the caller hears of one only', (office) => {
    const { reception, workshop } = office;
    workshop.stubborn = true;
    const caller = office.call();
    const first = reception.rings();
    const second = workshop.rings();
    caller.expect(180);
    caller.expect(180);
    first.answers();
    second.answers();
    caller.connected();
    caller.sent.expectNothing();
    first.acknowledged();
    second.withdrawn();
    second.acknowledged();
    assert.match(second.hungUp().headers.get('Reason') ?? '', /elsewhere/);
    office.assertTalking(caller, first);
    first.hangsUp();
    caller.hungUp();
  });

  story('a phone that has said nothing yet is cancelled once it says something (§9.1)', (office) => {
    const caller = office.call();
    const first = office.reception.called();
    const second = office.workshop.called();
    first.answers();
    caller.connected();
    first.acknowledged();
    assert.throws(() => second.withdrawn());
    office.pass(300);
    second.rings();
    second.withdrawn();
    caller.hangsUp();
    first.hungUp();
  });

  story('a phone that answers long after the other is acknowledged and hung up', (office) => {
    const caller = office.call();
    const first = office.reception.answers();
    const second = office.workshop.called();
    caller.connected();
    office.pass(10_000);
    second.answers();
    second.acknowledged();
    second.hungUp();
    office.assertTalking(caller, first);
    caller.hangsUp();
    first.hungUp();
  });

  story('a second answer from behind the same phone is acknowledged and hung up (§13.2.2.4)', (office) => {
    const caller = office.call();
    const first = office.reception.called();
    const second = office.workshop.rings();
    caller.expect(180);
    first.answers();
    first.asked.reply(200, { tag: 'other-branch', sdp: first.session() });
    caller.connected();
    second.withdrawn();
    first.acknowledged();
    first.acknowledged('other-branch');
    const bye = first.hungUp();
    assert.equal(bye.to?.parameters.get('tag'), 'other-branch');
    first.hangsUp();
    caller.hungUp();
  });

  story('all contacts of a phone ring, and a second answer among them is hung up', (office) => {
    const { reception, workshop } = office;
    const other = reception.another('192.0.2.20');
    other.registers().expect(200);
    const caller = office.call();
    const [desk, sofa] = [reception.rings(), other.rings()];
    workshop.called().refuses(486);
    caller.expect(180);
    caller.expect(180);
    sofa.answers();
    caller.connected();
    sofa.acknowledged();
    desk.withdrawn();
    caller.hangsUp();
    sofa.hungUp();
    assert.equal(office.stage.entry.answeredBy, 'reception');
  });

  story('one that is busy, declines or redirects leaves the other ringing', (office) => {
    for (const status of [486, 600, 603, 302, 404, 503]) {
      const caller = office.call();
      const first = office.reception.rings();
      caller.expect(180);
      const second = office.workshop.rings();
      caller.expect(180);
      first.refuses(status);
      caller.sent.expectNothing();
      second.answers();
      caller.connected();
      second.acknowledged();
      caller.hangsUp();
      second.hungUp();
    }
  });

  story('when all have refused, the plan goes on at once', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    assert.equal(office.carrier.rung, 0);
    office.workshop.called().refuses(603);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    caller.hangsUp();
    mobile.hungUp();
    assert.equal(office.stage.entry.outcome, 'diverted');
  });
});

describe('steps one after another', () => {
  const story = inOffice({ plan: [ring('reception', 'workshop'), dial(MOBILE)] });

  story('after its 20 s a step is cancelled and the mobile is called', (office) => {
    const caller = office.call();
    const phones = [office.reception.rings(), office.workshop.rings()];
    caller.expect(180);
    caller.expect(180);
    office.pass(19_999);
    assert.equal(office.carrier.rung, 0);
    office.pass(1);
    for (const phone of phones) assert.match(phone.withdrawn().headers.get('Reason') ?? '', /cause=480/);
    const mobile = office.carrier.rings();
    caller.expect(180);
    mobile.answers();
    caller.connected();
    mobile.acknowledged();
    office.assertTalking(caller, mobile);
    mobile.hangsUp();
    caller.hungUp();
  });

  story(
    'a phone that answers while it is being cancelled is too late: ACK, BYE, and the mobile rings on',
    (office) => {
      const { reception, workshop } = office;
      reception.stubborn = true;
      workshop.stubborn = true;
      const caller = office.call();
      const first = reception.rings();
      const second = workshop.rings();
      caller.expect(180);
      caller.expect(180);
      office.pass(20_000);
      const mobile = office.carrier.rings();
      caller.expect(180);
      first.answers();
      first.withdrawn();
      first.acknowledged();
      first.hungUp();
      second.withdrawn();
      second.refuses(487);
      mobile.answers();
      caller.connected();
      mobile.acknowledged();
      caller.hangsUp();
      mobile.hungUp();
    },
  );

  story('a mobile that does not answer in its 30 s ends the plan with an announcement', (office) => {
    const caller = office.call();
    office.reception.called().refuses(480);
    office.workshop.called().refuses(480);
    const mobile = office.carrier.rings();
    caller.expect(180);
    office.pass(30_000);
    mobile.withdrawn();
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(3_000);
    caller.expect(480);
  });
});

describe('phones that ring in turn', () => {
  const story = inOffice({ plan: [ringInTurn('reception', 'workshop', 'attic')] });

  story('each rings for its own 10 s', (office) => {
    const { reception, workshop, attic } = office;
    const caller = office.call();
    const first = reception.rings();
    caller.expect(180);
    office.pass(9_999);
    assert.equal(workshop.rung, 0);
    office.pass(1);
    first.withdrawn();
    const second = workshop.rings();
    caller.expect(180);
    office.pass(10_000);
    second.withdrawn();
    const third = attic.rings();
    caller.expect(180);
    third.answers();
    caller.connected();
    third.acknowledged();
    caller.hangsUp();
    third.hungUp();
  });

  story('one that is busy costs no waiting, one that is not registered neither', (office) => {
    const { reception, workshop, attic } = office;
    workshop.registers([['Expires', '0']]).expect(200);
    const caller = office.call();
    reception.called().refuses(486);
    const third = attic.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    assert.equal(workshop.rung, 0);
    caller.hangsUp();
    third.hungUp();
  });
});

describe('steps with hours', () => {
  const office = { name: 'office', zone: 'Europe/London', holidays: [] };
  const open = [{ days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 }];
  const plan = [
    { ...ring('reception'), when: { type: 'during', hours: 'office' } },
    { type: 'announcement', prompt: 'closed', when: { type: 'outside', hours: 'office' } },
  ] as const;
  const whenOpen = inOffice({ plan, hours: [{ ...office, open }] });
  const whenClosed = inOffice({ plan, hours: [{ ...office, open: [] }] });

  whenOpen('during the hours the phone rings', (story) => {
    const caller = story.call();
    const phone = story.reception.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
  });

  whenClosed('outside of them the caller hears that it is closed, and the phone stays silent', (story) => {
    const caller = story.call();
    caller.expect(183);
    assert.equal(story.hears(caller), 'closed');
    story.pass(3_000);
    caller.expect(480);
    assert.equal(story.reception.rung, 0);
    assert.equal(story.stage.entry.outcome, 'announced');
  });
});
