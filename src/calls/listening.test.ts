import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { hears, message, VOICEMAIL, withLamps } from '../../test/stories/mailboxes.ts';
import type { Office } from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import type { Mailbox } from '../ports/records.ts';

/** The phone's code for its mailboxes. */
function listens(office: Office): Placed {
  const caller = office.reception.calls('*97');
  caller.connected();
  return caller;
}

function mailboxes(change: Partial<Mailbox>): readonly Mailbox[] {
  return (VOICEMAIL.account?.mailboxes ?? []).map((mailbox) => ({ ...mailbox, ...change }));
}

describe('a phone that has several mailboxes', () => {
  const story = withLamps(VOICEMAIL);

  story('listens to one after the other, and comes back to the first', (office) => {
    const caller = listens(office);
    assert.match(office.hears(caller) ?? '', /^you-have number-1 new-message number-1 saved-message$/);
    office.presses(caller, '##');
    assert.equal(office.hears(caller), 'no-more-messages');
    office.pass(PROMPT_MS);
    assert.equal(office.hears(caller), 'next-mailbox mailbox-choices');
    office.presses(caller, '8');
    assert.match(office.hears(caller) ?? '', /^you-have number-1 new-message$/);
    office.presses(caller, '#');
    office.presses(caller, '8');
    assert.match(office.hears(caller) ?? '', /^you-have number-1 new-message number-1 saved-message$/);
    caller.hangsUp();
    assert.match(office.stage.entry.reason, /hung up in mailbox front/);
  });

  story('listens first to those where something new waits', (office) => {
    hears(office, 'a');
    const caller = listens(office);
    assert.match(office.hears(caller) ?? '', /^you-have number-1 new-message$/);
    office.presses(caller, '#');
    office.presses(caller, '8');
    assert.match(office.hears(caller) ?? '', /^you-have number-2 saved-messages$/);
    caller.hangsUp();
  });
});

describe('a phone that has several mailboxes with PINs', () => {
  const story = withLamps({ ...VOICEMAIL, account: { mailboxes: mailboxes({ pin: 'hash' }) } });

  story('is asked for each one’s before it hears of it', (office) => {
    office.stage.desk = (question) =>
      question.type === 'open-mailbox' && question.pin === '4829'
        ? { type: 'done' }
        : { type: 'refused', why: 'wrong' };
    const caller = listens(office);
    assert.equal(office.hears(caller), 'enter-mailbox-pin');
    office.presses(caller, '4829#');
    assert.match(office.hears(caller) ?? '', /^you-have number-1 new-message/);
    office.presses(caller, '##');
    office.presses(caller, '8');
    assert.equal(office.hears(caller), 'enter-mailbox-pin');
    office.presses(caller, '1111#');
    assert.equal(office.hears(caller), 'wrong-pin');
    caller.hangsUp();
    const opened = office.stage.asked.flatMap((asked) =>
      asked.type === 'open-mailbox' ? asked.mailbox : [],
    );
    assert.deepEqual(opened, ['front', 'all']);
  });
});

describe('a phone that has one mailbox', () => {
  const story = withLamps({ ...VOICEMAIL, messages: [message('c', 'all')] });

  story('is offered no other', (office) => {
    const caller = office.workshop.calls('*97');
    caller.connected();
    office.presses(caller, '#');
    office.pass(PROMPT_MS);
    assert.equal(office.hears(caller), 'mailbox-choices');
    office.presses(caller, '8');
    assert.equal(office.hears(caller), 'not-a-choice');
    caller.hangsUp();
  });
});
