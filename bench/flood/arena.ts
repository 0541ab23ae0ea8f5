// The flood bench's ground: three network namespaces, joined to each other and to nothing else.
//
//   phones ──uplink══phones0── edge ──bots0══uplink── bots
//
// The edge lets forged sources in (no reverse path filter), as an uplink does, and forwards nothing. What it sends to
// bots ends at theirs, unheard. Names hold the process that made them and when it was started, so that what a killed
// run left behind is known for what it is and taken away by the next one.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import {
  BOTS_NETWORK,
  EDGE_ADDRESS,
  NEXT_DOOR_ADDRESSES,
  PHONE_ADDRESSES,
  PHONES_NETWORK,
} from './addresses.ts';
import { type Ground, ownNamespace } from './law.ts';

export type Place = 'edge' | 'phones' | 'bots';
export type CommandLine = readonly [command: string, ...parameters: readonly string[]];

const PREFIX = 'rtflood';
const PLACES: readonly Place[] = ['edge', 'phones', 'bots'];
const NAMES_FOLDER = '/run/netns';
/** Ends of the wires: name and hardware address (locally administered). */
const WIRES = {
  phones: { here: 'phones0', hereMac: '02:00:00:00:01:01', there: 'uplink', thereMac: '02:00:00:00:01:02' },
  bots: { here: 'bots0', hereMac: '02:00:00:00:02:01', there: 'uplink', thereMac: '02:00:00:00:02:02' },
} as const;
const INTERFACES: Readonly<Record<Place, readonly string[]>> = {
  edge: ['bots0', 'lo', 'phones0'],
  phones: ['lo', 'uplink'],
  bots: ['lo', 'uplink'],
};
/** Next hops, which need no address of their own: their neighbours are told. */
const GATEWAYS = { phones: '198.18.255.2', bots: '10.255.255.2' } as const;

/** Where bots' frames begin and end. */
export const BOTS_WIRE = {
  fromMac: WIRES.bots.thereMac,
  toMac: WIRES.bots.hereMac,
  device: 'uplink',
} as const;
export const EDGE_INTERFACES = [WIRES.phones.here, WIRES.bots.here] as const;

/** Why no namespaces can be made here; nothing where they can. */
export function missingGround(): string | undefined {
  const probe = `${PREFIX}-probe-${process.pid}`;
  const { status, stderr, error } = spawnSync('ip', ['netns', 'add', probe], {
    encoding: 'utf8',
    env: environment(),
  });
  spawnSync('ip', ['netns', 'delete', probe], { env: environment() });
  if (status === 0) return undefined;
  const why = error?.message ?? stderr.trim();
  return `network namespaces take root and iproute2 (apt-get install --no-install-recommends iproute2): ${why}`;
}

export class Arena {
  readonly #names: Readonly<Record<Place, string>>;
  readonly #atExit = (): void => this.close();

  static open(): Arena {
    sweep();
    const arena = new Arena();
    try {
      arena.#build();
    } catch (error) {
      arena.close();
      throw error;
    }
    return arena;
  }

