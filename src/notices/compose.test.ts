import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Mailbox, Notice, VoicemailMessage } from '../ports/records.ts';
import { capNotices, undeliveredNotices, voicemailNotices } from './compose.ts';
import { shownLength } from './words.ts';

const AT = Date.parse('2026-07-26T12:05:00Z');
const HOURS = [{ name: 'office', zone: 'Europe/London', open: [], holidays: [] }];
const CONTACTS = [{ email: 'owner@example.net' }, { sms: '+447700900123' }];
const OWNER = { name: 'acme', hours: HOURS, contacts: CONTACTS };
let ids = 0;
const circumstances = { at: AT, newId: () => `id-${ids++}` };

const MAILBOX: Mailbox = {
  name: 'desk',
  email: ['a@example.net', 'b@example.net'],
  phones: [],
  messagesMax: 100,
  messageMaxMs: 180_000,
  retentionMs: 1,
};

describe('a voicemail message', () => {
  const message: VoicemailMessage = {
    id: 'm1',
    account: 'acme',
    mailbox: 'desk',
    called: '+442079460000',
    caller: '+447700900456',
    at: AT,
    lengthMs: 65_000,
    recording: 'ab'.repeat(16),
  };

  test('goes to each e-mail of its mailbox with who, when and how long, in the account’s own time', () => {
    const [one, two, ...more] = voicemailNotices(OWNER, MAILBOX, message, circumstances);
    assert.deepEqual([one?.to, two?.to, more], ['a@example.net', 'b@example.net', []]);
    assert.equal(one?.subject, 'Voicemail from +44 7700 900456, 1:05 minutes');
    assert.match(one?.text ?? '', /^When: +Sun 26 Jul 2026, 13:05 BST$/m);
    assert.equal(one?.recording, message.recording);
  });

  test('of a caller without a number, or with a hostile one, is harmless', () => {
    const anonymous = voicemailNotices(OWNER, MAILBOX, { ...message, caller: 'anonymous' }, circumstances);
    assert.match(anonymous[0]?.subject ?? '', /^Voicemail from an unknown caller/);
    const hostile = voicemailNotices(OWNER, MAILBOX, { ...message, caller: 'x\r\nBcc: y' }, circumstances);
    assert.doesNotMatch(hostile[0]?.subject ?? '', /[\r\n]/);
  });
});

test('a cap says what happens instead, and what can be done', () => {
  const words = {
    what: 'Too many calls are diverted',
    instead: 'they go to voicemail',
    remedy: 'ask for more',
  };
  const [mail, text] = capNotices(OWNER, words, circumstances);
  assert.match(mail?.text ?? '', /What happens now: +they go to voicemail\./);
  assert.equal(text?.text, 'Too many calls are diverted. they go to voicemail. ask for more.');
});

test('what could not be delivered is told to the other contacts once, and never of itself', () => {
  const [lost] = voicemailNotices(
    OWNER,
    { ...MAILBOX, email: ['owner@example.net'] },
    VOICEMAIL,
    circumstances,
  );
  const told = undeliveredNotices(OWNER, lost as Notice, '550 no such user', AT);
  assert.deepEqual(
    told.map(({ to }) => to),
    ['+447700900123'],
  );
  assert.deepEqual(told, undeliveredNotices(OWNER, lost as Notice, '550 no such user', AT));
  assert.deepEqual(undeliveredNotices(OWNER, told[0] as Notice, 'x', AT), []);
});

const VOICEMAIL: VoicemailMessage = {
  id: 'm2',
  account: 'acme',
  mailbox: 'desk',
  called: '+442079460000',
  caller: 'anonymous',
  at: AT,
  lengthMs: 900,
  recording: 'cd'.repeat(16),
};

test('lengths are told as people say them', () => {
  assert.deepEqual([900, 45_000, 65_000, 7_200_000].map(shownLength), [
    '1 second',
    '45 seconds',
    '1:05 minutes',
    '2:00:00 hours',
  ]);
});
