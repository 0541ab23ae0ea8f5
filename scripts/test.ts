// `npm test`: everything that must hold, in one command, in under ten minutes.
//
//   npm test                      set up, types, lint, then every kind of test below
//   npm test -- units interop     only these kinds (types and lint are left to `npm run check`)
//   npm test -- units --grep uri  only test files whose path holds the word
//
// Kinds run one after another, each with as many files at once as suits it; kinds that suit the same number are one
// line of files, so that no core waits for the last of a kind. Test files that only compute share a process with their
// folder, for loading the code takes longer than most of them. All end in one summary, in the words of node's own
// runner, so that whoever counts tests counts all of them once.

import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type EventData, run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..');
const CORES = availableParallelism();
/** Where the modules stand that load a folder's test files. */
const TOGETHER = mkdtempSync(path.join(tmpdir(), 'ringthrough-tests-'));

interface Kind {
  readonly files: string;
  /** Test files at once. */
  readonly concurrency: number;
  /** A whole file's bound. */
  readonly timeoutMs: number;
  /** Folders whose test files touch nothing outside of their process, and so run in one. */
  readonly together?: string;
}

/** In the order of running: what is cheap and fails for the plainest reasons comes first. */
const KINDS: Readonly<Record<string, Kind>> = {
  units: {
    files: '{src/**,test}/*.test.ts',
    concurrency: CORES,
    timeoutMs: 120_000,
    together: 'src/!(adapters|cli)',
  },
  contract: { files: 'test/contract/**/*.test.ts', concurrency: CORES, timeoutMs: 120_000 },
  simulation: { files: 'test/simulation/**/*.test.ts', concurrency: CORES, timeoutMs: 300_000 },
  fuzz: { files: 'test/fuzz/**/*.test.ts', concurrency: CORES, timeoutMs: 240_000 },
  system: { files: 'test/system/**/*.test.ts', concurrency: 4, timeoutMs: 180_000 },
  interop: { files: 'test/interop/**/*.test.ts', concurrency: 6, timeoutMs: 180_000 },
};

/**
 * Programs that we did not write, which the interop and system tests use: command → Debian package. A package that
 * brings no command is known by a file of it.
 */
const FOREIGN_PROGRAMS: Readonly<Record<string, string>> = {
  sipp: 'sip-tester',
  baresip: 'baresip-core',
  kamailio: 'kamailio',
  '/usr/lib/*/kamailio/modules/outbound.so': 'kamailio-outbound-modules',
  '/usr/lib/*/kamailio/modules/tls.so': 'kamailio-tls-modules',
  dnsmasq: 'dnsmasq-base',
  socat: 'socat',
  tshark: 'tshark',
  ip: 'iproute2',
  nft: 'nftables',
  chromium: 'chromium',
  flite: 'flite',
  rsync: 'rsync',
};

function installed(command: string): boolean {
  if (command.startsWith('/')) return globSync(command).length > 0;
  return spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin"; command -v ${command}`]).status === 0;
}

/** Installs what is missing where we may; else says exactly what is, and ends. */
function setUp(): void {
  const missing = Object.entries(FOREIGN_PROGRAMS)
    .filter(([command]) => !installed(command))
    .map(([, debianPackage]) => debianPackage);
  if (missing.length === 0) return;
  const remedy = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !installed('apt-get')) {
    process.stderr.write(`The interop tests need programs that are not installed. As root: ${remedy}\n`);
    process.exit(69);
  }
  process.stdout.write(`installing ${missing.join(', ')}\n`);
  // A fresh container has no package lists; a machine whose lists are good needs no update.
  if (!aptInstall(missing)) {
    spawnSync('apt-get', ['update', '-q'], { stdio: 'inherit' });
    if (!aptInstall(missing)) {
      process.stderr.write(`These packages could not be installed: ${remedy}\n`);
      process.exit(69);
    }
  }
}

function aptInstall(packages: readonly string[]): boolean {
  const options = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', options, { stdio: 'inherit', env }).status === 0;
}

