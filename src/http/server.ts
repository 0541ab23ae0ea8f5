// The API of a node with telephones: records, live calls, the ledger, and what the node watches. serving.ts says how it
// is served, and who is answered what.

import type { Admin } from '../admin/admin.ts';
import type { Incidents, MaintenancePlans } from '../admin/incidents.ts';
import type { StatusDesk } from '../admin/status.ts';
import type { UptimeDesk } from '../admin/uptime.ts';
import type { NodeControl } from '../node/views.ts';
import type { App, Routes } from './app.ts';
import { createMetrics, type MetricsSources } from './metrics.ts';
import { problemOf } from './problems.ts';
import { abuserRoutes } from './routes/abusers.ts';
import { accountRoutes } from './routes/accounts.ts';
import { callRoutes, ledgerRoutes, trunkRoutes } from './routes/calls.ts';
import { doorRoutes } from './routes/doors.ts';
import { fraudRoutes } from './routes/fraud.ts';
import { incidentRoutes, maintenanceRoutes } from './routes/incidents.ts';
import { noticeRoutes } from './routes/notices.ts';
import { numberRoutes, planRoutes } from './routes/numbers.ts';
import { phoneRoutes } from './routes/phones.ts';
import { provisionRoutes } from './routes/provision.ts';
import { readinessRoutes } from './routes/readiness.ts';
import { rehearsalRoutes } from './routes/rehearsal.ts';
import { seriesRoutes } from './routes/series.ts';
import { shieldRoutes } from './routes/shield.ts';
import { greetingRoutes, messageRoutes, soundRoutes } from './routes/sounds.ts';
import { addResults, statusRoutes } from './routes/status.ts';
import { forwardRoutes, telephoneRoutes } from './routes/telephone.ts';
import { testCallRoutes } from './routes/test-calls.ts';
import { traceRoutes } from './routes/trace.ts';
import { uptimeRoutes } from './routes/uptime.ts';
import { createServed, type HttpServer, listening, notKept, type Serving } from './serving.ts';
import { addTexting, type TextingRoute } from './texting.ts';

export interface HttpOptions extends Serving, MetricsSources {
  readonly admin: Admin;
  readonly node: NodeControl;
  readonly status: StatusDesk;
  readonly incidents: Incidents;
  readonly maintenance: MaintenancePlans;
  readonly uptime: UptimeDesk;
  /** Why nothing of what is watched is kept at present. */
  readonly trouble: () => string | undefined;
  /** Where a carrier may bring text messages. */
  readonly texting?: TextingRoute | undefined;
}

/** Throws RingthroughError LISTEN_FAILED. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  return listening(await createApp(options), options.listen);
}

const V1: readonly Routes[] = [
  accountRoutes,
  phoneRoutes,
  numberRoutes,
  planRoutes,
  forwardRoutes,
  telephoneRoutes,
  soundRoutes,
  greetingRoutes,
  messageRoutes,
  noticeRoutes,
  ledgerRoutes,
  callRoutes,
  trunkRoutes,
  provisionRoutes,
  testCallRoutes,
  traceRoutes,
  readinessRoutes,
  seriesRoutes,
  rehearsalRoutes,
  shieldRoutes,
  doorRoutes,
  fraudRoutes,
  abuserRoutes,
];

/** The whole API without a socket; its caller closes it. */
export function createApp(options: HttpOptions): Promise<App> {
  const { admin, node, status, page, uptime, incidents, maintenance, texting, hosts = [] } = options;
  const brought = texting === undefined ? [] : [new URL(texting.url).hostname];
  return createServed(
    { ...options, hosts: [...hosts, ...brought] },
    {
      v1: [
        ...V1.map((routes) => (app: App) => routes(app, admin)),
        (app) => statusRoutes(app, status, page),
        (app) => uptimeRoutes(app, uptime),
        (app) => incidentRoutes(app, incidents),
        (app) => maintenanceRoutes(app, maintenance),
      ],
      open: async (app) => {
        addResults(app, status);
        if (texting !== undefined) await addTexting(app, texting);
      },
      metrics: createMetrics(options),
      unready: () => {
        const { draining, store, storeReason } = node.health();
        return [
          ...(draining ? ['the node is draining'] : []),
          ...(store === 'ok' ? [] : [`the store fails: ${storeReason}`]),
        ];
      },
      // No reason to take calls elsewhere: parts fail apart.
      ailing: () => notKept(options.trouble()),
      missing: (method, url) => problemOf('NOT_FOUND', `there is no ${method} ${url}; see /docs`),
    },
  );
}
