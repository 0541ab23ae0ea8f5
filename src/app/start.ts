// Starts a node: configuration, data folder, store, transports, core, media, surfaces, in this order, so that
// each mistake of the operator is told before anything is taken. Stopping goes the other way round.
//
// Ownership: what is opened is handed to `Shutdown` at once, which closes it, newest first; nothing else does.

import path from 'node:path';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { createLog } from '../adapters/pino-log/pino-log.ts';
import { createSystemClock } from '../adapters/system-clock/system-clock.ts';
import { createSystemRandom } from '../adapters/system-random/system-random.ts';
import { Admin } from '../admin/admin.ts';
import { present } from '../base/assert.ts';
import type { Endpoint } from '../base/net.ts';
import { type HttpServer, openHttp } from '../http/server.ts';
import { loadOrCreateToken, TOKEN_FILE } from '../http/token.ts';
import { banner } from './banner.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load.ts';
import { controlOf, Subscribers } from './control.ts';
import { type Basics, type Core, openCore } from './core.ts';
import { DEMO_ACCOUNT, DEMO_NUMBER, DEMO_PASSWORDS_FILE, demoPhones, startDemoCarrier } from './demo.ts';
import { logEvent } from './event-log.ts';
import { type RunningNode, Shutdown } from './shutdown.ts';
import { VERSION } from './version.ts';

export interface StartOptions {
  readonly configPath?: string;
  readonly out: (line: string) => void;
}

/** Throws RingthroughError, with everything that was opened closed again. */
export async function startNode(options: StartOptions): Promise<RunningNode> {
  const environment = readEnvironment();
  const config = loadConfig(options.configPath ?? environment.configFile, environment);
  const clock = createSystemClock();
  const log = createLog({ clock, level: environment.logLevel ?? config.log.level });
  const shutdown = new Shutdown(log);
  try {
    const basics = { config, clock, log, random: createSystemRandom() };
    const subscribers = new Subscribers();
    subscribers.add((event) => logEvent(log, event));
    const core = await openCore(basics, shutdown, subscribers.tell);
    await openSurfaces(basics, core, subscribers, shutdown, options.out);
  } catch (error) {
    await shutdown.close();
    throw error;
  }
  return shutdown;
}

async function openSurfaces(
  basics: Basics,
  core: Core,
  subscribers: Subscribers,
  shutdown: Shutdown,
  out: (line: string) => void,
): Promise<void> {
  const { config, clock, log, random } = basics;
  const { store, prompts, transports, media, folder } = core;
  const tokenFile = path.join(folder, TOKEN_FILE);
  const token = await loadOrCreateToken(tokenFile, random);
  const control = controlOf(core, subscribers);
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
  const demo = config.demo ? await startDemo(admin, core, shutdown, basics) : undefined;
  await greet(basics, core, admin, http, demo, out);
}

async function greet(
  { config }: Basics,
  { transports, folder }: Core,
  admin: Admin,
  http: HttpServer,
  demo: Awaited<ReturnType<typeof startDemo>> | undefined,
  out: (line: string) => void,
): Promise<void> {
  const lines = banner({
    version: VERSION,
    startedInMs: performance.now(),
    domain: config.sip.domain,
    listeners: transports.map(({ listener }) => listener),
    apiUrl: http.url,
    tokenFile: shown(path.join(folder, TOKEN_FILE)),
    accounts: await admin.accounts(),
    ...(demo === undefined ? {} : { demo }),
  });
  for (const line of lines) out(line);
}

async function startDemo(
  admin: Admin,
  { folder: dataFolder, transports }: Core,
  shutdown: Shutdown,
  { random, log }: Basics,
) {
  const udp = transports.find(({ listener }) => listener.transport === 'udp');
  const provider: Endpoint = present(udp, 'a UDP listener in the demo configuration').listener.local;
  const [phones, carrier] = await Promise.all([
    demoPhones(admin, dataFolder, random),
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
