import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Command } from 'commander';
import { cli, cliAndApi } from '../../test/surfaces/cli.ts';
import {
  ATTEMPT,
  EXAMPLES,
  NOW,
  notFound,
  RECEPTION,
  REHEARSAL,
  TEST_CALL_STEPS,
} from '../../test/surfaces/example-admin.ts';
import { TOKEN } from '../../test/surfaces/example-api.ts';
import { RingthroughError } from '../base/errors.ts';
import { buildProgram } from './cli.ts';

process.env['TZ'] = 'UTC';

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}

describe('what lists show', () => {
  test('phone list: where each phone is registered, and which is not', async (t) => {
    const { run } = await cliAndApi(t);
    assert.equal(
      (await run('phone', 'list')).out,
      lines(
        'PHONE      ACCOUNT  STATE           ADDRESS         TRANSPORT  CLIENT        EXPIRES   ROUND TRIP',
        'reception  acme     reachable       192.0.2.7:5062  udp        Desk Phone 2  in 4 min  3.4 ms',
        'workshop   acme     not registered',
      ),
    );
  });

  test('number list: the plan in words, and a divert where there is one', async (t) => {
    const { run, asked } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'numbers', [EXAMPLES.setDivert]);
    const { out } = await run('number', 'list', '--account', 'acme');
    assert.match(out, /rings reception and workshop for 20 s, then the mobile \+447700900123/);
    assert.match(out, /\+447700900123 +2026-11-24 11:30:00\n/);
    assert.deepEqual(asked, [['numbers', 'acme']]);
  });

  test('trunk list: health, since when and why, and each server', async (t) => {
    const { run } = await cliAndApi(t);
    assert.equal(
      (await run('trunk', 'list')).out,
      lines(
        'TRUNK      TARGET     HEALTH  SINCE    SERVER                 STATE  ROUND TRIP  CALLS  CARRIES     WHY              NOTE',
        'carrier-a  a.example  up      in 0 ms  udp:198.51.100.4:5060  up     12 ms       1      in and out  answers OPTIONS  stands for the PSTN',
        '                                       tcp:198.51.100.5:5070  down                                  was refused',
      ),
    );
  });

  test('door list: where doors are, until when, and what to publish', async (t) => {
    const { run, asked } = await cliAndApi(t);
    assert.equal(
      (await run('door', 'list')).out,
      lines(
        'ACCOUNT  DOOR               STATE     PHONES  CLOSES               WHY',
        'acme     203.0.113.7:31007  open      3                            moved by cli',
        'acme     203.0.113.7:38114  in grace  5       2026-11-24 11:30:00  moved by cli',
        '',
        'To publish in DNS:',
        '_sip._udp.acme.voice.example.net. 300 IN SRV 10 0 31007 voice.example.net.',
      ),
    );
    await run('door', 'list', '--account', 'acme');
    assert.deepEqual(asked, [['doors'], ['doors', 'acme']]);
  });

  test('door open, move and close ask for what they say', async (t) => {
    const { run, asked } = await cliAndApi(t);
    await run('door', 'open', 'acme', '--name', 'front.acme.example');
    await run('door', 'move', 'acme', '--grace', '30m');
    for (const option of [[], ['--grace', '1h'], ['--now'], ['--old']]) {
      await run('door', 'close', 'acme', ...option);
    }
    assert.deepEqual(
      asked.map(([, , input]) => input),
      [
        { do: 'open', name: 'front.acme.example' },
        { do: 'move', grace: '30m' },
        { do: 'close' },
        { do: 'close', grace: '1h' },
        { do: 'close', grace: '0s' },
        { do: 'close-old' },
      ],
    );
    assert.ok(
      asked.every(([useCase, account, , by]) => `${useCase} ${account} ${by}` === 'changeDoor acme cli'),
    );
  });

  test('shield rehearse: whom a rule would have hurt, by client, account and phone', async (t) => {
    const { run, asked } = await cliAndApi(t);
    assert.equal(
      (await run('shield', 'rehearse', 'registrations')).out,
      lines(
        'registrations: refreshes of registrations that hold are put off with 503, and the registrations stay',
        '',
        'Good requests since 2026-11-24 08:30:00: 12,431, calls in progress not counted.',
        'It would have touched 8,200 of them (66.0 %), of 410 phones.',
        'It lasts 5 min at most; the worst 5 min began at 2026-11-24 09:15:00: 720.',
        'Emergency calls: 0 of 3.',
        '',
        'CLIENT       TOUCHED  OF     SHARE',
        'Yealink      5,000    7,000  71.4 %',
        'Grandstream  3,200    5,000  64.0 %',
        '',
        'ACCOUNT  TOUCHED  OF   SHARE',
        'acme     240      400  60.0 %',
        '',
        'WORST HIT  ACCOUNT  CLIENT   TOUCHED  OF  SHARE',
        'reception  acme     Yealink  60       80  75.0 %',
      ),
    );
    assert.deepEqual(asked, [['rehearsal', 'registrations']]);
    t.mock.property(EXAMPLES, 'rehearsal', { ...REHEARSAL, rule: 'attack', touched: 12, recovered: 9 });
    const { out } = await run('shield', 'rehearse', 'attack');
    assert.match(out, /Sent again, 9 of these would have got in; 3 would not\./);
  });

  test('account list and call list', async (t) => {
    const { run } = await cliAndApi(t);
    assert.match(
      (await run('account', 'list')).out,
      /acme +reception, workshop +42 of 300 min +\+442079460000/,
    );
    assert.match(
      (await run('call', 'list')).out,
      /\+442079460000 .* ringing .* reception \(ringing\) +call-1/,
    );
  });

  test('one line where there is nothing', async (t) => {
    const { run } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'calls', []);
    assert.equal((await run('call', 'list')).out, 'No call is in progress.\n');
  });

  test('what a phone calls itself cannot steer the terminal', async (t) => {
    const { run } = await cliAndApi(t);
    const bindings = RECEPTION.bindings.map((binding) => ({ ...binding, userAgent: 'x\x1b[2Jy' }));
    t.mock.property(EXAMPLES, 'phones', [{ ...RECEPTION, bindings }]);
    assert.match((await run('phone', 'list')).out, /x\\u001b\[2Jy/);
  });

  for (const args of [
    ['account', 'list'],
    ['phone', 'list'],
    ['number', 'list'],
    ['trunk', 'list'],
    ['call', 'list'],
    ['ledger'],
    ['ledger', 'attempt-1'],
    ['divert', 'set', '+442079460000', '+447700900123'],
    ['divert', 'clear', '+442079460000'],
  ]) {
    test(`${args.join(' ')} --json prints what the API answers`, async (t) => {
      const { run } = await cliAndApi(t);
      const { code, out } = await run(...args, '--json');
      assert.equal(code, 0);
      assert.equal(typeof JSON.parse(out), 'object');
      assert.doesNotMatch(out, /"\w+At": \d/, 'times are RFC 3339');
    });
  }
});

