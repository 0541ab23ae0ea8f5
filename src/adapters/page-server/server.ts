// The status page over HTTP, for everyone, from memory: a fixed map of files, so that there is nothing to break into,
// no file to read and no work to cause. What a reader can hold is bounded: connections, headers, time.
//
//   GET /incidents/20261126-1/ ─▶ map["incidents/20261126-1/index.html"] ─▶ as it is, brotli, gzip; 304 where known
//
// A page that was not renewed in time is not shown, whatever it says: 503 instead, in words. Copies that others keep
// are short-lived for the same reason, and none may be used beyond its time (no stale-if-error): a cache that goes on
// showing green while the node is gone is just what must not be.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { assert } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { listenFailure } from '../../base/listening.ts';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';
import { ONE_CUSTOMER, sourceOf } from '../../base/source.ts';
import { type Instant, SECOND_MS } from '../../base/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PublishedFile } from '../../ports/publishing.ts';

export interface Edition {
  readonly at: Instant;
  readonly files: ReadonlyMap<string, PublishedFile>;
}

export interface PageServerOptions {
  readonly listen: Endpoint;
  /** What is shown now; absent before the first rendering. */
  readonly edition: () => Edition | undefined;
  readonly staleAfterMs: number;
  readonly clock: Clock;
}

export interface PageServer {
  readonly local: Endpoint;
  /** `http://127.0.0.1:8081` */
  readonly url: string;
  close(): Promise<void>;
}

/** A page says itself what it may load and run, by a policy of its own; here is what can be said in headers alone. */
const PAGE_POLICY = "frame-ancestors 'none'; form-action 'none'; base-uri 'none'";
/** Of pictures and data, where somebody opens them as pages. */
const FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
const ALWAYS = {
  'content-security-policy': FILE_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Throws RingthroughError LISTEN_FAILED. */
export async function openPageServer(options: PageServerOptions): Promise<PageServer> {
  const server = createServer(
    {
      headersTimeout: LIMITS.pageRequestMs,
      requestTimeout: LIMITS.pageRequestMs,
      keepAliveTimeout: LIMITS.pageRequestMs,
      connectionsCheckingInterval: SECOND_MS,
      maxHeaderSize: LIMITS.pageHeaderBytesMax,
    },
    (request, response) => answer(options, request, response),
  );
  server.maxConnections = LIMITS.pageConnectionsMax;
  server.timeout = LIMITS.pageReaderSilenceMs;
  server.on('connection', shareOut());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.listen.port, options.listen.address, resolve);
    });
  } catch (cause) {
    throw listenFailure('http', options.listen, 'status.page.listen', cause);
  }
  const { address, port } = present(server.address());
  return {
    local: { address, port },
    url: `http://${formatEndpoint({ address, port })}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function present(address: ReturnType<ReturnType<typeof createServer>['address']>) {
  assert(address !== null && typeof address === 'object', 'the server of the page listens on a port');
  return address;
}

/** One address takes no more than its share of the places; what comes from this machine is a proxy for many. */
export function shareOut(): (socket: Pick<Socket, 'remoteAddress' | 'once' | 'destroy'>) => void {
  const counts = new Map<string, number>();
  return (socket) => {
    const { remoteAddress = '' } = socket;
    if (/^(127\.|::1$|::ffff:127\.)/.test(remoteAddress)) return;
    const source = sourceOf(remoteAddress, ONE_CUSTOMER);
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    socket.once('close', () => {
      const left = (counts.get(source) ?? 1) - 1;
      if (left > 0) counts.set(source, left);
      else counts.delete(source);
    });
    if (count > LIMITS.pageConnectionsFromOneMax) socket.destroy();
  };
}

function answer(options: PageServerOptions, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    sayPlainly(response, 405, 'This page can only be read.');
    return;
  }
  const edition = options.edition();
  const ageMs = edition === undefined ? Number.POSITIVE_INFINITY : options.clock.now() - edition.at;
  if (edition === undefined || ageMs > options.staleAfterMs) {
    response.setHeader('retry-after', '30');
    sayPlainly(response, 503, staleWords(edition));
    return;
  }
  const [path = ''] = (request.url ?? '').split(/[?#]/, 1);
  const name = path.replace(/^\//, '');
  const file = edition.files.get(name.endsWith('/') || name === '' ? `${name}index.html` : name);
  if (file !== undefined) send(file, request, response);
  else if (edition.files.has(`${name}/index.html`)) {
    response.setHeader('location', `/${name}/`);
    sayPlainly(response, 301, `It is at /${name}/`);
  } else sayPlainly(response, 404, 'There is no such page here. The status is at /');
}

function staleWords(edition: Edition | undefined): string {
  const since = edition && new Date(edition.at).toISOString().replace('T', ' ').slice(0, 16);
  const what =
    since === undefined ? 'There is no status yet.' : `This status was not renewed since ${since} UTC.`;
  return `${what} Nothing is known of the service now.`;
}

function send(file: PublishedFile, request: IncomingMessage, response: ServerResponse): void {
  const { encoding, bytes } = chosen(file, `${request.headers['accept-encoding'] ?? ''}`);
  const tag = `"${file.digest}${encoding === undefined ? '' : `-${encoding}`}"`;
  response.setHeader('etag', tag);
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('cache-control', `public, max-age=${LIMITS.pageCacheSeconds}, must-revalidate`);
  if (file.type.startsWith('text/html')) response.setHeader('content-security-policy', PAGE_POLICY);
  else {
    // What programs read may be read by pages of others, too: it is public.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
  }
  if (knows(`${request.headers['if-none-match'] ?? ''}`, tag)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    'content-type': file.type,
    'content-length': bytes.length,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** The smallest that the reader takes. */
function chosen({ bytes, gzip, brotli }: PublishedFile, accepted: string) {
  if (brotli !== undefined && accepts(accepted, 'br')) return { encoding: 'br', bytes: brotli };
  if (gzip !== undefined && accepts(accepted, 'gzip')) return { encoding: 'gzip', bytes: gzip };
  return { encoding: undefined, bytes };
}

/** RFC 9110 §12.5.3, as far as browsers and fetchers use it: named, and not refused by a weight of nothing. */
function accepts(header: string, coding: string): boolean {
  return header.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** RFC 9110 §13.1.2: weakly, for proxies that change the encoding also change the tag. */
function knows(header: string, tag: string): boolean {
  const known = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(tag) || known.includes('*');
}

function sayPlainly(response: ServerResponse, status: number, words: string): void {
  const body = `${words}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
