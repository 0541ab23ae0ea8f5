// What detection costs for each packet, in this process alone, beside what it costs to read one: counting a packet of a
// known flow and of a stranger, who of them it seems to be by its first bytes, and the second in which it is judged.
//
//   node bench/detection.ts [--rounds 9] [--thousands 500]

import { present } from '../src/base/assert.ts';
import { utf8 } from '../src/base/bytes.ts';
import { SECOND_MS } from '../src/base/time.ts';
import { table } from '../src/cli/table.ts';
import type { Lane } from '../src/ports/shield.ts';
import { Detection } from '../src/shield/detection/detection.ts';
import type { Origin } from '../src/shield/detection/tally.ts';
import { kindOf } from '../src/shield/first-bytes.ts';
import { parseMessage } from '../src/sip/message/parse.ts';
import { MESSAGES } from './messages.ts';
import { machine, numbers, print, quantile } from './report.ts';

const SOURCES = 10_000;
const REGISTER = utf8(present(MESSAGES['REGISTER with digest'], 'a REGISTER'));
const GARBAGE = new Uint8Array(400).fill(0xa5);

const ipv4 = origins((n) => `${20 + (n % 180)}.${(n >> 3) & 255}.${(n * 7) & 255}.${1 + (n % 250)}`);
const ipv6 = origins(
  (n) => `2001:db8:${(n >> 8).toString(16)}:${(n & 255).toString(16)}00::${n.toString(16)}`,
);

function origins(address: (n: number) => string): readonly Origin[] {
  return Array.from({ length: SOURCES }, (_, n) => ({
    transport: 'udp',
    // A string in one piece, as a socket gives it.
    remote: { address: Buffer.from(address(n)).toString('latin1'), port: 1_024 + n },
  }));
}

/** Each packet once; the sum keeps the work from being left out. */
type Work = (repeats: number) => number;

function detection(): Detection {
  return new Detection({ seed: 7, newcomersPerSecond: 5_000 }, 0);
}

function counting(lane: Lane, from: readonly Origin[]): Work {
  const it = detection();
  return (repeats) => {
    for (let n = 0; n < repeats; n++) {
      const origin = from[(n * 7_919) % SOURCES];
      if (origin !== undefined) it.record(lane, 'REGISTER', origin, 500, true);
    }
    return repeats;
  };
}

function classifying(bytes: Uint8Array): Work {
  return (repeats) => {
    let sum = 0;
    for (let n = 0; n < repeats; n++) sum += kindOf(bytes).length;
    return sum;
  };
}

const WORKS: Readonly<Record<string, Work>> = {
  'first bytes, REGISTER': classifying(REGISTER),
  'first bytes, garbage': classifying(GARBAGE),
  'count a packet of a known flow': counting('known', ipv4),
  'count a stranger, one of 10,000, IPv4': counting('newcomer', ipv4),
  'count a stranger, one of 10,000, IPv6': counting('newcomer', ipv6),
  'parse a REGISTER, for comparison': (repeats) => {
    let sum = 0;
    for (let n = 0; n < repeats; n++) {
      const parsed = parseMessage(REGISTER);
      if (parsed.ok) sum += parsed.value.body.length + 1;
    }
    return sum;
  },
};

function nanoseconds(work: Work, repeats: number): number {
  const before = process.cpuUsage();
  const sum = work(repeats);
  const { user, system } = process.cpuUsage(before);
  if (Number.isNaN(sum)) throw new Error('nothing was done');
  return (1_000 * (user + system)) / repeats;
}

/** A second of a flood, judged. */
function judging(seconds: number): number {
  const it = detection();
  const strangers = counting('newcomer', ipv4);
  strangers(1);
  const before = process.cpuUsage();
  for (let second = 1; second <= seconds; second++) {
    const origin = ipv4[second % SOURCES];
    if (origin !== undefined) it.record('newcomer', 'INVITE', origin, 500, true);
    it.expire(second * SECOND_MS);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / seconds;
}

const { rounds, thousands } = numbers({
  rounds: { default: 9, max: 100 },
  thousands: { default: 500, max: 10_000 },
});
print(machine());
print(`${rounds} rounds of ${thousands},000 each, medians\n`);
const rows = Object.entries(WORKS).map(([name, work]) => {
  work(50_000);
  const costs = Array.from({ length: rounds }, () => nanoseconds(work, thousands * 1_000));
  return { name, cost: quantile(costs, 0.5) };
});
print(
  table(
    rows,
    [
      { heading: 'work', cell: ({ name }) => name },
      { heading: 'CPU', right: true, cell: ({ cost }) => `${Math.round(cost)} ns` },
    ],
    false,
  ),
);
judging(1_000);
print(`To judge a second: ${Math.round(judging(5_000))} µs, once a second, whatever came in it.`);
