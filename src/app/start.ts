// Starts a node: configuration, data folder, store, transports, core, media, surfaces, in this order, so that
// each mistake of the operator is told before anything is taken. Stopping goes the other way round.
//
// Ownership: what is opened here is closed here, in `Parts.close`, newest first; nothing else closes any of it.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPrompts } from '../adapters/media-relay/prompts.ts';
import { createMediaRelay } from '../adapters/media-relay/relay.ts';
import { openTcp } from '../adapters/net-tcp/tcp.ts';
import { openUdp } from '../adapters/net-udp/udp.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { createLog } from '../adapters/pino-log/pino-log.ts';
import { openDataFolder } from '../adapters/store-sqlite/data-folder.ts';
import { openSqliteStore } from '../adapters/store-sqlite/store.ts';
import { createSystemClock } from '../adapters/system-clock/system-clock.ts';
import { systemResolver } from '../adapters/system-dns/system-dns.ts';
import { createSystemRandom } from '../adapters/system-random/system-random.ts';
import { Admin } from '../admin/admin.ts';
import { present } from '../base/assert.ts';
import type { Endpoint } from '../base/net.ts';
import { openHttp } from '../http/server.ts';
import { loadOrCreateToken, TOKEN_FILE } from '../http/token.ts';
import { SipNode } from '../node/node.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { MediaEvent } from '../ports/media.ts';
import type { Random } from '../ports/random.ts';
import type { SignallingHandler, SignallingTransport } from '../ports/signalling.ts';
import type { Store } from '../ports/store.ts';
import { banner } from './banner.ts';
import type { Config } from './config/config.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load.ts';
import { controlOf, Subscribers } from './control.ts';
import { DEMO_ACCOUNT, DEMO_NUMBER, DEMO_PASSWORDS_FILE, demoPhones, startDemoCarrier } from './demo.ts';
import { logEvent } from './event-log.ts';
import { EventLoop } from './event-loop.ts';
import { Persistence } from './persistence.ts';
import { type RunningNode, Shutdown } from './shutdown.ts';
import { keepTrunksResolved } from './trunk-names.ts';
import { VERSION } from './version.ts';

export interface StartOptions {
  readonly configPath?: string;
  readonly out: (line: string) => void;
}

const PROMPTS_FOLDER = fileURLToPath(new URL('../../assets/prompts/en', import.meta.url));

/** Throws RingthroughError, with everything that was opened closed again. */
export async function startNode(options: StartOptions): Promise<RunningNode> {
  const environment = readEnvironment();
  const config = loadConfig(options.configPath ?? environment.configFile, environment);
  const clock = createSystemClock();
  const log = createLog({ clock, level: environment.logLevel ?? config.log.level });
  const shutdown = new Shutdown(log);
  try {
    await bringUp({ config, clock, log, random: createSystemRandom() }, shutdown, options.out);
  } catch (error) {
    await shutdown.close();
    throw error;
  }
  return shutdown;
}

