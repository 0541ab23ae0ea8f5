// How fast the kernel is told who is known: one flow while it is quiet, very many after a start, and the whole table
// anew after somebody has flushed it.
//
//     node bench/kernel-shield.ts [--flows 100000] [--rounds 50]
//
// As root. It moves into a network namespace of its own first, so that no rule of the machine is touched.

import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openNftablesShield } from '../src/adapters/shield-nftables/shield.ts';
import { createSystemClock } from '../src/adapters/system-clock/system-clock.ts';
import { LIMITS } from '../src/base/limits.ts';
import type { KernelShield, ShieldChange, ShieldPlan } from '../src/ports/shield.ts';
import { sharesIn } from '../src/shield/shares.ts';
import { machine, numbers, print, quantile } from './report.ts';

const { flows, rounds } = numbers({
  flows: { default: 100_000, max: LIMITS.knownFlowsMax },
  rounds: { default: 50, max: 10_000 },
});
const HOUR_MS = 3_600_000;
const PLAN: ShieldPlan = {
  listeners: [{ transport: 'udp', local: { address: '0.0.0.0', port: 5060 } }],
  media: { addresses: ['0.0.0.0'], from: 20_000, to: 29_999 },
  carriers: [],
  shares: sharesIn('calm'),
};
const NO_LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const clock = createSystemClock();

function flow(index: number): ShieldChange {
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const rate = { perSecond: 20, burst: 200 };
  const until = clock.now() + HOUR_MS;
  return { type: 'flow', lane: 'known', transport: 'udp', remote: { address, port: 5060 }, rate, until };
}

async function timed(what: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await what();
  return performance.now() - beganMs;
}

async function row(name: string, what: (round: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timed(() => what(round)));
  const [median, far] = [quantile(times, 0.5), quantile(times, 0.99)];
  print(`${name.padEnd(56)}${median.toFixed(1).padStart(8)} ms${far.toFixed(1).padStart(8)} ms`);
}

function single(name: string, ms: number): void {
  print(`${name.padEnd(56)}${ms.toFixed(0).padStart(8)} ms`);
}

/** Counts are taken after what was told; a bulk takes so many at once. */
async function toldAll(shield: KernelShield): Promise<void> {
  for (let told = 0; told <= flows; told += LIMITS.kernelBulkMax) await shield.counts();
}

async function measure(shield: KernelShield): Promise<void> {
  await row('one flow told, and counters read, in an empty table', async (round) => {
    shield.change([flow(round)]);
    await shield.counts();
  });
  const all = Array.from({ length: flows }, (_, index) => flow(index));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  shield.change(all);
  delay.enable();
  single(`${flows} flows told`, await timed(() => toldAll(shield)));
  delay.disable();
  single('  the event loop late meanwhile, at worst', delay.max / 1e6);
  await row('one flow told, and counters read, among these', async (round) => {
    shield.change([flow(round)]);
    await shield.counts();
  });
  await row('counters read', () => shield.counts());
  await row('new shares loaded', (round) => {
    return shield.load({ ...PLAN, shares: sharesIn(round % 2 === 0 ? 'attack' : 'calm') });
  });
  spawnSync('nft', ['flush', 'ruleset']);
  await shield.counts();
  const anew = await timed(async () => {
    while (shield.trouble !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  single('the table made anew with all of them, after a flush', anew);
  single('  of which a pause', LIMITS.kernelRetryMinMs);
}

if (readlinkSync('/proc/self/ns/net') === readlinkSync(`/proc/${process.ppid}/ns/net`)) {
  const parameters = ['--net', process.execPath, ...process.argv.slice(1)];
  process.exitCode = spawnSync('unshare', parameters, { stdio: 'inherit' }).status ?? 1;
} else {
  const opened = await openNftablesShield({
    node: 'bench',
    interfaces: [],
    plan: PLAN,
    clock,
    log: NO_LOG,
  });
  if (!opened.ok) throw new Error(opened.error);
  print(machine());
  print(`\n${' '.repeat(58)}median     99 %`);
  await measure(opened.value);
  await opened.value.close();
}
