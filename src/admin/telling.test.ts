// Everyone is told of a change: which notices are written with it, to whom, and in which words.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MOBILE, NUMBER, Stage } from '../../test/admin-stage.ts';
import type { Account } from '../ports/records.ts';

const CONTACTS = [{ email: 'owner@example.net' }, { sms: MOBILE }];
let stage = new Stage();
beforeEach(async () => {
  stage = new Stage();
  await stage.provisioned();
  const account: Account = { ...(await stage.stored()), contacts: CONTACTS };
  await stage.store.write([{ type: 'account', account }]);
  stage.admin = stage.openAdmin();
});

describe('a divert', () => {
  test('is told to each contact in the batch that sets it: before, now, when, who, and what to do', async () => {
    await stage.admin.setDivert(NUMBER, { to: MOBILE }, 'cli');
    const types = stage.store.batches.at(-1)?.map(({ type }) => type);
    assert.deepEqual(types, ['divert', 'audit', 'notice', 'notice']);
    const [mail, text] = await stage.store.notices();
    assert.equal(mail?.to, 'owner@example.net');
    assert.equal(mail?.subject, `acme: ${NUMBER} goes to ${MOBILE}`);
    assert.match(mail?.text ?? '', /^Now: +\+442079460000 goes to \+447700900123$/m);
    assert.match(mail?.text ?? '', /^Before: +\+442079460000 goes where its plan says$/m);
    assert.match(mail?.text ?? '', /^When: +Sun 25 Oct 2026, 12:00 UTC$/m);
    assert.match(mail?.text ?? '', /^Who: +cli, on the command line$/m);
    assert.match(mail?.text ?? '', /If this was neither you/);
    assert.deepEqual([text?.channel, text?.to], ['sms', MOBILE]);
    assert.match(text?.text ?? '', /before: \+442079460000 goes where its plan says/);
  });

  test('that was set before and is set again has ids of its own, so that none is taken for the other', async () => {
    await stage.admin.setDivert(NUMBER, { to: MOBILE }, 'cli');
    await stage.admin.clearDivert(NUMBER, 'cli');
    assert.equal(new Set((await stage.store.notices()).map(({ id }) => id)).size, 4);
  });
});

test('who is taken off the contacts, or whose account goes, is told of it', async () => {
  await stage.provisioned();
  const told = (await stage.store.notices()).map(({ to }) => to);
  assert.deepEqual(told.toSorted(), [MOBILE, 'owner@example.net']);
  const account: Account = { ...(await stage.stored()), contacts: CONTACTS };
  await stage.store.write([{ type: 'account', account }]);
  stage.admin = stage.openAdmin();
  await stage.admin.removeAccount('acme', 'api');
  const gone = (await stage.store.notices()).filter(({ subject }) =>
    subject.includes('the account was removed'),
  );
  assert.equal(gone.length, 2);
});

test('a new account has nobody to tell yet', async () => {
  await stage.admin.putAccount({ name: 'bare' });
  assert.deepEqual(await stage.store.notices(), []);
});
