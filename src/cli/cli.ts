// The command line: `ringthrough start` runs a node in this process; `certificate` works on files, `shield plan`
// prints; every other command asks a running node's API. Noun, then verb, each with --json and --help (docs/cli.md).
//
// Exit codes: 0 done; 1 a test call or rehearsal failed, or a number is not ready;
// 64 and up after sysexits(3), by the code of the error.

import { Command, CommanderError } from 'commander';
import { formatMistake } from '../admin/documents/document.ts';
import { ERROR_CATALOGUE, EXIT, RingthroughError } from '../base/errors.ts';
import { addCalls } from './commands/calls.ts';
import { addCertificates } from './commands/certificate.ts';
import { addDiverts } from './commands/divert.ts';
import { addDoors } from './commands/door.ts';
import { addFraud } from './commands/fraud.ts';
import { addIncidents } from './commands/incident.ts';
import { addLedger } from './commands/ledger.ts';
import { addLists } from './commands/lists.ts';
import { addMaintenance } from './commands/maintenance.ts';
import { addNotices } from './commands/notice.ts';
import { addProvision } from './commands/provision.ts';
import { addReadiness } from './commands/readiness.ts';
import { addRehearse } from './commands/rehearse.ts';
import { addShieldAbusers } from './commands/shield-abusers.ts';
import { addShieldPlan } from './commands/shield-plan.ts';
import { addShieldRehearse } from './commands/shield-rehearse.ts';
import { addShieldStatus } from './commands/shield-status.ts';
import { addSounds } from './commands/sound.ts';
import { addStart } from './commands/start.ts';
import { addStatus } from './commands/status.ts';
import { addTelephone } from './commands/telephone.ts';
import { addTrace } from './commands/trace.ts';
import { addUptime } from './commands/uptime.ts';
import { addVoicemail } from './commands/voicemail.ts';
import type { CliContext } from './context.ts';

/** `args` without the program's own name. Answers with the exit code; never throws. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, context);
  }
}

/** The whole tree of commands; `exit` is told how an action ended. */
export function buildProgram(context: CliContext, exit: (code: number) => void): Command {
  const program = new Command('ringthrough')
    .description('A telephone platform that keeps numbers ringing.')
    .version(context.version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .showHelpAfterError('(--help tells more)');
  addStart(program, context, exit);
  addProvision(program, context);
  addCalls(program, context, exit);
  addDiverts(program, context);
  addDoors(program, context);
  addFraud(program, context);
  addLedger(program, context);
  addLists(program, context);
  addStatus(program, context);
  addIncidents(program, context);
  addMaintenance(program, context);
  addUptime(program, context);
  addReadiness(program, context, exit);
  addRehearse(program, context, exit);
  addCertificates(program, context);
  addNotices(program, context, exit);
  addSounds(program, context);
  addVoicemail(program, context);
  addTelephone(program, context);
  addTrace(program, context);
  const shield = program.command('shield').description('what keeps floods and overload from phones');
  addShieldStatus(shield, context);
  addShieldPlan(shield, context);
  addShieldRehearse(shield, context);
  addShieldAbusers(shield, context);
  return program;
}

/** Says what went wrong in as many lines as there are mistakes, and gives the exit code. */
function explain(error: unknown, context: CliContext): number {
  // Commander has spoken already: a mistake in the arguments, or help and version, which are none.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof RingthroughError) {
    // A message may tell the first mistake, or all of them; two on different lines may have the same reason.
    const untold = error.mistakes.map(formatMistake).filter((mistake) => !error.message.includes(mistake));
    const lines = [error.message, ...untold.map((mistake) => `  ${mistake}`)];
    context.err(`ringthrough: ${lines.join('\n')}\n`);
    return ERROR_CATALOGUE[error.code].exit;
  }
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.err(`ringthrough: this is a bug in Ringthrough; please report it with this:\n${story}\n`);
  return EXIT.failure;
}
