// What a node tells Prometheus, at /metrics. Values are read when they are asked for, so that nothing in the
// core counts for the sake of a graph; only what events tell (outcomes of attempts) is counted as it happens.
//
// Labels come from closed sets and from the configuration, never from packets: a flood must not grow a metric.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { PublishingDesk, StatusDesk } from '../admin/status.ts';
import { formatEndpoint } from '../base/net.ts';
import { SECOND_MS } from '../base/time.ts';
import type { NodeControl } from '../node/views.ts';
import type { NoticeCounts } from '../notices/counts.ts';
import type { CertificateFacts } from '../ports/certificates.ts';
import type { MediaRelay } from '../ports/media.ts';
import type { SignallingTransport } from '../ports/signalling.ts';
import type { TraceStats } from '../trace/trace.ts';
import { followCalls } from './call-metrics.ts';
import { addStatusPage } from './page-metrics.ts';
import { addProbes } from './probe-metrics.ts';
import { addShield } from './shield-metrics.ts';
import { addStatus } from './status-metrics.ts';

/** Of a node with telephones. */
export interface TelephoneSources {
  readonly node: NodeControl;
  readonly signalling: () => readonly SignallingTransport[];
  readonly media: () => ReturnType<MediaRelay['stats']>;
  readonly trace: () => TraceStats;
  readonly notices: () => readonly NoticeCounts[];
  /** Those that the node presents over TLS now. */
  readonly certificates: () => readonly CertificateFacts[];
  /** Whose calls are those of probes. */
  readonly probeAccounts?: readonly string[] | undefined;
}

export interface MetricsSources extends TelephoneSources {
  readonly status: StatusDesk;
  /** How the status page is doing, where there is one. */
  readonly page: PublishingDesk;
}

export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  close(): void;
}

/** Gauges that prom-client calls like counters; each is the sum of one beside it. */
const MISNAMED = ['handles', 'requests', 'resources'].map((kind) => `nodejs_active_${kind}_total`);

/** A node that only watches has nothing but its status. */
export function createMetrics(sources: MetricsSources | Pick<MetricsSources, 'status' | 'page'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  addStatus(registry, sources.status);
  addProbes(registry, sources.status);
  addStatusPage(registry, sources.page);
  const close = 'node' in sources ? addTelephones(registry, sources) : () => {};
  return { contentType: registry.contentType, render: () => registry.metrics(), close };
}

/** Gives what ends it. */
function addTelephones(registry: Registry, sources: TelephoneSources): () => void {
  addNodeGauges(registry, sources.node);
  addTrunkGauges(registry, sources.node);
  addNodeCounters(registry, sources.node);
  addBrownout(registry, sources.node);
  addShield(registry, sources.node);
  addDoors(registry, sources.node);
  addSignalling(registry, sources.signalling);
  addMedia(registry, sources.media);
  addTrace(registry, sources.trace);
  addNotices(registry, sources.notices);
  addCertificates(registry, sources.certificates);
  return followCalls(registry, sources.node, sources.probeAccounts ?? []);
}

/** Makes gauges whose value is read whenever somebody asks. */
function gaugesOf(registry: Registry) {
  return (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(read()) });
  };
}

function addNodeGauges(registry: Registry, node: NodeControl): void {
  const gauge = gaugesOf(registry);
  gauge('ringthrough_calls_active', 'Calls in progress.', () => node.health().callsActive);
  gauge('ringthrough_bindings', 'Registered contacts of phones.', () => node.health().bindings);
  gauge('ringthrough_phones_registered', 'Phones with a registered contact.', () => node.health().phones);
  gauge('ringthrough_transactions', 'Live SIP transactions.', () => node.health().transactions);
  gauge('ringthrough_store_ok', '1 while the store takes writes.', () =>
    node.health().store === 'ok' ? 1 : 0,
  );
  gauge('ringthrough_draining', '1 while the node is shutting down.', () => (node.health().draining ? 1 : 0));
  const tables: Gauge<'table'> = new Gauge({
    name: 'ringthrough_table_entries',
    help: 'Entries of the tables that grow with what comes in. All are bounded, and shrink when it is quiet.',
    labelNames: ['table'],
    registers: [registry],
    collect: () => {
      for (const [table, entries] of Object.entries(node.health().tables)) tables.set({ table }, entries);
    },
  });
  const bindings: Gauge<'reachability'> = new Gauge({
    name: 'ringthrough_bindings_by_reachability',
    help: 'Registered contacts of phones, by whether they answer.',
    labelNames: ['reachability'],
    registers: [registry],
    collect: () => {
      for (const reachability of ['reachable', 'unknown', 'unreachable']) bindings.set({ reachability }, 0);
      for (const { reachability } of node.phones().flatMap((phone) => phone.bindings)) {
        bindings.inc({ reachability });
      }
    },
  });
}

