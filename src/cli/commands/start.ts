// `ringthrough start`: runs a node until it is told to stop.
//
//   first signal    drain: no new calls, present ones go on; the node ends with the last of them
//   second signal   present calls are ended with BYE, and the node with them
//   SIGHUP          certificates are read anew, and nothing is interrupted

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** npm passes a terminal's Ctrl-C on to a program that had it already: within this time both are one. */
const SAME_SIGNAL_MS = 500;

export function addStart(program: Command, context: CliContext, exit: (code: number) => void): void {
  program
    .command('start')
    .description('run a node; without a configuration, a demo on loopback')
    .option('--config <file>', 'the configuration (RINGTHROUGH_CONFIG)')
    .addHelpText(
      'after',
      '\nOne SIGTERM or Ctrl-C lets present calls end by themselves; a second one ends them.' +
        '\nSIGHUP reads the certificates anew.',
    )
    .action(async ({ config }: { config?: string }) => {
      const configPath = config ?? context.environment.configFile;
      exit(await runNode(configPath, context));
    });
}

async function runNode(configPath: string | undefined, context: CliContext): Promise<number> {
  const out = (line: string) => context.out(`${line}\n`);
  const node = await context.startNode({ out, ...(configPath === undefined ? {} : { configPath }) });
  let drainingSince: number | undefined;
  let stopping: Promise<void> | undefined;
  const stopListening = context.onSignal((signal) => {
    if (signal === 'reload') return node.reload();
    const now = context.now();
    if (drainingSince === undefined) {
      drainingSince = now;
      node.drain();
    } else if (now - drainingSince >= SAME_SIGNAL_MS) {
      stopping ??= node.stop();
    }
  });
  try {
    return await node.stopped;
  } finally {
    stopListening();
    await stopping;
  }
}