interface Basics {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

async function bringUp(basics: Basics, shutdown: Shutdown, out: (line: string) => void): Promise<void> {
  const { config, clock, log, random } = basics;
  const folder = openDataFolder(config.node.dataFolder);
  shutdown.owns('data folder', () => folder.close());
  const tokenFile = path.join(folder.path, TOKEN_FILE);
  const [store, token, prompts] = await Promise.all([
    openSqliteStore(folder),
    loadOrCreateToken(tokenFile, random),
    loadPrompts(PROMPTS_FOLDER),
  ]);
  shutdown.owns('store', () => store.close());
  const kept = await loadKept(store);
  const late = new LateHandler();
  const transports = await openTransports(basics, late, shutdown);
  const node = createNode(basics, transports);
  const subscribers = new Subscribers();
  const loop = new EventLoop({ clock, node, onEvent: subscribers.tell });
  shutdown.owns('event loop', () => loop.close());
  subscribers.add((event) => logEvent(log, event));
  const persistence = new Persistence(store, log, (id, result) => loop.persisted(id, result));
  shutdown.owns('persistence', () => persistence.close());
  const media = createMediaRelay({
    address: config.media.address,
    advertisedAddress: config.media.advertised,
    ports: config.media.ports,
    prompts,
    clock,
    random,
    log,
    onEvents: (events: readonly MediaEvent[]) => loop.mediaEvents(events),
  });
  shutdown.owns('media', () => media.close());
  loop.attach({ transports, media, persistence });
  late.target = loop.signalling;
  loop.turn((core, now) => core.start(kept, now));
  shutdown.owns('trunk names', keepTrunksResolved(config.trunks, systemResolver, loop, log));
  shutdown.drains(node, loop);

  const control = controlOf(node, loop, persistence, subscribers);
  const admin = new Admin({
    store,
    node: control,
    clock,
    random,
    hashing: nodeHashing,
    realm: config.sip.domain,
    country: config.node.country,
    prompts: [...prompts.keys()],
  });
  const http = await openHttp({
    listen: config.http.listen,
    token,
    tokenFile,
    version: VERSION,
    admin,
    log,
    node: control,
    signalling: () => transports,
    media: () => media.stats(),
  });
  shutdown.owns('http', () => http.close());
  const demo = config.demo ? await startDemo(admin, folder.path, transports, shutdown, log) : undefined;
  const startedInMs = performance.now();
  const facts = {
    version: VERSION,
    startedInMs,
    domain: config.sip.domain,
    apiUrl: http.url,
    tokenFile: shown(tokenFile),
  };
  const listeners = transports.map(({ listener }) => listener);
  const accounts = await admin.accounts();
  for (const line of banner({ ...facts, listeners, accounts, ...(demo === undefined ? {} : { demo }) }))
    out(line);
}

async function loadKept(store: Store) {
  const [accounts, bindings, unfinished] = await Promise.all([
    store.accounts(),
    store.bindings(),
    store.unfinished(),
  ]);
  return { accounts, bindings, unfinished };
}

/** Transports are open before there is a node to hear of what comes in: until then it is dropped, and comes again. */
class LateHandler implements SignallingHandler {
  target: SignallingHandler | undefined;
  readonly received: SignallingHandler['received'] = (batch) => this.target?.received(batch);
  readonly failed: SignallingHandler['failed'] = (flow, reason) => this.target?.failed(flow, reason);
  readonly closed: SignallingHandler['closed'] = (flow) => this.target?.closed(flow);
}

async function openTransports(
  { config, clock }: Basics,
  handler: SignallingHandler,
  shutdown: Shutdown,
): Promise<readonly SignallingTransport[]> {
  const transports: SignallingTransport[] = [];
  for (const { transport, address, port } of config.sip.listeners) {
    const opened =
      transport === 'udp'
        ? await openUdp({ address, port, handler })
        : await openTcp({ address, port, handler, clock });
    shutdown.owns(`${transport} transport`, () => opened.close());
    transports.push(opened);
  }
  return transports;
}

function createNode({ config, clock, random }: Basics, transports: readonly SignallingTransport[]): SipNode {
  const listeners = transports.map(({ listener }, index) => {
    const { advertised } = present(config.sip.listeners[index], 'the listener of a transport');
    return { ...listener, advertised: { address: advertised, port: listener.local.port } };
  });
  return new SipNode(
    {
      domain: config.sip.domain,
      userAgent: `Ringthrough/${VERSION}`,
      listeners,
      trunks: config.trunks,
      country: config.node.country,
      acceptMd5: config.sip.acceptMd5,
      silenceMs: config.media.silenceMs,
      nonceKey: random.bytes(32),
      random,
      hashing: nodeHashing,
    },
    clock.now(),
  );
}

async function startDemo(
  admin: Admin,
  dataFolder: string,
  transports: readonly SignallingTransport[],
  shutdown: Shutdown,
  log: Log,
) {
  const udp = transports.find(({ listener }) => listener.transport === 'udp');
  const provider: Endpoint = present(udp, 'a UDP listener in the demo configuration').listener.local;
  const [phones, carrier] = await Promise.all([
    demoPhones(admin, dataFolder),
    startDemoCarrier(provider, log),
  ]);
  shutdown.owns('demo carrier', () => carrier.close());
  const passwordsFile = shown(path.join(dataFolder, DEMO_PASSWORDS_FILE));
  return { carrier, account: DEMO_ACCOUNT, number: DEMO_NUMBER, phones, passwordsFile };
}

/** Paths as a person in the working folder would write them. */
function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : `./${relative}`;
}
