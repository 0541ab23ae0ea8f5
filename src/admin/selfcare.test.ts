// What is asked on the telephone: who gets in, what may be changed, and that each change and who made it are one batch.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MOBILE, NOON, NUMBER, PLAIN_SECRETS, Stage } from '../../test/admin-stage.ts';
import { RingthroughError } from '../base/errors.ts';
import type { DeskQuestion, DivertTo } from '../ports/desk.ts';
import type { AuditEntry } from '../ports/records.ts';

const OTHER = '+442079460001';
const FILE = `accounts:
  - name: acme
    phones: [{ user: reception, password: secret-of-reception }]
    numbers:
      - { number: "${NUMBER}", plan: [{ ring: reception }] }
      - { number: "${OTHER}", plan: [{ dial: "${NUMBER}" }] }
    mailboxes: [{ name: desk, pin: "5839" }]
    control: { id: "482150", pin: "739164", mobiles: [{ number: "${MOBILE}" }] }
`;
const author = { who: 'telephone +442079460999', how: 'telephone' } as const;

const guesser = { caller: '+442079460999', isProven: false };

let stage = new Stage();
beforeEach(async () => {
  stage = new Stage();
  await stage.admin.provision(FILE, { dryRun: false });
});

function toNumber(number: string): DivertTo {
  return { type: 'number', number };
}

function divert(to: DivertTo, more: { confirmed?: boolean; number?: string } = {}) {
  return stage.admin.answer({ type: 'divert', account: 'acme', number: NUMBER, to, author, ...more });
}

function enter(secret: string, control = '482150') {
  return stage.admin.answer({ type: 'enter', control, secret, guesser, author });
}

async function lastChange(): Promise<AuditEntry | undefined> {
  return (await stage.admin.audit({ account: 'acme' })).entries[0];
}

describe('whoever calls the control number', () => {
  test('gets in with the PIN, and with no other, whatever account is named', async () => {
    assert.deepEqual(await enter('739164'), { type: 'entered', account: 'acme' });
    assert.deepEqual(await enter('739165'), { type: 'refused', why: 'wrong' });
    assert.deepEqual(await enter('739164', '999999'), { type: 'refused', why: 'wrong' });
    assert.deepEqual(await enter('0', '999999'), { type: 'refused', why: 'wrong' });
  });

  test('finds out nothing about which IDs there are from how much is reckoned', async (t) => {
    const [code = ''] = (await stage.admin.makeCodes('acme', 'cli')).codes;
    const { mock } = t.mock.method(PLAIN_SECRETS, 'verify');
    const cost = async (secret: string, control?: string) => {
      mock.resetCalls();
      await enter(secret, control);
      return mock.callCount();
    };
    for (const secret of ['739165', `${code.slice(0, 2)}00000000`, '9900000000'])
      assert.equal(await cost(secret), await cost(secret, '999999'), secret);
  });

  test('changes the PIN, which opens from then on, if it is not one that is guessed first', async () => {
    const set = (pin: string) => stage.admin.answer({ type: 'set-pin', account: 'acme', pin, author });
    for (const pin of ['123456', '482150', '12345', '79460000']) {
      assert.deepEqual(await set(pin), { type: 'refused', why: 'too-easy' }, pin);
    }
    assert.deepEqual(await set('917365'), { type: 'done' });
    assert.deepEqual(await enter('917365'), { type: 'entered', account: 'acme' });
    assert.deepEqual(await enter('739164'), { type: 'refused', why: 'wrong' });
    const { who, what } = (await lastChange()) ?? {};
    assert.deepEqual([who, what], [author.who, 'the control PIN was changed']);
  });

  test('confirms a mobile whose owner has said that calls arrive', async () => {
    const asked = { type: 'confirmed', account: 'acme', mobile: MOBILE, author } as const;
    assert.deepEqual(await stage.admin.answer(asked), { type: 'done' });
    const { control } = await stage.admin.account('acme');
    assert.deepEqual(control?.mobiles, [{ number: MOBILE, confirmedAt: NOON }]);
  });

  test('gets in once with each one-time code, though two type it at once', async () => {
    const { codes, id } = await stage.admin.makeCodes('acme', 'cli');
    assert.equal(id, '482150');
    assert.ok(codes.every((code) => /^\d{10}$/.test(code)));
    const [code = ''] = codes;
    const both = await Promise.all([enter(code), enter(code)]);
    assert.deepEqual(both.map(({ type }) => type).sort(), ['entered', 'refused']);
    assert.deepEqual(await enter(code), { type: 'refused', why: 'wrong' });
    assert.deepEqual(await enter(codes[9] ?? ''), { type: 'entered', account: 'acme' });
    assert.equal((await stage.stored()).control?.codes.length, 8);
    assert.doesNotMatch(JSON.stringify(await stage.admin.account('acme')), /hash of/);
  });

  test('does not get in with a code of the sheet before', async () => {
    const { codes } = await stage.admin.makeCodes('acme', 'cli');
    stage.openAdmin();
    await stage.admin.makeCodes('acme', 'cli');
    assert.deepEqual(await enter(codes[0] ?? ''), { type: 'refused', why: 'wrong' });
  });

  test('opens a mailbox with its own PIN only', async () => {
    const open = (mailbox: string, pin: string) =>
      stage.admin.answer({ type: 'open-mailbox', account: 'acme', mailbox, pin, guesser });
    assert.deepEqual(await open('desk', '5839'), { type: 'done' });
    assert.deepEqual(await open('desk', '739164'), { type: 'refused', why: 'wrong' });
    assert.deepEqual(await open('none', '5839'), { type: 'refused', why: 'wrong' });
  });
});

