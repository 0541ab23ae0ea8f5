// Ringthrough as a platform under load: one carrier, an office whose numbers ring a phone each, ports for a few
// hundred calls. Its ledger tells, leg by leg, what its relay received and sent.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import type { Attempt } from '../test/interop/node.ts';
import { freePorts, HOST, until } from '../test/interop/rig.ts';
import { PASSWORD, PHONES } from './office.ts';
import type { Relayed, RelayingPlatform } from './platform.ts';
import type { Stand } from './stand.ts';

const READY_MS = 15_000;
const LEDGER_PAGE = 1_000;

export interface RunningNode extends RelayingPlatform {
  /** The node's metrics now, those without labels by name. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Where its inspector listens, if it was asked for. */
  readonly inspector: string | undefined;
}

/** `moreUsers` are phones beside the office's. `inspected`: its memory can be looked at. */
export async function startRingthrough(
  stand: Stand,
  carrier: Endpoint,
  callsMax: number,
  moreUsers: readonly string[] = [],
  { inspected = false } = {},
): Promise<RunningNode> {
  const [sipPort, httpPort, mediaPort] = [
    await freePorts(),
    await freePorts(),
    await freePorts(4 * callsMax),
  ];
  const folder = path.join(stand.folder, 'ringthrough');
  mkdirSync(folder);
  const file = path.join(folder, 'ringthrough.yaml');
  const configuration = [
    `node: { name: bench, data: ./data }`,
    `sip: { domain: ${HOST}, listen: [udp:${HOST}:${sipPort}] }`,
    `media: { address: ${HOST}, ports: ${mediaPort}-${mediaPort + 4 * callsMax - 1} }`,
    `http: { listen: ${HOST}:${httpPort} }`,
    `log: { level: warn }`,
    'trunks:',
    `  - { name: carrier, address: "${formatEndpoint(carrier)}", callsMax: ${callsMax} }`,
  ];
  writeFileSync(file, `${configuration.join('\n')}\n`);
  const flags = inspected ? [`--inspect=${HOST}:${await freePorts()}`] : [];
  const program = [...flags, 'src/main.ts', 'start', '--config', file];
  const child = stand.run('ringthrough', process.execPath, program);
  await child.line(/^Ringthrough \S+ is up/, READY_MS);

  const token = readFileSync(path.join(folder, 'data/api.token'), 'utf8').trim();
  const api = { address: `http://${HOST}:${httpPort}/v1`, token };
  await ask(api, 'POST', '/provision', provisioning(callsMax, moreUsers));
  return {
    name: 'Ringthrough',
    sipPort,
    programs: [{ name: 'node', pid: present(child.pid, 'process id of the node') }],
    inspector: /ws:\/\/\S+/.exec(child.output)?.[0],
    metrics: async () => {
      const text = await (await fetch(`http://${HOST}:${httpPort}/metrics`)).text();
      return new Map(
        [...text.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
      );
    },
    relayed: async (calls) => figures(await endedAttempts(api, calls)),
  };
}

function provisioning(callsMax: number, moreUsers: readonly string[]): string {
  const users = [...PHONES.map(({ user }) => user), ...moreUsers];
  return [
    'accounts:',
    '  - name: acme',
    `    limits: { callsMax: ${callsMax}, phonesMax: ${users.length} }`,
    '    phones:',
    ...users.map((user) => `      - { user: ${user}, password: ${PASSWORD} }`),
    '    numbers:',
    ...PHONES.map(
      ({ user, number }) => `      - { number: "${number}", plan: [{ ring: ${user}, for: 20s }] }`,
    ),
    '',
  ].join('\n');
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
