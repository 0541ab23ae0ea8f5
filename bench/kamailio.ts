// Kamailio as a platform under load: what a telephone engineer would otherwise put in that place. For calls with
// audio rtpengine stands beside it and relays in its own threads, without its kernel module. Neither keeps a record
// of a call, and Kamailio is a proxy and no back-to-back user agent: it has less to do, and is in C.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { present } from '../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import { freePorts, HOST, until } from '../test/interop/rig.ts';
import { PASSWORD } from './office.ts';
import type { Platform, Relayed, RelayingPlatform } from './platform.ts';
import type { Stand } from './stand.ts';

const READY_MS = 15_000;

const PACKAGES = { kamailio: 'kamailio', rtpengine: 'rtpengine-daemon' } as const;

/** How to install what the comparison lacks on this machine, if it lacks something. */
export function missingPeer(...commands: readonly (keyof typeof PACKAGES)[]): string | undefined {
  const missing = commands
    .filter((command) => version(command) === undefined)
    .map((command) => PACKAGES[command]);
  return missing.length === 0 ? undefined : `apt-get install --no-install-recommends ${missing.join(' ')}`;
}

export interface KamailioOptions {
  /** Where it listens and relays. */
  readonly host?: string;
  readonly sipPort?: number;
  readonly template?: string;
}

/** With rtpengine, for calls with audio. */
export async function startKamailio(
  stand: Stand,
  carrier: Endpoint,
  callsMax: number,
  { template = 'kamailio.cfg', ...where }: KamailioOptions = {},
): Promise<RelayingPlatform> {
  const control = { address: HOST, port: await freePorts(2) };
  const statistics = { address: HOST, port: control.port + 1 };
  const relay = await startRtpengine(stand, { ...where, control, statistics, callsMax });
  const proxy = await startProxy(stand, template, carrier, {
    ...where,
    values: { rtpengine: formatEndpoint(control) },
  });
  return {
    name: `${proxy.name} + rtpengine ${version('rtpengine')}`,
    sipPort: proxy.sipPort,
    programs: [...proxy.programs, { name: 'rtpengine', pid: present(relay.pid, 'process id of rtpengine') }],
    relayed: async () => totals(await listTotals(statistics)),
  };
}

/** Signalling alone, in one worker. */
export function startSignallingKamailio(stand: Stand, carrier: Endpoint): Promise<Platform> {
  return startProxy(stand, 'kamailio-signalling.cfg', carrier, { values: {} });
}

async function startProxy(
  stand: Stand,
  template: string,
  carrier: Endpoint,
  options: KamailioOptions & { readonly values: Readonly<Record<string, string>> },
): Promise<Platform> {
  const { host = HOST, sipPort = await freePorts(), values } = options;
  const folder = path.join(stand.folder, 'kamailio');
  mkdirSync(folder);
  const file = path.join(folder, 'kamailio.cfg');
  writeFileSync(
    file,
    configuration(template, {
      address: `${host}:${sipPort}`,
      realm: host,
      password: PASSWORD,
      carrier: carrier.address,
      ...values,
    }),
  );
  const proxy = stand.run('kamailio', 'kamailio', [
    ...['-f', file, '-DD', '-E', '-e', '-m', '256', '-M', '16'],
    ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
  ]);
  await proxy.line(/RINGTHROUGH-BENCH ready/, READY_MS);
  return {
    name: `Kamailio ${version('kamailio')}`,
    sipPort,
    programs: [{ name: 'kamailio', pid: present(proxy.pid, 'process id of kamailio') }],
  };
}

async function startRtpengine(
  stand: Stand,
  options: KamailioOptions & {
    readonly control: Endpoint;
    readonly statistics: Endpoint;
    readonly callsMax: number;
  },
) {
  const { host = HOST, control, statistics, callsMax } = options;
  const mediaPort = await freePorts(4 * callsMax);
  const relay = stand.run('rtpengine', 'rtpengine', [
    ...[
      '--config-file=none',
      '--foreground',
      '--log-stderr',
      '--log-level=4',
      '--table=-1',
      '--delete-delay=0',
    ],
    `--interface=${host}`,
    `--listen-ng=${formatEndpoint(control)}`,
    `--listen-cli=${formatEndpoint(statistics)}`,
    ...[`--port-min=${mediaPort}`, `--port-max=${mediaPort + 4 * callsMax - 1}`],
  ]);
  await until('rtpengine to answer', READY_MS, () => listTotals(statistics).catch(() => undefined));
  return relay;
}

function configuration(template: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(path.join(import.meta.dirname, template), 'utf8');
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => present(values[name], name));
}

/** rtpengine's own statistics, over its command line port, which it closes itself: half-closed, it tells half. */
async function listTotals({ address, port }: Endpoint): Promise<string> {
  const socket = connect(port, address);
  socket.setTimeout(READY_MS, () => socket.destroy(new Error('rtpengine does not tell its totals')));
  socket.write('list totals\n');
  return text(socket);
}

function totals(listing: string): Relayed {
  const count = (pattern: RegExp): number => Number(present(pattern.exec(listing), `${pattern}`)[1]);
  const sent = count(/Total relayed packets +: *(\d+)/i);
  return { sent, received: sent + count(/Total relayed packet errors +: *(\d+)/i) };
}

/** `5.6.3`, or nothing where it is not installed. */
function version(command: string): string | undefined {
  const { PATH = '', ...others } = process.env;
  const env = { ...others, PATH: `${PATH}:/usr/sbin` };
  const { stdout, stderr } = spawnSync(command, ['-v'], { env, encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[0];
}
