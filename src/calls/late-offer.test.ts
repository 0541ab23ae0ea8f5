import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { described } from '../../test/stories/description.ts';
import { dial, inOffice, MOBILE, ring } from '../../test/stories/office.ts';
import { RELAY_ADDRESS } from '../../test/stories/relay.ts';

describe('an INVITE without an offer (RFC 3261 §13.2.1)', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('the phone’s 200 brings the offer, the caller’s ACK the answer', (office) => {
    const caller = office.call({ offer: 'none' });
    const phone = office.reception.called();
    assert.equal(phone.invite.body.length, 0);
    phone.answers();
    const offer = described(caller.expect(200));
    assert.equal(offer.endpoint?.address, RELAY_ADDRESS);
    assert.throws(() => phone.acknowledged(), 'its ACK waits for the answer');
    caller.acknowledges(caller.sent, caller.session());
    assert.equal(described(phone.acknowledged()).endpoint?.address, RELAY_ADDRESS);
    office.assertTalking(caller, phone);
    caller.hangsUp();
    phone.hungUp();
  });

  story('an ACK without the answer ends the call', (office) => {
    const caller = office.call({ offer: 'none' });
    const phone = office.reception.called();
    phone.answers();
    caller.expect(200);
    caller.acknowledges(caller.sent);
    phone.acknowledged();
    phone.hungUp();
    caller.hungUp();
    assert.match(office.stage.entry.reason, /without answering/);
  });

  story('the phone hangs up before the answer has come: it gets its ACK all the same', (office) => {
    const caller = office.call({ offer: 'none' });
    const phone = office.reception.called();
    phone.answers();
    caller.expect(200);
    phone.hangsUp();
    phone.acknowledged();
    caller.acknowledges(caller.sent, caller.session());
    caller.hungUp();
  });

  story(
    'a session description in 183 is no answer to anything: the caller hears of ringing only',
    (office) => {
      const caller = office.call({ offer: 'none' });
      const phone = office.reception.called();
      phone.plays();
      assert.equal(caller.expect(180).body.length, 0);
      phone.answers();
      caller.expect(200);
      caller.acknowledges(caller.sent, caller.session());
      phone.acknowledged();
      office.assertTalking(caller, phone);
      caller.hangsUp();
      phone.hungUp();
    },
  );

  story('re-INVITEs wait until the answer has come: 491', (office) => {
    const caller = office.call({ offer: 'none' });
    const phone = office.reception.called();
    phone.answers();
    caller.expect(200);
    phone.tells('INVITE', { sdp: phone.session({ version: 2 }) }).expect(491);
    caller.acknowledges(caller.sent, caller.session());
    phone.acknowledged();
    caller.hangsUp();
    phone.hungUp();
  });

  story(
    'nothing can be announced to who offers nothing: the plain status, and the ledger says so',
    (office) => {
      const caller = office.call({ offer: 'none' });
      office.reception.called().refuses(486);
      office.carrier.called().refuses(486);
      caller.expect(486);
      const { outcome, status, reason } = office.stage.entry;
      assert.deepEqual({ outcome, status }, { outcome: 'refused', status: 486 });
      assert.match(reason, /no announcement/);
    },
  );
});