describe('a divert by telephone', () => {
  test('goes to a mobile once it is confirmed, with who did it in the same batch', async () => {
    assert.deepEqual(await divert(toNumber(MOBILE)), { type: 'refused', why: 'not-confirmed' });
    assert.deepEqual(await divert(toNumber(MOBILE), { confirmed: true }), { type: 'done' });
    assert.deepEqual(
      stage.store.batches.at(-1)?.map(({ type }) => type),
      ['account', 'audit'],
    );
    const { control, numbers } = await stage.stored();
    assert.deepEqual(control?.mobiles, [{ number: MOBILE, confirmedAt: NOON }]);
    assert.deepEqual(numbers[0]?.divert, { to: MOBILE, since: NOON, by: author.who });
    assert.deepEqual(stage.node.directories.at(-1)?.[0]?.numbers[0]?.divert?.to, MOBILE);
    const { id: _, ...told } = (await lastChange()) ?? { id: '' };
    assert.deepEqual(told, { at: NOON, account: 'acme', ...author, what: `${NUMBER} goes to ${MOBILE}` });
    assert.deepEqual(await divert({ type: 'plan' }), { type: 'done' });
    assert.equal((await stage.stored()).numbers[0]?.divert, undefined);
    assert.deepEqual(await divert(toNumber(MOBILE)), { type: 'done' });
  });

  test('goes to a mailbox that there is', async () => {
    assert.deepEqual(await divert({ type: 'mailbox', mailbox: 'desk' }), { type: 'done' });
    assert.deepEqual((await stage.admin.number(NUMBER)).divert?.voicemail, 'desk');
    assert.deepEqual(await divert({ type: 'mailbox', mailbox: 'none' }), { type: 'refused', why: 'unknown' });
  });

  const refusals: readonly (readonly [string, DivertTo, string])[] = [
    ['where the account may not call', toNumber('+449098790123'), 'not-allowed'],
    ['to the number itself', toNumber(NUMBER), 'loop'],
    ['to a number whose plan dials it', toNumber(OTHER), 'loop'],
  ];
  for (const [title, to, why] of refusals) {
    test(`is refused ${title}, confirmed or not`, async () => {
      const written = stage.store.batches.length;
      assert.deepEqual(await divert(to, { confirmed: true }), { type: 'refused', why });
      assert.equal(stage.store.batches.length, written);
    });
  }

  test('of a number of somebody else is refused', async () => {
    const answer = await divert({ type: 'plan' }, { number: '+442079460999' });
    assert.deepEqual(answer, { type: 'refused', why: 'unknown' });
  });

  test('with a feature code needs no confirmation: the phone has proved who it is', async () => {
    const question: DeskQuestion = {
      type: 'forward',
      account: 'acme',
      number: NUMBER,
      when: 'busy',
      to: toNumber(MOBILE),
      author: { who: 'phone reception', how: 'feature-code' },
    };
    assert.deepEqual(await stage.admin.answer(question), { type: 'done' });
    assert.equal((await stage.admin.number(NUMBER)).forwards?.busy?.to, MOBILE);
    assert.equal(
      (await lastChange())?.what,
      `${NUMBER} goes where its plan says, to ${MOBILE} when it is busy`,
    );
    assert.deepEqual(await stage.admin.answer({ ...question, to: { type: 'plan' } }), { type: 'done' });
    assert.equal((await stage.stored()).numbers[0]?.forwards, undefined);
  });

  test('that cannot be stored is not done, and leaves no trace', async () => {
    stage.store.failing = new RingthroughError('STORE_FULL', 'full');
    assert.deepEqual(await divert({ type: 'mailbox', mailbox: 'desk' }), { type: 'refused', why: 'failed' });
    stage.store.failing = undefined;
    assert.equal((await stage.admin.number(NUMBER)).divert, undefined);
    assert.equal((await lastChange())?.how, 'api');
  });
});

