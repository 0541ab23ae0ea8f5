// What every store must keep of what an account says by telephone: mailboxes and their messages, menus, control and
// its codes, notices that wait, and the audit. The rest of the contract: store.contract.ts.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import type { Account, AuditEntry, Mailbox, Notice, VoicemailMessage } from '../../src/ports/records.ts';
import { ACME, account, NUMBER, number, type OpenStore, type StoreUnderTest } from './store.contract.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo';

function mailbox(name: string): Mailbox {
  const limits = { messagesMax: 50, messageMaxMs: 180_000, retentionMs: 1e9 };
  return { name, pin: HASH, email: ['acme@example.net'], phones: ['reception'], ...limits };
}

/** With all that an account may have to say. */
const TALKING: Account = {
  ...ACME,
  mailboxes: [{ ...mailbox('reception'), greeting: 'ab'.repeat(16) }, mailbox('workshop')],
  menus: [
    {
      name: 'main',
      greeting: 'welcome',
      choices: [{ key: '1', steps: [{ type: 'voicemail', mailbox: 'reception' }] }],
      otherwise: [{ type: 'menu', menu: 'main' }],
    },
  ],
  sounds: [{ name: 'welcome', recording: 'cd'.repeat(16), lengthMs: 2_400, text: 'Welcome to “Acme”.' }],
  control: {
    id: '482150',
    pin: HASH,
    mobiles: [{ number: '+447700900123', name: 'Ann', confirmedAt: 5.5 }],
    codes: [{ index: '07', hash: HASH }],
    featureCodes: true,
  },
  contacts: [{ email: 'owner@example.net' }, { sms: '+447700900123' }],
  language: 'en-GB',
};

function message(id: string, at: number, changes: Partial<VoicemailMessage> = {}): VoicemailMessage {
  const whose = { account: 'acme', mailbox: 'reception', called: NUMBER, caller: '+442079460999' };
  return { id, ...whose, at, lengthMs: 5_000, recording: '0f'.repeat(16), ...changes };
}

function notice(id: string, dueAt: number): Notice {
  const what = { channel: 'email', to: 'owner@example.net', subject: 'Diverted', text: 'To “Ann”.' } as const;
  return { id, account: 'acme', at: 1, ...what, recording: '0f'.repeat(16), attempts: 0, dueAt };
}

function audit(id: string, at: number, whose = 'acme'): AuditEntry {
  return { id, at, account: whose, who: 'phone reception', how: 'feature-code', what: 'diverted' };
}

