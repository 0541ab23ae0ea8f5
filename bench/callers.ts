// A hundred callers: sipp places and ends their calls (bench/scenarios/talking-caller.xml), bench/voices.ts is
// their audio. sipp logs where the audio of each answered call is to go, and that caller begins to speak.

import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../src/base/assert.ts';
import type { Endpoint } from '../src/base/net.ts';
import { CARRIER_HOST, freePorts, until } from '../test/interop/rig.ts';
import { onLoopback, type Stand } from './stand.ts';
import { type Heard, Voices } from './voices.ts';

export interface CallersOptions {
  /** Whose calls are measured. */
  readonly target: Endpoint;
  /** Where the callers' carrier is, so that the target knows it. */
  readonly from: Endpoint;
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Each speaks for so long, from the answer on. */
  readonly seconds: number;
  /** Called in turn. */
  readonly numbers: readonly string[];
}

export interface CallsResult extends Heard {
  readonly answered: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** From INVITE to 200, on average. */
  readonly answerMs: number;
}

/** From the caller's answer to his BYE, beyond the time that he speaks: the last packets come home before. */
const SILENCE_MS = 1_500;
const SETUP_SECONDS_MAX = 30;
const SCENARIO = path.join(import.meta.dirname, 'scenarios/talking-caller.xml');
const CALLER = '+447700900123';

/** Returns when all calls have ended. Bounded: sipp gives up on what is not over in time. */
export async function placeCalls(stand: Stand, options: CallersOptions): Promise<CallsResult> {
  const voices = await Voices.open(options.calls, options.from.address);
  stand.onEnd(() => voices.close());
  const files = filesIn(stand.folder);
  writeFileSync(files.calls, injection(voices.ports, options.numbers));
  const boundSeconds = options.calls / options.callsPerSecond + options.seconds + SETUP_SECONDS_MAX;
  const sipp = stand.run('sipp callers', 'sipp', await parameters(options, files, boundSeconds));
  const answers = new Answers(files.log);
  const listening = setInterval(() => {
    for (const { port, to } of answers.take()) voices.speak(port, to, options.seconds);
  }, 5);
  try {
    await sipp.end((boundSeconds + 5) * 1_000);
    const result = statistics(files.statistics);
    if (result.failed === 0) await until('the last audio', 5_000, () => voices.settled || undefined);
    return { ...result, ...voices.heard() };
  } finally {
    clearInterval(listening);
  }
}

function filesIn(folder: string) {
  const file = (name: string) => path.join(folder, `callers.${name}`);
  return { calls: file('csv'), log: file('log'), statistics: file('statistics'), errors: file('errors') };
}

async function parameters(
  { target, from, calls, callsPerSecond, seconds }: CallersOptions,
  files: ReturnType<typeof filesIn>,
  boundSeconds: number,
): Promise<readonly string[]> {
  const { address, port } = onLoopback(target);
  return [
    ...['-sf', SCENARIO, '-nostdin', '-inf', files.calls, '-key', 'caller', CALLER],
    ...['-i', from.address, '-p', String(from.port)],
    ...['-mi', from.address, '-mp', String(await freePorts(4, CARRIER_HOST))],
    ...['-m', String(calls), '-l', String(calls), '-r', String(callsPerSecond)],
    ...[
      '-d',
      String(seconds * 1_000 + SILENCE_MS),
      '-timeout',
      String(Math.ceil(boundSeconds)),
      '-timeout_error',
    ],
    ...['-trace_logs', '-log_file', files.log, '-trace_err', '-error_file', files.errors],
    ...['-trace_stat', '-stf', files.statistics, '-fd', '1s', '-aa'],
    `${address}:${port}`,
  ];
}

/** sipp's [field0] and [field1]: whom each call is to, and where its caller listens. */
function injection(ports: readonly number[], numbers: readonly string[]): string {
  const rows = ports.map((port, index) => `${numbers[index % numbers.length]};${port};`);
  return `SEQUENTIAL\n${rows.join('\n')}\n`;
}

/** Lines of a growing file: `answered PORT ADDRESS PORT`. */
class Answers {
  readonly #file: string;
  #offset = 0;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  take(): readonly { readonly port: number; readonly to: Endpoint }[] {
    if (!existsSync(this.#file)) return [];
    const lines = (this.#rest + this.#read()).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => {
      const [, caller, address = '', port] = /^answered (\d+) ([0-9.]+) (\d+)$/.exec(line) ?? [];
      return caller === undefined ? [] : [{ port: Number(caller), to: { address, port: Number(port) } }];
    });
  }

  #read(): string {
    const descriptor = openSync(this.#file, 'r');
    try {
      const buffer = Buffer.alloc(65_536);
      const length = readSync(descriptor, buffer, 0, buffer.length, this.#offset);
      this.#offset += length;
      return buffer.toString('latin1', 0, length);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** What sipp says at its end of the calls that it placed; the scenario times `answer`. */
export function statistics(file: string) {
  const [head, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const names = present(head, 'head of sipp’s statistics').split(';');
  const last = present(rows.at(-1), 'row of sipp’s statistics').split(';');
  const value = (name: string): string => present(last[names.indexOf(name)], name);
  return {
    answered: Number(value('SuccessfulCall(C)')),
    failed: Number(value('FailedCall(C)')),
    retransmissions: Number(value('Retransmissions(C)')),
    answerMs: milliseconds(value('ResponseTimeanswer(C)')),
  };
}

/** sipp writes `00:00:00:023000`: hours, minutes, seconds, microseconds. */
function milliseconds(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0, microseconds = 0] = text.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + microseconds / 1_000;
}
