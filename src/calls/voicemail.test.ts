import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { CALLER, inOffice, NUMBER, type Office, ring, type Setting } from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import { BEGINNING } from '../../test/stories/stage.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Mailbox, VoicemailMessage } from '../ports/records.ts';

const BEEP_MS = 250;
/** Nothing more is said, and a short tone tells that this is known. */
const SILENCE_MS = 3_500 + 150;
const GOODBYE_MS = 2 * PROMPT_MS;

const MAILBOX: Mailbox = {
  name: 'reception',
  email: [],
  phones: ['reception'],
  messagesMax: 2,
  messageMaxMs: 2 * MINUTE_MS,
  retentionMs: 30 * DAY_MS,
};
const SETTING: Setting = {
  plan: [ring('reception'), { type: 'voicemail', mailbox: 'reception' }],
  account: { mailboxes: [MAILBOX] },
};

/** A call that reception does not take: the node answers, greets and beeps. */
function reachesVoicemail(office: Office): Placed {
  const caller = office.call();
  office.reception.called().refuses(486);
  caller.connected();
  assert.equal(office.hears(caller), 'leave-a-message');
  office.pass(PROMPT_MS);
  assert.equal(office.hears(caller), '1000 Hz');
  office.pass(BEEP_MS);
  assert.ok(office.records(caller));
  return caller;
}

function messages(office: Office): readonly VoicemailMessage[] {
  return office.stage.writes.flatMap((write) => (write.type === 'message' ? [write.message] : []));
}

function outcome(office: Office) {
  const { outcome, answeredBy, reason } = office.stage.entry;
  return [outcome, answeredBy, reason];
}

describe('voicemail', () => {
  const story = inOffice(SETTING);

  story('takes a message, keeps it, and only then says thank you', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 8 * SECOND_MS);
    office.stage.storeHeld = true;
    office.pass(8 * SECOND_MS + SILENCE_MS);
    const [message] = messages(office);
    assert.equal(message?.lengthMs, 8 * SECOND_MS);
    assert.deepEqual([message.account, message.mailbox, message.called], ['acme', 'reception', NUMBER]);
    assert.equal(message.caller, CALLER);
    assert.equal(office.hears(caller), undefined, 'nothing is promised before it is durable');
    office.stage.storeAnswers();
    assert.equal(office.hears(caller), 'message-kept goodbye');
    office.pass(GOODBYE_MS);
    caller.hungUp();
    assert.deepEqual(outcome(office), [
      'voicemail',
      'voicemail reception',
      'left a message of 8 s for reception',
    ]);
    assert.deepEqual(office.stage.erased, []);
  });

  story('says that it is busy with it while the disk is slow, and is never silent for 4 s', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, SECOND_MS);
    office.stage.storeHeld = true;
    office.pass(SECOND_MS + SILENCE_MS + 1_000);
    assert.match(office.hears(caller) ?? '', /^one-moment/);
    office.stage.storeAnswers();
    assert.equal(office.hears(caller), 'message-kept goodbye');
    office.pass(GOODBYE_MS);
    caller.hungUp();
  });

  story('keeps what was said by a caller who hangs up without waiting', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 5 * SECOND_MS);
    office.pass(6 * SECOND_MS);
    caller.hangsUp();
    assert.equal(messages(office).length, 1);
    assert.deepEqual(outcome(office).slice(0, 2), ['voicemail', 'voicemail reception']);
  });

  story('ends the message with any key', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 3 * SECOND_MS);
    office.pass(3 * SECOND_MS);
    office.presses(caller, '#');
    assert.equal(office.hears(caller), 'message-kept goodbye');
    office.pass(GOODBYE_MS);
    caller.hungUp();
  });

  story('keeps nothing of a caller who says nothing, and asks once more', (office) => {
    const caller = reachesVoicemail(office);
    office.pass(SILENCE_MS);
    assert.equal(office.hears(caller), 'nothing-heard');
    office.pass(PROMPT_MS + BEEP_MS + SILENCE_MS);
    assert.equal(office.hears(caller), 'nothing-heard');
    office.pass(PROMPT_MS);
    assert.equal(office.hears(caller), 'goodbye');
    office.pass(PROMPT_MS);
    caller.hungUp();
    assert.equal(messages(office).length, 0);
    assert.equal(office.stage.erased.length, 2, 'what nobody keeps is erased');
    assert.deepEqual(outcome(office), [
      'voicemail',
      'voicemail reception',
      'no message was left for reception',
    ]);
  });

  story('tells the caller when the message could not be kept', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 2 * SECOND_MS);
    office.stage.storeHeld = true;
    office.pass(2 * SECOND_MS + SILENCE_MS);
    office.stage.storeFails('the disk is full');
    assert.equal(office.hears(caller), 'message-not-kept goodbye');
    office.stage.storeAnswers();
    office.pass(GOODBYE_MS);
    caller.hungUp();
    assert.equal(office.stage.erased.length, 1);
    assert.equal(office.stage.entry.outcome, 'announced');
    const forgotten = office.stage.forgettable.map(({ type }) => type);
    assert.deepEqual(forgotten, ['message'], 'no row is written later of what was erased');
  });

  story('does not erase what a store that is too slow may be about to keep', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 2 * SECOND_MS);
    office.stage.storeHeld = true;
    office.pass(2 * SECOND_MS + SILENCE_MS + 20 * SECOND_MS);
    while (office.hears(caller) !== 'message-not-kept goodbye') office.pass(SECOND_MS);
    office.pass(GOODBYE_MS);
    caller.hungUp();
    office.stage.storeAnswers();
    assert.deepEqual(office.stage.erased, []);
    assert.equal(office.node.desk.mailboxes.counts('acme', 'reception').fresh, 1);
  });

  story('ends a message that is too long, and keeps it', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 10 * MINUTE_MS);
    office.pass(2 * MINUTE_MS);
    assert.equal(messages(office)[0]?.lengthMs, 2 * MINUTE_MS);
    office.pass(GOODBYE_MS);
    caller.hungUp();
  });

  story('keeps the message when the operator ends the call in the middle of it', (office) => {
    const caller = reachesVoicemail(office);
    office.says(caller, 5 * SECOND_MS);
    office.pass(2 * SECOND_MS);
    const [view] = office.node.calls();
    office.stage.act(() => office.node.hangUp(view?.id ?? '', office.stage.now).effects);
    caller.hungUp();
    office.pass(0);
    assert.equal(messages(office).length, 1);
  });

  story('answers a caller who sends no offer, and greets once there is an answer', (office) => {
    const caller = office.call({ offer: 'none' });
    office.reception.called().refuses(486);
    caller.expect(200);
    caller.acknowledges(caller.sent, caller.session());
    assert.equal(office.hears(caller), 'leave-a-message');
    caller.hangsUp();
  });

  story('puts up with a hold and a resume in the middle', (office) => {
    const caller = reachesVoicemail(office);
    const reinvite = caller.tells('INVITE', { sdp: caller.session({ direction: 'sendonly' }) });
    reinvite.expect(200);
    caller.acknowledges(reinvite);
    caller.hangsUp();
  });
});

