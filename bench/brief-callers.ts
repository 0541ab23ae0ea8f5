// Calls without audio, one after another as fast as asked: sipp places them, is answered, and hangs up at once
// (bench/scenarios/brief-caller.xml).

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CallersOptions } from './callers.ts';
import { statistics } from './callers.ts';
import { onLoopback, type Stand } from './stand.ts';

const SCENARIO = path.join(import.meta.dirname, 'scenarios/brief-caller.xml');
const SPARE_SECONDS = 30;

export type BriefCallersOptions = Omit<CallersOptions, 'seconds'>;

/** Returns when all calls have ended. Bounded: sipp gives up on what is not over in time. */
export async function placeBriefCalls(stand: Stand, options: BriefCallersOptions) {
  const { target, from, calls, callsPerSecond, numbers } = options;
  const { address, port } = onLoopback(target);
  const file = (name: string) => path.join(stand.folder, `brief-callers.${name}`);
  writeFileSync(file('csv'), `SEQUENTIAL\n${numbers.map((number) => `${number};`).join('\n')}\n`);
  const boundSeconds = Math.ceil(calls / callsPerSecond) + SPARE_SECONDS;
  const sipp = stand.run('sipp brief callers', 'sipp', [
    ...['-sf', SCENARIO, '-nostdin', '-inf', file('csv'), '-key', 'caller', '+447700900123'],
    ...['-i', from.address, '-p', String(from.port)],
    ...['-m', String(calls), '-r', String(callsPerSecond), '-l', String(calls)],
    ...['-timeout', String(boundSeconds), '-timeout_error'],
    ...['-trace_err', '-error_file', file('errors')],
    ...['-trace_stat', '-stf', file('statistics'), '-fd', '1s', '-aa'],
    `${address}:${port}`,
  ]);
  await sipp.end((boundSeconds + 5) * 1_000);
  const result = statistics(file('statistics'));
  if (result.failed === 0) return result;
  throw new Error(`${result.failed} of ${calls} calls failed: ${readFileSync(file('errors'), 'utf8')}`);
}
