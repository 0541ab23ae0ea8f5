// A hundred calls at once, with audio: what they cost, and what becomes of the audio.
//
//   voices ══RTP══▶            ══RTP══▶ phones (sipp), which send it back
//   sipp   ──SIP──▶  platform  ──SIP──▶
//
//   node bench/calls.ts [--calls 100] [--seconds 20] [--rate 20]
//
// The same callers and phones go through Ringthrough and then, where they are installed, through Kamailio with
// rtpengine. Ringthrough's relay is believed where its ledger and the voices at the far end say the same.

import { table } from '../src/cli/table.ts';
import { CARRIER_HOST, freePorts, HOST } from '../test/interop/rig.ts';
import { type CallsResult, placeCalls } from './callers.ts';
import { missingPeer, startKamailio } from './kamailio.ts';
import { openOffice, PHONES } from './office.ts';
import type { Relayed, RelayingPlatform } from './platform.ts';
import { type Cost, Meter } from './processes.ts';
import { machine, numbers, print, quantile } from './report.ts';
import { startRingthrough } from './ringthrough.ts';
import { type Stand, withStand } from './stand.ts';

const PACKETS_PER_SECOND = 50;
const LONGEST_SECONDS = 200;

interface Load {
  readonly calls: number;
  readonly seconds: number;
  readonly rate: number;
}

interface Measured {
  readonly platform: RelayingPlatform;
  readonly calls: CallsResult;
  readonly relayed: Relayed;
  readonly costs: readonly (Cost & { readonly name: string })[];
}

type Start = (
  stand: Stand,
  carrier: { address: string; port: number },
  callsMax: number,
) => Promise<RelayingPlatform>;

async function measure(name: string, start: Start, load: Load): Promise<Measured> {
  return withStand(name, async (stand) => {
    const carrier = { address: CARRIER_HOST, port: await freePorts(1, CARRIER_HOST) };
    const platform = await start(stand, carrier, load.calls + 20);
    await openOffice(stand, platform.sipPort, LONGEST_SECONDS);
    const meters = platform.programs.map(({ name, pid }) => ({ name, meter: new Meter(pid) }));
    const calls = await placeCalls(stand, {
      target: { address: HOST, port: platform.sipPort },
      from: carrier,
      calls: load.calls,
      callsPerSecond: load.rate,
      seconds: load.seconds,
      numbers: PHONES.map(({ number }) => number),
    });
    const costs = meters.map(({ name, meter }) => ({ name, ...meter.stop() }));
    return { platform, calls, relayed: await platform.relayed(load.calls), costs };
  });
}

function cpuSeconds(costs: readonly Cost[]): number {
  return costs.reduce((total, { cpu }) => total + cpu.user + cpu.system, 0);
}

/** CPU milliseconds for one second of one call with audio both ways. */
function cpuPerCallSecond({ costs, calls }: Measured): number {
  return (cpuSeconds(costs) * 1_000) / (calls.packetsSent / PACKETS_PER_SECOND);
}

type Row = readonly [label: string, figure: (measured: Measured) => string];

const ROWS: readonly Row[] = [
  [
    'calls answered, and ended as they should',
    ({ calls }) => `${calls.answered} of ${calls.answered + calls.failed}`,
  ],
  ['INVITE to 200, mean', ({ calls }) => `${calls.answerMs.toFixed(1)} ms`],
  ['SIP retransmissions by the callers', ({ calls }) => count(calls.retransmissions)],
  ['RTP packets spoken by the callers', ({ calls }) => count(calls.packetsSent)],
  ['… that came back from the phones', ({ calls }) => count(calls.packetsBack)],
  ['… lost, there or back', ({ calls }) => count(calls.packetsSent - calls.packetsBack)],
  ['relay: received, both ways', ({ relayed }) => count(relayed.received)],
  ['relay: sent, both ways', ({ relayed }) => count(relayed.sent)],
  ['relay: received and not sent', ({ relayed }) => count(relayed.received - relayed.sent)],
  [
    'relay: missing in what it received',
    ({ relayed }) => (relayed.missing === undefined ? '' : count(relayed.missing)),
  ],
  ['audio there and back, median', ({ calls }) => `${quantile(calls.roundTripsMs, 0.5).toFixed(2)} ms`],
  ['… 99 of 100 within', ({ calls }) => `${quantile(calls.roundTripsMs, 0.99).toFixed(2)} ms`],
  ['… longest', ({ calls }) => `${quantile(calls.roundTripsMs, 1).toFixed(2)} ms`],
  ['CPU seconds, user + system', ({ costs }) => each(costs, cpuText)],
  [
    'memory, peak',
    ({ costs }) => each(costs, ({ memoryPeakBytes }) => `${Math.round(memoryPeakBytes / 1_048_576)} MB`),
  ],
  ['CPU per second of a call', (measured) => `${cpuPerCallSecond(measured).toFixed(2)} ms`],
];

function cpuText({ cpu }: Cost): string {
  return `${(cpu.user + cpu.system).toFixed(2)} (${cpu.user.toFixed(2)} + ${cpu.system.toFixed(2)})`;
}

function each(costs: Measured['costs'], text: (cost: Cost) => string): string {
  return costs.map((cost) => (costs.length === 1 ? text(cost) : `${cost.name} ${text(cost)}`)).join(', ');
}

function count(value: number): string {
  return value.toLocaleString('en-GB');
}

function report(all: readonly Measured[]): void {
  const columns = all.map((measured) => ({
    heading: measured.platform.name,
    cell: ([, figure]: Row) => figure(measured),
  }));
  print(table<Row>(ROWS, [{ heading: '', cell: ([label]) => label }, ...columns], false));
}

const load = numbers({
  calls: { default: 100, max: 1_000 },
  seconds: { default: 20, max: 120 },
  rate: { default: 20, max: 100 },
});
print(machine());
print(
  `${load.calls} calls, ${load.rate} new ones a second, each with ${load.seconds} s of G.711 both ways\n`,
);
const ours = await measure('ringthrough', startRingthrough, load);
const remedy = missingPeer('kamailio', 'rtpengine');
const theirs = remedy === undefined ? await measure('kamailio', startKamailio, load) : undefined;
report(theirs === undefined ? [ours] : [ours, theirs]);
if (theirs === undefined) print(`For Kamailio with rtpengine beside it: ${remedy}`);
else
  print(
    `CPU per second of a call: ${(cpuPerCallSecond(ours) / cpuPerCallSecond(theirs)).toFixed(1)} times theirs`,
  );
const { calls: outcome, relayed } = ours;
process.exitCode = outcome.failed === 0 && relayed.received === relayed.sent ? 0 : 1;
