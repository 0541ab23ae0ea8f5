// The node of the soak: its configuration, its customers, and what it says of itself. Its heap is measured after
// a full collection, asked for through V8's inspector, so that a growing heap is told from one that is only full
// of what is about to be collected.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { freePorts, HOST } from '../../test/interop/rig.ts';
import { onLoopback, type Stand } from '../stand.ts';
import type { PhoneTransport } from './connections.ts';

export const PASSWORD = 'over-the-hills';
const MEDIA_PORTS = 1_200;
const READY_MS = 60_000;
const COLLECT_MS = 10_000;

export interface SoakPhone {
  readonly user: string;
  readonly number: string;
  /** Where its plan goes when the phone does not take the call. */
  readonly mobile: string;
}

export class SoakNode {
  /** UDP and TCP. */
  readonly sip: Endpoint;
  /** Where phones of each transport find it. */
  readonly listeners: Readonly<Record<PhoneTransport, Endpoint>>;
  readonly pid: number;
  readonly #http: string;
  readonly #inspector: number;

  /** One carrier, an account with these phones and their numbers, and a listener for each transport. */
  static async start(stand: Stand, carrier: Endpoint, phones: readonly SoakPhone[]): Promise<SoakNode> {
    const [sipPort, tlsPort, wsPort] = [await freePorts(), await freePorts(), await freePorts()];
    const [httpPort, inspector] = [await freePorts(), await freePorts()];
    const mediaPort = await freePorts(MEDIA_PORTS);
    const folder = path.join(stand.folder, 'ringthrough');
    mkdirSync(folder);
    const file = path.join(folder, 'ringthrough.yaml');
    await certify(stand, folder);
    const listen = [
      `udp:${HOST}:${sipPort}`,
      `tcp:${HOST}:${sipPort}`,
      `tls:${HOST}:${tlsPort}`,
      `ws:${HOST}:${wsPort}`,
    ];
    const configuration = [
      'node: { name: soak, data: ./data }',
      `sip: { domain: ${HOST}, listen: [${listen.join(', ')}] }`,
      'tls: { certificate: ./tls/certificate.pem, key: ./tls/key.pem }',
      `media: { address: ${HOST}, ports: ${mediaPort}-${mediaPort + MEDIA_PORTS - 1} }`,
      `http: { listen: ${HOST}:${httpPort} }`,
      'log: { level: error }',
      // Kept on purpose, for an hour unless told otherwise: in two minutes it is as full as it gets.
      'trace: { keep: 2m }',
      'trunks:',
      `  - { name: carrier, address: "${formatEndpoint(onLoopback(carrier))}", inbound: true, outbound: true, callsMax: 500 }`,
    ];
    writeFileSync(file, `${configuration.join('\n')}\n`);
    const parameters = [`--inspect=${HOST}:${inspector}`, 'src/main.ts', 'start', '--config', file];
    const child = stand.run('ringthrough', process.execPath, parameters);
    await child.line(/^Ringthrough \S+ is up/, READY_MS);
    const token = readFileSync(path.join(folder, 'data/api.token'), 'utf8').trim();
    const http = `http://${HOST}:${httpPort}`;
    const provisioned = await fetch(`${http}/v1/provision`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
      body: provisioning(phones),
    });
    if (!provisioned.ok) throw new Error(await provisioned.text());
    const at = (port: number): Endpoint => ({ address: HOST, port });
    const listeners = { udp: at(sipPort), tcp: at(sipPort), tls: at(tlsPort), ws: at(wsPort) };
    return new SoakNode(listeners, present(child.pid, 'process id'), http, inspector);
  }

  private constructor(
    listeners: Readonly<Record<PhoneTransport, Endpoint>>,
    pid: number,
    http: string,
    inspector: number,
  ) {
    this.sip = listeners.udp;
    this.listeners = listeners;
    this.pid = pid;
    this.#http = http;
    this.#inspector = inspector;
  }

  /** Every value of /metrics by its name, labels included as they are written. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.#http}/metrics`)).text();
    const values = new Map<string, number>();
    for (const line of text.split('\n')) {
      const [, name, value] = /^([^#\s]\S*(?:\{[^}]*\})?) (\S+)/.exec(line) ?? [];
      if (name !== undefined) values.set(name, Number(value));
    }
    return values;
  }

  /** Has the heap collected, and gives what is left of it. */
  async heapBytes(): Promise<number> {
    const targets = await (await fetch(`http://${HOST}:${this.#inspector}/json/list`)).json();
    const address: unknown = Array.isArray(targets) ? targets[0]?.webSocketDebuggerUrl : undefined;
    if (typeof address !== 'string') throw new Error('the node has no inspector');
    const socket = new WebSocket(address);
    const closed = Promise.withResolvers<number>();
    const patience = setTimeout(() => closed.reject(new Error('the heap is not collected')), COLLECT_MS);
    socket.onopen = () => socket.send('{"id":1,"method":"HeapProfiler.collectGarbage"}');
    socket.onerror = () => closed.reject(new Error('the inspector cannot be asked'));
    socket.onmessage = ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      if (id === 1) socket.send('{"id":2,"method":"Runtime.getHeapUsage"}');
      if (id === 2) closed.resolve(Number(result.usedSize));
    };
    try {
      return await closed.promise;
    } finally {
      clearTimeout(patience);
      socket.close();
    }
  }
}

/** By the node's own command, as an operator would begin. */
async function certify(stand: Stand, folder: string): Promise<void> {
  const out = path.join(folder, 'tls');
  const parameters = ['src/main.ts', 'certificate', 'create', '--name', HOST, '--out', out];
  const { code } = await stand.run('certificate', process.execPath, parameters).exited;
  if (code !== 0) throw new Error('no certificate could be made');
}

function provisioning(phones: readonly SoakPhone[]): string {
  return [
    'accounts:',
    '  - name: acme',
    `    limits: { callsMax: 400, divertedCallsMax: 400, phonesMax: ${phones.length} }`,
    '    phones:',
    ...phones.map(({ user }) => `      - { user: ${user}, password: ${PASSWORD} }`),
    '    numbers:',
    ...phones.map(
      ({ user, number, mobile }) =>
        `      - { number: "${number}", plan: [{ ring: ${user}, for: 20s }, { dial: "${mobile}", for: 20s }] }`,
    ),
    '',
  ].join('\n');
}
