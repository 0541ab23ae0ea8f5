// What an account says by telephone: what files make of it, what is kept though no file says it, and what is refused.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MOBILE, NUMBER, Stage } from '../../../test/admin-stage.ts';
import { present } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import { accountInputOf } from './compile.ts';
import { pinFault } from './pin.ts';

let stage = new Stage();
beforeEach(() => {
  stage = new Stage();
});

function file(more: string): string {
  return `accounts:
  - name: acme
    phones: [{ user: reception, password: secret-of-reception }]
    numbers: [{ number: "${NUMBER}", plan: [{ menu: main }, { voicemail: desk }] }]
${more}`;
}

const WHOLE = file(`
    mailboxes:
      - { name: desk, pin: "5839", email: [desk@example.net], phones: [reception], messageMax: 2m, retention: 7d }
    menus:
      - { name: main, greeting: closed, choices: { 1: [{ ring: reception }], "#": [{ menu: main }] } }
    control: { pin: "739150", mobiles: [{ number: "07700 900123", name: Ann }] }
    contacts: [{ email: owner@example.net }, { sms: "${MOBILE}" }]
    language: en-GB
`);

async function mistakesOf(yaml: string): Promise<readonly string[]> {
  try {
    await stage.admin.provision(yaml, { dryRun: false });
    return [];
  } catch (error) {
    assert.ok(error instanceof RingthroughError);
    return error.mistakes.map(({ path, reason }) => `${path}: ${reason}`);
  }
}

describe('what an account says by telephone', () => {
  test('is stored with hashes for PINs, and told without', async () => {
    const { changes } = await stage.admin.provision(WHOLE, { dryRun: false });
    const { mailboxes, control, menus, contacts, language } = await stage.stored();
    assert.deepEqual(mailboxes, [
      {
        name: 'desk',
        pin: 'hash of 5839',
        email: ['desk@example.net'],
        phones: ['reception'],
        messagesMax: 100,
        messageMaxMs: 120_000,
        retentionMs: 604_800_000,
      },
    ]);
    assert.match(control?.id ?? '', /^\d{6}$/);
    assert.deepEqual(control?.pin, 'hash of 739150');
    assert.deepEqual(control?.mobiles, [{ number: MOBILE, name: 'Ann' }]);
    assert.deepEqual(
      menus?.[0]?.choices.map(({ key }) => key),
      ['1', '#'],
    );
    assert.deepEqual(contacts, [{ email: 'owner@example.net' }, { sms: MOBILE }]);
    assert.equal(language, 'en-GB');
    const text = JSON.stringify([changes, await stage.admin.account('acme')]);
    assert.doesNotMatch(text, /hash of|5839|739150/);
    const told = changes.find(({ subject }) => subject === 'control')?.text ?? '';
    assert.ok(told.includes(`ID ${control?.id}, a PIN`), told);
  });

  test('the same file twice changes nothing, and another PIN is told as that', async () => {
    await stage.admin.provision(WHOLE, { dryRun: false });
    assert.deepEqual((await stage.admin.provision(WHOLE, { dryRun: false })).changes, []);
    const { changes } = await stage.admin.provision(WHOLE.replace('739150', '739151'), { dryRun: false });
    assert.deepEqual(changes, [{ kind: 'changed', account: 'acme', subject: 'control', text: 'new PIN' }]);
  });

  test('is what it was after a round trip through what people write', async () => {
    await stage.admin.provision(WHOLE, { dryRun: false });
    const { codes } = await stage.admin.makeCodes('acme', 'cli');
    const before = await stage.stored();
    await stage.admin.putAccount(accountInputOf(before));
    assert.deepEqual(await stage.stored(), before);
    await stage.admin.putPhone('acme', { user: 'workshop' });
    const after = await stage.stored();
    assert.deepEqual({ ...after, phones: before.phones }, before);
    assert.equal(codes.length, 10);
  });

  test('keeps mobiles that were confirmed by telephone where a file names none', async () => {
    await stage.admin.provision(WHOLE, { dryRun: false });
    const author = { who: 'telephone', how: 'telephone' } as const;
    const to = { type: 'number', number: '+447700900456' } as const;
    const asked = { type: 'divert', account: 'acme', number: NUMBER, to, author, confirmed: true } as const;
    assert.deepEqual(await stage.admin.answer(asked), { type: 'done' });
    await stage.admin.provision(WHOLE.replace(/, mobiles: [^}]*}]/, ''), { dryRun: false });
    const mobiles = (await stage.stored()).control?.mobiles.map(({ number }) => number);
    assert.deepEqual(mobiles, [MOBILE, '+447700900456']);
  });

  test('two accounts do not have the same ID on the telephone', async () => {
    const other = `${WHOLE.replace('pin: "739150"', 'id: "1234567", pin: "739150"')}  - { name: bond, control: { id: "1234567" } }\n`;
    assert.deepEqual(await mistakesOf(other), ['accounts[1].control.id: 1234567 belongs to account acme']);
  });

  test('names only what is there', async () => {
    const nothing = file('    mailboxes: [{ name: desk, phones: [kitchen] }]\n');
    assert.deepEqual(await mistakesOf(nothing), [
      'accounts[0].numbers[0].plan[0].menu: no menu "main"; there are none here',
      'accounts[0].mailboxes[0].phones[0]: no phone "kitchen"; there are: reception',
    ]);
  });

  test('menus in a circle are refused where no key leads out of it', async () => {
    const circle = `
    mailboxes: [{ name: desk }]
    menus:
      - { name: main, greeting: closed, choices: { 1: [{ menu: other }] } }
      - { name: other, greeting: closed, choices: { 1: [{ menu: main }] }`;
    assert.deepEqual(await mistakesOf(file(`${circle} }\n`)), [
      'accounts[0].menus[0]: leads nowhere: no key of it rings or says anything',
      'accounts[0].menus[1]: leads nowhere: no key of it rings or says anything',
    ]);
    assert.deepEqual(await mistakesOf(file(`${circle}, otherwise: [{ ring: reception }] }\n`)), []);
  });

  test('an account that it is taken from has it no more', async () => {
    await stage.admin.provision(WHOLE, { dryRun: false });
    const bare = file('').replace('{ menu: main }, { voicemail: desk }', '{ ring: reception }');
    await stage.admin.provision(bare, { dryRun: false });
    const { mailboxes, menus, control, contacts, language } = await stage.stored();
    assert.deepEqual([mailboxes, menus, control, contacts, language], Array(5).fill(undefined));
  });
});

describe('a PIN', () => {
  const known = { id: '482150', numbers: [NUMBER] };
  for (const pin of ['0000', '1212', '123123', '1234', '9876', '7890', '2468', '482150', '4821', '7946']) {
    test(`that is ${pin} is refused, with the reason`, () => {
      assert.notEqual(present(pinFault(pin, known), 'fault'), '');
    });
  }

  test('that follows no pattern is taken', () => {
    for (const pin of ['5839', '739150', '8050314']) assert.equal(pinFault(pin, known), undefined, pin);
  });

  test('that is refused is told where it stands, and not what it was', async () => {
    assert.deepEqual(await mistakesOf(WHOLE.replace('"5839"', '"4444"')), [
      'accounts[0].mailboxes[0].pin: repeats itself, which is tried first; take digits without a pattern',
    ]);
    assert.deepEqual(await mistakesOf(WHOLE.replace('"739150"', '"7391"')), [
      'accounts[0].control.pin: must be 6 to 10 digits',
    ]);
  });
});
