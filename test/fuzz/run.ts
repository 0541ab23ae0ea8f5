// npm run fuzz -- --minutes N [--target NAME]… [--seed S]: fuzzes, says how fast, and keeps what it finds, made
// small, in test/fuzz/regressions/, where every run of the tests tries it again.
// npm run fuzz -- --target NAME --seed S --case I: tries one case again. Exit code 1 where anything was found.

import { parseArgs } from 'node:util';
import { type Finding, fuzz, grows, type Tally } from './engine.ts';
import { keep } from './kept.ts';
import { TARGETS } from './targets/all.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    target: { type: 'string', multiple: true, default: [] },
    case: { type: 'string' },
  },
});

const unknown = values.target.filter((name) => !TARGETS.some((target) => target.name === name));
if (unknown.length > 0) {
  print(`There is no target named ${unknown.join(', ')}: ${TARGETS.map(({ name }) => name).join(', ')}\n`);
  process.exit(64);
}

const targets = TARGETS.filter(({ name }) => values.target.length === 0 || values.target.includes(name));
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const PROGRESS_EVERY_MS = 30_000;
let toldMs = 0;

print(`seed ${seed}: ${targets.map(({ name }) => name).join(', ')}\n`);
const report = await fuzz(targets, {
  seed,
  lengthMs: Number(values.minutes) * 60_000,
  ...(values.case !== undefined && { only: Number(values.case) }),
  progress: (tallies, elapsedMs, heapBytes) => {
    if (elapsedMs - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = elapsedMs;
    const messages = tallies.reduce((sum, each) => sum + each.messages, 0);
    print(`${(elapsedMs / 1_000).toFixed(0)} s: ${count(messages)} messages, heap ${megabytes(heapBytes)}\n`);
  },
});

print(`\n${'target'.padEnd(14)}${'cases'.padStart(12)}${'messages'.padStart(14)}${'a second'.padStart(12)}`);
print(`${'slowest'.padStart(12)}\n`);
for (const tally of report.tallies) print(row(tally));
const total = report.tallies.reduce((sum, { messages }) => sum + messages, 0);
print(
  `${count(total)} messages in all; the heap has grown by ${megabytes(report.grownBytes)} since it was warm\n`,
);
for (const finding of report.findings) print(story(finding));
if (grows(report)) print(`MEMORY GROWS: ${report.heap.map(megabytes).join(', ')}\n`);
if (report.findings.length > 0 || grows(report)) process.exitCode = 1;
// Whatever a target left open does not keep the program.
process.exit();

function row({ target, cases, messages, busyMs, slowestMs }: Tally): string {
  const rate = count(Math.round(messages / (busyMs / 1_000)));
  const slowest = `${slowestMs.toFixed(1)} ms`;
  return `${target.padEnd(14)}${count(cases).padStart(12)}${count(messages).padStart(14)}${rate.padStart(12)}${slowest.padStart(12)}\n`;
}

function story(finding: Finding): string {
  const { target, seed: from, number, what, times } = finding;
  const again = `npm run fuzz -- --target ${target} --seed ${from} --case ${number}`;
  return `\n${target}, ${times} times:\n${what}\nagain: ${again}\nkept: ${keep(finding)}\n`;
}

function count(number: number): string {
  return number.toLocaleString('en-GB');
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function print(text: string): void {
  process.stdout.write(text);
}
