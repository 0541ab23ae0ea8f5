// Opens what watches and judges, and what tells of it: probes, the judge, incidents, the count of uptime, the status
// page. Any node may have it; one that only watches has nothing else.

import path from 'node:path';
import type { NetResolver } from '../adapters/net-dns/resolver.ts';
import { openSigning } from '../adapters/node-signing/ed25519.ts';
import { lookupBy } from '../adapters/probe-plain/http.ts';
import { createReports } from '../adapters/report-http/report-http.ts';
import { Audit } from '../admin/audit.ts';
import { Incidents, MaintenancePlans } from '../admin/incidents.ts';
import type { SeriesIntake } from '../admin/series-report.ts';
import { type PublishingDesk, type StatusDesk, unwatched } from '../admin/status.ts';
import type { UptimeDesk } from '../admin/uptime.ts';
import type { Store } from '../ports/store.ts';
import type { WatchSettings } from './config/config.ts';
import type { Surroundings } from './ground.ts';
import { IncidentKeeping } from './incidents.ts';
import { keepProbes } from './probe-series.ts';
import { openProbing } from './probing.ts';
import { Reporting } from './reporting.ts';
import type { Series } from './series.ts';
import { SeriesReporting, takeSeries } from './series-reports.ts';
import type { Shutdown } from './shutdown.ts';
import { openStatusPage } from './status-page.ts';
import { UptimeKeeping } from './uptime.ts';
import { Watching } from './watching.ts';

/** Within the data folder. */
const WATCH_KEY_FILE = 'watch.key';

export interface WatchDesk {
  readonly status: StatusDesk;
  readonly page: PublishingDesk;
  readonly uptime: UptimeDesk;
  readonly incidents: Incidents;
  readonly maintenance: MaintenancePlans;
  /** Takes those of another node. */
  readonly takeSeries: SeriesIntake;
  /** Why nothing is kept at present. */
  readonly trouble: () => string | undefined;
}

export interface WatchNeeds {
  /** The data folder's path. */
  readonly folder: string;
  readonly store: Store;
  readonly resolver: NetResolver;
  /** Where what probes find is kept for graphs. */
  readonly series: Series;
}

export async function openWatchDesk(
  surroundings: Surroundings,
  needs: WatchNeeds,
  shutdown: Shutdown,
): Promise<WatchDesk> {
  const { config, clock, log, random } = surroundings;
  const { store } = needs;
  // Also where nothing is watched: what was open when something was must be closed.
  const keeping = await IncidentKeeping.open({ store, clock, log, rules: config.incidents });
  shutdown.owns('incidents', () => keeping.close());
  const judging = config.watch && (await openJudge(surroundings, config.watch, needs, keeping, shutdown));
  const status: StatusDesk = judging ?? unwatched(clock);
  const uptime = await UptimeKeeping.open({ store, clock, log, read: () => status.status().components });
  shutdown.owns('uptime', () => uptime.close());
  keeping.listen({ shown: uptime.changed });
  const page = await openStatusPage(surroundings, needs, status, keeping, shutdown);
  if (judging === undefined) keeping.begin([]);
  else judging.begin();
  const options = { desk: keeping, store, audit: new Audit({ clock, random }) };
  return {
    status,
    page,
    uptime: () => uptime.view(),
    incidents: new Incidents(options),
    maintenance: new MaintenancePlans({ ...options, hasAccounts: !config.node.onlyWatches }),
    takeSeries: judging?.takeSeries ?? (async () => undefined),
    trouble: () => keeping.trouble ?? uptime.trouble,
  };
}

interface Judge extends StatusDesk {
  readonly takeSeries: SeriesIntake;
  begin(): void;
}

async function openJudge(
  { clock, log, random }: Surroundings,
  settings: WatchSettings,
  { folder, store, resolver, series }: WatchNeeds,
  keeping: IncidentKeeping,
  shutdown: Shutdown,
): Promise<Judge> {
  const signing = await openSigning(path.join(folder, WATCH_KEY_FILE));
  const { prober, ...probing } = openProbing(settings, resolver, random);
  // After what runs probes has ended: it waits for their goodbyes.
  shutdown.owns('probes', () => probing.close());
  const around = { clock, log, random };
  const reports = createReports(lookupBy(resolver));
  const { name: watcher, report: nodes, seriesOf: from } = settings;
  const reporting = new Reporting({ ...around, nodes, reports });
  const bringing = new SeriesReporting({
    ...around,
    watcher,
    nodes: settings.reportSeries ? nodes : [],
    store,
    signing,
    reports,
  });
  shutdown.owns('reports of time series', () => bringing.close());
  const before = await store.componentStates();
  const watching = new Watching({
    ...around,
    settings,
    prober,
    signing,
    reporting,
    before,
    judged: keeping.judged,
    onResult: keepProbes(series, log),
  });
  shutdown.owns('watching', () => watching.close());
  return {
    status: () => keeping.statusOf(watching.status()),
    knows: (result) => watching.knows(result),
    report: (results) => watching.report(results),
    begin: () => {
      keeping.begin(watching.status().components, () => watching.look());
      watching.begin();
      void bringing.bring();
    },
    takeSeries: takeSeries({ from, verifying: signing, store, clock }),
  };
}
