// What every node stands on, whatever it is for: its data folder, the records in it, and how it looks up names.

import { NetResolver, systemServers } from '../adapters/net-dns/resolver.ts';
import { type DataFolder, openDataFolder } from '../adapters/store-sqlite/data-folder.ts';
import { openSqliteStore } from '../adapters/store-sqlite/store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Store } from '../ports/store.ts';
import type { Config } from './config/config.ts';
import type { Shutdown } from './shutdown.ts';

/** What every part of a node may need. */
export interface Surroundings {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

export interface Ground {
  readonly folder: DataFolder;
  readonly store: Store;
  readonly resolver: NetResolver;
}

/** Throws RingthroughError; what was opened by then is `shutdown`'s to close. */
export async function openGround(
  { config, random }: Pick<Surroundings, 'config' | 'random'>,
  shutdown: Shutdown,
): Promise<Ground> {
  const folder = openDataFolder(config.node.dataFolder);
  shutdown.owns('data folder', () => folder.close());
  const store = await openSqliteStore(folder);
  shutdown.owns('store', () => store.close());
  const { servers, timeoutMs } = config.dns;
  const resolver = new NetResolver({
    servers: servers.length > 0 ? servers : systemServers(),
    timeoutMs,
    random,
  });
  shutdown.owns('resolver', () => resolver.close());
  return { folder, store, resolver };
}