export function storeTelephoneContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: a store, of what an account says by telephone`, () => {
    let opened: OpenStore | undefined;
    const store = () => present(opened, 'store').store;

    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened?.dispose();
    });

    test('keeps all that an account says by telephone, also what is encrypted', async () => {
      await store().write([{ type: 'account', account: TALKING }]);
      assert.deepEqual(await store().accounts(), [TALKING]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(await kept.accounts(), [TALKING]);
      await kept.write([{ type: 'account', account: ACME }]);
      assert.deepEqual(await kept.accounts(), [ACME]);
    });

    test('forwards are set and cleared beside a divert', async () => {
      const divert = { to: { mailbox: 'reception' }, since: 5, by: 'cli' };
      const forwards = { busy: { to: '+447700900456', since: 6, by: 'api' }, unreachable: divert };
      const diverted = number(NUMBER, divert);
      await store().write([{ type: 'account', account: account('acme', { numbers: [diverted] }) }]);
      await store().write([{ type: 'forwards', number: NUMBER, forwards }]);
      assert.deepEqual((await store().accounts())[0]?.numbers, [{ ...diverted, forwards }]);
      await store().write([{ type: 'divert', number: NUMBER, divert: undefined }]);
      assert.deepEqual((await store().accounts())[0]?.numbers, [{ ...number(NUMBER), forwards }]);
      await store().write([{ type: 'forwards', number: NUMBER, forwards: undefined }]);
      assert.deepEqual((await store().accounts())[0]?.numbers, [number(NUMBER)]);
      await assert.rejects(store().write([{ type: 'forwards', number: '+442079460009', forwards }]), {
        code: 'NOT_FOUND',
      });
    });

    test('messages are kept in the order in which they came, until they are removed', async () => {
      const first = message('b', 1_000.5);
      const second = message('a', 2_000, { heardAt: 3_000 });
      await store().write([second, first].map((one) => ({ type: 'message', message: one })));
      assert.deepEqual(await store().messages(), [first, second]);
      const heard = { ...first, heardAt: 4_000 };
      await store().write([{ type: 'message', message: heard }]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(await kept.messages(), [heard, second]);
      await kept.write([{ type: 'message-removed', id: 'b' }]);
      assert.deepEqual(await kept.messages(), [second]);
    });

    test('a mailbox that is gone takes its messages with it, and so does an account', async () => {
      const other = message('c', 3, { mailbox: 'workshop' });
      const foreign = message('d', 4, { account: 'bond' });
      const all = [message('a', 1), other, foreign];
      await store().write([
        { type: 'account', account: TALKING },
        ...all.map((one) => ({ type: 'message', message: one }) as const),
      ]);
      await store().write([{ type: 'account', account: { ...TALKING, mailboxes: [mailbox('workshop')] } }]);
      assert.deepEqual(await store().messages(), [other, foreign]);
      await store().write([{ type: 'account-removed', name: 'acme' }]);
      assert.deepEqual(await store().messages(), [foreign]);
    });

    test('notices wait in the order in which they are due, until they are removed', async () => {
      const early = notice('b', 1_000.5);
      const late = notice('a', 2_000);
      await store().write([late, early].map((one) => ({ type: 'notice', notice: one })));
      assert.deepEqual(await store().notices(), [early, late]);
      const later = { ...early, dueAt: 3_000, attempts: 1, lastError: 'refused' };
      await store().write([{ type: 'notice', notice: later }]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(await kept.notices(), [late, later]);
      await kept.write([{ type: 'notice-removed', id: 'a' }]);
      assert.deepEqual(await kept.notices(), [later]);
    });

    test('the last rehearsal of a number is kept, and goes with its number', async () => {
      const row = {
        account: 'acme',
        at: 5.5,
        by: 'cli',
        dialled: false,
        passed: true,
        heard: [],
        summary: 'x',
      };
      const step = { step: 1, who: '“Ann”', result: 'works', text: 'it answers', tookMs: 3.4 } as const;
      const first = { ...row, number: NUMBER, steps: [step], answeredBy: 'Ann', answeredAfterMs: 0 };
      const other = { ...row, number: '+442079460001', steps: [], passed: false };
      const owner = account('acme', { numbers: [number(NUMBER), number(other.number)] });
      await store().write([
        { type: 'account', account: owner },
        ...[other, first, { ...row, number: '+442079460009', steps: [] }].map(
          (rehearsal) => ({ type: 'rehearsal', rehearsal }) as const,
        ),
      ]);
      assert.deepEqual(await store().rehearsals(), [first, other], 'of numbers that somebody has');
      const later = { ...first, at: 6, heard: [{ number: '+447700900123', at: 6 }] };
      await store().write([{ type: 'rehearsal', rehearsal: later }]);
      const kept = await present(opened, 'store').reopen();
      assert.deepEqual(await kept.rehearsals('acme'), [later, other]);
      assert.deepEqual(await kept.rehearsals('bond'), []);
      await kept.write([{ type: 'account', account: account('acme', { numbers: [number(NUMBER)] }) }]);
      assert.deepEqual(await kept.rehearsals(), [later]);
      await kept.write([{ type: 'account-removed', name: 'acme' }]);
      await kept.write([{ type: 'account', account: owner }]);
      assert.deepEqual(await kept.rehearsals(), []);
    });

    test('the audit outlives its account, newest first, page by page', async () => {
      const rows = [audit('a', 1), audit('b', 2.5), audit('c', 2.5, 'bond'), audit('d', 3)];
      await store().write([
        { type: 'account', account: ACME },
        ...rows.map((entry) => ({ type: 'audit', entry }) as const),
      ]);
      await store().write([{ type: 'account-removed', name: 'acme' }]);
      const kept = await present(opened, 'store').reopen();
      const first = await kept.audit({ limit: 2 });
      assert.deepEqual(first.entries, [rows[3], rows[2]]);
      const second = await kept.audit({ limit: 2, cursor: present(first.next, 'next') });
      assert.deepEqual(second, { entries: [rows[1], rows[0]] });
      assert.deepEqual(await kept.audit({ account: 'bond', limit: 2 }), { entries: [rows[2]] });
      await assert.rejects(kept.audit({ limit: 2, cursor: 'x' }), { code: 'INVALID_INPUT' });
    });
  });
}
