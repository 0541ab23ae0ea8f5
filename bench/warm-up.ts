// What the warm-up of a node that was just started wins: CPU time of what strangers send, in a process that has never
// read any of it, hundred by hundred. The node's own warm-up (src/app/warm-up.ts) reads so many before they come.
//
//     node bench/warm-up.ts

import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { createSystemRandom } from '../src/adapters/system-random/system-random.ts';
import { WarmUp } from '../src/app/warm-up.ts';
import { LIMITS } from '../src/base/limits.ts';
import { machine, print } from './report.ts';

const STEPS = [100, 200, 500, 1_000, 2_000, LIMITS.warmUpMessages] as const;

print(machine());
print('\npackets read        CPU of each');
const warmUp = new WarmUp(createSystemRandom(), nodeHashing, Date.now());
let read = 0;
for (const step of STEPS) {
  const from = read;
  const before = process.cpuUsage();
  for (; read < step; read++) warmUp.hear();
  const { user, system } = process.cpuUsage(before);
  const range = `${from + 1} to ${step}`.padEnd(16);
  print(`${range}${((user + system) / (step - from)).toFixed(0).padStart(8)} µs`);
}
