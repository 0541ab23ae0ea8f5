// The commands about the telephone: what they ask of the API, and what people see.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';
import { ACME, EXAMPLES, NOW } from '../../../test/surfaces/example-admin.ts';
import { WAV } from '../../../test/surfaces/example-sounds.ts';

process.env['TZ'] = 'UTC';
const NUMBER = '+442079460000';

describe('forwards', () => {
  test('are set to a mailbox for busy calls, and cleared', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('divert', 'set', NUMBER, '--voicemail', 'reception', '--when', 'busy');
    assert.equal(
      out,
      `Calls to ${NUMBER} that its phones could not take go\n  to the mailbox reception when it is busy\n`,
    );
    await run('divert', 'clear', NUMBER, '--when', 'busy');
    assert.deepEqual(asked, [
      ['setForward', NUMBER, 'busy', { voicemail: 'reception' }, 'cli'],
      ['clearForward', NUMBER, 'busy', 'cli'],
    ]);
  });
});

describe('a sheet of one-time codes', () => {
  test('is printed to be put into a wallet', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('control', 'codes', 'acme');
    assert.match(out, /Account number on the telephone: 482150\n\n {2}\[ \] {2}00 1234 5678\n/);
    assert.deepEqual(asked, [['makeCodes', 'acme', 'cli']]);
  });
});

describe('how an account is run by telephone', () => {
  test('is shown without secrets', async (t) => {
    const mobiles = [{ number: '+447700900123', name: 'Ann', confirmedAt: NOW }];
    const control = { id: '482150', pinSet: true, mobiles, codesLeft: 8, featureCodes: true };
    t.mock.property(EXAMPLES, 'account', { ...ACME, control });
    const { run } = await cliAndApi(t);
    assert.equal(
      (await run('control', 'show', 'acme')).out,
      [
        'Account acme is 482150 on the telephone.',
        '  PIN            set',
        '  one-time codes 8 left',
        '  feature codes  yes',
        'Calls may be sent to',
        '  +447700900123  Ann, confirmed 2026-11-24 09:30:00',
        '',
      ].join('\n'),
    );
  });

  test('is changed: the PIN comes over stdin, never as an argument', async (t) => {
    const { run, asked } = await cliAndApi(t, { stdin: async () => '739164\n' });
    assert.equal((await run('control', 'pin', 'acme')).code, 0);
    await run('control', 'pin', 'acme', '--clear');
    await run('control', 'mobile', 'acme', '+447700900123');
    await run('control', 'mobile', 'acme', '+447700900123', '--remove');
    assert.deepEqual(asked, [
      ['changeControl', 'acme', { do: 'set-pin', pin: '739164' }, 'cli'],
      ['changeControl', 'acme', { do: 'clear-pin' }, 'cli'],
      ['changeControl', 'acme', { do: 'confirm-mobile', number: '+447700900123' }, 'cli'],
      ['changeControl', 'acme', { do: 'remove-mobile', number: '+447700900123' }, 'cli'],
    ]);
  });
});

describe('sounds', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringthrough-cli-sounds-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('are uploaded as they are, or spoken, and listed', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const file = join(folder, 'in.wav');
    await writeFile(file, WAV);
    const { out, err } = await run('sound', 'set', 'acme', 'welcome', file);
    assert.equal(out, 'Account acme has the sound welcome, 2.4 s long.\n', err);
    const [useCase, account, name, wav, by] = asked[0] ?? [];
    assert.deepEqual([useCase, account, name, by], ['sounds.set', 'acme', 'welcome', 'cli']);
    assert.deepEqual(new Uint8Array(wav as Uint8Array), WAV);
    await run('sound', 'set', 'acme', 'welcome', '--text', 'Welcome.');
    assert.deepEqual(asked[1], ['sounds.set', 'acme', 'welcome', { text: 'Welcome.' }, 'cli']);
    assert.match((await run('sound', 'list', 'acme')).out, /welcome +2\.4 s +Welcome to Acme\./);
    await run('sound', 'delete', 'acme', 'welcome');
    assert.deepEqual(asked.at(-1), ['sounds.remove', 'acme', 'welcome', 'cli']);
    assert.notEqual((await run('sound', 'set', 'acme', 'welcome')).code, 0);
  });

  test('and messages are written to files, never over one that is there', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const file = join(folder, 'out.wav');
    assert.equal((await run('voicemail', 'get', 'message-1', file)).code, 0);
    assert.deepEqual(asked, [['sounds.message', 'message-1', 'cli']]);
    assert.deepEqual(new Uint8Array(await readFile(file)), WAV);
    const again = await run('sound', 'get', 'acme', 'welcome', file);
    assert.equal(again.code, 64);
    assert.match(again.err, /is there already/);
  });

  test('greet callers of a mailbox, until the default one is put back', async (t) => {
    const { run, asked } = await cliAndApi(t);
    await run('voicemail', 'greeting', 'acme/reception', '--text', 'We are closed.');
    await run('voicemail', 'greeting', 'acme/reception', '--default');
    await run('voicemail', 'delete', 'message-1');
    assert.deepEqual(asked, [
      ['sounds.setGreeting', 'acme', 'reception', { text: 'We are closed.' }, 'cli'],
      ['sounds.clearGreeting', 'acme', 'reception', 'cli'],
      ['sounds.deleteMessage', 'message-1', 'cli'],
    ]);
    assert.match((await run('voicemail', 'greeting', 'reception', 'x.wav')).err, /write account\/mailbox/);
  });
});

describe('notices', () => {
  test('that wait are listed, and tried again', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('notice', 'list', '--account', 'acme');
    assert.match(
      out,
      /2026-11-24 09:32:00 +2 +acme +owner@example\.net .* 451 try later +notice-1\nand 2 more\n$/,
    );
    assert.match((await run('notice', 'retry', 'notice-1')).out, /One notice is tried now\.\n$/);
    await run('notice', 'retry');
    assert.deepEqual(asked, [
      ['notices.list', 'acme', undefined],
      ['notices.retry', 'notice-1'],
      ['notices.retry', undefined],
    ]);
  });

  test('are tried with a real one, whose answer is told and is the exit code', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const sent = await run('notice', 'test', 'owner@example.net');
    assert.equal(sent.out, 'The server took the message to owner@example.net: 250 queued\n');
    assert.equal(sent.code, 0);
    const refused = {
      channel: 'sms' as const,
      to: '+447700900123',
      delivered: false,
      answer: '401 no such account',
    };
    t.mock.property(EXAMPLES, 'notices.test', refused);
    const failed = await run('notice', 'test', '+447700900123');
    assert.match(failed.out, /The message to \+447700900123 failed: 401 no such account\n$/);
    assert.equal(failed.code, 1);
    assert.deepEqual(asked, [
      ['notices.test', { email: 'owner@example.net' }],
      ['notices.test', { sms: '+447700900123' }],
    ]);
  });
});

describe('lists', () => {
  test('tell who left a message, and who changed what', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('voicemail', 'list', 'reception');
    assert.match(out, /acme\/reception +\+442079460999 +\+442079460000 .* new +message-1/);
    assert.equal(asked.at(-1)?.[2], 'reception');
    const audit = await run('audit', 'acme');
    assert.match(audit.out, /telephone \+447700900123 +telephone +\+442079460000 goes to \+447700900123/);
    assert.deepEqual(asked.at(-1), ['audit', { account: 'acme', limit: 20 }]);
  });
});
