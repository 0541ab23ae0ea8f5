import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { described } from '../../test/stories/description.ts';
import { inOffice, type Office, ring, SECOND_NUMBER } from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { PROMPT_MS, RELAY_ADDRESS } from '../../test/stories/relay.ts';

/** A call whose only phone is busy. */
function busy(office: Office, options: Parameters<Office['call']>[0] = {}): Placed {
  const caller = office.call(options);
  office.reception.called().refuses(486);
  return caller;
}

describe('an announcement', () => {
  const story = inOffice({ plan: [ring('reception')] });

  story('is spoken before the final response, in 183 with our own answer (RFC 3960 §3.2)', (office) => {
    const caller = busy(office);
    const progress = caller.expect(183);
    const { endpoint } = described(progress);
    assert.equal(endpoint?.address, RELAY_ADDRESS);
    assert.match(new TextDecoder().decode(progress.body), /^m=audio \d+ RTP\/AVP 8 101\r$/m);
    assert.equal(office.hears(caller), 'busy');
    office.pass(PROMPT_MS - 1);
    caller.sent.expectNothing();
    office.pass(1);
    caller.expect(486);
    const { outcome, status, reason } = office.stage.entry;
    assert.deepEqual([outcome, status, reason], ['announced', 486, `${'+442079460000'} is busy`]);
  });

  story('is spoken in the codec that the caller prefers', (office) => {
    const caller = busy(office, { offer: { codecs: ['opus', 'PCMU', 'PCMA'] } });
    const progress = caller.expect(183);
    assert.match(new TextDecoder().decode(progress.body), /^m=audio \d+ RTP\/AVP 0 101\r$/m);
    office.pass(PROMPT_MS);
    caller.expect(486);
  });

  story('is not for a caller without G.711: it gets the plain status, and the ledger says why', (office) => {
    const caller = busy(office, { offer: { codecs: ['opus', 'G729'] } });
    caller.expect(486);
    const { outcome, status, reason } = office.stage.entry;
    assert.deepEqual([outcome, status], ['refused', 486]);
    assert.match(reason, /no announcement/);
  });

  story('goes to a caller on hold, too: it is only not sent anywhere', (office) => {
    const caller = busy(office, { offer: { direction: 'inactive' } });
    assert.equal(described(caller.expect(183)).direction, 'inactive');
    office.pass(PROMPT_MS);
    caller.expect(486);
  });

  story('whose end is never told is over after 2 minutes', (office) => {
    const caller = office.call();
    office.stage.relay.mute = true;
    office.reception.called().refuses(486);
    caller.expect(183);
    office.pass(119_999);
    caller.sent.expectNothing();
    office.pass(1);
    caller.expect(486);
  });

  story('is broken off by the operator', (office) => {
    const caller = busy(office);
    caller.expect(183);
    const [view] = office.node.calls();
    assert.equal(view?.state, 'announcing');
    office.stage.act(() => office.node.hangUp(view.id, office.stage.now).effects);
    caller.expect(503);
  });

  story('says that a number is unknown: 404', (office) => {
    const caller = office.carrier.calls('+442079460555');
    caller.expect(183);
    assert.equal(office.hears(caller), 'unknown-number');
    office.pass(PROMPT_MS);
    caller.expect(404);
    const { called, account, outcome } = office.stage.entry;
    assert.deepEqual([called, account, outcome], ['+442079460555', '', 'announced']);
  });

  story('says that somebody cannot be reached: 480', (office) => {
    office.reception.registers([['Expires', '0']]).expect(200);
    const caller = office.call();
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(PROMPT_MS);
    caller.expect(480);
  });

  story(
    'does not speak for a phone of the same office: that is called directly and speaks for itself',
    (office) => {
      const caller = office.workshop.calls('reception');
      office.reception.called().refuses(486);
      caller.expect(486);
      assert.equal(office.stage.entry.outcome, 'refused');
    },
  );

  story('does speak where such a phone cannot say anything any more', (office) => {
    office.reception.dead = true;
    const caller = office.workshop.calls('reception');
    office.pass(2_000);
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(PROMPT_MS);
    caller.expect(480);
  });
});

describe('an announcement as a step of the plan', () => {
  const story = inOffice({
    plan: [{ type: 'announcement', prompt: 'closed' }, ring('reception')],
  });

  story('is the last step that is taken', (office) => {
    const caller = office.call();
    caller.expect(183);
    assert.equal(office.hears(caller), 'closed');
    office.pass(PROMPT_MS);
    caller.expect(480);
    assert.equal(office.reception.rung, 0);
    assert.deepEqual(
      [office.stage.entry.outcome, office.stage.entry.reason],
      ['announced', 'the plan plays "closed"'],
    );
  });

  story('other numbers of the account have plans of their own', (office) => {
    const caller = office.carrier.calls(SECOND_NUMBER);
    const phone = office.reception.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
  });
});
