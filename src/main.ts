// The program's entry: hands the command line to cli/, and to it what it needs of the machine.

import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { readEnvironment } from './app/config/environment.ts';
import { VERSION } from './app/version.ts';
import { runCli } from './cli/cli.ts';

const environment = readEnvironment();
const inTerminal = process.stdout.isTTY === true;

// Whoever reads our output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

function onKey(listener: (key: string) => void): () => void {
  const { stdin } = process;
  const hear = (bytes: Buffer) => listener(bytes.toString());
  stdin.setRawMode(true).on('data', hear).resume();
  return () => stdin.off('data', hear).setRawMode(false).pause();
}

process.exitCode = await runCli(process.argv.slice(2), {
  version: VERSION,
  out: (words) => process.stdout.write(words),
  err: (words) => process.stderr.write(words),
  stdin: () => text(process.stdin),
  colour: inTerminal && !environment.plain,
  columns: () => process.stdout.columns,
  terminal: inTerminal && process.stdin.isTTY ? { rows: () => process.stdout.rows, onKey } : undefined,
  now: Date.now,
  pause: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => undefined),
  environment,
  // Loaded only by who needs it: a command that asks a node should not pay for one.
  startNode: async (options) => (await import('./app/launch.ts')).startNode(options),
  certificates: {
    make: async (wanted) => (await import('./app/certificates.ts')).makeCertificate(wanted),
    read: async (file) => (await import('./app/certificates.ts')).certificateFacts(file),
  },
  shieldPlan: async (options) => (await import('./app/shielding.ts')).printShieldPlan(options),
  onSignal: (listener) => {
    const stop = () => listener('stop');
    process.on('SIGTERM', stop).on('SIGINT', stop);
    // To a daemon, SIGHUP is its operator; to a program in a terminal, that its window was closed.
    process.on('SIGHUP', () => listener(inTerminal ? 'stop' : 'reload'));
    // Listened to until the very end: one more signal while the last handles close must not spoil a clean exit.
    return () => undefined;
  },
});
