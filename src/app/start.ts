// Starts a node: configuration, data folder, store, transports, core, media, surfaces, in this order, so that
// each mistake of the operator is told before anything is taken. Stopping goes the other way round.
//
// Ownership: what is opened is handed to `Shutdown` at once, which closes it, newest first; nothing else does.

import path from 'node:path';
import { Argon2 } from '../adapters/argon2/argon2.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { openSigning } from '../adapters/node-signing/ed25519.ts';
import { createLog } from '../adapters/pino-log/pino-log.ts';
import { lookupBy } from '../adapters/probe-plain/http.ts';
import { createReports } from '../adapters/report-http/report-http.ts';
import { Flite } from '../adapters/speech-flite/flite.ts';
import { createSystemClock } from '../adapters/system-clock/system-clock.ts';
import { createSystemRandom } from '../adapters/system-random/system-random.ts';
import { openCertificates } from '../adapters/tls-files/certificates.ts';
import { Admin } from '../admin/admin.ts';
import { Audit } from '../admin/audit.ts';
import { type IncidentDesk, Incidents, MaintenancePlans } from '../admin/incidents.ts';
import { type StatusDesk, unwatched } from '../admin/status.ts';
import { Texting, type TextingOptions } from '../admin/texting.ts';
import { present } from '../base/assert.ts';
import type { Endpoint } from '../base/net.ts';
import { type HttpServer, openHttp } from '../http/server.ts';
import type { TextingRoute } from '../http/texting.ts';
import { loadOrCreateToken, TOKEN_FILE } from '../http/token.ts';
import type { NodeControl } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { blockedOf } from '../series/sampler.ts';
import { certificateDomains, speaksFor } from '../sip/certificate/identity.ts';
import { banner } from './banner.ts';
import type { Config } from './config/config.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load.ts';
import { controlOf } from './control.ts';
import { type Basics, type Core, openCore } from './core.ts';
import { DEMO_ACCOUNT, DEMO_NUMBER, DEMO_PASSWORDS_FILE, demoPhones, startDemoCarrier } from './demo.ts';
import { logEvent } from './event-log.ts';
import { IncidentKeeping } from './incidents.ts';
import { keepProbes } from './probe-series.ts';
import { openProbing } from './probing.ts';
import { Reporting } from './reporting.ts';
import { Series } from './series.ts';
import { type RunningNode, Shutdown } from './shutdown.ts';
import { openStatusPage } from './status-page.ts';
import { Subscribers } from './subscribers.ts';
import { VERSION } from './version.ts';
import { WarmUp } from './warm-up.ts';
import { Watching } from './watching.ts';

/** Within the data folder. */
const WATCH_KEY_FILE = 'watch.key';

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
    const certificates = await openTlsFiles(config, clock, log, shutdown);
    const basics = { config, clock, log, random: createSystemRandom(), certificates };
    const subscribers = new Subscribers();
    subscribers.add((event) => logEvent(log, event));
    const core = await openCore(basics, shutdown, subscribers);
    await openSurfaces(basics, core, subscribers, shutdown, options.out);
    const warmUp = new WarmUp(basics.random, nodeHashing, clock.now());
    shutdown.owns('warm-up', () => warmUp.close());
    warmUp.begin();
  } catch (error) {
    await shutdown.close();
    throw error;
  }
  return shutdown;
}

/** Before anything else is opened, so that a wrong key is told while nothing is taken yet. */
async function openTlsFiles({ tls, sip, trunks }: Config, clock: Clock, log: Log, shutdown: Shutdown) {
  if (tls === undefined) return undefined;
  for (const { name, tls: judged } of trunks) {
    if (judged?.verify === false)
      log.warn('the certificates of a trunk are not verified: whoever is in between can be it', {
        trunk: name,
      });
  }
  const certificates = await openCertificates({ files: tls, clock, log });
  shutdown.owns('certificates', () => certificates.close());
  shutdown.reloads(() => certificates.reload());
  const { name, names } = certificates.facts;
  if (!speaksFor(certificateDomains(names), sip.domain)) {
    log.warn('the certificate does not speak for sip.domain: phones that verify it will not connect', {
      certificate: name,
      names,
      domain: sip.domain,
    });
  }
  return certificates;
}