describe('the ledger', () => {
  test('lists attempts with their outcome and why, and says where there are more', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('ledger', '--number', '+442079460000', '--since', '2h', '--limit', '5');
    const [headings = '', attempt = '', more] = out.split('\n');
    assert.deepEqual(headings.split(/ {2,}/), [
      ...['WHEN', 'CALLED', 'CALLER', 'OUTCOME', 'ANSWERED BY', 'AFTER', 'TALKED', 'ID', 'REASON'],
    ]);
    assert.deepEqual(attempt.split(/ {2,}/), [
      ...['2026-11-24 09:30:00', '+442079460000', '+442079460999', 'diverted', '+447700900123'],
      ...['4.2 s', '1 min', 'attempt-1', ATTEMPT.reason],
    ]);
    assert.equal(more, 'There are older ones: raise --limit, or go back with --until.');
    assert.deepEqual(asked, [['ledger', { called: '+442079460000', since: NOW - 7_200_000, limit: 5 }]]);
  });

  test('says of a diverted attempt whom it could not reach', async (t) => {
    const { run } = await cliAndApi(t);
    const timeline = [
      { at: NOW, what: 'left-out', text: 'workshop is not registered' },
      { at: NOW, what: 'ringing-phone', text: 'ringing reception' },
      { at: NOW, what: 'failed', text: 'reception is busy' },
    ];
    t.mock.property(EXAMPLES, 'ledger', { entries: [{ ...ATTEMPT, timeline }] });
    const { out } = await run('ledger');
    assert.match(out, /attempt-1 +workshop is not registered; reception is busy\n$/);
  });

  test('shows one attempt step by step', async (t) => {
    const { run } = await cliAndApi(t);
    assert.equal(
      (await run('ledger', 'attempt-1')).out,
      lines(
        '2026-11-24 09:30:00  +442079460999 called +442079460000 (acme)',
        `diverted: ${ATTEMPT.reason}`,
        '   0.000 s  a call from +442079460999 came in',
      ),
    );
  });
});

