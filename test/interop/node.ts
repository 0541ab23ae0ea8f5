// Ringthrough, met as its operator and its customers meet it: started from outside with a configuration file,
// provisioned over its API, and spoken to in SIP.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Child } from './child.ts';
import { freePorts, HOST, type Rig, until } from './rig.ts';

export interface NodeOptions {
  /** What customers have, as a provisioning file. */
  readonly provisioning: string;
  /** Listens for UDP on the next port too. */
  readonly secondListener?: boolean;
  /** The configuration's `trunks`, one flow mapping each: `{ name: carrier, address: 127.0.0.2:5060 }`. */
  readonly trunks?: readonly string[];
  /** One more listener, which is strict: `udp:127.0.0.1:5070`. */
  readonly strictListener?: string;
  /** More of the configuration's `sip`: `sessionExpires: 6s`. */
  readonly sip?: readonly string[];
  /** It listens on TLS too, with these files. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca?: string };
  /** It listens for WebSockets too, over TLS where it has that, and lets pages of this origin in. */
  readonly webOrigin?: string;
  /** Further lines of the configuration, which may have to say where it is. */
  readonly more?: readonly string[] | ((sipPort: number) => readonly string[]);
  /** Where it has phones and carriers send audio to; its own address by default. */
  readonly mediaAdvertised?: string;
  /** The first of four; any that are free unless it must be known before. */
  readonly sipPort?: number;
  /** Where there is more than one; its folder too. */
  readonly name?: string;
}

/** An attempt to reach a number, as the API tells it. */
export interface Attempt {
  readonly id: string;
  readonly called: string;
  readonly caller: string;
  readonly outcome?: string;
  readonly answeredBy?: string;
  readonly reason: string;
  readonly startedAt: string;
  readonly answeredAt?: string;
  readonly timeline: readonly { readonly at: string; readonly what: string; readonly text: string }[];
  readonly legs: readonly {
    readonly leg: string;
    readonly packetsReceived: number;
    readonly packetsSent: number;
    readonly packetsLost: number;
    readonly heardAudio: boolean;
  }[];
}

const READY_MS = 30_000;
const PASSWORD = 'over-the-hills';

export class RingthroughNode {
  readonly sipPort: number;
  readonly #httpPort: number;
  readonly #rig: Rig;
  readonly #folder: string;
  #child: Child;

  static async start(rig: Rig, options: NodeOptions): Promise<RingthroughNode> {
    const { provisioning, trunks = [], sip = [], more = [] } = options;
    const { mediaAdvertised = HOST, name = 'node' } = options;
    const { secondListener = false, strictListener, tls, webOrigin } = options;
    const { sipPort = await freePorts(4) } = options;
    const [httpPort, mediaPort] = [await freePorts(), await freePorts(40)];
    const folder = path.join(rig.folder, name);
    mkdirSync(folder);
    const listeners = [`udp:${HOST}:${sipPort}`, `tcp:${HOST}:${sipPort}`];
    if (secondListener) listeners.push(`udp:${HOST}:${sipPort + 1}`);
    if (strictListener !== undefined) listeners.push(`{ on: ${strictListener}, strict: true }`);
    if (tls !== undefined) listeners.push(`tls:${HOST}:${sipPort + 1}`);
    if (webOrigin !== undefined) listeners.push(`ws:${HOST}:${sipPort + 2}`);
    if (webOrigin !== undefined && tls !== undefined) listeners.push(`wss:${HOST}:${sipPort + 3}`);
    const origins = webOrigin === undefined ? [] : [`webOrigins: "${webOrigin}"`];
    const configuration = [
      `node: { name: ${options.name ?? 'interop'}, data: ./data }`,
      `sip: { ${[`domain: ${HOST}`, `listen: [${listeners.join(', ')}]`, ...origins, ...sip].join(', ')} }`,
      ...(tls === undefined ? [] : [`tls: ${JSON.stringify({ ...tls, clientCertificates: 'ask' })}`]),
      `media: { address: ${HOST}, advertise: ${mediaAdvertised}, ports: ${mediaPort}-${mediaPort + 39} }`,
      `http: { listen: ${HOST}:${httpPort} }`,
      ...(typeof more === 'function' ? more(sipPort) : more),
      ...(trunks.length === 0 ? [] : ['trunks:', ...trunks.map((trunk) => `  - ${trunk}`)]),
    ];
    writeFileSync(path.join(folder, 'ringthrough.yaml'), `${configuration.join('\n')}\n`);
    const node = new RingthroughNode(rig, folder, sipPort, httpPort);
    await node.#ready();
    await node.api('POST', '/provision', provisioning);
    return node;
  }

