// How this program serves HTTP, whatever a node offers by it: routes under /v1 for whoever holds the token, their
// documentation at /docs, and what watches a node without a token: /metrics, /healthz, /readyz. What is offered is put
// together by server.ts, for a node with telephones, and by watch-server.ts, for one that only watches.
//
//   request ─ host check ─ (under /v1) token ─ validation ─ use-case ─ response schema
//                │421             │401            │400         │ RingthroughError's own status
//
// Browsers: a page elsewhere can neither read this (no CORS), nor act in its user's name (no cookies), nor
// come under a name of its own that points here (DNS rebinding: only known Host names are answered).

import fastify, { type FastifyRequest } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { check, formatMistake, formatPath } from '../admin/documents/document.ts';
import { assert } from '../base/assert.ts';
import { ERROR_CATALOGUE, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { listenFailure } from '../base/listening.ts';
import { type Endpoint, formatEndpoint } from '../base/net.ts';
import type { Log } from '../ports/log.ts';
import type { App } from './app.ts';
import type { Metrics } from './metrics.ts';
import { addDocumentation } from './openapi.ts';
import { errorHandler, problemOf, problemResponse, sendProblem } from './problems.ts';
import { SIGNED_PATHS } from './routes/status.ts';
import { TOKEN_FILE, tokenChecker } from './token.ts';

export interface Serving {
  readonly listen: Endpoint;
  /** Names by which it may be called beside its addresses and `localhost`. */
  readonly hosts?: readonly string[] | undefined;
  readonly token: string;
  readonly version: string;
  readonly log: Log;
}

export interface Offer {
  /** Under /v1, for whoever holds the token. */
  readonly v1: readonly ((app: App) => void)[];
  /** For whoever comes. */
  readonly open: (app: App) => Promise<void> | void;
  readonly metrics: Metrics;
  /** Why it cannot do now what it is for. */
  readonly unready: () => readonly string[];
  /** What is wrong beside that. */
  readonly ailing?: () => readonly string[];
  /** What is said of a path under /v1 that is not there. */
  readonly missing: (method: string, url: string) => ReturnType<typeof problemOf>;
}

export interface HttpServer {
  /** Where it really listens. */
  readonly local: Endpoint;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  close(): Promise<void>;
}

/** Throws RingthroughError LISTEN_FAILED, with the app closed. */
export async function listening(app: App, listen: Endpoint): Promise<HttpServer> {
  try {
    await app.listen({ host: listen.address, port: listen.port });
  } catch (cause) {
    await app.close();
    throw listenFailure('http', listen, 'http.listen', cause);
  }
  const bound = app.server.address();
  assert(bound !== null && typeof bound === 'object', 'the HTTP server listens on a port');
  const local = { address: bound.address, port: bound.port };
  return { local, url: `http://${formatEndpoint(local)}`, close: () => app.close() };
}

/** What /readyz says where probes' findings cannot be written. */
export function notKept(trouble: string | undefined): readonly string[] {
  return trouble === undefined ? [] : [`what is found is not kept: ${trouble}`];
}

/** All that is offered, without a socket; its caller closes it. */
export async function createServed(options: Serving, offer: Offer): Promise<App> {
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
  app.setNotFoundHandler(({ method, url }, reply) => sendProblem(reply, missing(offer, method, url)));
  app.addHook('onRequest', hostCheck(options.hosts ?? []));
  await addDocumentation(app, options.version);
  addHealth(app, offer);
  await app.register(
    async (v1) => {
      v1.addHook('onRequest', tokenCheck(options));
      v1.addHook('onResponse', async (request, reply) => audit(options.log, request, reply.statusCode));
      // Each in a scope of its own, so that one's way to parse bodies is not everyone's.
      for (const routes of offer.v1) await v1.register(async (scope: App) => routes(scope));
    },
    { prefix: '/v1' },
  );
  await offer.open(app);
  await app.ready();
  return app;
}

function missing(offer: Offer, method: string, url: string) {
  if (url.startsWith('/v1/')) return offer.missing(method, url);
  return problemOf('NOT_FOUND', `there is no ${method} ${url}; see /docs`);
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
function hostCheck(hosts: readonly string[]) {
  const known = new Set(['localhost', ...hosts.map((host) => host.toLowerCase())]);
  return async (request: FastifyRequest, reply: Parameters<typeof sendProblem>[0]) => {
    const host = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname ?? '';
    const isAddress = host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
    // What is signed is safe under any name, and watchers on other networks call the node by one.
    if (isAddress || known.has(host) || SIGNED_PATHS.includes(request.url)) return;
    const detail = `this API is not known as "${host}"; call it by its address or as localhost`;
    return sendProblem(reply, problemOf('INVALID_INPUT', detail, { status: 421 }));
  };
}

function tokenCheck(options: Serving) {
  const isRight = tokenChecker(options.token);
  return async (request: FastifyRequest) => {
    const [scheme, presented] = request.headers.authorization?.split(' ') ?? [];
    if (scheme?.toLowerCase() === 'bearer' && presented !== undefined && isRight(presented)) return;
    const problem = presented === undefined ? 'is missing' : 'is wrong';
    const remedy = `send "Authorization: Bearer …" with what ${TOKEN_FILE} in the node's data folder holds`;
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
function addHealth(app: App, { metrics, unready, ailing }: Offer): void {
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

  const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()).readonly() });
  app.get(
    '/readyz',
    {
      schema: {
        tags,
        security,
        summary: 'Can it do what it is for: take new calls, or watch?',
        response: { 200: readiness, 503: readiness, default: problemResponse },
      },
    },
    async (_request, reply) => {
      const reasons = unready();
      const ready = reasons.length === 0;
      return reply.code(ready ? 200 : 503).send({ ready, reasons: [...reasons, ...(ailing?.() ?? [])] });
    },
  );
}
