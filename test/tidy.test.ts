// What review would otherwise say by hand, again and again: lengths, names, left-overs. After TigerBeetle's
// `tidy.zig`. A rule that is wrong for one place is not bent: the place is listed below by name, with its reason,
// and an exception that no longer excepts anything fails as well.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filesUnder, type Module, parseModules, readModules } from './source-tree.ts';

/** Biome holds code to 110. Comments, which it leaves alone, may stand out a little, and strings cannot be broken. */
const LINE_CHARACTERS_MAX = 120;
const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

/** What is excepted from a rule: `path` or `path#function` → why. */
type Exceptions = Readonly<Record<string, string>>;

const LONG_LINES: Exceptions = {};
const LONG_FILES: Exceptions = {};
const LONG_FUNCTIONS: Exceptions = {
  'test/contract/signalling.contract.ts#signallingContract': 'holds the tests of a suite, as describe does',
  'test/contract/store.contract.ts#storeContract': 'holds the tests of a suite, as describe does',
  'test/contract/store-telephone.contract.ts#storeTelephoneContract':
    'holds the tests of a suite, as describe does',
};
const SLEEPERS: Exceptions = {
  'test/interop/child.ts': 'bounds a wait for another program’s line or end',
  'test/interop/peers/baresip.ts': 'a person takes time to press a key, and to say something',
  'test/interop/rig.ts': 'until() asks for a condition that nothing reports, again and again',
};
const NAMED_ELSEWHERE: Exceptions = {
  'src/adapters/net-udp/udp.ts#KEEPALIVE_BYTES_MAX': 'what RFC 5626 §3.5.1 calls a keepalive',
  'src/adapters/store-sqlite/dialect.ts#STATEMENTS_KEPT_MAX': 'of our own queries, which are a fixed number',
  'src/adapters/store-sqlite/store.ts#GROUP_BATCHES_MAX': 'how writes are grouped; storeQueueMax bounds them',
  'src/adapters/trace-hep/collector.ts#DATAGRAM_BYTES_MAX': 'what UDP over IPv4 carries',
  'src/admin/documents/document.ts#PATH_SHOWN_MAX': 'how a mistake is told; fileBytesMax bounds what is read',
  'src/admin/documents/section.ts#WORD_LENGTH_MAX': 'how a mistake is told; fileBytesMax bounds what is read',
  'src/admin/test-call.ts#WAITING_MAX': 'follows from timelineEntriesMax',
  'src/app/config/addresses.ts#PORT_MAX': 'ports have 16 bits',
  'src/app/config/trunks.ts#CALLS_MAX': 'what a trunk has without a setting of its own',
  'src/app/event-loop.ts#TIMER_MAX_MS': 'what setTimeout can wait',
  'src/calls/call.ts#PROMPT_MAX_MS': 'a watch over our own relay; soundMaxMs bounds what is played',
  'src/calls/call.ts#WRAP_UP_MAX_MS': 'a watch over our own relay',
  'src/calls/session-timer.ts#SESSION_EXPIRES_MAX_MS': 'a longer one is no use to detect what is dead',
  'src/calls/test-call.ts#ANSWERED_MAX_MS': 'the course of our own test call',
  'src/calls/test-call.ts#UNANSWERED_MAX_MS': 'the course of our own test call',
  'src/calls/test-call.ts#WRAP_UP_MAX_MS': 'a watch over our own relay',
  'src/cli/commands/certificate.ts#DAYS_MAX': 'what a person may ask for on the command line',
  'src/cli/ladder.ts#CALLS_MAX': 'what fits a terminal',
  'src/cli/ladder.ts#PARTY_WIDTH_MAX': 'what fits a terminal',
  'src/registrar/device.ts#REG_ID_MAX': 'RFC 5626 §11.1',
  'src/registrar/watch.ts#MISSES_MAX': 'how a phone is judged; it bounds nothing',
  'src/rtp/g711.ts#SAMPLE_MAX': 'samples have 16 bits',
  'src/rtp/statistics.ts#DROPOUT_MAX': 'RFC 3550 §A.1',
  'src/rtp/statistics.ts#JITTER_STEP_MAX_MS': 'what counts as a step of the clock, not as jitter',
  'src/rtp/statistics.ts#MISORDER_MAX': 'RFC 3550 §A.1',
  'src/sip/keepalive/stun.ts#REQUEST_BYTES_MAX': 'RFC 8489 §6.1',
  'src/sip/message/host.ts#PORT_MAX': 'ports have 16 bits',
  'src/sip/message/message.ts#DIGITS_MAX': 'what a number can hold exactly',
  'src/sip/message/message.ts#MAX_FORWARDS_MAX': 'RFC 3261 §20.22',
  'src/sip/message/message.ts#READ_MAX': 'follows from viasMax',
  'src/sip/message/parse.ts#CONTENT_LENGTH_DIGITS_MAX': 'far above messageBytesMax, which bounds it',
  'src/trace/pcap.ts#PAYLOAD_BYTES_MAX': 'what an IPv4 packet carries',
};
const DEAD: Exceptions = {
  'src/adapters/media-relay/testing.ts': 'the parties of its tests',
  'src/adapters/net-ws/testing.ts': 'the parties of its tests',
  'src/adapters/store-memory/store.ts': 'the store of simulations',
  'src/sip/message/torture/rfc4475-invalid.ts': 'messages of the torture test',
  'src/sip/message/torture/rfc4475-semantics.ts': 'messages of the torture test',
  'src/sip/message/torture/rfc4475-valid.ts': 'messages of the torture test',
  'src/sip/message/torture/rfc5118.ts': 'messages of the torture test',
  'src/sip/message/torture/torture.ts': 'messages of the torture test',
  'src/shield/detection/testing.ts': 'the traffic of its tests',
  'src/status-page/example.ts': 'the page of its tests and of its bench',
  'src/sip/transaction/testing.ts': 'the stage of its tests',
  'src/status-page/testing.ts': 'the view of its tests',
};
/** What bin/ringthrough.js and `npm start` run. */
const ENTRY = 'src/main.ts';

