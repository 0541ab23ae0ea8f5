// The program's entry: hands the command line to cli/, and to it what it needs of the machine.

import { text } from 'node:stream/consumers';
import { readEnvironment } from './app/config/environment.ts';
import { VERSION } from './app/version.ts';
import { runCli } from './cli/cli.ts';

const environment = readEnvironment();

// Whoever reads our output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), {
  version: VERSION,
  out: (words) => process.stdout.write(words),
  err: (words) => process.stderr.write(words),
  stdin: () => text(process.stdin),
  colour: process.stdout.isTTY === true && !environment.plain,
  now: Date.now,
  environment,
  // Loaded only by who needs it: a command that asks a node should not pay for one.
  startNode: async (options) => (await import('./app/start.ts')).startNode(options),
  onSignal: (listener) => {
    process.on('SIGTERM', listener).on('SIGINT', listener);
    // Listened to until the very end: one more signal while the last handles close must not spoil a clean exit.
    return () => undefined;
  },
});
