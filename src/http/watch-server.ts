// The API of a node that only watches: the status, uptime, incidents, time series, and where other watchers bring their
// results. What belongs to telephones is not there, and whoever asks for it is told why.

import type { Incidents, MaintenancePlans } from '../admin/incidents.ts';
import type { SeriesRequest, SeriesView } from '../admin/series.ts';
import type { SeriesIntake } from '../admin/series-report.ts';
import type { PublishingDesk, StatusDesk } from '../admin/status.ts';
import type { UptimeDesk } from '../admin/uptime.ts';
import type { App } from './app.ts';
import { createMetrics } from './metrics.ts';
import { problemOf } from './problems.ts';
import { incidentRoutes, maintenanceRoutes } from './routes/incidents.ts';
import { seriesRoutes } from './routes/series.ts';
import { addResults, addSeriesReports, statusRoutes } from './routes/status.ts';
import { uptimeRoutes } from './routes/uptime.ts';
import { createServed, type HttpServer, listening, notKept, type Serving } from './serving.ts';

export interface WatchHttpOptions extends Serving {
  readonly status: StatusDesk;
  readonly page: PublishingDesk;
  readonly uptime: UptimeDesk;
  readonly incidents: Incidents;
  readonly maintenance: MaintenancePlans;
  readonly series: (request: SeriesRequest) => Promise<SeriesView>;
  readonly takeSeries: SeriesIntake;
  /** Why nothing is kept at present. */
  readonly trouble: () => string | undefined;
}

/** Throws RingthroughError LISTEN_FAILED. */
export async function openWatchHttp(options: WatchHttpOptions): Promise<HttpServer> {
  return listening(await createWatchApp(options), options.listen);
}

/** The whole API without a socket; its caller closes it. */
export function createWatchApp(options: WatchHttpOptions): Promise<App> {
  const { status, page, uptime, incidents, maintenance, series, takeSeries, trouble } = options;
  return createServed(options, {
    v1: [
      (app) => statusRoutes(app, status, page),
      (app) => uptimeRoutes(app, uptime),
      (app) => incidentRoutes(app, incidents),
      (app) => maintenanceRoutes(app, maintenance),
      (app) => seriesRoutes(app, { series }),
    ],
    open: (app) => {
      addResults(app, status);
      addSeriesReports(app, takeSeries);
    },
    metrics: createMetrics({ status, page }),
    unready: () => notKept(trouble()),
    missing: (method, url) =>
      problemOf(
        'OTHER_ROLE',
        `this node only watches (node.roles) and has no ${method} ${url}: ask a node that has telephones`,
      ),
  });
}