  private constructor(rig: Rig, folder: string, sipPort: number, httpPort: number) {
    this.#rig = rig;
    this.#folder = folder;
    this.sipPort = sipPort;
    this.#httpPort = httpPort;
    this.#child = this.#run();
  }

  /** For a phone: where to register, and the password that `phones` gives it. */
  get registrar() {
    return { domain: HOST, port: this.sipPort, password: PASSWORD };
  }

  /** Where pages connect to. */
  webUrl(over: 'ws' | 'wss'): string {
    return `${over}://${HOST}:${this.sipPort + (over === 'ws' ? 2 : 3)}`;
  }

  /** The same over TLS. */
  get secureRegistrar() {
    return { ...this.registrar, port: this.sipPort + 1 };
  }

  /** SIGHUP, as an operator sends it after a renewal. */
  reload(): void {
    this.#child.signal('SIGHUP');
  }

  /** Waits for a line of its output. */
  async says(pattern: RegExp): Promise<void> {
    await this.#child.line(pattern, 10_000);
  }

  /** Killed without a word, and started again on the same data. */
  async crashAndRestart(): Promise<void> {
    await this.crash();
    await this.restart();
  }

  async crash(): Promise<void> {
    this.#child.signal('SIGKILL');
    await this.#child.exited;
  }

  async restart(): Promise<void> {
    this.#child = this.#run();
    await this.#ready();
  }

