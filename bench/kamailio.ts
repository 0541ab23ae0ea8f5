// Kamailio with rtpengine as a platform under load: what a telephone engineer would otherwise put in that place.
// rtpengine relays in its own threads, without its kernel module. Neither keeps a record of a call, and Kamailio
// is a proxy and no back-to-back user agent: it has less to do, and is in C.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { present } from '../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import { freePorts, HOST, until } from '../test/interop/rig.ts';
import { PASSWORD } from './office.ts';
import type { Platform, Relayed } from './platform.ts';
import type { Stand } from './stand.ts';

const READY_MS = 15_000;

/** Why the comparison cannot be made on this machine, if so. */
export function missingPeer(): string | undefined {
  const missing = Object.entries({ kamailio: 'kamailio', rtpengine: 'rtpengine-daemon' })
    .filter(([command]) => version(command) === undefined)
    .map(([, debianPackage]) => debianPackage);
  return missing.length === 0 ? undefined : `apt-get install --no-install-recommends ${missing.join(' ')}`;
}

export async function startKamailio(stand: Stand, carrier: Endpoint, callsMax: number): Promise<Platform> {
  const control = { address: HOST, port: await freePorts(2) };
  const statistics = { address: HOST, port: control.port + 1 };
  const relay = await startRtpengine(stand, { control, statistics, callsMax });
  const sipPort = await freePorts();
  const folder = path.join(stand.folder, 'kamailio');
  mkdirSync(folder);
  const file = path.join(folder, 'kamailio.cfg');
  writeFileSync(
    file,
    configuration({
      address: `${HOST}:${sipPort}`,
      rtpengine: formatEndpoint(control),
      realm: HOST,
      password: PASSWORD,
      carrier: carrier.address,
    }),
  );
  const proxy = stand.run('kamailio', 'kamailio', [
    ...['-f', file, '-DD', '-E', '-e', '-m', '64', '-M', '8'],
    ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
  ]);
  await proxy.line(/RINGTHROUGH-BENCH ready/, READY_MS);
  return {
    name: `Kamailio ${version('kamailio')} + rtpengine ${version('rtpengine')}`,
    sipPort,
    programs: [
      { name: 'kamailio', pid: present(proxy.pid, 'process id of kamailio') },
      { name: 'rtpengine', pid: present(relay.pid, 'process id of rtpengine') },
    ],
    relayed: async () => totals(await listTotals(statistics)),
  };
}

async function startRtpengine(
  stand: Stand,
  options: { readonly control: Endpoint; readonly statistics: Endpoint; readonly callsMax: number },
) {
  const { control, statistics, callsMax } = options;
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
    `--interface=${HOST}`,
    `--listen-ng=${formatEndpoint(control)}`,
    `--listen-cli=${formatEndpoint(statistics)}`,
    ...[`--port-min=${mediaPort}`, `--port-max=${mediaPort + 4 * callsMax - 1}`],
  ]);
  await until('rtpengine to answer', READY_MS, () => listTotals(statistics).catch(() => undefined));
  return relay;
}

function configuration(values: Readonly<Record<string, string>>): string {
  const template = readFileSync(path.join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => present(values[name], name));
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