describe('a full mailbox', () => {
  const old: VoicemailMessage = {
    id: 'm1',
    account: 'acme',
    mailbox: 'reception',
    called: NUMBER,
    caller: CALLER,
    at: BEGINNING - 9 * MINUTE_MS,
    lengthMs: 1_000,
    recording: 'r1',
  };
  const briefly = { ...SETTING, account: { mailboxes: [{ ...MAILBOX, retentionMs: 10 * MINUTE_MS }] } };
  const story = inOffice({ ...briefly, messages: [old, { ...old, id: 'm2', recording: 'r2' }] });

  const inMinutes = { ...SETTING, account: { mailboxes: [MAILBOX] }, limits: { messageMinutesMax: 1 } };
  const minute = { ...old, lengthMs: MINUTE_MS };
  inOffice({ ...inMinutes, messages: [minute] })(
    'counts what all mailboxes of the account hold',
    (office) => {
      const caller = office.call();
      office.reception.called().refuses(486);
      caller.connected();
      assert.equal(office.hears(caller), 'mailbox-full goodbye');
      office.pass(GOODBYE_MS);
      caller.hungUp();
    },
  );

  story('says so and takes no message', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    caller.connected();
    assert.equal(office.hears(caller), 'mailbox-full goodbye');
    office.pass(GOODBYE_MS);
    caller.hungUp();
    assert.equal(office.stage.entry.outcome, 'announced');
  });

  story('is empty again when its messages have been kept for as long as they are', (office) => {
    office.pass(MINUTE_MS);
    const removed = office.stage.writes.flatMap((write) =>
      write.type === 'message-removed' ? [write.id] : [],
    );
    assert.deepEqual(removed, ['m1', 'm2']);
    assert.deepEqual(office.stage.erased, ['r1', 'r2']);
  });

  story('is so too where the disk is full just then: they go when it takes that again', (office) => {
    office.stage.storeHeld = true;
    office.pass(MINUTE_MS);
    office.stage.storeFails('the disk is full');
    office.stage.storeAnswers();
    assert.deepEqual(office.stage.forgettable, []);
    assert.equal(office.node.desk.mailboxes.counts('acme', 'reception').fresh, 0);
    assert.deepEqual(office.stage.erased, ['r1', 'r2']);
  });
});

describe('a mailbox that is gone', () => {
  const story = inOffice({ plan: [{ type: 'voicemail', mailbox: 'nobody' }] });

  story('is passed over: the caller hears the announcement', (office) => {
    const caller = office.call();
    caller.expect(183);
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(PROMPT_MS);
    caller.expect(480);
  });
});

describe('a divert to voicemail', () => {
  const story = inOffice({
    ...SETTING,
    divert: { to: { mailbox: 'reception' }, since: 0, by: 'api' },
  });

  story('rings nobody', (office) => {
    const caller = office.call();
    caller.connected();
    assert.equal(office.hears(caller), 'leave-a-message');
    caller.hangsUp();
    assert.equal(office.stage.entry.outcome, 'voicemail');
  });
});