function addNodeCounters(registry: Registry, node: NodeControl): void {
  const events: Counter<'event'> = new Counter({
    name: 'ringthrough_sip_events_total',
    help: 'What the node counted of messages, strangers and credentials since it began.',
    labelNames: ['event'],
    registers: [registry],
    collect: () => {
      events.reset();
      for (const [event, count] of Object.entries(node.counters())) events.inc({ event }, count);
    },
  });
}

function addBrownout(registry: Registry, node: NodeControl): void {
  const gauge = gaugesOf(registry);
  const storm = () => node.brownout().storm;
  gauge('ringthrough_registrations_per_second', 'Registrations that the node takes in a second now.', () => {
    return storm().perSecond;
  });
  gauge('ringthrough_registrations_waiting', 'Phones that were told when to register.', () => {
    return storm().waiting;
  });
  gauge('ringthrough_bindings_in_grace', 'Registered contacts that are kept beyond their end.', () => {
    return node.brownout().inGrace;
  });
  const rungs: Gauge<'rung'> = new Gauge({
    name: 'ringthrough_shield_rung',
    help: '1 while this rung of the brown-out ladder is engaged.',
    labelNames: ['rung'],
    registers: [registry],
    collect: () => {
      for (const { rung, engaged } of node.brownout().rungs)
        rungs.set({ rung }, engaged === undefined ? 0 : 1);
    },
  });
  const shed: Counter<'rung'> = new Counter({
    name: 'ringthrough_shield_shed_total',
    help: 'Requests that a rung of the brown-out ladder shed.',
    labelNames: ['rung'],
    registers: [registry],
    collect: () => {
      shed.reset();
      for (const { rung, shed: count } of node.brownout().rungs) shed.inc({ rung }, count);
    },
  });
}

function addDoors(registry: Registry, node: NodeControl): void {
  const doors: Gauge<'state'> = new Gauge({
    name: 'ringthrough_doors',
    help: 'Doors of accounts.',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      for (const state of ['open', 'grace']) doors.set({ state }, 0);
      for (const { state } of node.doors()) doors.inc({ state });
    },
  });
  gaugesOf(registry)('ringthrough_doors_unreachable', 'Doors whose port cannot be opened at present.', () => {
    return node.doors().filter(({ trouble }) => trouble !== undefined).length;
  });
}

function addTrunkGauges(registry: Registry, node: NodeControl): void {
  const up: Gauge<'trunk'> = new Gauge({
    name: 'ringthrough_trunk_up',
    help: '1 while the trunk is up, 0 while it is down; absent while that is unknown.',
    labelNames: ['trunk'],
    registers: [registry],
    collect: () => {
      up.reset();
      for (const { name, health } of node.trunks()) {
        if (health !== 'unknown') up.set({ trunk: name }, health === 'up' ? 1 : 0);
      }
    },
  });
  const calls: Gauge<'trunk'> = new Gauge({
    name: 'ringthrough_trunk_calls_active',
    help: 'Calls in progress over the trunk.',
    labelNames: ['trunk'],
    registers: [registry],
    collect: () => {
      for (const { name, callsActive } of node.trunks()) calls.set({ trunk: name }, callsActive);
    },
  });
  const waiting: Gauge<'trunk'> = new Gauge({
    name: 'ringthrough_trunk_calls_waiting',
    help: 'Calls that wait for their turn: the carrier takes so many in a second.',
    labelNames: ['trunk'],
    registers: [registry],
    collect: () => {
      for (const { name, callsWaiting } of node.trunks())
        if (callsWaiting !== undefined) waiting.set({ trunk: name }, callsWaiting);
    },
  });
}