describe('test calls', () => {
  test('are told as they happen, and end with 0 when they went through', async (t) => {
    const { run } = await cliAndApi(t);
    assert.deepEqual(await run('call', '+442079460000'), {
      code: 0,
      out: lines(
        'Calling +442079460000 as any caller would.',
        '   0.000 s  caller  called +442079460000',
        '   0.040 s  node    reception rings',
        '   0.900 s  caller  answered, audio both ways',
        'passed',
      ),
      err: '',
    });
  });

  test('end with 1 when they did not', async (t) => {
    const { run } = await cliAndApi(t);
    const steps = TEST_CALL_STEPS.map((step) => (step.final ? { ...step, passed: false } : step));
    t.mock.property(EXAMPLES, 'testCall', steps);
    const { code, out } = await run('call', '+442079460000');
    assert.equal(code, 1);
    assert.match(out, /\nfailed\n$/);
  });

  test('end with 1 when the node stops telling', async (t) => {
    const { run } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'testCall', TEST_CALL_STEPS.slice(0, 1));
    const { code, err } = await run('call', '+442079460000');
    assert.equal(code, 1);
    assert.match(err, /before the call had ended/);
  });

  test('with --json each step is a line', async (t) => {
    const { run } = await cliAndApi(t);
    const { out } = await run('call', '+442079460000', '--json');
    const steps = out.trimEnd().split('\n');
    assert.deepEqual(
      steps.map((step) => JSON.parse(step).what),
      TEST_CALL_STEPS.map((step) => step.what),
    );
  });
});

describe('changes', () => {
  test('divert set tells what it did and how to end it', async (t) => {
    const { run, asked } = await cliAndApi(t);
    assert.equal(
      (await run('divert', 'set', '+442079460000', '+447700900123', '--until', '2h')).out,
      lines(
        'All calls to +442079460000 go to +447700900123 until 2026-11-24 11:30:00 (in 2 h).',
        'To end it: ringthrough divert clear +442079460000',
      ),
    );
    assert.deepEqual(asked, [['setDivert', '+442079460000', { to: '+447700900123', until: '2h' }, 'cli']]);
  });

  test('divert set --until takes a time of day', async (t) => {
    const { run, asked } = await cliAndApi(t);
    await run('divert', 'set', '+442079460000', '+447700900123', '--until', '18:00');
    assert.deepEqual(asked[0]?.[2], { to: '+447700900123', until: '2026-11-24T18:00:00.000Z' });
  });

  test('provision tells each change, and a password that was made', async (t) => {
    const { run, asked } = await cliAndApi(t);
    assert.equal(
      (await run('provision', '-')).out,
      lines(
        '+ acme: phone workshop: new',
        '1 change',
        '',
        'Passwords made just now, told only this once:',
        'PHONE     PASSWORD',
        'workshop  just-made-once',
      ),
    );
    assert.deepEqual(asked, [['provision', 'accounts: []', { dryRun: false, by: 'cli' }]]);
  });

  test('provision FILE --dry-run sends the file and asks for the difference only', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ringthrough-cli-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'acme.yaml');
    await writeFile(file, 'accounts: [{ name: acme }]');
    const { run, asked } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'provision', { dryRun: true, changes: [], newPasswords: [] });
    assert.equal((await run('provision', file, '--dry-run')).out, 'Everything is so already.\n');
    assert.deepEqual(asked, [['provision', 'accounts: [{ name: acme }]', { dryRun: true, by: 'cli' }]]);
  });

  test('provision shows every mistake with its line', async (t) => {
    const { run, failing } = await cliAndApi(t);
    const mistakes = [
      { path: 'accounts[0].phones[1].user', reason: 'is there twice', line: 4 },
      { path: 'accounts[0].numbers[0].number', reason: 'is no number', line: 7 },
    ];
    failing.set('provision', new RingthroughError('PROVISION_INVALID', '2 mistakes', { mistakes }));
    assert.deepEqual(await run('provision', '-'), {
      code: 65,
      out: '',
      err: lines(
        'ringthrough: 2 mistakes',
        '  line 4, accounts[0].phones[1].user: is there twice',
        '  line 7, accounts[0].numbers[0].number: is no number',
      ),
    });
  });

  test('two lines with the same mistake are both shown', async (t) => {
    const { run, failing } = await cliAndApi(t);
    const mistakes = [4, 5].map((line) => ({ path: `accounts[0].phones[${line}]`, reason: 'is bad', line }));
    const message = '2 mistakes; the first: line 4, accounts[0].phones[4]: is bad';
    failing.set('provision', new RingthroughError('PROVISION_INVALID', message, { mistakes }));
    assert.equal(
      (await run('provision', '-')).err,
      lines(`ringthrough: ${message}`, '  line 5, accounts[0].phones[5]: is bad'),
    );
  });

  test('a provisioning file that is not there is told in one line', async () => {
    const { run } = cli({ environment: { token: TOKEN } });
    assert.deepEqual(await run('provision', '/nowhere/acme.yaml'), {
      code: 64,
      out: '',
      err: 'ringthrough: /nowhere/acme.yaml does not exist\n',
    });
  });

  test('call hangup ends a call', async (t) => {
    const { run, asked } = await cliAndApi(t);
    assert.equal((await run('call', 'hangup', 'call-1')).out, 'The call call-1 is being ended.\n');
    assert.deepEqual(asked, [['hangUp', 'call-1']]);
  });
});

