// The HTTP API: routes under /v1 for whoever holds the token, its documentation at /docs, and what watches a
// node without a token: /metrics, /healthz, /readyz. Bound to loopback unless configured otherwise.
//
//   request ─ host check ─ (under /v1) token ─ validation ─ Admin ─ response schema
//                │421             │401            │400         │ RingthroughError's own status
//
// Browsers: a page elsewhere can neither read this (no CORS), nor act in its user's name (no cookies), nor
// come under a name of its own that points here (DNS rebinding: only known Host names are answered).

import fastify, { type FastifyRequest } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Admin } from '../admin/admin.ts';
import { check, formatMistake, formatPath } from '../admin/documents/document.ts';
import type { Incidents, MaintenancePlans } from '../admin/incidents.ts';
import type { StatusDesk } from '../admin/status.ts';
import { assert } from '../base/assert.ts';
import { ERROR_CATALOGUE, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { listenFailure } from '../base/listening.ts';
import { type Endpoint, formatEndpoint } from '../base/net.ts';
import type { Log } from '../ports/log.ts';
import type { App, Routes } from './app.ts';
import { createMetrics, type MetricsSources } from './metrics.ts';
import { addDocumentation } from './openapi.ts';
import { errorHandler, problemOf, problemResponse, sendProblem } from './problems.ts';
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
import { addResults, RESULTS_PATH, statusRoutes } from './routes/status.ts';
import { forwardRoutes, telephoneRoutes } from './routes/telephone.ts';
import { testCallRoutes } from './routes/test-calls.ts';
import { traceRoutes } from './routes/trace.ts';
import { addTexting, type TextingRoute } from './texting.ts';
import { tokenChecker } from './token.ts';

export interface HttpOptions extends MetricsSources {
  readonly listen: Endpoint;
  /** Names by which it may be called beside its addresses and `localhost`. */
  readonly hosts?: readonly string[];
  readonly token: string;
  /** Told to whoever comes without the token: where it is. */
  readonly tokenFile: string;
  readonly version: string;
  readonly admin: Admin;
  readonly log: Log;
  readonly status: StatusDesk;
  readonly incidents: Incidents;
  readonly maintenance: MaintenancePlans;
  /** Where a carrier may bring text messages. */
  readonly texting?: TextingRoute | undefined;
}

export interface HttpServer {
  /** Where it really listens. */
  readonly local: Endpoint;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  close(): Promise<void>;
}

/** Throws RingthroughError LISTEN_FAILED. */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const app = await createApp(options);
  try {
    await app.listen({ host: options.listen.address, port: options.listen.port });
  } catch (cause) {
    await app.close();
    throw listenFailure('http', options.listen, 'http.listen', cause);
  }
  const bound = app.server.address();
  assert(bound !== null && typeof bound === 'object', 'the HTTP server listens on a port');
  const local = { address: bound.address, port: bound.port };
  return { local, url: `http://${formatEndpoint(local)}`, close: () => app.close() };
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
export async function createApp(options: HttpOptions): Promise<App> {
  const app: App = fastify({
    bodyLimit: LIMITS.requestBodyBytesMax,
    requestTimeout: LIMITS.apiRequestMs,
    routerOptions: { maxParamLength: LIMITS.tokenBytesMax },
    // A drained node waits for calls, not for whoever keeps a connection open.
    forceCloseConnections: true,
    // What the router itself refuses (a path that cannot be decoded, one that is too long) is told as all else is.
    frameworkErrors: errorHandler(options.log),
  });
  app.server.maxConnections = LIMITS.apiConnectionsMax;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(errorHandler(options.log));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problemOf('NOT_FOUND', `there is no ${request.method} ${request.url}; see /docs`)),
  );
  app.addHook('onRequest', hostCheck(options.hosts ?? [], options.texting?.url));
  await addDocumentation(app, options.version);
  addWatchRoutes(app, options);
  await app.register(
    async (v1) => {
      v1.addHook('onRequest', tokenCheck(options));
      v1.addHook('onResponse', async (request, reply) => audit(options.log, request, reply.statusCode));
      // Each in a scope of its own, so that one's way to parse bodies is not everyone's.
      for (const routes of V1) await v1.register(async (scope: App) => routes(scope, options.admin));
      await v1.register(async (scope: App) => statusRoutes(scope, options.status, options.page));
      await v1.register(async (scope: App) => incidentRoutes(scope, options.incidents));
      await v1.register(async (scope: App) => maintenanceRoutes(scope, options.maintenance));
    },
    { prefix: '/v1' },
  );
  addResults(app, options.status);
  if (options.texting !== undefined) await addTexting(app, options.texting);
  await app.ready();
  return app;
}

