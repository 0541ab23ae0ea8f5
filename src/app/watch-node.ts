// A node that only watches, meant for a small machine on another network: it probes, judges, keeps what comes of it,
// and tells it. It has no telephones: no SIP, no media, no accounts. start.ts is a node that has.

import path from 'node:path';
import { readSeries } from '../admin/series.ts';
import { loadOrCreateToken, TOKEN_FILE } from '../http/token.ts';
import { openWatchHttp } from '../http/watch-server.ts';
import { shown, watchBanner } from './banner.ts';
import { openGround, type Surroundings } from './ground.ts';
import { Series } from './series.ts';
import type { Shutdown } from './shutdown.ts';
import { VERSION } from './version.ts';
import { openWatchDesk } from './watch-desk.ts';

/** Throws RingthroughError; what was opened by then is `shutdown`'s to close. */
export async function openNode(
  surroundings: Surroundings,
  shutdown: Shutdown,
  out: (line: string) => void,
): Promise<void> {
  const { config, clock, log, random } = surroundings;
  const { folder, store, resolver } = await openGround(surroundings, shutdown);
  const tokenFile = path.join(folder.path, TOKEN_FILE);
  const token = await loadOrCreateToken(tokenFile, random);
  const series = await Series.open({ store, clock, log });
  shutdown.owns('time series', () => series.close());
  const needs = { folder: folder.path, store, resolver, series };
  const desk = await openWatchDesk(surroundings, needs, shutdown);
  const http = await openWatchHttp({
    ...desk,
    listen: config.http.listen,
    token,
    version: VERSION,
    log,
    series: (request) => readSeries(request, { store, clock }),
  });
  shutdown.owns('http', () => http.close());
  const facts = {
    version: VERSION,
    startedInMs: performance.now(),
    status: desk.status.status(),
    page: desk.page(),
    apiUrl: http.url,
    tokenFile: shown(tokenFile),
  };
  for (const line of watchBanner(facts)) out(line);
}
