// The core of a node with telephones, and everything it is surrounded by: transports, media relay, event loop.

import { fileURLToPath } from 'node:url';
import { createSmtp } from '../adapters/mail-smtp/mail-smtp.ts';
import { openPrompts, type Prompts } from '../adapters/media-relay/prompts.ts';
import { checkMediaAddress, createMediaRelay } from '../adapters/media-relay/relay.ts';
import type { NetResolver } from '../adapters/net-dns/resolver.ts';
import { openTcp } from '../adapters/net-stream/tcp.ts';
import { openTls } from '../adapters/net-stream/tls.ts';
import { openUdp } from '../adapters/net-udp/udp.ts';
import { openWs } from '../adapters/net-ws/ws.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { openRecordings } from '../adapters/recordings-files/recordings.ts';
import { createSms } from '../adapters/sms-http/sms-http.ts';
import type { FileCertificates } from '../adapters/tls-files/certificates.ts';
import { assertNever, present } from '../base/assert.ts';
import { type DoorSettings, doorPeers } from '../node/door-keeper.ts';
import { SipNode } from '../node/node.ts';
import type { Clock } from '../ports/clock.ts';
import type { MediaRelay } from '../ports/media.ts';
import type { Recordings } from '../ports/recordings.ts';
import type { SignallingTransport, StreamHandler } from '../ports/signalling.ts';
import type { Store } from '../ports/store.ts';

import type { Trace } from '../trace/trace.ts';
import { isLoopback } from './config/addresses.ts';
import type { Config, SipListener } from './config/config.ts';
import { type OpenDoors, openDoors } from './doors.ts';
import { EventLoop } from './event-loop.ts';
import type { Ground, Surroundings } from './ground.ts';
import { warnOfLostProbeAccounts, warnOfLostTrunks } from './lost-names.ts';
import { Deliveries } from './outbox.ts';
import { Persistence } from './persistence.ts';
import { followTrunks, type KernelPart, openKernelShield, shieldPlan } from './shielding.ts';
import type { Shutdown } from './shutdown.ts';
import type { Subscribers } from './subscribers.ts';
import { sweepRecordings } from './sweep.ts';
import { openTrace } from './tracing.ts';
import { VERSION } from './version.ts';

export interface Basics extends Surroundings {
  /** Where the configuration has any. */
  readonly certificates: FileCertificates | undefined;
}

export interface Core {
  /** The data folder's path. */
  readonly folder: string;
  /** Through which what is to be told is heard of. */
  readonly store: Store;
  readonly deliveries: Deliveries;
  readonly recordings: Recordings;
  readonly prompts: Prompts;
  readonly transports: readonly SignallingTransport[];
  readonly media: MediaRelay;
  readonly resolver: NetResolver;
  /** Where a kernel does a part of the shield's work. */
  readonly shield: KernelPart | undefined;
  readonly doors: OpenDoors;
  readonly node: SipNode;
  readonly loop: EventLoop;
  readonly persistence: Persistence;
  readonly trace: Trace;
}

const PROMPTS_FOLDER = fileURLToPath(new URL('../../assets/prompts', import.meta.url));

/** Opens all of it and lets calls in. Throws RingthroughError; what was opened by then is `shutdown`'s to close. */
export async function openCore(
  basics: Basics,
  { folder, store: opened, resolver }: Ground,
  shutdown: Shutdown,
  subscribers: Subscribers,
): Promise<Core> {
  const { config, clock, log } = basics;
  const { prompts: own, language } = config.media;
  const prompts = await openPrompts({ shipped: PROMPTS_FOLDER, own, language, log });
  const kept = await loadKept(opened);
  warnOfLostTrunks(kept.accounts, config.trunks, log);
  warnOfLostProbeAccounts(kept.accounts, config.node.probeAccounts ?? [], log);
  const recordings = await openRecordings(folder.path, folder.key, log);
  const sweep = await sweepRecordings(recordings, kept, log);
  shutdown.owns('orphaned recordings', () => sweep.close());
  const deliveries = openDeliveries(basics, opened, recordings);
  const { store } = deliveries;
  const late = new LateHandler();
  let shield: KernelPart | undefined;
  // Closed after the transports: the farewell to peers is guarded as all before it was.
  shutdown.owns('shield in the kernel', () => shield?.close());
  const transports = await openTransports(basics, late, shutdown);
  const listeners = transports.map(({ listener }) => listener);
  shield = await openKernelShield(config, shieldPlan(config, listeners), basics, peersOf(kept, config));
  if (shield !== undefined) subscribers.add(followTrunks(shield, config));
  const doors = await openDoors(config, shield !== undefined, late, shutdown);
  const node = createNode(basics, transports, doors.settings);
  const trace = await openTrace(config, transports, subscribers, shutdown);
  const loop = new EventLoop({ clock, node, onEvent: subscribers.tell, tap: trace });
  shutdown.owns('event loop', () => loop.close());
  const persistence = new Persistence(store, log, (id, result) => loop.persisted(id, result));
  shutdown.owns('persistence', () => persistence.close());
  // Closed before it: what still becomes of deliveries is written.
  shutdown.owns('deliveries', () => deliveries.close());
  for (const { address } of config.media.addresses) await checkMediaAddress(address);
  const media = openMedia(basics, prompts, recordings, loop);
  shutdown.owns('media', () => media.close());
  loop.attach({
    transports,
    media,
    persistence,
    recordings,
    resolver,
    ...(shield === undefined ? {} : { shield }),
    ...(doors.sockets === undefined ? {} : { doors: doors.sockets }),
  });
  late.target = loop.signalling;
  doors.serve(loop);
  loop.turn((core, now) => core.start(kept, now));
  await doors.sockets?.settled();
  shutdown.drains(node, loop);
  deliveries.begin(kept.accounts, kept.notices);
  const adapters = { transports, media, resolver, shield, doors };
  const records = { store, deliveries, recordings, prompts };
  return { folder: folder.path, ...records, ...adapters, node, loop, persistence, trace };
}