async function openSurfaces(
  basics: Basics,
  core: Core,
  subscribers: Subscribers,
  shutdown: Shutdown,
  out: (line: string) => void,
): Promise<void> {
  const { config, clock, log, random, certificates } = basics;
  const { store, deliveries, recordings, prompts, transports, media, folder, trace } = core;
  const tokenFile = path.join(folder, TOKEN_FILE);
  const token = await loadOrCreateToken(tokenFile, random);
  const control = controlOf(core, clock, subscribers);
  const admin = new Admin({
    store,
    node: control,
    notices: deliveries,
    recordings,
    speech: new Flite(),
    clock,
    random,
    hashing: nodeHashing,
    secrets: new Argon2(),
    realm: config.sip.domain,
    country: config.node.country,
    controlNumbers: config.control.numbers,
    prompts: prompts.names,
    trace,
  });
  core.loop.desk = (question) => admin.answer(question);
  const series = await openSeries(basics, core, control, subscribers, shutdown);
  const keeping = await openIncidents(basics, core, shutdown);
  const status = await openWatching(basics, core, { keeping, series }, shutdown);
  const page = await openStatusPage(basics, core, status, keeping, shutdown);
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
    trace: () => trace.stats,
    notices: () => deliveries.counts(),
    status,
    page,
    ...incidentsOf(basics, core, keeping),
    texting: textingOf(basics, core, admin),
    certificates: () => (certificates === undefined ? [] : [certificates.facts]),
  });
  shutdown.owns('http', () => http.close());
  // Before it: whoever watches is told that it ends.
  shutdown.owns('traces', () => trace.closeAll());
  const demo = config.demo ? await startDemo(admin, core, shutdown, basics) : undefined;
  await greet(basics, core, admin, http, demo, out);
}

/** Also where nothing is watched: what was open when something was must be closed. */
async function openIncidents(
  { config, clock, log }: Basics,
  { store }: Core,
  shutdown: Shutdown,
): Promise<IncidentKeeping> {
  const keeping = await IncidentKeeping.open({ store, clock, log, rules: config.incidents });
  shutdown.owns('incidents', () => keeping.close());
  return keeping;
}

function incidentsOf({ clock, random }: Basics, { store }: Core, desk: IncidentDesk) {
  const options = { desk, store, audit: new Audit({ clock, random }) };
  return { incidents: new Incidents(options), maintenance: new MaintenancePlans(options) };
}

async function openWatching(
  { config, ...basics }: Basics,
  { folder, resolver }: Core,
  { keeping, series }: { readonly keeping: IncidentKeeping; readonly series: Series },
  shutdown: Shutdown,
): Promise<StatusDesk> {
  if (config.watch === undefined) {
    keeping.begin([]);
    return unwatched(basics.clock);
  }
  const signing = await openSigning(path.join(folder, WATCH_KEY_FILE));
  const probing = openProbing(config.watch, resolver, basics.random);
  // After what runs probes has ended: it waits for their goodbyes.
  shutdown.owns('probes', () => probing.close());
  const reports = createReports(lookupBy(resolver));
  const reporting = new Reporting({ ...basics, nodes: config.watch.report, reports });
  const watching = new Watching({
    ...basics,
    settings: config.watch,
    prober: probing.prober,
    signing,
    reporting,
    judged: keeping.judged,
    onResult: keepProbes(series, basics.log),
  });
  shutdown.owns('watching', () => watching.close());
  keeping.begin(watching.status().components);
  watching.begin();
  return {
    status: () => keeping.statusOf(watching.status()),
    report: (results) => watching.report(results),
  };
}

async function openSeries(
  { clock, log }: Basics,
  { store }: Core,
  node: NodeControl,
  subscribers: Subscribers,
  shutdown: Shutdown,
): Promise<Series> {
  const read = () => {
    return { phonesRegistered: node.health().phones, packetsBlocked: blockedOf(node.shield().counts) };
  };
  const series = await Series.open({ store, clock, log, read });
  subscribers.add(series.heard);
  shutdown.owns('time series', () => series.close());
  return series;
}

/** Where the configuration says that a carrier brings text messages. */
function textingOf(
  { config, clock, random }: Basics,
  { store }: Core,
  admin: Admin,
): TextingRoute | undefined {
  const { sms, node } = config;
  if (sms?.inbound === undefined || sms.provider === 'bandwidth') return undefined;
  const answer: TextingOptions['answer'] = (question) => admin.answer(question);
  const texting = new Texting({ store, clock, random, country: node.country, answer });
  const receive: TextingRoute['receive'] = (text) => texting.receive(text);
  return { provider: sms.provider, ...sms.inbound, now: () => clock.now(), receive };
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
