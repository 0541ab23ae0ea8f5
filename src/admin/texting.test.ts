// A divert by text message as its owner lives it, and as a stranger who writes in the owner's name does.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MOBILE, NOON, NUMBER, Stage } from '../../test/admin-stage.ts';
import type { Account } from '../ports/records.ts';
import { Texting, type TextingOptions } from './texting.ts';

const FILE = `accounts:
  - name: acme
    phones: [{ user: reception, password: secret-of-reception }]
    numbers: [{ number: "${NUMBER}", plan: [{ ring: reception }] }]
    mailboxes: [{ name: desk, pin: "5839" }]
    control: { id: "482150", pin: "739164", mobiles: [{ number: "${MOBILE}" }] }
`;
const STRANGER = '+447700900999';
let stage = new Stage();
let texting: Texting;
let codes: readonly string[] = [];
let count = 0;
beforeEach(async () => {
  stage = new Stage();
  await stage.admin.provision(FILE, { dryRun: false });
  const account: Account = await stage.stored();
  const control = { ...account.control, id: '482150', codes: [], featureCodes: true };
  const confirmed = { ...control, mobiles: [{ number: MOBILE, confirmedAt: NOON }] };
  await stage.store.write([{ type: 'account', account: { ...account, control: confirmed } }]);
  stage.admin = stage.openAdmin();
  codes = (await stage.admin.makeCodes('acme', 'cli')).codes;
  texting = openTexting((question) => stage.admin.answer(question));
});

function openTexting(answer: TextingOptions['answer']): Texting {
  return new Texting({
    store: stage.store,
    clock: { now: () => stage.now },
    random: { bytes: (length) => Uint8Array.from({ length }, () => count++ & 0xff), fraction: () => 0.3 },
    country: 'GB',
    answer,
  });
}

async function told(): Promise<readonly string[]> {
  const all = await stage.store.notices();
  return all
    .filter(({ subject }) => subject === 'Answer to a text message')
    .map(({ to, text }) => `${to}: ${text}`);
}

function write(text: string, from = MOBILE, id = `m${count++}`) {
  return texting.receive({ id, from, text });
}

async function divertedTo() {
  return (await stage.stored()).numbers[0]?.divert?.to;
}

describe('the owner', () => {
  test('diverts to the mobile and back, each with a code, and hears what the number does now', async () => {
    await write(`divert mobile ${codes[0]}`);
    assert.equal(await divertedTo(), MOBILE);
    assert.deepEqual(await told(), [`${MOBILE}: Done: ${NUMBER} goes to ${MOBILE}.`]);
    await write(`NORMAL ${codes[1]}`);
    assert.equal(await divertedTo(), undefined);
    const [row] = (await stage.admin.audit({ account: 'acme' })).entries;
    assert.equal(row?.how, 'sms');
    assert.equal(row.who, `text message from ${MOBILE}`);
  });

  test('diverts to voicemail, and asks how things are without a code', async () => {
    await write(`DIVERT VOICEMAIL ${codes[0]}`);
    assert.deepEqual(await divertedTo(), { mailbox: 'desk' });
    await write('Status');
    assert.match((await told()).join('\n'), /goes to .*desk/);
  });
});

describe('a code', () => {
  test('opens once, and the same message brought twice is one', async () => {
    await write(`DIVERT MOBILE ${codes[0]}`, MOBILE, 'same');
    await write(`DIVERT MOBILE ${codes[0]}`, MOBILE, 'same');
    assert.equal((await told()).length, 1);
    await write(`NORMAL ${codes[0]}`);
    assert.equal(await divertedTo(), MOBILE);
    assert.match((await told()).join('\n'), /code is wrong, or was used before/);
  });

  test('is needed: the PIN does nothing', async () => {
    await write('DIVERT MOBILE 739164');
    assert.equal(await divertedTo(), undefined);
  });
});

describe('a message that was done before a crash, and is brought again after it', () => {
  test('is answered with what the number does now', async () => {
    await write(`DIVERT MOBILE ${codes[0]}`, MOBILE, 'first');
    await write(`DIVERT MOBILE ${codes[0]}`, MOBILE, 'again');
    assert.match((await told()).at(-1) ?? '', new RegExp(`was used before.* Now .*goes to \\${MOBILE}`));
  });
});

describe('a message about a number that is taken away meanwhile', () => {
  test('is answered like any other', async () => {
    const account = await stage.stored();
    texting = openTexting(async () => {
      await stage.store.write([{ type: 'account', account: { ...account, numbers: [] } }]);
      return { type: 'refused', why: 'wrong' };
    });
    await write(`DIVERT MOBILE ${codes[0]}`);
    assert.match((await told()).at(-1) ?? '', /code is wrong.* Now \S+ is not yours any more\.$/);
  });
});

describe('a stranger', () => {
  test('is not answered, whatever is written', async () => {
    for (const text of ['STATUS', 'HELP', `DIVERT MOBILE ${codes[0]}`]) await write(text, STRANGER);
    assert.deepEqual(await told(), []);
    assert.equal(await divertedTo(), undefined);
  });

  test('who guesses in the owner’s name does not keep the owner out for longer than a minute', async () => {
    for (let guess = 0; guess < 100; guess++) await write(`NORMAL 99${String(guess).padStart(8, '0')}`);
    assert.ok((await told()).length <= 5, 'the owner is not flooded with answers');
    stage.now += 60_000;
    await write(`DIVERT MOBILE ${codes[0]}`);
    assert.equal(await divertedTo(), MOBILE);
  });

  test('cannot have calls sent where nobody has agreed, even with a code', async () => {
    await write(`DIVERT ${STRANGER} ${codes[0]}`);
    assert.equal(await divertedTo(), undefined);
    assert.match((await told()).join('\n'), /none of your confirmed mobiles/);
    await write(`DIVERT MOBILE ${codes[0]}`);
    assert.equal(await divertedTo(), MOBILE, 'a code that changed nothing is as good as before');
  });
});