/** Names of folders and files that say nothing of what is in them, so that everything ends up there. */
const EMPTY_NAMES = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'misc',
  'lib',
  'stuff',
  'tools',
];

/** Text that must not be in any source of ours, and why. */
const BANNED_TEXT: readonly { readonly pattern: RegExp; readonly because: string }[] = [
  { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, because: 'what is to be done is an issue, not a comment' },
  { pattern: /@ts-(ignore|nocheck|expect-error)/, because: 'the compiler is right until proven wrong' },
  { pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\b/, because: 'every test runs, always' },
  { pattern: /\b(skip|only|todo): (true|['"`])/, because: 'every test runs, always' },
  { pattern: /\b(eval|Function)\(/, because: 'no text becomes code' },
];

const STRING = /(['"`])(?:\\.|(?!\1).)*\1/g;
const ISSUE_NAME = /\b(issue|bug|gh)[-_ ]?#?\d+/i;

const modules = readModules();

interface Finding {
  /** What an exception would name. */
  readonly place: string;
  readonly text: string;
}

function isTest(file: string): boolean {
  return file.startsWith('test/') || file.endsWith('.test.ts');
}

function longLines({ path, lines }: Module): readonly Finding[] {
  return lines.flatMap((line, index) =>
    line.replaceAll(STRING, '').length > LINE_CHARACTERS_MAX
      ? [
          {
            place: path,
            text: `${path}:${index + 1} has ${line.length} characters, of ${LINE_CHARACTERS_MAX}`,
          },
        ]
      : [],
  );
}

function longFile({ path, lines }: Module): readonly Finding[] {
  const count = lines.length - 1;
  return count >= FILE_LINES_MAX
    ? [{ place: path, text: `${path} has ${count} lines, of ${FILE_LINES_MAX}` }]
    : [];
}

function longFunctions({ path, functions }: Module): readonly Finding[] {
  return functions
    .filter(({ lines }) => lines >= FUNCTION_LINES_MAX)
    .map(({ name, line, lines }) => ({
      place: `${path}#${name}`,
      text: `${path}:${line} ${name} has ${lines} lines, of ${FUNCTION_LINES_MAX}`,
    }));
}

function bannedText({ path, lines }: Module): readonly Finding[] {
  return lines.flatMap((line, index) =>
    BANNED_TEXT.filter(({ pattern }) => pattern.test(line)).map(({ pattern, because }) => ({
      place: path,
      text: `${path}:${index + 1} matches ${pattern.source}: ${because}`,
    })),
  );
}

/** Every bound on what comes from outside stands in base/limits.ts, with what happens at it (law 4). */
function hiddenLimits({ path, lines }: Module): readonly Finding[] {
  if (!path.startsWith('src/') || isTest(path)) return [];
  return lines.flatMap((line, index) => {
    const name = /^\s*(?:export )?const ([A-Z][A-Z0-9_]*_MAX(?:_MS)?)\b/.exec(line)?.[1];
    const text = `${path}:${index + 1} ${name} bounds something: name it in src/base/limits.ts`;
    return name === undefined ? [] : [{ place: `${path}#${name}`, text }];
  });
}

/** Tests wait for conditions, never for a time that is hoped to be enough. */
function sleeps({ path, imports, names }: Module): readonly Finding[] {
  if (!isTest(path)) return [];
  const asleep = [
    ...imports.filter(({ target }) => target === 'node:timers/promises').map(({ line }) => line),
    ...names.filter(({ name }) => name === 'setTimeout').map(({ line }) => line),
  ];
  return asleep.map((line) => ({
    place: path,
    text: `${path}:${line} sleeps: wait for a condition instead`,
  }));
}

function unexplained({ path, text }: Module): readonly Finding[] {
  return /^(#!.*\n)?(\/\/|\/\*)/.test(text) ? [] : [{ place: path, text: `${path} does not say what it is` }];
}

function emptyNames(file: string): readonly Finding[] {
  const parts = file.split('/').map((part) => part.replace(/\..*$/, ''));
  return parts.some((part) => EMPTY_NAMES.includes(part.toLowerCase()))
    ? [{ place: file, text: `${file} has a name that says nothing of what is in it` }]
    : [];
}

/** Modules of src/ that the program never loads, whatever tests do with them. */
function dead(all: readonly Module[]): readonly Finding[] {
  const byPath = new Map(all.map((module) => [module.path, module]));
  const alive = new Set<string>();
  const visit = (file: string): void => {
    if (alive.has(file)) return;
    alive.add(file);
    for (const { target } of byPath.get(file)?.imports ?? []) visit(target);
  };
  visit(ENTRY);
  return all
    .filter(({ path }) => path.startsWith('src/') && !isTest(path) && !alive.has(path))
    .map(({ path }) => ({ place: path, text: `${path} is loaded by nothing that ${ENTRY} loads` }));
}

/** Findings that are not excepted, and exceptions that except nothing. */
function unexcused(findings: readonly Finding[], exceptions: Exceptions): readonly string[] {
  const places = new Set(findings.map(({ place }) => place));
  return [
    ...findings.filter(({ place }) => !(place in exceptions)).map(({ text }) => text),
    ...Object.keys(exceptions)
      .filter((place) => !places.has(place))
      .map((place) => `${place} is excepted, and need not be`),
  ];
}

describe('the sources are tidy', () => {
  test('no line is longer than a window is wide', () => {
    assert.deepEqual(unexcused(modules.flatMap(longLines), LONG_LINES), []);
  });

  test('files are short enough to be held in mind', () => {
    assert.deepEqual(unexcused(modules.flatMap(longFile), LONG_FILES), []);
  });

  test('functions fit a screen', () => {
    assert.deepEqual(unexcused(modules.flatMap(longFunctions), LONG_FUNCTIONS), []);
  });

  test('every module opens by saying what it is', () => {
    const others = modules.filter(({ path }) => !path.endsWith('.test.ts'));
    assert.deepEqual(unexcused(others.flatMap(unexplained), {}), []);
  });

  test('nothing is left for later, switched off or hidden from the compiler', () => {
    const others = modules.filter(({ path }) => path !== 'test/tidy.test.ts');
    assert.deepEqual(unexcused(others.flatMap(bannedText), {}), []);
  });

  test('limits are named in one file', () => {
    assert.deepEqual(unexcused(modules.flatMap(hiddenLimits), NAMED_ELSEWHERE), []);
  });

  test('no test sleeps', () => {
    assert.deepEqual(unexcused(modules.flatMap(sleeps), SLEEPERS), []);
  });

  test('folders and files are named for what is in them', () => {
    const files = ['src', 'test', 'examples', 'scripts', 'bench', 'docs', 'assets'].flatMap(filesUnder);
    assert.deepEqual(unexcused(files.flatMap(emptyNames), {}), []);
    assert.deepEqual(
      files.filter((file) => ISSUE_NAME.test(file)),
      [],
      'name a test for the behaviour, not for the issue',
    );
  });

  test('no module lies dead', () => {
    assert.deepEqual(unexcused(dead(modules), DEAD), []);
  });
});

describe('the rules of tidiness, tried on made-up sources', () => {
  const parsed = (path: string, text: string): Module => {
    const [module] = parseModules({ [path]: text });
    assert.ok(module);
    return module;
  };

  test('a line one character too long is found', () => {
    const fits = 'x'.repeat(LINE_CHARACTERS_MAX);
    assert.equal(longLines(parsed('src/base/a.ts', `${fits}\n${fits}x\nf('${fits}');\n`)).length, 1);
  });

  test('a file of 500 lines is too long, one of 499 is not', () => {
    assert.equal(longFile(parsed('src/base/a.ts', '//\n'.repeat(FILE_LINES_MAX))).length, 1);
    assert.equal(longFile(parsed('src/base/a.ts', '//\n'.repeat(FILE_LINES_MAX - 1))).length, 0);
  });

  test('a function of 70 lines is too long, whatever its kind, and is named', () => {
    const body = `{\n${'f();\n'.repeat(FUNCTION_LINES_MAX - 2)}}`;
    for (const [text, name] of [
      [`function g() ${body}\n`, 'g'],
      [`const g = () => ${body};\n`, 'g'],
      [`class A { g() ${body} }\n`, 'g'],
      [`class A { constructor() ${body} }\n`, 'constructor'],
      [`test('a story', () => ${body});\n`, "'a story'"],
    ] as const) {
      assert.deepEqual(
        longFunctions(parsed('src/base/a.ts', text)).map(({ place }) => place),
        [`src/base/a.ts#${name}`],
      );
    }
    assert.deepEqual(longFunctions(parsed('src/a.test.ts', `describe('many', () => ${body});\n`)), []);
  });

  test('each banned text is found', () => {
    const samples = ['// TODO', '// @ts-ignore', "test.skip('a')", '{ skip: true }', 'eval(a)'];
    assert.equal(samples.length, BANNED_TEXT.length);
    for (const sample of samples) {
      assert.equal(bannedText(parsed('src/base/a.ts', `${sample}\n`)).length, 1, sample);
    }
  });

  test('a sleep is found in a test, and a timer in the product is not one', () => {
    assert.equal(
      sleeps(parsed('test/a.test.ts', `import { setTimeout } from 'node:timers/promises';\n`)).length,
      2,
    );
    assert.equal(sleeps(parsed('src/http/a.test.ts', 'setTimeout(done, 100);\n')).length, 1);
    assert.equal(sleeps(parsed('src/app/loop.ts', 'setTimeout(done, 100);\n')).length, 0);
  });

  test('a module that opens with code is found', () => {
    assert.equal(unexplained(parsed('src/base/a.ts', 'const a = 1;\n// late\n')).length, 1);
    assert.equal(unexplained(parsed('src/base/a.ts', '// What it is.\nconst a = 1;\n')).length, 0);
  });

  test('empty names are found, of folders and of files', () => {
    assert.equal(emptyNames('src/utils/a.ts').length, 1);
    assert.equal(emptyNames('src/sip/helpers.ts').length, 1);
    assert.equal(emptyNames('src/sip/utility-billing.ts').length, 0);
  });

  test('a module that only tests and the dead import is dead; a worker is alive', () => {
    const tree = parseModules({
      'src/main.ts': `import './base/a.ts';\nnew Worker(new URL('./base/worker.ts', import.meta.url));\n`,
      'src/base/a.ts': '//\n',
      'src/base/worker.ts': '//\n',
      'src/base/b.ts': '//\n',
      'src/base/b.test.ts': `import './b.ts';\nimport './c.ts';\n`,
      'src/base/c.ts': `import './b.ts';\n`,
    });
    assert.deepEqual(
      dead(tree).map(({ place }) => place),
      ['src/base/b.ts', 'src/base/c.ts'],
    );
  });

  test('an exception excuses its place, and fails when it has become needless', () => {
    const findings = [{ place: 'a', text: 'a is long' }];
    assert.deepEqual(unexcused(findings, { a: 'a table' }), []);
    assert.deepEqual(unexcused(findings, { a: 'a table', b: 'once long' }), [
      'b is excepted, and need not be',
    ]);
  });
});