describe('what goes wrong', () => {
  test('no node there: one line that says what to do', async (t) => {
    const { run, url } = await cliAndApi(t);
    const { run: runElsewhere } = cli({ environment: { api: 'http://127.0.0.1:1', token: TOKEN } });
    assert.deepEqual(await runElsewhere('phone', 'list'), {
      code: 69,
      out: '',
      err: 'ringthrough: no node answers at http://127.0.0.1:1; start one with `ringthrough start`, or say where it is with --api\n',
    });
    assert.equal((await run('phone', 'list', '--api', url)).code, 0);
  });

  test('no token there: one line that says where it should be', async () => {
    const { run } = cli({ environment: { dataFolder: '/nowhere' } });
    const { code, err } = await run('phone', 'list');
    assert.equal(code, 64);
    assert.match(err, /token \/nowhere\/api\.token does not exist; start a node here first/);
  });

  test('a token from a file is used before that of the environment', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ringthrough-cli-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'token');
    await writeFile(file, 'a-wrong-one\n');
    const { run } = await cliAndApi(t);
    const { code, err } = await run('phone', 'list', '--token-file', file);
    assert.equal(code, 64);
    assert.match(err, /the API token in \S+\/token is not that of the node at http:\S+; .* --token-file/);
  });

  test('what the node refuses ends with the code of that error', async (t) => {
    const { run, failing } = await cliAndApi(t);
    failing.set('setDivert', notFound('number +442079460123'));
    assert.deepEqual(await run('divert', 'set', '+442079460123', '+447700900123'), {
      code: 65,
      out: '',
      err: 'ringthrough: there is no number +442079460123\n',
    });
  });

  test('mistakes of typing end with 64 and a guess', async () => {
    const { run } = cli();
    const { code, err } = await run('phone', 'lits');
    assert.equal(code, 64);
    assert.match(err, /Did you mean list\?/);
  });

  test('a bug is told as one', async () => {
    const { run } = cli();
    const { code, err } = await run('start');
    assert.equal(code, 70);
    assert.match(err, /bug in Ringthrough.*\nError: no node is started here/);
  });

  test('a name with slashes asks for that name and nothing else', async (t) => {
    const { run, asked } = await cliAndApi(t);
    for (const id of ['../trunks', 'a/b?c']) await run('ledger', id);
    assert.equal((await run('ledger', '..')).code, 64);
    assert.deepEqual(asked, [
      ['ledgerEntry', '../trunks'],
      ['ledgerEntry', 'a/b?c'],
    ]);
  });
});

describe('help', () => {
  test('is there for every command, and is no mistake', async () => {
    for (const { words } of commands()) {
      const { run } = cli();
      const { code, out } = await run(...words, '--help');
      assert.equal(code, 0, words.join(' '));
      assert.match(out, new RegExp(`^Usage: ringthrough ${words.join(' ')}`));
    }
  });

  test('and docs/cli.md tell of the same commands and options', async () => {
    const documentation = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const [introduction = '', ...sections] = documentation.split(/^## /m);
    const documented = sections.map((section) => ({
      usage: /^`(.*)`$/m.exec(section)?.[1],
      options: [...section.matchAll(/^- `(.*?)`/gm)].map(([, option]) => option),
    }));
    const offered = commands().map(({ words, command }) => ({
      usage: ['ringthrough', ...words, ...command.registeredArguments.map(argumentOf)].join(' '),
      options: command.options.map((option) => option.flags).filter((flags) => !introduction.includes(flags)),
    }));
    const byUsage = (a: { usage?: string | undefined }, b: { usage?: string | undefined }) =>
      (a.usage ?? '').localeCompare(b.usage ?? '');
    assert.deepEqual(documented.sort(byUsage), offered.sort(byUsage));
  });

  test('every command takes --json, but for start and what prints for another program', () => {
    for (const { words, command } of commands()) {
      const hasJson = command.options.some((option) => option.long === '--json');
      assert.equal(hasJson, !['start', 'shield plan'].includes(words.join(' ')), words.join(' '));
    }
  });
});

function argumentOf(argument: { name(): string; readonly required: boolean }): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

/** Those that do something, not those that only gather others. */
function commands(): readonly { readonly words: readonly string[]; readonly command: Command }[] {
  const walk = (
    command: Command,
    words: readonly string[],
  ): { words: readonly string[]; command: Command }[] => {
    const below = command.commands.flatMap((child) => walk(child, [...words, child.name()]));
    const acts = command.commands.length === 0 || command.registeredArguments.length > 0;
    return acts && words.length > 0 ? [{ words, command }, ...below] : below;
  };
  return walk(
    buildProgram(cli().context, () => {}),
    [],
  );
}
