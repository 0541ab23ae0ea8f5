// What ten thousand doors cost: a node that starts with them (from disk, into memory, its turn, and the text that a
// kernel is told), the list of them, and one that moves. In this process alone, without sockets, and without a kernel.
//
//   node bench/doors.ts [--doors 10000] [--rounds 5]

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { remembered } from '../src/adapters/shield-nftables/door-peers.ts';
import { filling } from '../src/adapters/shield-nftables/elements.ts';
import { HeldElements } from '../src/adapters/shield-nftables/held.ts';
import { printedRuleset } from '../src/adapters/shield-nftables/shield.ts';
import { openDataFolder } from '../src/adapters/store-sqlite/data-folder.ts';
import { openSqliteStore } from '../src/adapters/store-sqlite/store.ts';
import { createSystemRandom } from '../src/adapters/system-random/system-random.ts';
import { LIMITS } from '../src/base/limits.ts';
import { doorPeers, insidePorts } from '../src/node/door-keeper.ts';
import { SipNode } from '../src/node/node.ts';
import type { Account, Binding, Door } from '../src/ports/records.ts';
import type { ShieldPlan } from '../src/ports/shield.ts';
import type { Store, StoreWrite } from '../src/ports/store.ts';
import { Directory } from '../src/routing/directory.ts';
import { DOOR_SHARE, sharesIn } from '../src/shield/shares.ts';
import { machine, numbers, print, quantile } from './report.ts';

const { doors: count, rounds } = numbers({
  doors: { default: LIMITS.doorsMax, max: LIMITS.doorsMax },
  rounds: { default: 5, max: 100 },
});
const DOMAIN = 'voice.example.net';
const LOCAL = { address: '203.0.113.7', port: 5060 };
const PORTS = { from: 10_000, to: 10_000 + LIMITS.doorsMax + 999 };
const INSIDE = insidePorts(PORTS);
const TABLE = { family: 'inet', name: 'ringthrough_bench' } as const;
const HOUR_MS = 3_600_000;
const now = Date.now();
const random = createSystemRandom();

/** An account with one phone, which is registered by its door. */
function customer(n: number): readonly [Account, Door, Binding] {
  const name = `customer-${n}`;
  const user = `desk-${n}`;
  const side = n % 2 === 0 ? 'a' : 'b';
  const account: Account = {
    name,
    phones: [{ user, secret: { realm: DOMAIN, md5Ha1: '0'.repeat(32), sha256Ha1: '0'.repeat(64) } }],
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
  const remote = { address: `10.${n >> 14}.${(n >> 7) & 127}.${n & 127}`, port: 5060 };
  const binding: Binding = {
    user,
    contact: `sip:${user}@${remote.address}`,
    parameters: '',
    flow: { transport: 'udp', local: { ...LOCAL, port: INSIDE[side] }, remote },
    path: [],
    callId: user,
    cseq: 1,
    q: 1_000,
    userAgent: 'bench',
    registeredAt: now,
    expiresAt: now + 4 * HOUR_MS,
  };
  const door: Door = {
    account: name,
    port: PORTS.from + n,
    side,
    state: 'open',
    openedAt: now,
    why: 'opened by cli',
  };
  return [account, door, binding];
}

async function fill(store: Store): Promise<void> {
  const AT_ONCE = 500;
  for (let from = 0; from < count; from += AT_ONCE) {
    const writes = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n): readonly StoreWrite[] => {
      const [account, door, binding] = customer(from + n);
      return [
        { type: 'account', account },
        { type: 'door', door },
        { type: 'bindings', user: binding.user, bindings: [binding] },
      ];
    });
    await store.write(writes.flat());
  }
}

function newNode(): SipNode {
  const listener = { transport: 'udp', local: LOCAL, advertised: LOCAL } as const;
  return new SipNode(
    {
      domain: DOMAIN,
      userAgent: 'bench',
      listeners: [listener],
      trunks: [],
      country: 'GB',
      acceptMd5: false,
      silenceMs: 60_000,
      nonceKey: random.bytes(32),
      random,
      hashing: nodeHashing,
      doors: { ports: PORTS, max: count + 1, inside: INSIDE, movesByItself: true },
    },
    now,
  );
}