function addSignalling(registry: Registry, transports: TelephoneSources['signalling']): void {
  const listeners = () =>
    transports().map((each) => {
      const { transport, local } = each.listener;
      return { labels: { transport, local: formatEndpoint(local) }, stats: each.stats() };
    });
  const connections: Gauge<'transport' | 'local'> = new Gauge({
    name: 'ringthrough_signalling_connections',
    help: 'Open stream connections.',
    labelNames: ['transport', 'local'],
    registers: [registry],
    collect: () => {
      for (const { labels, stats } of listeners()) connections.set(labels, stats.connections);
    },
  });
  const events: Counter<'transport' | 'local' | 'event'> = new Counter({
    name: 'ringthrough_signalling_events_total',
    help: 'What the signalling transports counted since they were opened.',
    labelNames: ['transport', 'local', 'event'],
    registers: [registry],
    collect: () => {
      events.reset();
      for (const { labels, stats } of listeners()) {
        for (const [event, count] of Object.entries(stats.counters)) events.inc({ ...labels, event }, count);
      }
    },
  });
}

function addTrace(registry: Registry, trace: TelephoneSources['trace']): void {
  const gauge = gaugesOf(registry);
  gauge('ringthrough_trace_call_bytes', 'Memory that kept messages of calls take.', () => trace().callBytes);
  gauge(
    'ringthrough_trace_other_bytes',
    'Memory that kept messages of no call take.',
    () => trace().otherBytes,
  );
  gauge('ringthrough_trace_watchers', 'People who watch messages.', () => trace().watchers);
  const copies: Counter<'result'> = new Counter({
    name: 'ringthrough_hep_messages_total',
    help: 'Messages for the HEP collector, by whether they could be sent.',
    labelNames: ['result'],
    registers: [registry],
    collect: () => {
      copies.reset();
      for (const [result, count] of Object.entries(trace().collector ?? {})) copies.inc({ result }, count);
    },
  });
}

function addMedia(registry: Registry, media: TelephoneSources['media']): void {
  const gauge = gaugesOf(registry);
  gauge('ringthrough_media_endpoints_open', 'RTP port pairs in use.', () => media().endpointsOpen);
  gauge('ringthrough_media_port_pairs_free', 'RTP port pairs left.', () => media().portPairsFree);
  const forwarded: Counter = new Counter({
    name: 'ringthrough_media_packets_forwarded_total',
    help: 'RTP and RTCP packets passed on.',
    registers: [registry],
    collect: () => {
      forwarded.reset();
      forwarded.inc(media().packetsForwarded);
    },
  });
}

function addNotices(registry: Registry, notices: TelephoneSources['notices']): void {
  const waiting: Gauge<'channel'> = new Gauge({
    name: 'ringthrough_notices_waiting',
    help: 'Notices that wait to be delivered.',
    labelNames: ['channel'],
    registers: [registry],
    collect: () => {
      for (const { channel, waiting: count } of notices()) waiting.set({ channel }, count);
    },
  });
  const working: Gauge<'channel'> = new Gauge({
    name: 'ringthrough_notices_server_ok',
    help: '0 while the server that notices go to cannot be used; absent where none is configured.',
    labelNames: ['channel'],
    registers: [registry],
    collect: () => {
      for (const { channel, configured, failing } of notices())
        if (configured) working.set({ channel }, failing ? 0 : 1);
    },
  });
  const results: Counter<'channel' | 'result'> = new Counter({
    name: 'ringthrough_notices_total',
    help: 'Deliveries of notices, by what became of them.',
    labelNames: ['channel', 'result'],
    registers: [registry],
    collect: () => {
      results.reset();
      for (const { channel, delivered, failed, givenUp } of notices()) {
        results.inc({ channel, result: 'delivered' }, delivered);
        results.inc({ channel, result: 'failed' }, failed);
        results.inc({ channel, result: 'given_up' }, givenUp);
      }
    },
  });
}

function addCertificates(registry: Registry, certificates: TelephoneSources['certificates']): void {
  const expiry: Gauge<'certificate'> = new Gauge({
    name: 'ringthrough_tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate ends, in seconds since 1970.',
    labelNames: ['certificate'],
    registers: [registry],
    collect: () => {
      for (const { name, validTo } of certificates()) expiry.set({ certificate: name }, validTo / SECOND_MS);
    },
  });
}