  /** With a provisioning file, or with an object as JSON. */
  async api<T>(method: string, resource: string, content?: string | object): Promise<T> {
    const isFile = typeof content === 'string';
    const type = isFile ? 'application/yaml' : 'application/json';
    const token = readFileSync(path.join(this.#folder, 'data/api.token'), 'utf8').trim();
    const answer = await fetch(`http://${HOST}:${this.#httpPort}/v1${resource}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(content && { 'content-type': type }) },
      ...(content && { body: isFile ? content : JSON.stringify(content) }),
    });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${resource}: ${answer.status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** The command line, told where this node is. */
  cli(parameters: readonly string[]): Child {
    const where = [
      '--api',
      `http://${HOST}:${this.#httpPort}`,
      '--token-file',
      `${this.#folder}/data/api.token`,
    ];
    return this.#rig.run('cli', process.execPath, ['src/main.ts', ...parameters, ...where]);
  }

  /** Waits until somebody watches its messages. */
  async watched(): Promise<void> {
    await until('somebody to watch', 20_000, async () => {
      const metrics = await (await fetch(`http://${HOST}:${this.#httpPort}/metrics`)).text();
      return metrics.includes('\nringthrough_trace_watchers 1\n') || undefined;
    });
  }

  /** Waits for the latest attempt to reach a number or phone to have ended, and gives it. */
  async attempt(called: string): Promise<Attempt> {
    return until(`an ended attempt to reach ${called}`, 10_000, async () => {
      const query = new URLSearchParams({ called, limit: '1' });
      const { entries } = await this.api<{ entries: readonly Attempt[] }>('GET', `/ledger?${query}`);
      return entries[0]?.outcome === undefined ? undefined : entries[0];
    });
  }

  /** Waits until the node has a binding of a phone that is so reachable. */
  async phone(user: string, reachability: 'reachable' | 'unreachable', withinMs = 40_000): Promise<void> {
    await until(`${user} to be ${reachability}`, withinMs, async () => {
      const bindings = await this.bindings(user);
      return bindings.some((binding) => binding.reachability === reachability) || undefined;
    });
  }

  /** The devices that a phone is registered from now. */
  async bindings(user: string): Promise<PhoneFacts['bindings']> {
    return (await this.api<PhoneFacts>('GET', `/phones/${user}`)).bindings;
  }

  /** Waits until it has this many flows to a phone that are so reachable. */
  async flows(user: string, count: number, reachability: 'reachable' | 'unreachable'): Promise<void> {
    await until(`${count} flows of ${user} to be ${reachability}`, 40_000, async () => {
      const bindings = await this.bindings(user);
      const flows = bindings.filter(({ regId }) => regId !== undefined);
      return flows.filter((flow) => flow.reachability === reachability).length === count || undefined;
    });
  }

  /** Waits until its signalling has counted one of these; see `/metrics`. */
  async counted(event: string, withinMs: number): Promise<void> {
    await until(`${event} to be counted`, withinMs, async () => {
      const metrics = await (await fetch(`http://${HOST}:${this.#httpPort}/metrics`)).text();
      return new RegExp(`event="${event}"\\} [1-9]`).test(metrics) || undefined;
    });
  }

  /** Waits until one of its trunks is registered with its carrier. */
  async trunkRegistered(name: string): Promise<void> {
    await until(`trunk ${name} to be registered`, 10_000, async () => {
      const { trunks } = await this.api<{ trunks: readonly TrunkFacts[] }>('GET', '/trunks');
      const trunk = trunks.find((one) => one.name === name);
      return trunk?.registration?.state === 'registered' || undefined;
    });
  }

  /** Waits until it has found so many servers of a trunk that are in this health, if one is given; gives them. */
  async trunkServers(name: string, health: string | undefined, count: number): Promise<readonly string[]> {
    return until(`${count} servers of ${name} to be ${health ?? 'found'}`, 30_000, async () => {
      const { trunks } = await this.api<{ trunks: readonly TrunkFacts[] }>('GET', '/trunks');
      const servers = trunks.find((one) => one.name === name)?.servers ?? [];
      const found = servers.filter((server) => health === undefined || server.health === health);
      return found.length === count ? found.map(({ address }) => address) : undefined;
    });
  }

  /** Waits for a line of its log. */
  async logged(pattern: RegExp, withinMs: number): Promise<void> {
    await this.#child.line(pattern, withinMs);
  }

  /** Waits until one of its trunks is down, and says why. */
  async trunkTrouble(name: string): Promise<string> {
    return until(`trunk ${name} to be down`, 40_000, async () => {
      const { trunks } = await this.api<{ trunks: readonly TrunkFacts[] }>('GET', '/trunks');
      const trunk = trunks.find((one) => one.name === name);
      return trunk?.health === 'down' ? trunk.healthReason : undefined;
    });
  }

  #run(): Child {
    const config = path.join(this.#folder, 'ringthrough.yaml');
    return this.#rig.run('ringthrough', process.execPath, ['src/main.ts', 'start', '--config', config]);
  }

  async #ready(): Promise<void> {
    await this.#child.line(/^Ringthrough \S+ is up/, READY_MS);
    if (!existsSync(path.join(this.#folder, 'data/api.token')))
      throw new Error('a node without an API token');
  }
}

interface TrunkFacts {
  readonly name: string;
  readonly health?: string;
  readonly healthReason?: string;
  readonly registration?: { readonly state: string };
  readonly servers: readonly { readonly address: string; readonly health: string }[];
}

interface PhoneFacts {
  readonly bindings: readonly {
    readonly reachability: string;
    readonly transport: string;
    readonly contact: string;
    readonly roundTripMs?: number;
    readonly regId?: number;
  }[];
}

/** A provisioning file with one account: its phones, and a number with its plan. */
export function account(phones: readonly string[], plan: readonly string[]): string {
  return [
    'accounts:',
    '  - name: acme',
    `    phones: [${phones.map((user) => `{ user: ${user}, password: ${PASSWORD} }`).join(', ')}]`,
    '    numbers:',
    `      - { number: "${NUMBER}", plan: [${plan.join(', ')}] }`,
    '',
  ].join('\n');
}

/** The account's number, and a mobile, of Ofcom's drama ranges. */
export const NUMBER = '+442079460000';
export const MOBILE = '+447700900123';