const PLAN: ShieldPlan = {
  listeners: [{ transport: 'udp', local: LOCAL }],
  media: { addresses: [LOCAL.address], from: 30_000, to: 31_999 },
  carriers: [],
  shares: sharesIn('calm'),
  doors: { ...PORTS, inside: INSIDE, newcomers: DOOR_SHARE },
};

/** After two collections, what is held on the heap and beside it. */
function heldMegabytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

const times = new Map<string, number[]>();

async function timed<T>(name: string, act: () => T | Promise<T>): Promise<T> {
  const beganMs = performance.now();
  const result = await act();
  const took = times.get(name) ?? [];
  times.set(name, [...took, performance.now() - beganMs]);
  return result;
}

/** One start of a node, and what is asked of it then. Its size in memory, in megabytes. */
async function start(folderPath: string): Promise<{ readonly heldMb: number; readonly kernelBytes: number }> {
  const before = heldMegabytes();
  const folder = openDataFolder(folderPath);
  const store = await timed('the store opened', () => openSqliteStore(folder));
  const kept = await timed('accounts, phones and doors read from it', async () => ({
    accounts: await store.accounts(),
    bindings: await store.bindings(),
    doors: await store.doors(),
    unfinished: [],
    trunkServers: [],
  }));
  await timed('the directory made in memory', () => new Directory(kept.accounts));
  const node = newNode();
  const effects = await timed('the node begins: every door open, every phone at its door', () =>
    node.start(kept, now),
  );
  const held = new HeldElements();
  const kernelBytes = await timed('the text that a kernel is told', () => {
    for (const effect of effects)
      if (effect.type === 'shield') for (const one of effect.changes) held.take(one);
    const parts = [...held.takeAll(now, LIMITS.kernelBulkMax)].map((part) => filling(part, TABLE, now));
    const peers = remembered(doorPeers(kept.accounts, kept.bindings, kept.doors, PORTS), TABLE);
    return printedRuleset('bench', [], PLAN).length + peers.length + parts.join('').length;
  });
  const listed = await timed('door list: all of them, as JSON', () => JSON.stringify(node.doors.views()));
  await timed('door list: those of one account', () => node.doors.views('customer-7'));
  const move = { type: 'move', account: 'customer-7', graceMs: HOUR_MS, by: 'bench' } as const;
  const moved = await timed('one moves', () => node.doors.command(move, now, () => {}));
  if (!moved.result.ok) throw new Error(`not moved: ${moved.result.error}`);
  await timed('an hour later: is its old one still used?', () => node.doors.expire(now + HOUR_MS));
  const heldMb = heldMegabytes() - before;
  if (JSON.parse(listed).length !== count) throw new Error('not all are listed');
  await store.close();
  folder.close();
  return { heldMb, kernelBytes };
}

const folderPath = await mkdtemp(path.join(tmpdir(), 'ringthrough-doors-'));
try {
  print(machine());
  print(`${count} accounts with a door and a phone each, ${rounds} starts, medians and the slowest`);
  print();
  const folder = openDataFolder(folderPath);
  const store = await openSqliteStore(folder);
  await fill(store);
  await store.close();
  folder.close();
  const sizes: Awaited<ReturnType<typeof start>>[] = [];
  for (let round = 0; round < rounds; round++) sizes.push(await start(folderPath));
  for (const [name, each] of times) {
    const [median, slowest] = [quantile(each, 0.5), quantile(each, 1)];
    print(`${name.padEnd(60)}${median.toFixed(1).padStart(8)} ms${slowest.toFixed(1).padStart(8)} ms`);
  }
  print();
  print(
    `held in memory by all of it: ${quantile(
      sizes.map(({ heldMb }) => heldMb),
      0.5,
    ).toFixed(1)} MB`,
  );
  print(`told to the kernel: ${((sizes[0]?.kernelBytes ?? 0) / 1e6).toFixed(1)} MB of text`);
} finally {
  await rm(folderPath, { recursive: true });
}
