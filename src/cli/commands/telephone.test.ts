// The commands about the telephone: what they ask of the API, and what people see.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';
import { ACME, EXAMPLES, NOW } from '../../../test/surfaces/example-admin.ts';

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
