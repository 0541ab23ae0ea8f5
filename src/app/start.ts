// Opens a node with telephones: data folder, store, transports, core, media, surfaces, in this order, so that each
// mistake of the operator is told before anything is taken. Stopping goes the other way round. launch.ts calls it, and
// watch-node.ts is a node that only watches.

import path from 'node:path';
import { Argon2 } from '../adapters/argon2/argon2.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { Flite } from '../adapters/speech-flite/flite.ts';
import { openCertificates } from '../adapters/tls-files/certificates.ts';
import { Admin } from '../admin/admin.ts';
import { Texting, type TextingOptions } from '../admin/texting.ts';
import { present } from '../base/assert.ts';
import type { Endpoint } from '../base/net.ts';
import { openHttp } from '../http/server.ts';
import type { HttpServer } from '../http/serving.ts';
import type { TextingRoute } from '../http/texting.ts';
import { loadOrCreateToken, TOKEN_FILE } from '../http/token.ts';
import type { NodeControl } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { blockedOf } from '../series/sampler.ts';
import { certificateDomains, speaksFor } from '../sip/certificate/identity.ts';
import { banner, shown } from './banner.ts';
import type { Config } from './config/config.ts';
import { controlOf } from './control.ts';
import { type Basics, type Core, openCore } from './core.ts';
import { DEMO_ACCOUNT, DEMO_NUMBER, DEMO_PASSWORDS_FILE, demoPhones, startDemoCarrier } from './demo.ts';
import { logEvent } from './event-log.ts';
import { openGround, type Surroundings } from './ground.ts';
import { Series } from './series.ts';
import type { Shutdown } from './shutdown.ts';
import { Subscribers } from './subscribers.ts';
import { VERSION } from './version.ts';
import { WarmUp } from './warm-up.ts';
import { openWatchDesk, type WatchDesk } from './watch-desk.ts';

/** Throws RingthroughError; what was opened by then is `shutdown`'s to close. */
export async function openNode(
  surroundings: Surroundings,
  shutdown: Shutdown,
  out: (line: string) => void,
): Promise<void> {
  const { config, clock, log, random } = surroundings;
  const certificates = await openTlsFiles(config, clock, log, shutdown);
  const basics = { ...surroundings, certificates };
  const ground = await openGround(basics, shutdown);
  const subscribers = new Subscribers();
  subscribers.add((event) => logEvent(log, event));
  const core = await openCore(basics, ground, shutdown, subscribers);
  await openSurfaces(basics, core, subscribers, shutdown, out);
  const warmUp = new WarmUp(random, nodeHashing, clock.now());
  shutdown.owns('warm-up', () => warmUp.close());
  warmUp.begin();
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
  const desk = await openWatchDesk(basics, { ...core, series }, shutdown);
  const http = await openHttp({
    listen: config.http.listen,
    token,
    version: VERSION,
    admin,
    log,
    node: control,
    signalling: () => transports,
    media: () => media.stats(),
    trace: () => trace.stats,
    notices: () => deliveries.counts(),
    ...desk,
    texting: textingOf(basics, core, admin),
    probeAccounts: config.node.probeAccounts,
    certificates: () => (certificates === undefined ? [] : [certificates.facts]),
  });
  shutdown.owns('http', () => http.close());
  // Before it: whoever watches is told that it ends.
  shutdown.owns('traces', () => trace.closeAll());
  const demo = config.demo ? await startDemo(admin, core, shutdown, basics) : undefined;
  for (const line of await greeting(basics, core, { admin, http, desk }, demo)) out(line);
}

async function openSeries(
  { clock, log, config }: Basics,
  { store }: Core,
  node: NodeControl,
  subscribers: Subscribers,
  shutdown: Shutdown,
): Promise<Series> {
  const read = () => {
    return { phonesRegistered: node.health().phones, packetsBlocked: blockedOf(node.shield().counts) };
  };
  const { probeAccounts } = config.node;
  const series = await Series.open({ store, clock, log, read, probeAccounts });
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

async function greeting(
  { config }: Basics,
  { transports, folder }: Core,
  { admin, http, desk }: { readonly admin: Admin; readonly http: HttpServer; readonly desk: WatchDesk },
  demo: Awaited<ReturnType<typeof startDemo>> | undefined,
): Promise<readonly string[]> {
  return banner({
    version: VERSION,
    startedInMs: performance.now(),
    domain: config.sip.domain,
    listeners: transports.map(({ listener }) => listener),
    apiUrl: http.url,
    tokenFile: shown(path.join(folder, TOKEN_FILE)),
    accounts: await admin.accounts(),
    status: desk.status.status(),
    page: desk.page(),
    ...(demo === undefined ? {} : { demo }),
  });
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
