import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { described } from '../../test/stories/description.ts';
import { dial, inOffice, MOBILE, ring } from '../../test/stories/office.ts';
import { RELAY_ADDRESS } from '../../test/stories/relay.ts';

describe('one phone that rings', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('180 goes to the caller without a session description, so that it makes its own tone', (office) => {
    const caller = office.call();
    const phone = office.reception.rings();
    const ringing = caller.expect(180);
    assert.equal(ringing.body.length, 0);
    assert.equal(ringing.contacts.length, 1);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
  });

  story('ringing is told once, however often the phone tells it', (office) => {
    const caller = office.call();
    const phone = office.reception.rings();
    caller.expect(180);
    phone.asked.reply(180, { headers: [['Alert-Info', '<http://example.com/ring>']] });
    phone.rings();
    caller.sent.expectNothing();
    caller.cancels();
    caller.expect(487);
    phone.withdrawn();
  });

  story(
    '100 from the phone is nobody else’s business; after 3 s of it the caller hears ringing all the same',
    (office) => {
      const caller = office.call();
      const phone = office.reception.called();
      phone.asked.reply(100);
      office.pass(2_999);
      caller.sent.expectNothing();
      office.pass(1);
      caller.expect(180);
      office.pass(7_000);
      phone.answers();
      caller.connected();
      phone.acknowledged();
      caller.hangsUp();
      phone.hungUp();
    },
  );

  story(
    '181 and 182 are signs of life, and no ringing: the caller hears of the 180 that follows',
    (office) => {
      const caller = office.call();
      const phone = office.reception.called();
      phone.asked.reply(181);
      phone.asked.reply(182);
      caller.sent.expectNothing();
      office.pass(5_000);
      phone.rings();
      caller.expect(180);
      phone.answers();
      caller.connected();
      phone.acknowledged();
      caller.hangsUp();
      phone.hungUp();
    },
  );

  story(
    'early media: 183 goes to the caller with our address, and the relay connects (RFC 3960 §3.2)',
    (office) => {
      const caller = office.call();
      const phone = office.reception.called();
      phone.plays();
      const progress = caller.expect(183);
      assert.equal(described(progress).endpoint?.address, RELAY_ADDRESS);
      assert.equal(progress.headers.get('Content-Type'), 'application/sdp');
      office.assertTalking(caller, phone);
      phone.answers();
      const ok = caller.connected();
      phone.acknowledged();
      assert.equal(ok.to?.parameters.get('tag'), progress.to?.parameters.get('tag'));
      assert.deepEqual(ok.body, progress.body, 'one answer to one offer in one dialog (§13.2.1)');
      caller.hangsUp();
      phone.hungUp();
    },
  );

  story('early media after ringing replaces the tone', (office) => {
    const caller = office.call();
    const phone = office.reception.rings();
    caller.expect(180);
    phone.plays();
    caller.expect(183);
    office.assertTalking(caller, phone);
    caller.cancels();
    caller.expect(487);
    phone.withdrawn();
  });

  story('a phone that described its session while it rang may answer without (§13.2.1)', (office) => {
    const caller = office.call();
    const phone = office.reception.called();
    phone.plays();
    caller.expect(183);
    phone.answersWithout();
    caller.connected();
    phone.acknowledged();
    office.assertTalking(caller, phone);
    caller.hangsUp();
    phone.hungUp();
  });

  story(
    'a phone that answers without ever describing a session is hung up, and the plan goes on',
    (office) => {
      const caller = office.call();
      const phone = office.reception.called();
      phone.answersWithout();
      phone.acknowledged();
      phone.hungUp();
      const mobile = office.carrier.answers();
      caller.connected();
      caller.hangsUp();
      mobile.hungUp();
    },
  );

  story('a phone that answers and refuses the audio is hung up, and the plan goes on', (office) => {
    const caller = office.call();
    const phone = office.reception.called();
    phone.answers({ sdp: phone.session().replace(/m=audio \d+/, 'm=audio 0') });
    phone.acknowledged();
    phone.hungUp();
    const mobile = office.carrier.answers();
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
  });

  story('after early media that came to nothing the next step speaks under a tag of its own', (office) => {
    const caller = office.call();
    const phone = office.reception.called();
    phone.plays();
    const first = caller.expect(183);
    phone.refuses(486);
    const mobile = office.carrier.called();
    mobile.plays();
    const second = caller.expect(183);
    assert.notEqual(first.to?.parameters.get('tag'), second.to?.parameters.get('tag'));
    office.assertTalking(caller, mobile);
    mobile.answers();
    caller.connected();
    mobile.acknowledged();
    office.assertTalking(caller, mobile);
    caller.hangsUp();
    mobile.hungUp();
  });
});

describe('several phones that ring', () => {
  const story = inOffice({ plan: [ring('reception', 'workshop')] });

  story('sound before the answer from one of them is not passed on: the caller hears ringing', (office) => {
    const caller = office.call();
    const first = office.reception.called();
    const second = office.workshop.rings();
    caller.expect(180);
    first.plays();
    assert.equal(caller.expect(180).body.length, 0);
    second.answers();
    caller.connected();
    second.acknowledged();
    first.withdrawn();
    office.assertTalking(caller, second);
    caller.hangsUp();
    second.hungUp();
  });
});

describe('a plan that would ring for ever', () => {
  const long = { ...ring('reception'), forMs: 200_000 };
  const story = inOffice({ plan: [long, long, long] });

  story('ends after 5 minutes with an announcement', (office) => {
    const caller = office.call();
    const first = office.reception.rings();
    caller.expect(180);
    office.pass(200_000);
    first.withdrawn();
    const second = office.reception.rings();
    caller.expect(180);
    office.pass(100_000);
    second.withdrawn();
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(3_000);
    caller.expect(480);
  });
});

describe('media that cannot be had', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('no port for the caller: 503 with Retry-After, and nobody is rung', (office) => {
    office.stage.relay.failing = 'no free ports';
    const caller = office.call();
    assert.equal(caller.expect(503).headers.get('Retry-After'), '10');
    assert.match(office.stage.entry.reason, /no free ports/);
    assert.equal(office.reception.rung, 0);
  });

  story('a relay that says nothing at all: the caller is refused after 5 minutes at the latest', (office) => {
    office.stage.relay.promptly = 0;
    const caller = office.call();
    office.pass(299_999);
    caller.sent.expectNothing();
    office.pass(1);
    caller.expect(480);
    office.stage.relayAnswers();
  });

  story('no port for a leg: the plan goes on', (office) => {
    office.stage.relay.openAtMost = 1;
    const caller = office.call();
    caller.expect(183);
    office.pass(3_000);
    caller.expect(480);
    assert.equal(office.reception.rung + office.carrier.rung, 0);
    assert.match(office.stage.entry.timeline.map(({ text }) => text).join('\n'), /reception no media/);
  });
});
