// What a brown-out wins: the cost of a request that is read, and of one that is shed, in this process alone and without
// sockets. And what it costs to have a rule rehearsed: noting each good request, and trying a rule on all of them.
//
//   node bench/brownout.ts [--rounds 5] [--thousands 20]

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { createSystemRandom } from '../src/adapters/system-random/system-random.ts';
import { utf8 } from '../src/base/bytes.ts';
import { LIMITS } from '../src/base/limits.ts';
import type { Flow } from '../src/base/net.ts';
import { table } from '../src/cli/table.ts';
import { SipNode } from '../src/node/node.ts';
import type { Account, Binding } from '../src/ports/records.ts';
import { type Load, RUNGS, type Rung } from '../src/ports/shield.ts';
import { type GoodRequest, GoodTraffic } from '../src/shield/brownout/good-traffic.ts';
import { Rehearsal } from '../src/shield/brownout/rehearsal.ts';
import { parseRule, RULE_NAMES } from '../src/shield/brownout/rule.ts';
import { machine, numbers, print, quantile } from './report.ts';

const DOMAIN = 'voice.example.net';
const LOCAL = { address: '127.0.0.1', port: 5060 };
/** So many that what one of them was told is not told again and again. */
const PHONES = 10_000;
const BUSY: Load = {
  waitMs: 500,
  patientWaitMs: 0,
  overflowed: 0,
  patientOverflowed: 0,
  lateMs: 0,
  known: 1,
  strangers: 0,
};

const ACCOUNT: Account = {
  name: 'acme',
  phones: Array.from({ length: PHONES }, (_, n) => ({
    user: `desk${n}`,
    secret: { realm: DOMAIN, md5Ha1: '0'.repeat(32), sha256Ha1: '0'.repeat(64) },
  })),
  numbers: [],
  hours: [],
  limits: {
    callsMax: 10,
    divertedCallsMax: 4,
    phonesMax: 10,
    bindingsPerPhoneMax: 5,
    destinationsAllowed: ['+44'],
    destinationsDenied: [],
  },
};

/** A node with registered phones, and with as many rungs engaged as are asked for. */
function nodeWith(engaged: number): { readonly node: SipNode; now: number } {
  const now = Date.now();
  const random = createSystemRandom();
  const node = new SipNode(
    {
      domain: DOMAIN,
      userAgent: 'bench',
      listeners: [{ transport: 'udp', local: LOCAL, advertised: LOCAL }],
      trunks: [],
      country: 'GB',
      acceptMd5: false,
      silenceMs: 60_000,
      nonceKey: random.bytes(32),
      random,
      hashing: nodeHashing,
    },
    now,
  );
  const bindings = Array.from(
    { length: PHONES },
    (_, n): Binding => ({
      user: `desk${n}`,
      contact: 'sip:desk@127.0.0.2',
      parameters: '',
      flow: flowOf(n),
      path: [],
      callId: `registration${n}`,
      cseq: 1,
      q: 1_000,
      userAgent: 'bench',
      registeredAt: now,
      expiresAt: now + 3_600_000,
    }),
  );
  node.start({ accounts: [ACCOUNT], bindings, unfinished: [], trunkServers: [] }, now);
  let at = now;
  while (node.brownout().rungs.filter((rung) => rung.engaged !== undefined).length < engaged) {
    at += LIMITS.loadIntervalMs;
    node.pressed(BUSY, at);
  }
  return { node, now: at };
}

function flowOf(phone: number): Flow {
  return { transport: 'udp', local: LOCAL, remote: { address: '127.0.0.2', port: 10_000 + phone } };
}

