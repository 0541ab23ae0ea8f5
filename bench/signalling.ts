// What signalling costs: CPU time of the platform for one operation of each kind, Ringthrough beside Kamailio (its
// registrar with digest and usrloc in memory; its stateful proxy), the same load in the same order, in one run.
//
//   node bench/signalling.ts [--thousands 20] [--calls 2000] [--rate 100]
//
// CPU is of the platform's processes only, from /proc. The load is closed: a phone asks again when it has been
// answered, so neither platform is pressed harder than it answers. Ringthrough digests by SHA-256, has each
// registration on disk before its 200, and each call in its ledger on disk; Kamailio digests by MD5 and keeps
// registrations in memory, calls not at all.

import { table } from '../src/cli/table.ts';
import { CARRIER_HOST, freePorts, HOST } from '../test/interop/rig.ts';
import { placeBriefCalls } from './brief-callers.ts';
import { missingPeer, startSignallingKamailio } from './kamailio.ts';
import { openOffice, PASSWORD, PHONES } from './office.ts';
import { BenchPhone, operate } from './phones.ts';
import type { Platform } from './platform.ts';
import { Meter } from './processes.ts';
import { machine, numbers, print } from './report.ts';
import { office, startRingthrough } from './ringthrough.ts';
import { type Stand, sleep, withStand } from './stand.ts';

const PHONE_COUNT = 64;
const OFFICE_SECONDS = 600;
/** A stray message is sent in such handfuls, so that no receive buffer overflows. */
const HANDFUL = 64;
const BETWEEN_HANDFULS_MS = 5;

type Start = (stand: Stand, carrier: { address: string; port: number }) => Promise<Platform>;

interface Bench {
  readonly phones: readonly BenchPhone[];
  readonly operations: number;
  calls(): Promise<number>;
}

interface Operation {
  readonly name: string;
  /** Returns how many operations there were. */
  run(bench: Bench): Promise<number>;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: 'stray ACK: read, found to belong to nothing, dropped',
    async run({ phones, operations }) {
      for (let sent = 0; sent < operations; sent += HANDFUL) {
        for (let index = 0; index < HANDFUL; index++) phones[index % phones.length]?.strayAck();
        await sleep(BETWEEN_HANDFULS_MS);
      }
      return Math.ceil(operations / HANDFUL) * HANDFUL;
    },
  },
  asking('REGISTER, 401, REGISTER with digest, 200', 200, (phone) => phone.registerAnew()),
  asking('REGISTER with a known nonce, 200', 200, (phone) => phone.registerAgain()),
  asking('OPTIONS, 200', 200, (phone) => phone.options()),
  {
    name: 'call: INVITE, 180, 200, ACK, BYE, 200',
    run: (bench) => bench.calls(),
  },
];

function asking(name: string, expected: number, act: (phone: BenchPhone) => Promise<number>): Operation {
  return {
    name,
    async run({ phones, operations }) {
      await operate(phones, operations, expected, act);
      return operations;
    },
  };
}

interface Measured {
  readonly platform: string;
  /** CPU microseconds for each operation, in their order. */
  readonly microseconds: readonly number[];
  readonly perSecond: readonly number[];
  readonly retransmissions: number;
}

async function measure(name: string, start: Start): Promise<Measured> {
  return withStand(name, async (stand) => {
    const carrier = { address: CARRIER_HOST, port: await freePorts(1, CARRIER_HOST) };
    const platform = await start(stand, carrier);
    const target = { address: HOST, port: platform.sipPort };
    const phones = await Promise.all(
      USERS.map((user, index) => BenchPhone.open(index, user, PASSWORD, target)),
    );
    for (const phone of phones) stand.onEnd(() => phone.close());
    await openOffice(stand, platform.sipPort, OFFICE_SECONDS);
    const calls = async () => {
      const { answered } = await placeBriefCalls(stand, {
        target,
        from: carrier,
        calls: load.calls,
        callsPerSecond: load.rate,
        numbers: PHONES.map(({ number }) => number),
      });
      return answered;
    };
    const microseconds: number[] = [];
    const perSecond: number[] = [];
    await operate(phones, phones.length * 2, 200, (phone) => phone.registerAnew());
    for (const operation of OPERATIONS) {
      const meters = platform.programs.map(({ pid }) => new Meter(pid));
      const startedMs = performance.now();
      const done = await operation.run({ phones, operations: load.thousands * 1_000, calls });
      const seconds = (performance.now() - startedMs) / 1_000;
      const cpu = meters
        .map((meter) => meter.stop().cpu)
        .reduce((sum, { user, system }) => sum + user + system, 0);
      microseconds.push((cpu * 1e6) / done);
      perSecond.push(done / seconds);
    }
    const retransmissions = phones.reduce((sum, phone) => sum + phone.retransmissions, 0);
    return { platform: platform.name, microseconds, perSecond, retransmissions };
  });
}

const USERS = Array.from({ length: PHONE_COUNT }, (_, index) => `desk-${index}`);

const load = numbers({
  thousands: { default: 20, max: 1_000 },
  calls: { default: 2_000, max: 100_000 },
  rate: { default: 100, max: 1_000 },
});
print(machine());
print(`${load.thousands},000 operations of each kind, ${load.calls} calls at ${load.rate} a second\n`);
const ours = await measure('ringthrough', (stand, carrier) =>
  // A released media port rests for five seconds, so calls of that long need ports at once.
  startRingthrough(stand, carrier, load.rate * 10, { accounts: [office(USERS)] }),
);
const remedy = missingPeer('kamailio');
const theirs = remedy === undefined ? await measure('kamailio', startSignallingKamailio) : undefined;
const figure = (measured: Measured | undefined, index: number): string =>
  measured === undefined
    ? ''
    : `${(measured.microseconds[index] ?? 0).toFixed(1)} µs (${Math.round(measured.perSecond[index] ?? 0).toLocaleString('en-GB')}/s)`;
print(
  table<number>(
    [...OPERATIONS.keys()],
    [
      { heading: 'CPU for one', cell: (index) => OPERATIONS[index]?.name },
      { heading: ours.platform, cell: (index) => figure(ours, index) },
      { heading: theirs?.platform ?? '', cell: (index) => figure(theirs, index) },
      {
        heading: 'ratio',
        cell: (index) =>
          theirs === undefined
            ? ''
            : ((ours.microseconds[index] ?? 0) / (theirs.microseconds[index] ?? 0)).toFixed(1),
      },
    ],
    false,
  ),
);
print(`retransmissions by the phones: ${ours.retransmissions}, ${theirs?.retransmissions ?? 'none'}`);
if (remedy !== undefined) print(`For Kamailio beside it: ${remedy}`);