/** Types and lint; their own output says what is wrong. */
function check(): boolean {
  const commands = ['tsc --noEmit', 'biome check --diagnostic-level=warn --error-on-warnings .'];
  const failed = commands.filter((command) => {
    const startedMs = performance.now();
    const { status } = spawnSync(command, { cwd: ROOT, stdio: 'inherit', shell: true });
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    process.stdout.write(`${status === 0 ? '✔' : '✖'} ${command} (${seconds} s)\n`);
    return status !== 0;
  });
  return failed.length === 0;
}

const totals = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
const SUMMARY_LABELS = [...Object.keys(totals), 'duration_ms'];

/** The events of all kinds as those of one run: each kind's own summary is held back and added up. */
async function* runAll(kinds: readonly Kind[], grep: string): AsyncGenerator<TestEvent> {
  const startedMs = performance.now();
  for (const [concurrency, line] of Map.groupBy(kinds, (kind) => kind.concurrency)) {
    const files = line.flatMap((kind) => filesOf(kind, grep));
    if (files.length === 0) continue;
    const timeout = Math.max(...line.map(({ timeoutMs }) => timeoutMs));
    for await (const event of run({ files, cwd: ROOT, concurrency, timeout })) {
      if (event.type === 'test:summary') addUp(event.data);
      else if (!isSummaryLine(event)) yield event;
    }
  }
  for (const [label, count] of Object.entries(totals)) yield summaryLine(`${label} ${count}`);
  yield summaryLine(`duration_ms ${Math.round(performance.now() - startedMs)}`);
}

/** The largest first, which tend to take longest, so that none of them is left for the end, when cores are idle. */
function filesOf({ files, together }: Kind, grep: string): string[] {
  const paths = globSync(files, { cwd: ROOT }).filter((file) => file.includes(grep));
  const sizeOf = (file: string) => statSync(path.join(ROOT, file)).size;
  if (together === undefined) return paths.sort((one, other) => sizeOf(other) - sizeOf(one));
  const folders = globSync(`${together}/`, { cwd: ROOT });
  const processOf = (file: string) => folders.find((folder) => file.startsWith(`${folder}/`)) ?? file;
  const processes = [...Map.groupBy(paths.sort(), processOf)].flatMap(([folder, members]) =>
    members.length === 1 ? members : [moduleThatLoads(folder, members)],
  );
  return processes.sort();
}

function moduleThatLoads(folder: string, files: readonly string[]): string {
  const module = path.join(TOGETHER, `${folder.replaceAll('/', '-')}.mjs`);
  const imports = files.map((file) => `import '${pathToFileURL(path.join(ROOT, file))}';\n`);
  writeFileSync(module, imports.join(''));
  return module;
}

function addUp({ file, counts }: EventData.TestSummary): void {
  if (file !== undefined) return;
  totals.tests += counts.tests;
  totals.suites += counts.suites;
  totals.pass += counts.passed;
  totals.cancelled += counts.cancelled;
  totals.skipped += counts.skipped;
  totals.todo += counts.todo;
  totals.fail = totals.tests - totals.pass - totals.cancelled - totals.skipped - totals.todo;
}

function isSummaryLine({ type, data }: TestEvent): boolean {
  if (type !== 'test:diagnostic' || data.nesting !== 0) return false;
  return SUMMARY_LABELS.includes(data.message.split(' ')[0] ?? '');
}

function summaryLine(message: string): TestEvent {
  return { type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { grep: { type: 'string', default: '' } },
  });
  const unknown = positionals.filter((kind) => !(kind in KINDS));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no kind of test named ${unknown.join(', ')}: ${Object.keys(KINDS).join(', ')}\n`,
    );
    return 64;
  }
  const kinds = positionals.length > 0 ? positionals : Object.keys(KINDS);
  if (kinds.includes('interop') || kinds.includes('system')) setUp();
  const checked = positionals.length > 0 || check();

  const chosen = Object.entries(KINDS).filter(([name]) => kinds.includes(name));
  const events = runAll(
    chosen.map(([, kind]) => kind),
    values.grep,
  );
  await pipeline(Readable.from(events), new spec(), process.stdout, { end: false });
  return checked && totals.tests > 0 && totals.tests === totals.pass ? 0 : 1;
}

process.on('exit', () => rmSync(TOGETHER, { recursive: true, force: true }));
process.exitCode = await main();
