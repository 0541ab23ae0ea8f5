// Recordings and menus at once, on one core: so many callers leave messages, which are sealed and written to disk, and
// as many hear prompts, from one relay that is held to one core of the machine. The callers are another process, on
// another core; it sends speech every 20 ms, and notes when each packet of the prompts arrives.
//
//     node bench/recordings.ts --callers 200 --seconds 30
//
// A packet is late when it comes more than 20 ms after its tick, and its ticks stand on the earliest one that fits all.
// The callers come within the first two seconds: 200 calls a second, which is far more than any office brings.

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadPrompts } from '../src/adapters/media-relay/prompts.ts';
import { createMediaRelay } from '../src/adapters/media-relay/relay.ts';
import { openRecordings } from '../src/adapters/recordings-files/recordings.ts';
import { createSystemClock } from '../src/adapters/system-clock/system-clock.ts';
import { createSystemRandom } from '../src/adapters/system-random/system-random.ts';
import type { MediaCommand, MediaEvent } from '../src/ports/media.ts';
import { encodeG711 } from '../src/rtp/g711.ts';
import { serialiseRtp } from '../src/rtp/packet.ts';
import { sineSamples } from '../src/rtp/tone.ts';
import { machine, numbers, print, quantile } from './report.ts';

const RELAY_HOST = '127.0.71.1';
const CALLERS_HOST = '127.0.71.2';
const STEP_MS = 20;
const ARRIVING_MS = 2_000;
const PCMA = 8;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What the relay's process is told, and tells. */
type Order = {
  readonly record: readonly number[];
  readonly listen: readonly number[];
  readonly seconds: number;
};
type Told =
  | { readonly type: 'ports'; readonly record: readonly number[]; readonly listen: readonly number[] }
  | {
      readonly type: 'done';
      readonly recorded: number;
      readonly cpuMs: number;
      /** Packets that were to be played until the end. */
      readonly due: number;
      readonly lengthsMs: readonly number[];
    };

function tell(told: Told): void {
  process.send?.(told);
}

