// How long a caller waits for the mobile to be called when the phones are dead: from the INVITE that the carrier
// sends to the INVITE for the mobile that it gets, both on one socket. The phones are baresip, killed with
// SIGKILL, so that none of them says good-bye.
//
//   node bench/failover.ts [--runs 10]
//
// Each run has a phone and a number of its own, so that no run learns from another.

import { table } from '../src/cli/table.ts';
import { MOBILE, RingthroughNode } from '../test/interop/node.ts';
import { Baresip } from '../test/interop/peers/baresip.ts';
import { CARRIER_HOST, freePorts, HOST } from '../test/interop/rig.ts';
import { Carrier } from './carrier.ts';
import { machine, numbers, print, quantile } from './report.ts';
import { type Stand, sleep, withStand } from './stand.ts';

/** Media ports of a call rest for some seconds before they are used again; the node of the rig has few. */
const BETWEEN_CALLS_MS = 1_200;
const NOTICED_MS_MAX = 40_000;
const PASSWORD = 'over-the-hills';

interface Line {
  readonly user: string;
  readonly number: string;
}

interface Row {
  readonly what: string;
  readonly ms: readonly number[];
}

interface Scene {
  readonly stand: Stand;
  readonly node: RingthroughNode;
  readonly carrier: Carrier;
}

/** `count` lines of a kind, with numbers from `first` on: a phone each, whose plan goes on to the mobile. */
function lines(kind: string, first: number, count: number): readonly Line[] {
  return Array.from({ length: count }, (_, index) => ({
    user: `${kind}-${index + 1}`,
    number: `+44207946${String(first + index).padStart(4, '0')}`,
  }));
}

function provisioning(all: readonly Line[]): string {
  const plan = (user: string) => `[{ ring: [${user}], for: 20s }, { dial: "${MOBILE}", for: 30s }]`;
  return [
    'accounts:',
    '  - name: acme',
    '    limits: { phonesMax: 500 }',
    '    phones:',
    ...all.map(({ user }) => `      - { user: ${user}, password: ${PASSWORD} }`),
    '    numbers:',
    ...all.map(({ user, number }) => `      - { number: "${number}", plan: ${plan(user)} }`),
    '',
  ].join('\n');
}

async function registered({ stand, node }: Scene, line: Line, transport: 'udp' | 'tcp'): Promise<Baresip> {
  const { user } = line;
  const options = { user, toneHz: 700, answer: 'auto', registrar: node.registrar, transport } as const;
  const phone = await Baresip.start(stand, options);
  await node.phone(user, 'reachable');
  return phone;
}

async function divertMs({ carrier, node }: Scene, { number }: Line): Promise<number> {
  await sleep(BETWEEN_CALLS_MS);
  return carrier.divertMs(number, { address: HOST, port: node.sipPort });
}

async function neverRegistered(scene: Scene, group: readonly Line[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (const line of group) times.push(await divertMs(scene, line));
  return times;
}

/** Killed, and called at once: nobody can know yet, except by a connection that broke. */
async function justKilled(scene: Scene, group: readonly Line[], transport: 'udp' | 'tcp') {
  const times: number[] = [];
  for (const line of group) {
    const phone = await registered(scene, line, transport);
    await sleep(BETWEEN_CALLS_MS);
    await phone.killHard();
    times.push(await scene.carrier.divertMs(line.number, { address: HOST, port: scene.node.sipPort }));
  }
  return times;
}

/** All killed at once; each is called when the node's own questions have told it that the phone is gone. */
async function noticed(scene: Scene, group: readonly Line[]) {
  const phones: Baresip[] = [];
  for (const line of group) phones.push(await registered(scene, line, 'udp'));
  const startMs = performance.now();
  await Promise.all(phones.map((phone) => phone.killHard()));
  const noticedMs = await Promise.all(
    group.map(async ({ user }) => {
      await scene.node.phone(user, 'unreachable', NOTICED_MS_MAX);
      return performance.now() - startMs;
    }),
  );
  return { divertedMs: await neverRegistered(scene, group), noticedMs };
}

async function measure(stand: Stand, runs: number): Promise<readonly Row[]> {
  const groups = ['absent', 'sudden', 'known', 'stream'].map((kind, index) => lines(kind, index * 100, runs));
  const [absent = [], sudden = [], known = [], stream = []] = groups;
  const listen = { address: CARRIER_HOST, port: await freePorts(1, CARRIER_HOST) };
  const carrier = await Carrier.open(stand, listen);
  const node = await RingthroughNode.start(stand, {
    provisioning: provisioning(groups.flat()),
    trunks: [`{ name: carrier, address: "${CARRIER_HOST}:${listen.port}", outbound: true }`],
  });
  const scene = { stand, node, carrier };
  const rows: Row[] = [];
  const tell = (what: string, ms: readonly number[]) => rows.push({ what, ms });
  tell('phone not registered', await neverRegistered(scene, absent));
  tell('phone on TCP killed, called at once', await justKilled(scene, stream, 'tcp'));
  tell('phone on UDP killed, called at once (not yet noticed)', await justKilled(scene, sudden, 'udp'));
  const { divertedMs, noticedMs } = await noticed(scene, known);
  tell('phone on UDP killed, called when noticed', divertedMs);
  tell('from the kill to being noticed, without a call', noticedMs);
  return rows;
}

const { runs } = numbers({ runs: { default: 10, max: 50 } });
print(machine());
print(`milliseconds from the INVITE for a number to the INVITE for its mobile, ${runs} runs each\n`);
const rows = await withStand('failover', (stand) => measure(stand, runs));
const figure = (share: number) => (row: Row) => quantile(row.ms, share).toFixed(1);
const columns = [
  { heading: '', cell: ({ what }: Row) => what },
  { heading: 'MIN', cell: figure(0) },
  { heading: 'MEDIAN', cell: figure(0.5) },
  { heading: 'MAX', cell: figure(1) },
];
print(table(rows, columns, false).trimEnd());
