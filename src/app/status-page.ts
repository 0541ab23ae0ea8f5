// Opens the status page: what renders it, where it goes, and its own listener. Off unless `status.page` is written.
//
// The page goes on when the node is busy with calls, for it takes little; and when it does not go on, it is seen: what
// was published calls itself old by then, and the listener shows nothing that is.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { openPageServer } from '../adapters/page-server/server.ts';
import { createFolderTarget, prepareFolder } from '../adapters/publish-folder/folder.ts';
import { createRsyncTarget } from '../adapters/publish-rsync/rsync.ts';
import { createS3Target } from '../adapters/publish-s3/s3.ts';
import { type PageSources, pageView, readPageRecords } from '../admin/page.ts';
import { PageGraphs } from '../admin/page-graphs.ts';
import type { PublishingDesk, StatusDesk } from '../admin/status.ts';
import { RingthroughError } from '../base/errors.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { PublishTarget } from '../ports/publishing.ts';
import type { Store } from '../ports/store.ts';
import { renderFormats } from '../status-page/formats.ts';
import { renderPage } from '../status-page/render.ts';
import type { PageSettings } from './config/status-page.ts';
import type { Surroundings } from './ground.ts';
import type { IncidentKeeping } from './incidents.ts';
import { LastKnown } from './last-known.ts';
import { Publishing } from './publishing.ts';
import type { Shutdown } from './shutdown.ts';

/** Within the data folder. */
const STAGING_FOLDER = 'status-page';
/** Two renderings were missed by then, and a third is late. */
const STALE_AFTER_MS = 3 * MINUTE_MS;

/** Gives how it is doing. Throws RingthroughError LISTEN_FAILED or, on a node that only watches, CONFIG_INVALID. */
export async function openStatusPage(
  { config, clock, log, random }: Surroundings,
  { store, folder }: { readonly store: Store; readonly folder: string },
  desk: StatusDesk,
  keeping: Pick<IncidentKeeping, 'listen'>,
  shutdown: Shutdown,
): Promise<PublishingDesk> {
  const { page } = config;
  if (page === undefined) return () => undefined;
  const staleAfterMs = STALE_AFTER_MS;
  const { advice } = config.incidents;
  const site = { ...page.site, ...(advice === '' ? {} : { advice }) };
  const graphs = new PageGraphs(store);
  const records = new LastKnown((now) => readPageRecords(store, graphs, now), log);
  const publishing = new Publishing({
    render: async (now) => {
      const told = await records.at(now);
      const view = pageView(told, { site, shown: shownBy(desk), staleAfterMs }, now);
      return [...renderPage(view, nodeHashing), ...renderFormats(view)];
    },
    targets: await openTargets(page, path.join(folder, STAGING_FOLDER), (error) => {
      // Whoever restarts a node with telephones while the page's disk is away needs the telephones.
      if (config.node.onlyWatches) throw error;
      log.error('the status page is not written until its folder can be used', { reason: error.message });
    }),
    clock,
    random,
    log,
  });
  shutdown.owns('status page', () => publishing.close());
  let url: string | undefined;
  if (page.listen !== undefined) {
    const edition = () => publishing.edition;
    const server = await openPageServer({ listen: page.listen, edition, staleAfterMs, clock });
    shutdown.owns('listener of the status page', () => server.close());
    url = `${server.url}/`;
    log.info('the status page is served', { url });
  }
  const { changed } = publishing;
  keeping.listen({ shown: changed, written: changed });
  publishing.begin();
  return () => ({ url, ...publishing.view() });
}

function shownBy(desk: StatusDesk): PageSources['shown'] {
  const { shown: state, components } = desk.status();
  return {
    state,
    components: components.map(({ name, group, shown, shownSince }) => {
      return { name, group, state: shown, since: shownSince };
    }),
  };
}

/** What a node that was killed had half put together in `staging` is gone then. */
export async function openTargets(
  { folder, push }: Pick<PageSettings, 'folder' | 'push'>,
  staging: string,
  unusable: (error: RingthroughError) => void,
): Promise<readonly PublishTarget[]> {
  await rm(staging, { recursive: true, force: true });
  try {
    if (folder !== undefined) prepareFolder(folder);
  } catch (error) {
    if (!(error instanceof RingthroughError)) throw error;
    unusable(error);
  }
  return [
    ...(folder === undefined ? [] : [createFolderTarget(folder)]),
    ...push.map((one) =>
      one.type === 'rsync' ? createRsyncTarget({ ...one, staging }) : createS3Target(one),
    ),
  ];
}
