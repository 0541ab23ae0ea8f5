// A soak: a steady mix of registrations, calls with audio and garbage for half an hour, and what it leaves. Memory
// must be flat once it is warm, and when everybody has gone nothing must be left: no call, transaction, binding,
// port or file.
//
//   node bench/soak.ts [--minutes 30] [--phones 200] [--calls 5] [--garbage 50]    calls and garbage a second
//
// Everything is on loopback, as with all benches. Exit code 1 where something grows or is left.

import { table } from '../src/cli/table.ts';
import { CARRIER_HOST, freePorts, until } from '../test/interop/rig.ts';
import { Meter } from './processes.ts';
import { machine, numbers, print, quantile } from './report.ts';
import { CarrierAgent, Load } from './soak/load.ts';
import { SoakNode, type SoakPhone } from './soak/node.ts';
import { floorOf, type Point, slopePerHour } from './soak/trend.ts';
import { type Stand, sleep, withStand } from './stand.ts';

const SAMPLE_MS = 10_000;
const COLLECT_EVERY_MS = 60_000;
const WARM_SHARE = 0.2;
/** The longest call, and after it the longest transaction (RFC 3261 §17: 64*T1, twice where an ACK is missing). */
const CALLS_OVER_MS = 70_000;
const LINGER_MS = 120_000;
const MEGABYTE = 1_048_576;
/** What a heap of this size may seem to gain by chance in half an hour. */
const HEAP_SLOPE_MAX = 8;
const FILES_LEFT_MAX = 4;

interface Sample {
  readonly atMs: number;
  readonly metrics: ReadonlyMap<string, number>;
  readonly heapBytes: number | undefined;
}

/** Must be 0 in the end; names of /metrics. */
const LEFTOVERS = [
  'ringthrough_calls_active',
  'ringthrough_transactions',
  'ringthrough_bindings',
  'ringthrough_media_endpoints_open',
  'ringthrough_trunk_calls_active{trunk="carrier"}',
  ...['calls', 'callTransactions', 'dialogs', 'callDeadlines', 'callConnections', 'pendingWrites'].map(
    (name) => `ringthrough_table_entries{table="${name}"}`,
  ),
];

const options = numbers({
  minutes: { default: 30, max: 1_440 },
  phones: { default: 200, max: 2_000 },
  calls: { default: 5, max: 50 },
  garbage: { default: 50, max: 5_000 },
});

print(machine());
print(
  `${options.minutes} minutes: ${options.phones} phones (UDP, TCP, TLS and WebSocket as 4 : 2 : 1 : 1) registering for 60 s each, ` +
    `${options.calls} calls and ${options.garbage} pieces of garbage a second\n`,
);
process.exitCode = await withStand('soak', soak);

async function soak(stand: Stand): Promise<number> {
  const phones = Array.from(
    { length: options.phones },
    (_, index): SoakPhone => ({
      user: `desk-${index}`,
      number: `+4420794${String(60_000 + index)}`,
      mobile: `+44770090${String(1_000 + index).padStart(4, '0')}`,
    }),
  );
  const carrierAt = { address: CARRIER_HOST, port: await freePorts(1, CARRIER_HOST) };
  const carrier = await CarrierAgent.open(carrierAt);
  stand.onEnd(() => carrier.agent.close(1_000));
  const node = await SoakNode.start(stand, carrierAt, phones);
  await node.heapBytes();
  const before = await node.metrics();
  const meter = new Meter(node.pid);
  const load = new Load({
    listeners: node.listeners,
    carrier,
    phones,
    callsPerSecond: options.calls,
    garbagePerSecond: options.garbage,
  });
  await load.begin();
  const samples = await watch(node, options.minutes * 60_000);
  load.pause();
  await until('the end of all calls', CALLS_OVER_MS, () => load.calls === 0 || undefined);
  await load.signOff();
  const cost = meter.stop();
  const { left, after } = await leftovers(node, before);
  const heapAfter = await node.heapBytes();
  tellHistory(samples);
  tellCounts(load.counts);
  const grows = tellTrend(samples, heapAfter);
  tellEnd(before, after);
  print(
    `CPU of the node: ${(cost.cpu.user + cost.cpu.system).toFixed(0)} s; memory, peak: ${megabytes(cost.memoryPeakBytes)}`,
  );
  print(left.length === 0 ? 'nothing is left' : `LEFT: ${left.join(', ')}`);
  return left.length === 0 && !grows ? 0 : 1;
}

async function watch(node: SoakNode, lengthMs: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const beganMs = performance.now();
  let collectedMs = Number.NEGATIVE_INFINITY;
  for (let atMs = 0; atMs < lengthMs; atMs = performance.now() - beganMs) {
    // First the metrics, so that the collection does not show as a delay of the event loop.
    const metrics = await node.metrics();
    const collects = atMs - collectedMs >= COLLECT_EVERY_MS;
    if (collects) collectedMs = atMs;
    const heapBytes = collects ? await node.heapBytes() : undefined;
    samples.push({ atMs, metrics, heapBytes });
    await sleep(SAMPLE_MS - ((performance.now() - beganMs) % SAMPLE_MS));
  }
  return samples;
}

