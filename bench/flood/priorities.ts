// Who comes first on two cores that everything shares. Bots and phones are other machines than the platform, so neither
// may slow down because the platform is busy: the bots have one core before anybody else, and the phones whichever they
// want, for the little time that they need. The platform, whichever it is, comes before whatever else runs here.
//
// Linux weighs sessions against each other before it looks at a process's nice value (sched(7), autogroup), so each
// of them is a session of its own, and has that weight twice.

import { availableParallelism } from 'node:os';
import type { CommandLine } from './arena.ts';

export type Rank = 'bots' | 'phones' | 'platform';

/** As of nice(1). */
const NICE: Readonly<Record<Rank, number>> = { bots: -15, phones: -15, platform: -12 };

/** The core of the bots, and of what the kernel does with their packets on their way in. */
const BOTS_CORE = '0';
const OTHER_CORES = Array.from({ length: availableParallelism() - 1 }, (_, index) => index + 1).join();

const SCRIPT = 'nice=$1; shift; echo "$nice" > /proc/self/autogroup || true; exec nice -n "$nice" "$@"';

/** A command line that runs another one with that rank. */
export function ranked(rank: Rank, ...command: CommandLine): CommandLine {
  const cores = rank === 'bots' ? BOTS_CORE : OTHER_CORES;
  const pinned = OTHER_CORES === '' ? [] : ['taskset', '-c', cores];
  return ['setsid', 'sh', '-c', SCRIPT, 'sh', String(NICE[rank]), ...pinned, ...command];
}
