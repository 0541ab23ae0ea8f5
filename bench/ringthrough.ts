// Ringthrough as a platform under load: one carrier, an office whose numbers ring a phone each, ports for a few
// hundred calls. Its ledger tells, leg by leg, what its relay received and sent.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import type { LaneCounts, Posture } from '../src/ports/shield.ts';
import type { Attempt } from '../test/interop/node.ts';
import { freePorts, HOST, until } from '../test/interop/rig.ts';
import { PASSWORD, PHONES } from './office.ts';
import type { Relayed, RelayingPlatform } from './platform.ts';
import type { Stand } from './stand.ts';

const READY_MS = 15_000;
const LEDGER_PAGE = 1_000;

/** Of GET /v1/shield, what benches read. */
export interface ShieldSeen {
  readonly posture: Posture;
  /** When it became so (RFC 3339). */
  readonly since: string;
  /** Lately: 99 of 100 packets of the known were read within this time; timers were late by so much. */
  readonly waitMs: number;
  readonly lateMs: number;
  readonly counts: { readonly node: LaneCounts; readonly kernel?: LaneCounts };
}

export interface RunningNode extends RelayingPlatform {
  /** The node's metrics now, by name, with the labels that they have: `ringthrough_table_entries{table="guesses"}`. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** How its shield says that it is. */
  shield(): Promise<ShieldSeen>;
  /** Where its inspector listens, if it was asked for. */
  readonly inspector: string | undefined;
}

/** A customer with phones, some of which a number rings. */
export interface BenchAccount {
  readonly name: string;
  readonly phones: readonly { readonly user: string; readonly number?: string }[];
}

export interface NodeOptions {
  /** Where it listens and relays; its API stays on loopback. */
  readonly host?: string;
  readonly sipPort?: number;
  readonly accounts?: readonly BenchAccount[];
  /** Lines of its configuration beside those of every bench. */
  readonly configuration?: readonly string[];
  /** Its memory can be looked at. */
  readonly inspected?: boolean;
}

export async function startRingthrough(
  stand: Stand,
  carrier: Endpoint,
  callsMax: number,
  { host = HOST, accounts = [office()], configuration = [], inspected = false, ...options }: NodeOptions = {},
): Promise<RunningNode> {
  const [sipPort, httpPort, mediaPort] = [
    options.sipPort ?? (await freePorts()),
    await freePorts(),
    await freePorts(4 * callsMax),
  ];
  const folder = path.join(stand.folder, 'ringthrough');
  mkdirSync(folder);
  const file = path.join(folder, 'ringthrough.yaml');
  const lines = [
    `node: { name: bench, data: ./data }`,
    `sip: { domain: ${host}, listen: [udp:${host}:${sipPort}] }`,
    `media: { address: ${host}, ports: ${mediaPort}-${mediaPort + 4 * callsMax - 1} }`,
    `http: { listen: ${HOST}:${httpPort} }`,
    `log: { level: warn }`,
    'trunks:',
    `  - { name: carrier, address: "${formatEndpoint(carrier)}", callsMax: ${callsMax} }`,
    ...configuration,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const flags = inspected ? [`--inspect=${HOST}:${await freePorts()}`] : [];
  const program = [...flags, 'src/main.ts', 'start', '--config', file];
  const child = stand.run('ringthrough', process.execPath, program);
  await child.line(/^Ringthrough \S+ is up/, READY_MS);

  const token = readFileSync(path.join(folder, 'data/api.token'), 'utf8').trim();
  const api = { address: `http://${HOST}:${httpPort}/v1`, token };
  await ask(api, 'POST', '/provision', provisioning(callsMax, accounts));
  return {
    name: 'Ringthrough',
    sipPort,
    programs: [{ name: 'node', pid: present(child.pid, 'process id of the node') }],
    inspector: /ws:\/\/\S+/.exec(child.output)?.[0],
    metrics: async () => {
      const text = await (await fetch(`http://${HOST}:${httpPort}/metrics`)).text();
      return new Map(
        [...text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
      );
    },
    shield: () => ask<ShieldSeen>(api, 'GET', '/shield'),
    relayed: async (calls) => figures(await endedAttempts(api, calls)),
  };
}

/** The account of most benches. `moreUsers` are phones that no number rings. */
export function office(moreUsers: readonly string[] = []): BenchAccount {
  return { name: 'acme', phones: [...PHONES, ...moreUsers.map((user) => ({ user }))] };
}

function provisioning(callsMax: number, accounts: readonly BenchAccount[]): string {
  const lines = accounts.flatMap(({ name, phones }) => {
    const numbers = phones.flatMap(({ user, number }) =>
      number === undefined ? [] : [`      - { number: "${number}", plan: [{ ring: ${user}, for: 20s }] }`],
    );
    return [
      `  - name: ${name}`,
      `    limits: { callsMax: ${callsMax}, phonesMax: ${phones.length} }`,
      '    phones:',
      ...phones.map(({ user }) => `      - { user: ${user}, password: ${PASSWORD} }`),
      ...(numbers.length === 0 ? [] : ['    numbers:', ...numbers]),
    ];
  });
  return `accounts:\n${lines.join('\n')}\n`;
}

interface Api {
  readonly address: string;
  readonly token: string;
}

async function ask<T>({ address, token }: Api, method: string, resource: string, yaml?: string): Promise<T> {
  const response = await fetch(address + resource, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(yaml && { 'content-type': 'application/yaml' }) },
    ...(yaml && { body: yaml }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${method} ${resource}: ${response.status} ${body}`);
  return JSON.parse(body) as T;
}

async function endedAttempts(api: Api, calls: number): Promise<readonly Attempt[]> {
  return until(`${calls} ended attempts in the ledger`, 10_000, async () => {
    const page = await ask<{ entries: readonly Attempt[] }>(api, 'GET', `/ledger?limit=${LEDGER_PAGE}`);
    const ended = page.entries.filter(({ outcome }) => outcome !== undefined);
    return ended.length >= calls ? ended : undefined;
  });
}

function figures(attempts: readonly Attempt[]): Relayed {
  const legs = attempts.flatMap((attempt) => attempt.legs);
  const sum = (field: 'packetsReceived' | 'packetsSent' | 'packetsLost') =>
    legs.reduce((total, leg) => total + leg[field], 0);
  return {
    received: sum('packetsReceived'),
    sent: sum('packetsSent'),
    missing: sum('packetsLost'),
    answered: attempts.filter(({ outcome }) => outcome === 'answered').length,
  };
}
