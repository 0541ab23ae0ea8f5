import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mailbox, NumberRecord } from '../ports/records.ts';
import { mailboxInstead } from './mailbox-instead.ts';

const LIMITS = { messagesMax: 1, messageMaxMs: 1, retentionMs: 1 };
const MAILBOXES = ['first', 'sales', 'night'].map(
  (name): Mailbox => ({ name, email: [], phones: [], ...LIMITS }),
);
const DIALS = { type: 'dial', number: '+447700900123', forMs: 1 } as const;
const BY = { since: 0, by: 'api' };

function instead(record: Omit<Partial<NumberRecord>, 'number'>, mailboxes: readonly Mailbox[] = MAILBOXES) {
  return mailboxInstead({ number: '+442079460000', plan: { steps: [DIALS] }, ...record }, { mailboxes });
}

test('the mailbox that the plan itself ends in comes first', () => {
  const plan = { steps: [DIALS, { type: 'voicemail', mailbox: 'sales' } as const] };
  assert.equal(instead({ plan, divert: { to: { mailbox: 'night' }, ...BY } }), 'sales');
});

test('then the one that a divert or a forward of the number leads to', () => {
  const busy = { to: { mailbox: 'night' }, ...BY };
  assert.equal(instead({ forwards: { busy } }), 'night');
  assert.equal(instead({ divert: { to: { mailbox: 'sales' }, ...BY }, forwards: { busy } }), 'sales');
});

test('then the first of the account, also where what is named is gone', () => {
  assert.equal(instead({}), 'first');
  assert.equal(instead({ divert: { to: { mailbox: 'gone' }, ...BY } }), 'first');
});

test('an account without mailboxes has none', () => {
  assert.equal(instead({}, []), undefined);
});