/** Waits until nothing is left, as long as anything may linger; then says what is. */
async function leftovers(node: SoakNode, before: ReadonlyMap<string, number>) {
  const deadlineMs = performance.now() + LINGER_MS;
  for (;;) {
    const after = await node.metrics();
    const left = LEFTOVERS.filter((name) => after.get(name) !== 0);
    const files = (after.get('process_open_fds') ?? 0) - (before.get('process_open_fds') ?? 0);
    if (files > FILES_LEFT_MAX) left.push(`${files} more open files`);
    if (left.length === 0 || performance.now() > deadlineMs) return { left, after };
    await sleep(1_000);
  }
}

function tellHistory(samples: readonly Sample[]): void {
  const collected = samples.filter(({ heapBytes }) => heapBytes !== undefined);
  const metric = (name: string) => (sample: Sample) => String(sample.metrics.get(name) ?? '');
  const entries = (name: string) => metric(`ringthrough_table_entries{table="${name}"}`);
  const columns = [
    { heading: 'MINUTE', cell: ({ atMs }: Sample) => String(Math.round(atMs / 60_000)) },
    { heading: 'HEAP', cell: ({ heapBytes = 0 }: Sample) => megabytes(heapBytes) },
    {
      heading: 'RSS',
      cell: ({ metrics }: Sample) => megabytes(metrics.get('process_resident_memory_bytes') ?? 0),
    },
    { heading: 'FILES', cell: metric('process_open_fds') },
    { heading: 'BINDINGS', cell: metric('ringthrough_bindings') },
    { heading: 'CALLS', cell: metric('ringthrough_calls_active') },
    { heading: 'DIALOGS', cell: entries('dialogs') },
    { heading: 'TRANSACTIONS', cell: metric('ringthrough_transactions') },
    { heading: 'PORTS', cell: metric('ringthrough_media_endpoints_open') },
    { heading: 'NONCES', cell: entries('nonces') },
    { heading: 'GUESSES', cell: entries('guesses') },
    { heading: 'TRACE', cell: ({ metrics }: Sample) => megabytes(traceBytes(metrics)) },
  ];
  print(table<Sample>(collected, columns, false));
}

/** SIP messages that are kept for whoever looks into a call. */
function traceBytes(metrics: ReadonlyMap<string, number>): number {
  const bytes = (of: string): number => metrics.get(`ringthrough_trace_${of}_bytes`) ?? 0;
  return bytes('call') + bytes('other');
}

function tellCounts(counts: ReadonlyMap<string, number>): void {
  print('\nwhat happened');
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  print(
    table<[string, number]>(
      rows,
      [
        { heading: '', cell: ([what]) => what },
        { heading: '', cell: ([, times]) => times.toLocaleString('en-GB') },
      ],
      false,
    ),
  );
}

/** Says whether memory grows, once it is warm. */
function tellTrend(samples: readonly Sample[], heapAfter: number): boolean {
  const warmMs = (samples.at(-1)?.atMs ?? 0) * WARM_SHARE;
  const warm = samples.filter(({ atMs }) => atMs >= warmMs);
  const heap = warm.flatMap(({ atMs, heapBytes }): Point[] =>
    heapBytes === undefined ? [] : [{ atMs, value: heapBytes / MEGABYTE }],
  );
  const resident = warm.map(
    ({ atMs, metrics }): Point => ({
      atMs,
      value: (metrics.get('process_resident_memory_bytes') ?? 0) / MEGABYTE,
    }),
  );
  const heapSlope = slopePerHour(heap);
  const delays = warm.map(({ metrics }) => (metrics.get('nodejs_eventloop_lag_p99_seconds') ?? 0) * 1_000);
  print(`\nafter the first ${Math.round(warmMs / 60_000)} minutes:`);
  print(`heap after collection: ${signed(heapSlope)} MB/hour; ${megabytes(heapAfter)} when all had gone`);
  print(
    `resident memory, floor of each minute: ${signed(slopePerHour(floorOf(resident, COLLECT_EVERY_MS)))} MB/hour`,
  );
  print(
    `event-loop delay, 99th percentile of each 10 s: median ${quantile(delays, 0.5).toFixed(1)} ms, greatest ${quantile(delays, 1).toFixed(1)} ms`,
  );
  return heapSlope > HEAP_SLOPE_MAX;
}

function tellEnd(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  print('\nbefore the first and after the last:');
  const names = [...LEFTOVERS, 'process_open_fds', 'nodejs_active_handles_total'];
  print(
    table<string>(
      names,
      [
        { heading: '', cell: (name) => name },
        { heading: 'BEFORE', cell: (name) => String(before.get(name) ?? 0) },
        { heading: 'AFTER', cell: (name) => String(after.get(name) ?? 0) },
      ],
      false,
    ),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;
}
