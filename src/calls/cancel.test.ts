import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, ring } from '../../test/stories/office.ts';

describe('a caller who hangs up before an answer', () => {
  const story = inOffice({ plan: [ring('reception', 'workshop'), dial(MOBILE)] });

  story('gets 487, and every phone that rings is cancelled (RFC 3261 §9.2)', (office) => {
    const caller = office.call();
    const phones = [office.reception.rings(), office.workshop.rings()];
    caller.expect(180);
    caller.expect(180);
    caller.cancels();
    caller.expect(487);
    for (const phone of phones) assert.match(phone.withdrawn().headers.get('Reason') ?? '', /cause=487/);
    const { outcome, status, reason } = office.stage.entry;
    assert.deepEqual({ outcome, status }, { outcome: 'abandoned', status: 487 });
    assert.equal(reason, 'the caller hung up before an answer');
  });

  story('before any phone has said a word: each is cancelled when it does (§9.1)', (office) => {
    const caller = office.call();
    const [first, second] = [office.reception.called(), office.workshop.called()];
    caller.cancels();
    caller.expect(487);
    office.pass(1_000);
    first.asked.reply(100);
    first.withdrawn();
    second.refuses(486);
  });

  story('before the relay has opened the call’s media: no phone is rung', (office) => {
    office.stage.relay.promptly = 0;
    const caller = office.call();
    caller.cancels();
    caller.expect(487);
    office.stage.relayAnswers();
    assert.equal(office.reception.rung + office.workshop.rung, 0);
    assert.equal(office.stage.entry.outcome, 'abandoned');
  });

  story('while the phones’ media is being opened: they are not rung either', (office) => {
    office.stage.relay.promptly = 1;
    const caller = office.call();
    caller.cancels();
    caller.expect(487);
    office.stage.relayAnswers();
    assert.equal(office.reception.rung + office.workshop.rung, 0);
  });

  story('while a phone answers: the phone gets ACK and BYE, the caller keeps its 487', (office) => {
    const { reception, workshop } = office;
    reception.stubborn = true;
    const caller = office.call();
    const first = reception.rings();
    const second = workshop.rings();
    caller.expect(180);
    caller.expect(180);
    caller.cancels();
    caller.expect(487);
    second.withdrawn();
    first.withdrawn();
    first.answers();
    first.acknowledged();
    first.hungUp();
    caller.sent.expectNothing();
    assert.equal(office.stage.entry.outcome, 'abandoned');
  });

  story('a CANCEL that crosses the 200 changes nothing (§9.2)', (office) => {
    const caller = office.call();
    const first = office.reception.called();
    const second = office.workshop.rings();
    caller.expect(180);
    first.answers();
    caller.cancels();
    caller.connected();
    first.acknowledged();
    second.withdrawn();
    office.assertTalking(caller, first);
    caller.hangsUp();
    first.hungUp();
    assert.equal(office.stage.entry.outcome, 'answered');
  });

  story('during the announcement: 487, and the ledger says that it was heard', (office) => {
    const caller = office.call();
    for (const phone of [office.reception, office.workshop]) phone.called().refuses(480);
    office.carrier.called().refuses(486);
    caller.expect(183);
    office.pass(1_000);
    caller.cancels();
    caller.expect(487);
    const { outcome, reason } = office.stage.entry;
    assert.deepEqual(
      { outcome, reason },
      { outcome: 'announced', reason: 'the caller hung up during the announcement' },
    );
  });

  story('by BYE instead of CANCEL, which it may (§15): that ends the call as well', (office) => {
    const caller = office.call();
    const phones = [office.reception.rings(), office.workshop.rings()];
    caller.early(caller.expect(180));
    caller.expect(180);
    caller.hangsUp();
    caller.expect(487);
    for (const phone of phones) phone.withdrawn();
    assert.equal(office.stage.entry.outcome, 'abandoned');
  });

  story('by nothing at all: a CANCEL for no call of ours gets 481', (office) => {
    const caller = office.call();
    const phone = office.reception.answers();
    office.workshop.called().refuses(486);
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
    office.pass(40_000);
    office.carrier.cancel(caller.sent.request).expect(481);
  });
});
