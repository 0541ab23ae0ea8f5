// Offices whose phones have mailboxes, and what happens in those: the messages are on disk, and nobody has to call.

import assert from 'node:assert/strict';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import type { Mailbox, VoicemailMessage } from '../../src/ports/records.ts';
import { inOffice, type Office, ring, type Setting } from './office.ts';
import { BEGINNING } from './stage.ts';

const MAILBOX: Mailbox = {
  name: 'front',
  email: [],
  phones: ['reception'],
  messagesMax: 20,
  messageMaxMs: 2 * MINUTE_MS,
  retentionMs: 30 * DAY_MS,
};
const SHARED: Mailbox = { ...MAILBOX, name: 'all', phones: ['reception', 'workshop'] };

export function message(id: string, mailbox = 'front', at = BEGINNING - SECOND_MS): VoicemailMessage {
  return {
    id,
    account: 'acme',
    mailbox,
    called: '+442079460000',
    caller: '+442079460999',
    at,
    lengthMs: 4_000,
    recording: id,
  };
}

export const VOICEMAIL: Setting = {
  plan: [ring('reception')],
  account: { mailboxes: [MAILBOX, SHARED] },
  messages: [message('a'), { ...message('b'), heardAt: BEGINNING }, message('c', 'all')],
  node: { control: { numbers: [], controlCode: '*98', mailboxCode: '*97' } },
};

/** Left, heard or deleted, as a dialogue has it done. */
export function leaves(office: Office, one: VoicemailMessage): void {
  office.stage.act(() => {
    office.node.desk.ask(0, { type: 'keep-message', message: one });
    return office.node.expire(office.stage.now);
  });
}

export function hears(office: Office, id: string): void {
  office.stage.act(() => {
    office.node.desk.ask(0, { type: 'message-heard', id, at: office.stage.now });
    return office.node.expire(office.stage.now);
  });
}

export function deletes(office: Office, id: string): void {
  office.stage.act(() => {
    office.node.desk.ask(0, { type: 'delete-message', id });
    return office.node.expire(office.stage.now);
  });
}

/** Stories that end without mailboxes, so that every subscription is over. */
export function withLamps(setting: Setting): typeof told {
  const tellIn = inOffice(setting);
  const told = (title: string, tell: (office: Office) => void) =>
    tellIn(title, (office) => {
      tell(office);
      assert.deepEqual(office.reception.unmentioned(), []);
      office.stage.act(() => office.node.directoryChanged([], office.stage.now));
      office.pass(SECOND_MS);
      for (const phone of [office.reception, office.workshop])
        while (phone.unmentioned().length > 0) phone.takes('NOTIFY').reply(200);
    });
  return told;
}

export function subscriptions(office: Office): number {
  return office.node.tables()['subscriptions'] ?? 0;
}