function peersOf({ accounts, bindings, doors }: Awaited<ReturnType<typeof loadKept>>, config: Config) {
  const ports = config.shield.doors;
  return ports === undefined ? [] : doorPeers(accounts, bindings, doors, ports);
}

/** Whoever writes to the store does so through theirs. */
function openDeliveries(
  { config, clock, random, log }: Basics,
  store: Store,
  recordings: Recordings,
): Deliveries {
  const { mail, sms, sip } = config;
  return new Deliveries({
    store,
    recordings,
    clock,
    random,
    log,
    mail: mail === undefined ? undefined : createSmtp({ ...mail, name: sip.domain }),
    texts: sms === undefined ? undefined : createSms(sms),
  });
}

function openMedia(
  { config, clock, random, log }: Basics,
  prompts: Prompts,
  recordings: Recordings,
  loop: EventLoop,
): MediaRelay {
  const [main, other] = config.media.addresses;
  return createMediaRelay({
    address: main.address,
    advertisedAddress: main.advertised,
    ...(other === undefined ? {} : { also: { address: other.address, advertisedAddress: other.advertised } }),
    ports: config.media.ports,
    prompts,
    recordings,
    clock,
    random,
    log,
    onEvents: (events) => loop.mediaEvents(events),
  });
}

async function loadKept(store: Store) {
  const kept = await Promise.all([
    store.accounts(),
    store.bindings(),
    store.unfinished(),
    store.trunkServers(),
    store.doors(),
    store.habits(),
    store.usages(),
    store.notices(),
    store.messages(),
  ]);
  const [accounts, bindings, unfinished, trunkServers, doors, habits, usages, notices, messages] = kept;
  const known = { doors, habits, usages, notices, messages };
  return { accounts, bindings, unfinished, trunkServers, ...known };
}

/** Transports are open before there is a node to hear of what comes in: until then it is dropped, and comes again. */
class LateHandler implements StreamHandler {
  target: StreamHandler | undefined;
  readonly received: StreamHandler['received'] = (batch) => this.target?.received(batch);
  readonly failed: StreamHandler['failed'] = (flow, reason) => this.target?.failed(flow, reason);
  readonly closed: StreamHandler['closed'] = (flow) => this.target?.closed(flow);
  readonly knows: StreamHandler['knows'] = (flow) => this.target?.knows(flow) === true;
}

async function openTransports(
  { config, clock, certificates }: Basics,
  handler: StreamHandler,
  shutdown: Shutdown,
): Promise<readonly SignallingTransport[]> {
  const transports: SignallingTransport[] = [];
  for (const listener of config.sip.listeners) {
    const opened = await openTransport(listener, { config, handler, clock, certificates });
    shutdown.owns(`${listener.transport} transport`, () => opened.close());
    transports.push(opened);
  }
  return transports;
}

interface TransportNeeds {
  readonly config: Config;
  readonly handler: StreamHandler;
  readonly clock: Clock;
  readonly certificates: FileCertificates | undefined;
}

function openTransport(
  { transport, address, port, clientCertificates }: SipListener,
  { config, handler, clock, certificates }: TransportNeeds,
): Promise<SignallingTransport> {
  const options = { address, port, handler, clock };
  const origins = config.sip.webOrigins;
  const tls = () => ({
    certificates: present(certificates, 'the certificates of a listener that speaks TLS'),
    clientCertificates,
  });
  switch (transport) {
    case 'udp':
      return openUdp({ ...options, apart: !isLoopback(address) });
    case 'tcp':
      return openTcp(options);
    case 'tls':
      return openTls({ ...options, ...tls(), unverifiedDomains: unverifiedDomains(config.trunks) });
    case 'ws':
      return openWs({ ...options, origins });
    case 'wss':
      return openWs({ ...options, origins, tls: tls() });
    default:
      return assertNever(transport);
  }
}

/** Those of trunks whose certificates nobody is to look at. */
function unverifiedDomains(trunks: Config['trunks']): ReadonlySet<string> {
  const unverified = trunks.filter(({ tls }) => tls?.verify === false);
  return new Set(unverified.map(({ tls, target }) => (tls?.domain ?? target.host).toLowerCase()));
}

function createNode(
  { config, clock, random }: Basics,
  transports: readonly SignallingTransport[],
  doors: DoorSettings | undefined,
): SipNode {
  const listeners = transports.map(({ listener }, index) => {
    const { advertised, strict } = present(config.sip.listeners[index], 'the listener of a transport');
    return { ...listener, advertised: { address: advertised, port: listener.local.port }, strict };
  });
  return new SipNode(
    {
      domain: config.sip.domain,
      userAgent: `Ringthrough/${VERSION}`,
      listeners,
      trunks: config.trunks,
      country: config.node.country,
      acceptMd5: config.sip.acceptMd5,
      sessionTerms: config.sip.sessionTerms,
      silenceMs: config.media.silenceMs,
      ...(doors === undefined ? {} : { doors }),
      control: config.control,
      nonceKey: random.bytes(32),
      random,
      hashing: nodeHashing,
    },
    clock.now(),
  );
}