let branches = 0;
function request(method: string, phone: number): Uint8Array {
  const uri = method === 'INVITE' ? `sip:+447700900123@${DOMAIN}` : `sip:${DOMAIN}`;
  const rows = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK${++branches};rport`,
    'Max-Forwards: 70',
    `From: <sip:desk${phone}@${DOMAIN}>;tag=1`,
    `To: <sip:${method === 'REGISTER' ? `desk${phone}@` : ''}${DOMAIN}>`,
    `Call-ID: registration${phone}`,
    `CSeq: ${branches} ${method}`,
    'Contact: <sip:desk@127.0.0.2>',
    'User-Agent: Yealink SIP-T46U 108.86.0.20',
    ...(method === 'SUBSCRIBE' ? ['Event: message-summary', 'Expires: 3600'] : []),
    'Content-Length: 0',
  ];
  return utf8(`${rows.join('\r\n')}\r\n\r\n`);
}

interface Cost {
  readonly microseconds: number;
  readonly answers: number;
}

/** The time stands still but for a little each, so that answers are not limited and no rung's time is up. */
function costOf(method: string, engaged: number, repeats: number): Cost {
  const { node, now } = nodeWith(engaged);
  const packets = Array.from({ length: repeats }, (_, n) => ({
    flow: flowOf(n % PHONES),
    bytes: request(method, n % PHONES),
  }));
  let answers = 0;
  let at = now;
  const before = process.cpuUsage();
  for (const packet of packets) {
    at += 0.6;
    for (const effect of node.receive([packet], at)) if (effect.type === 'send') answers++;
  }
  const { user, system } = process.cpuUsage(before);
  return { microseconds: (user + system) / repeats, answers };
}

const { rounds, thousands } = numbers({
  rounds: { default: 5, max: 50 },
  thousands: { default: 20, max: 100 },
});
print(machine());
print(`${rounds} rounds of ${thousands},000 each, medians; registered phones ask, without credentials\n`);

const CASES: readonly (readonly [method: string, rung: Rung])[] = [
  ['OPTIONS', 'options'],
  ['SUBSCRIBE', 'presence'],
  ['REGISTER', 'registrations'],
  ['INVITE', 'outbound-invites'],
];

function middle(method: string, engaged: number): Cost {
  costOf(method, engaged, 5_000);
  const costs = Array.from({ length: rounds }, () => costOf(method, engaged, thousands * 1_000));
  const of = (field: keyof Cost) =>
    quantile(
      costs.map((cost) => cost[field]),
      0.5,
    );
  return { microseconds: of('microseconds'), answers: of('answers') };
}

const rows = CASES.map(([method, rung]) => {
  const engaged = RUNGS.indexOf(rung) + 1;
  return { method, read: middle(method, engaged - 1), shed: middle(method, engaged) };
});
print(
  table(
    rows,
    [
      { heading: 'request', cell: ({ method }) => method },
      { heading: 'read', cell: ({ read }) => `${read.microseconds.toFixed(1)} µs` },
      { heading: 'shed', cell: ({ shed }) => `${shed.microseconds.toFixed(1)} µs` },
      {
        heading: 'shed, of what is read',
        cell: ({ read, shed }) => `${((100 * shed.microseconds) / read.microseconds).toFixed(0)} %`,
      },
    ],
    false,
  ),
);

/** After two collections, what is held on the heap and beside it. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const GOOD = Array.from({ length: LIMITS.goodRequestsMax });
const now = Date.now();
const good = (n: number): GoodRequest => ({
  at: now - 3_000_000 + n * 10,
  lane: n % 50 === 0 ? 'newcomer' : n % 10 === 0 ? 'carrier' : 'known',
  rung: RUNGS[n % RUNGS.length],
  isEmergency: false,
  isFamiliar: n % 3 === 0,
  isStream: false,
  isInvite: n % 2 === 0,
  who: `phone${n % 5_000}`,
  client: `Client${n % 40}`,
  address: `198.51.${(n >> 8) & 255}.${n & 255}`,
});
const noted = GOOD.map((_, n) => good(n));
const began = process.cpuUsage();
const first = new GoodTraffic();
for (const one of noted) first.note(one);
const { user } = process.cpuUsage(began);
const before = heldBytes();
// Of texts that nobody else holds.
const traffic = new GoodTraffic();
for (const n of GOOD.keys()) traffic.note(good(n));
const heldMb = (heldBytes() - before) / 1_048_576;
print(`noting a good request: ${(user / GOOD.length).toFixed(2)} µs`);
print(
  `${GOOD.length.toLocaleString('en-GB')} of them, of 5,000 phones at 65,536 addresses: ${heldMb.toFixed(1)} MB`,
);
for (const name of RULE_NAMES) {
  const rule = parseRule(name);
  if (!rule.ok) throw new Error(rule.error);
  const rehearsal = new Rehearsal(rule.value, traffic, now);
  let longestMs = 0;
  const began = performance.now();
  for (let isDone = false; !isDone; ) {
    const stepBegan = performance.now();
    isDone = rehearsal.step(1_000);
    longestMs = Math.max(longestMs, performance.now() - stepBegan);
  }
  const reportBegan = performance.now();
  rehearsal.report(() => 'acme');
  const reportMs = performance.now() - reportBegan;
  const took = (performance.now() - began).toFixed(0);
  print(
    `rehearsing ${name}: ${took} ms in all, a step ${longestMs.toFixed(1)} ms at most, the report ${reportMs.toFixed(1)} ms`,
  );
}