describe('the operator', () => {
  test('sets and clears forwards beside a divert, each with its row of the audit', async () => {
    await stage.admin.setDivert(NUMBER, { voicemail: 'desk' }, 'cli');
    const view = await stage.admin.setForward(NUMBER, 'no-answer', { to: MOBILE }, 'api');
    assert.equal(view.divert?.voicemail, 'desk');
    assert.deepEqual(view.forwards, { noAnswer: { to: MOBILE, since: NOON, by: 'api' } });
    await stage.admin.clearDivert(NUMBER, 'cli');
    const { what, who, how } = (await lastChange()) ?? {};
    assert.deepEqual([who, how], ['cli', 'cli']);
    assert.equal(what, `${NUMBER} goes where its plan says, to ${MOBILE} when nobody answers`);
    await stage.admin.clearForward(NUMBER, 'no-answer', 'cli');
    assert.equal((await stage.admin.number(NUMBER)).forwards, undefined);
  });

  test('changes the PIN, which passes the checks of a file, and removes it', async () => {
    await stage.admin.changeControl('acme', { do: 'set-pin', pin: '583917' }, 'cli');
    assert.deepEqual(await enter('583917'), { type: 'entered', account: 'acme' });
    assert.equal((await lastChange())?.what, 'the control PIN was changed');
    await assert.rejects(stage.admin.changeControl('acme', { do: 'set-pin', pin: '111111' }, 'cli'), {
      code: 'INVALID_INPUT',
      mistakes: [
        { path: 'pin', reason: 'repeats itself, which is tried first; take digits without a pattern' },
      ],
    });
    const view = await stage.admin.changeControl('acme', { do: 'clear-pin' }, 'cli');
    assert.equal(view.control?.pinSet, false);
    assert.deepEqual(await enter('583917'), { type: 'refused', why: 'wrong' });
  });

  test('vouches for a mobile, and removes one', async () => {
    const mobile = { number: '07700 900456' };
    await stage.admin.changeControl('acme', { do: 'confirm-mobile', ...mobile }, 'cli');
    assert.deepEqual(await divert(toNumber('+447700900456')), { type: 'done' });
    const { control } = await stage.admin.changeControl('acme', { do: 'remove-mobile', ...mobile }, 'cli');
    assert.deepEqual(control?.mobiles, [{ number: MOBILE }]);
    const again = stage.admin.changeControl('acme', { do: 'remove-mobile', ...mobile }, 'cli');
    await assert.rejects(again, { code: 'NOT_FOUND' });
    const costly = { do: 'confirm-mobile', number: '+449098790123' } as const;
    await assert.rejects(stage.admin.changeControl('acme', costly, 'cli'), { code: 'INVALID_INPUT' });
  });

  test('names exactly one of a number and a mailbox', async () => {
    for (const input of [{}, { to: MOBILE, voicemail: 'desk' }]) {
      await assert.rejects(stage.admin.setDivert(NUMBER, input, 'cli'), { code: 'INVALID_INPUT' });
    }
    await assert.rejects(stage.admin.setDivert(NUMBER, { voicemail: 'none' }, 'cli'), {
      code: 'INVALID_INPUT',
      mistakes: [{ path: 'voicemail', reason: 'account acme has no mailbox "none"' }],
    });
  });

  test('sees what was changed after the account is gone, and makes no codes for one without control', async () => {
    await stage.admin.removeAccount('acme', 'cli');
    const { entries } = await stage.admin.audit({ account: 'acme' });
    assert.deepEqual(entries.map(({ what }) => what).sort(), [
      'account added: 10 calls at once, 4 of them diverted; may call +44',
      'the account was removed',
    ]);
    await stage.admin.putAccount({ name: 'bare' });
    await assert.rejects(stage.admin.makeCodes('bare', 'cli'), { code: 'CONFLICT' });
  });
});