/** The relay: opens an endpoint for each caller, records the ones and plays to the others, and counts. */
async function relay(): Promise<void> {
  const [order] = (await once(process, 'message')) as [Order];
  const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-bench-'));
  const random = createSystemRandom();
  const prompts = await loadPrompts(path.join(import.meta.dirname, '../assets/prompts/en'));
  const opened = new Map<string, number>();
  const lengthsMs: number[] = [];
  let wake = () => {};
  const media = createMediaRelay({
    address: RELAY_HOST,
    ports: { from: 20_000, to: 21_999 },
    prompts,
    recordings: await openRecordings(folder, random.bytes(32), SILENT),
    clock: createSystemClock(),
    random,
    log: SILENT,
    onEvents: (events: readonly MediaEvent[]) => {
      for (const event of events) {
        if (event.type === 'opened') opened.set(event.id, event.local.port);
        if (event.type === 'recorded' && event.why !== 'failed') lengthsMs.push(event.lengthMs);
      }
      wake();
    },
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const ends = [
    ...order.record.map((port, index) => ({ id: `record-${index}`, port })),
    ...order.listen.map((port, index) => ({ id: `listen-${index}`, port })),
  ];
  media.perform(ends.map(({ id }) => ({ type: 'open', id, family: 'ipv4' })));
  await until(() => opened.size === ends.length);
  const portsOf = (kind: string) =>
    ends.filter(({ id }) => id.startsWith(kind)).map(({ id }) => opened.get(id) ?? 0);
  const sounds = ['control-welcome', 'message-choices'].map((name) => ({ type: 'prompt', name }) as const);
  media.perform(ends.flatMap(answered));
  tell({ type: 'ports', record: portsOf('record'), listen: portsOf('listen') });
  const before = process.cpuUsage();
  const beganAt = performance.now();
  const listening: number[] = [];
  const lastMs = order.seconds * 1_000;
  const begin = (id: string, index: number) => {
    if (id.startsWith('listen')) {
      listening.push(performance.now());
      media.perform([{ type: 'play', id, sounds, repeat: true }]);
      return;
    }
    // They end one after another, as people do, and the last at the end.
    const untilMs = lastMs * (0.5 + (0.5 * (index + 1)) / order.record.length);
    const maxMs = Math.round(untilMs - (performance.now() - beganAt));
    const recording = Buffer.from(random.bytes(16)).toString('hex');
    media.perform([{ type: 'record', id, recording, maxMs, silenceMs: lastMs }]);
  };
  for (const [index, { id }] of ends.entries()) {
    const place = index % order.record.length;
    setTimeout(() => begin(id, place), (place * ARRIVING_MS) / order.record.length);
  }
  await until(() => lengthsMs.length === order.record.length);
  const { user, system } = process.cpuUsage(before);
  const endedAt = performance.now();
  const due = listening.reduce((sum, at) => sum + Math.floor((endedAt - at) / STEP_MS), 0);
  await media.close();
  rmSync(folder, { recursive: true, force: true });
  tell({ type: 'done', recorded: lengthsMs.length, cpuMs: (user + system) / 1_000, due, lengthsMs });
  process.disconnect?.();
}

/** A caller at this port has agreed to A-law and keys. */
function answered({ id, port }: { readonly id: string; readonly port: number }): readonly MediaCommand[] {
  const signalled = { address: CALLERS_HOST, port };
  const playable = { payloadType: PCMA, codec: 'PCMA' } as const;
  const remote = { signalled, signallingAddress: CALLERS_HOST, playable, dtmfPayloadType: 101 };
  return [
    { type: 'remote', id, remote },
    { type: 'keys', id, listen: true },
  ];
}

async function bound(count: number) {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  for (const socket of sockets) socket.bind(0, CALLERS_HOST);
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  return sockets;
}

/** What so many would say: never quite as loud as the moment before. */
function speech(step: number): Uint8Array {
  const amplitude = step % 30 < 4 ? 0.001 : 0.1 + (step % 7) / 50;
  return encodeG711('PCMA', sineSamples({ frequencyHz: 300, sampleRate: 8_000, count: 160, amplitude }));
}

async function callers(child: ChildProcess, count: number, seconds: number) {
  const speakers = await bound(count);
  const listeners = await bound(count);
  const arrivals = listeners.map((): number[] => []);
  for (const [index, socket] of listeners.entries())
    socket.on('message', (packet) => {
      // What is not PCMA is a report (RTCP) for the neighbour of this port.
      if (((packet[1] ?? 0) & 0x7f) === PCMA) arrivals[index]?.push(performance.now());
    });
  const portsOf = (sockets: typeof speakers) => sockets.map((socket) => socket.address().port);
  child.send({ record: portsOf(speakers), listen: portsOf(listeners), seconds } satisfies Order);
  const [ports] = (await once(child, 'message')) as [Told & { type: 'ports' }];
  const beganAt = performance.now();
  let step = 0;
  const speak = () => {
    for (; beganAt + step * STEP_MS <= performance.now(); step += 1) {
      const payload = speech(step);
      const header = {
        payloadType: PCMA,
        marker: false,
        sequenceNumber: step & 0xffff,
        timestamp: step * 160,
      };
      for (const [index, socket] of speakers.entries())
        socket.send(serialiseRtp({ ...header, ssrc: index }, payload), ports.record[index] ?? 9, RELAY_HOST);
    }
  };
  const speaking = setInterval(speak, STEP_MS / 2);
  const [done] = (await once(child, 'message')) as [Told & { type: 'done' }];
  clearInterval(speaking);
  for (const socket of [...speakers, ...listeners]) socket.close();
  return { done, arrivals };
}

/** How much later than its tick each packet came. */
function latenessMs(arrivals: readonly number[]): readonly number[] {
  const beats = arrivals.map((at, index) => at - index * STEP_MS);
  const first = Math.min(...beats);
  return beats.map((beat) => beat - first);
}

async function main(): Promise<void> {
  const { callers: count, seconds } = numbers({
    callers: { default: 200, max: 400 },
    seconds: { default: 30, max: 120 },
  });
  print(machine());
  const file = import.meta.filename;
  const child = spawn('taskset', ['-c', '0', process.execPath, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { done, arrivals } = await callers(child, count, seconds);
  const late = arrivals.flatMap(latenessMs);
  const missing = Math.max(0, done.due - late.length);
  const missed = late.filter((ms) => ms > STEP_MS).length + missing;
  print(`\n${count} recordings and ${count} listeners for ${seconds} s, the relay on one core`);
  print(
    `recorded             ${done.recorded} of ${count}, median ${(quantile(done.lengthsMs, 0.5) / 1_000).toFixed(1)} s`,
  );
  print(`packets played       ${late.length} of ${done.due} due`);
  print(`late or missing      ${missed}, ${((100 * missed) / done.due).toFixed(2)} %`);
  print(
    `lateness             median ${quantile(late, 0.5).toFixed(1)} ms, 99 % ${quantile(late, 0.99).toFixed(1)} ms`,
  );
  print(`CPU of the relay     ${(done.cpuMs / (seconds * 10)).toFixed(0)} % of the core`);
}

// A process that has somebody to tell is the relay.
if (process.send !== undefined) await relay();
else await main();
