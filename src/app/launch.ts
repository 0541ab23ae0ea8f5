// Starts a node: reads its configuration, and opens what it is for. Each mistake of the operator is told before
// anything is taken.
//
// Ownership: what is opened is handed to `Shutdown` at once, which closes it, newest first; nothing else does.

import { createLog } from '../adapters/pino-log/pino-log.ts';
import { createSystemClock } from '../adapters/system-clock/system-clock.ts';
import { createSystemRandom } from '../adapters/system-random/system-random.ts';
import { watchClock } from './clock-watch.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load.ts';
import { type RunningNode, Shutdown } from './shutdown.ts';

export interface StartOptions {
  readonly configPath?: string;
  readonly out: (line: string) => void;
}

/** Throws RingthroughError, with everything that was opened closed again. */
export async function startNode({ configPath, out }: StartOptions): Promise<RunningNode> {
  const environment = readEnvironment();
  const config = loadConfig(configPath ?? environment.configFile, environment);
  const clock = createSystemClock();
  const log = createLog({ clock, level: environment.logLevel ?? config.log.level });
  const shutdown = new Shutdown(log);
  shutdown.owns('watch over the clock', watchClock(clock, log));
  const surroundings = { config, clock, log, random: createSystemRandom() };
  try {
    // Loaded only by who needs it: a node that watches should not pay for one that carries calls.
    const { openNode } = await (config.node.onlyWatches ? import('./watch-node.ts') : import('./start.ts'));
    await openNode(surroundings, shutdown, out);
  } catch (error) {
    await shutdown.close();
    throw error;
  }
  return shutdown;
}