/** Requests are checked as files are (admin/documents), so that mistakes are told alike. */
function validatorCompiler({ schema }: { schema: unknown }) {
  assert(schema instanceof z.ZodType, 'routes have Zod schemas');
  return (data: unknown) => {
    const checked = check(data, schema);
    if (checked.ok) return { value: checked.value };
    const mistakes = checked.error.map(({ path, reason }) => ({ path: formatPath(path), reason }));
    const message = `the request has mistakes: ${mistakes.map(formatMistake).join('; ')}`;
    return { error: new RingthroughError('INVALID_INPUT', message, { mistakes }) };
  };
}

/** An address cannot be rebound to another machine; a name can, so names must be known. */
function hostCheck(hosts: readonly string[], texting: string | undefined) {
  const brought = texting === undefined ? [] : [new URL(texting).hostname];
  const known = new Set(['localhost', ...brought, ...hosts.map((host) => host.toLowerCase())]);
  return async (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => {
    const host = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname ?? '';
    const isAddress = host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
    // What is signed is safe under any name, and watchers on other networks call the node by one.
    if (isAddress || known.has(host) || request.url === RESULTS_PATH) return;
    const detail = `this API is not known as "${host}"; call it by its address or as localhost`;
    return sendProblem(reply, problemOf('INVALID_INPUT', detail, { status: 421 }));
  };
}

function tokenCheck(options: HttpOptions) {
  const isRight = tokenChecker(options.token);
  return async (request: FastifyRequest) => {
    const [scheme, presented] = request.headers.authorization?.split(' ') ?? [];
    if (scheme?.toLowerCase() === 'bearer' && presented !== undefined && isRight(presented)) return;
    const problem = presented === undefined ? 'is missing' : 'is wrong';
    const remedy = `send "Authorization: Bearer …" with what ${options.tokenFile} holds`;
    throw new RingthroughError('UNAUTHORISED', `the API token ${problem}; ${remedy}`);
  };
}

/**
 * Who reads changes nothing and is not worth a line; who comes with a wrong token is. Without the query, in
 * which somebody may have put the token by mistake.
 */
function audit(log: Log, request: FastifyRequest, status: number): void {
  if (request.method === 'GET' && status !== ERROR_CATALOGUE.UNAUTHORISED.http) return;
  const [path] = request.url.split('?');
  log.info('API', { method: request.method, path, status, from: request.ip });
}

/** For machines that watch: no token, and nothing that is worth one. */
function addWatchRoutes(app: App, options: HttpOptions): void {
  const metrics = createMetrics(options);
  app.addHook('onClose', async () => metrics.close());
  const tags = ['watch'];
  const security: [] = [];

  app.get(
    '/metrics',
    { schema: { tags, security, summary: 'Prometheus metrics' } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );

  app.get(
    '/healthz',
    {
      schema: {
        tags,
        security,
        summary: 'Is the process alive?',
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()) });
  app.get(
    '/readyz',
    {
      schema: {
        tags,
        security,
        summary: 'Does it take new calls?',
        response: { 200: readiness, 503: readiness, default: problemResponse },
      },
    },
    async (_request, reply) => {
      const health = options.node.health();
      const reasons = [
        ...(health.draining ? ['the node is draining'] : []),
        ...(health.store === 'ok' ? [] : [`the store fails: ${health.storeReason}`]),
      ];
      const ready = reasons.length === 0;
      return reply.code(ready ? 200 : 503).send({ ready, reasons });
    },
  );
}