  private constructor() {
    const stem = `${PREFIX}-${process.pid}-${startOf(process.pid)}-${randomBytes(3).toString('hex')}`;
    this.#names = { edge: `${stem}-edge`, phones: `${stem}-phones`, bots: `${stem}-bots` };
    process.on('exit', this.#atExit);
  }

  /** A command line that runs another one in that place. */
  within(place: Place, ...command: CommandLine): CommandLine {
    return ['ip', 'netns', 'exec', this.#names[place], ...command];
  }

  /** For `admit`, of who sends from that place. Throws if there is a way out of it. */
  ground(place: Place): Ground {
    for (const each of PLACES) this.#closed(each);
    const made = PLACES.map((each) => namespaceOf(this.#names[each]));
    return { from: namespaceOf(this.#names[place]), made, outside: ownNamespace() };
  }

  /** What an interface counted so far, by the names of the kernel: `rx_packets`, `tx_dropped`. */
  count(place: Place, device: string): InterfaceCounts {
    const [link] = JSON.parse(
      ip(['-n', this.#names[place], '-j', '-s', 'link', 'show', 'dev', device]),
    ) as LinkShown[];
    if (link === undefined) throw new Error(`no ${device} in ${place}`);
    return { received: link.stats64.rx.packets, sent: link.stats64.tx.packets };
  }

  /** Ends all that runs in the namespaces, and takes them away. Safe to call twice, and while the process ends. */
  close(): void {
    process.off('exit', this.#atExit);
    for (const place of PLACES) remove(this.#names[place]);
  }

  #build(): void {
    const { edge, phones, bots } = this.#names;
    for (const name of Object.values(this.#names)) {
      ip(['netns', 'add', name]);
      batch(name, ['link set dev lo up']);
    }
    connect(edge, phones, WIRES.phones);
    connect(edge, bots, WIRES.bots);
    // The greater of `all` and the interface's own counts, and new interfaces copy `default`.
    for (const name of [edge, phones, bots]) {
      sysctl(name, ['net.ipv4.conf.all.rp_filter=0', 'net.ipv6.conf.all.disable_ipv6=1']);
      sysctl(name, ['net.ipv4.ip_forward=0', 'net.ipv4.conf.all.accept_redirects=0']);
    }
    sysctl(edge, ['net.ipv4.conf.phones0.rp_filter=0', 'net.ipv4.conf.bots0.rp_filter=0']);
    batch(edge, [
      `address add ${EDGE_ADDRESS}/32 dev lo`,
      ...routed('phones', PHONES_NETWORK),
      ...routed('bots', BOTS_NETWORK),
      ...NEXT_DOOR_ADDRESSES.map((address) => route('phones', `${address}/32`)),
    ]);
    batch(phones, [
      ...PHONE_ADDRESSES.map((address) => `address add ${address}/32 dev uplink`),
      `route add ${EDGE_ADDRESS}/32 dev uplink`,
      `neighbour add ${EDGE_ADDRESS} lladdr ${WIRES.phones.hereMac} dev uplink nud permanent`,
    ]);
  }

  /** The namespace has the wire that it was given, and nothing that leads elsewhere. */
  #closed(place: Place): void {
    const links = JSON.parse(ip(['-n', this.#names[place], '-j', 'link', 'show'])) as { ifname: string }[];
    const names = links.map(({ ifname }) => ifname).sort();
    if (names.join() !== INTERFACES[place].join())
      throw new Error(`${this.#names[place]} has the interfaces ${names.join(', ')}: nothing is sent there`);
  }
}

export interface InterfaceCounts {
  readonly received: number;
  readonly sent: number;
}

interface LinkShown {
  readonly stats64: { readonly rx: { readonly packets: number }; readonly tx: { readonly packets: number } };
}

function connect(edge: string, other: string, wire: (typeof WIRES)['phones' | 'bots']): void {
  const here = ['link', 'add', 'name', wire.here, 'address', wire.hereMac, 'netns', edge];
  const there = ['peer', 'name', wire.there, 'address', wire.thereMac, 'netns', other];
  ip([...here, 'type', 'veth', ...there]);
  batch(edge, [`link set dev ${wire.here} up`]);
  batch(other, [`link set dev ${wire.there} up`]);
}

function routed(place: 'phones' | 'bots', network: string): readonly string[] {
  const { here, thereMac } = WIRES[place];
  return [
    `neighbour add ${GATEWAYS[place]} lladdr ${thereMac} dev ${here} nud permanent`,
    route(place, network),
  ];
}

function route(place: 'phones' | 'bots', network: string): string {
  return `route add ${network} via ${GATEWAYS[place]} dev ${WIRES[place].here} onlink src ${EDGE_ADDRESS}`;
}

function namespaceOf(name: string): string {
  return `net:[${statSync(`${NAMES_FOLDER}/${name}`).ino}]`;
}

/** Takes away what runs left behind whose process is gone. */
function sweep(): void {
  for (const name of namesInUse()) {
    const [, pid, start] = new RegExp(`^${PREFIX}-(\\d+)-(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && startOf(Number(pid)) !== start) remove(name);
  }
}

function namesInUse(): readonly string[] {
  try {
    return readdirSync(NAMES_FOLDER);
  } catch {
    return [];
  }
}

function remove(name: string): void {
  if (!namesInUse().includes(name)) return;
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8', env: environment() });
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  spawnSync('ip', ['netns', 'delete', name], { env: environment() });
}

/** When a process was started, in the kernel's ticks (proc_pid_stat(5)): with its id it names one process for ever. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function ip(parameters: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync('ip', parameters, {
    encoding: 'utf8',
    env: environment(),
    ...(input !== undefined && { input }),
  });
  if (status !== 0) throw new Error(`ip ${parameters.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

function batch(name: string, commands: readonly string[]): void {
  ip(['-n', name, '-batch', '-'], `${commands.join('\n')}\n`);
}

function sysctl(name: string, settings: readonly string[]): void {
  const files = settings.map((setting) => setting.split('='));
  const script = files.map(([key = '', value]) => `echo ${value} > /proc/sys/${key.replaceAll('.', '/')}`);
  ip(['netns', 'exec', name, 'sh', '-ec', script.join('\n')]);
}

/** Debian keeps `ip` where an ordinary PATH may not reach. */
function environment(): NodeJS.ProcessEnv {
  const { PATH = '', ...others } = process.env;
  return { ...others, PATH: `${PATH}:/usr/sbin:/sbin` };
}
