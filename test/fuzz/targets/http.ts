// The API: requests as programs would send them, and spoiled ones, through Fastify without a socket; and raw bytes
// to a real one. Nothing is answered 5xx, and every refusal is a problem document (RFC 9457).

import { connect } from 'node:net';
import { unwatched } from '../../../src/admin/status.ts';
import { present } from '../../../src/base/assert.ts';
import type { App } from '../../../src/http/app.ts';
import { createApp } from '../../../src/http/server.ts';
import type { Log } from '../../../src/ports/log.ts';
import { Stage } from '../../admin-stage.ts';
import type { SeededRandom } from '../../simulation/world.ts';
import { exampleIncidents } from '../../surfaces/example-incidents.ts';
import { ACCOUNT, drawDocument, mutateValue, PROVISIONING, VALUES } from '../document-grammar.ts';
import { mutateBytes } from '../mutate.ts';
import { Broken, expect, type Input, type Lap, type Target } from '../target.ts';
import { latin1, Words } from '../words.ts';
import { documentStallMs } from './documents.ts';

const TOKEN = 'a-token-for-fuzzing-the-api-0123456789';
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;
const PATHS = [
  '/v1/accounts',
  '/v1/accounts/acme',
  '/v1/accounts/acme/phones/workshop',
  '/v1/accounts/acme/numbers/+442079460000',
  '/v1/phones',
  '/v1/phones/reception',
  '/v1/numbers',
  '/v1/numbers/+442079460000',
  '/v1/numbers/+442079460000/plan',
  '/v1/numbers/+442079460000/divert',
  '/v1/ledger',
  '/v1/ledger/attempt-1',
  '/v1/calls',
  '/v1/calls/call-1',
  '/v1/calls/attempt-1/trace',
  '/v1/calls/attempt-1/trace.pcap',
  '/v1/trace.pcap',
  '/v1/trunks',
  '/v1/provision',
  '/metrics',
  '/healthz',
  '/readyz',
  '/docs/',
  '/openapi.json',
  '/v1/status',
  '/v1/status/uptime',
];
const QUERIES = [
  'limit=5',
  'limit=0',
  'limit=1e9',
  'cursor=x',
  'since=2026-11-24T09:30:00Z',
  'dryRun=true',
  'a[]=1',
];
/** Cases with one app, and what they have stored in it. */
const CASES_PER_APP = 300;
const RAW_MS = 1_000;

interface Wanted {
  readonly method: (typeof METHODS)[number];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

let open: { readonly app: App; readonly port: number; uses: number } | undefined;
const bugs: string[] = [];

export const httpTarget: Target = {
  name: 'http',
  weight: 1,
  stallMs: documentStallMs,
  draw: (random) => (random.chance(0.05) ? [latin1('raw'), drawRaw(random)] : drawRequest(random)),
  attempt: async ([head = new Uint8Array(0), body = new Uint8Array(0)], lap) => {
    const { app, port } = await freshApp();
    const text = Buffer.from(head).toString('latin1');
    if (text === 'raw') await attemptRaw(port, body);
    else {
      const wanted = read(text);
      if (wanted !== undefined) await attemptRequest(app, wanted, body, lap);
    }
    const bug = bugs.shift();
    if (bug !== undefined) throw new Broken(`the API failed: ${bug}`);
    return 1;
  },
  close: async () => {
    await open?.app.close();
    open = undefined;
  },
};

async function freshApp() {
  if (open !== undefined && open.uses++ < CASES_PER_APP) return open;
  await open?.app.close();
  const stage = new Stage();
  await stage.provisioned();
  const note = (): undefined => undefined;
  const log: Log = {
    debug: note,
    info: note,
    warn: note,
    error: (message, fields) => void bugs.push(`${message} ${JSON.stringify(fields)}`),
  };
  const { incidents, maintenance } = exampleIncidents();
  const app = await createApp({
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    version: '0.1.0',
    admin: stage.admin,
    node: stage.node,
    log,
    notices: () => [],
    status: unwatched({ now: () => 0 }),
    page: () => undefined,
    trouble: () => undefined,
    incidents,
    maintenance,
    uptime: () => ({ at: 0, components: [] }),
    certificates: () => [],
    signalling: () => [],
    trace: () => ({ callBytes: 0, otherBytes: 0, watchers: 0, collector: { sent: 0, dropped: 0 } }),
    media: () => ({ endpointsOpen: 0, portPairsFree: 1, packetsForwarded: 0 }),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const bound = app.server.address();
  open = { app, port: typeof bound === 'object' ? (bound?.port ?? 0) : 0, uses: 0 };
  return open;
}

function drawRequest(random: SeededRandom): Input {
  const words = new Words(random);
  const url = drawUrl(words);
  const isFile = url.startsWith('/v1/provision');
  const type = isFile ? 'application/yaml' : 'application/json';
  const headers = {
    authorization: words.pick([`Bearer ${TOKEN}`], ['Bearer', 'Basic x', `Bearer ${TOKEN}x`, '']),
    host: words.pick(['localhost', '127.0.0.1:8080'], ['evil.example', '', '[::1', 'localhost:x']),
    'content-type': words.pick(
      [type],
      ['text/plain', 'application/json;charset=utf-7', '/', '', 'multipart/form-data'],
    ),
    accept: words.pick(['*/*'], ['text/html', 'x', '']),
  };
  const method = words.pick(['GET', 'PUT', 'POST', 'DELETE'], METHODS);
  const body = method === 'GET' || method === 'HEAD' ? new Uint8Array(0) : drawBody(isFile, random);
  return [latin1(JSON.stringify({ method, url, headers })), body];
}

function drawUrl(words: Words): string {
  const { random } = words;
  const segments = random.pick(PATHS).split('/');
  if (words.odd() || random.chance(0.2)) {
    // Not `..`: what makes the request resolves it, and may come to a stream that has no end.
    const odd = ['...', '%00', '%2e', '%zz', 'x'.repeat(2_000), '__proto__', '+44', '', words.token()];
    segments[random.between(1, segments.length - 1)] = random.pick(odd);
  }
  const query = random.chance(0.3) ? `?${random.pick(QUERIES)}${words.odd() ? `&${words.token()}` : ''}` : '';
  // What cannot stand in a request line has no way to get there.
  return `${segments.join('/')}${query}`.replace(/[^\x21-\x7e]|[\\^`{}|<>"#]/g, (c) =>
    encodeURIComponent(c.isWellFormed() ? c : 'x'),
  );
}

function drawBody(isFile: boolean, random: SeededRandom): Uint8Array {
  if (isFile) return drawDocument(PROVISIONING, random);
  const value = random.pick([
    ACCOUNT,
    VALUES.STEPS,
    { plan: VALUES.STEPS },
    { to: '+447700900123', until: '2h' },
    { displayName: 'Workshop', password: 'secret-of-workshop' },
    { number: '+442079460000' },
  ]);
  const bytes = Buffer.from(JSON.stringify(mutateValue(value, random)));
  return random.chance(0.2) ? mutateBytes(bytes, random, [bytes]) : bytes;
}

/** Undefined for what minimising made of it. */
function read(text: string): Wanted | undefined {
  try {
    const wanted: Wanted = JSON.parse(text);
    return METHODS.includes(wanted.method) && wanted.url.startsWith('/') ? wanted : undefined;
  } catch {
    return undefined;
  }
}

async function attemptRequest(app: App, { method, url, headers }: Wanted, body: Uint8Array, lap: Lap) {
  const payload = body.length === 0 ? {} : { payload: Buffer.from(body) };
  const response = await lap(() => app.inject({ method, url, headers, ...payload }));
  const { statusCode } = response;
  expect(statusCode < 500, () => `a request was answered ${statusCode}\n${method} ${url}: ${response.body}`);
  if (statusCode < 400 || method === 'HEAD') return;
  const type = String(response.headers['content-type']);
  expect(
    type.startsWith('application/problem+json'),
    () => `a refusal is no problem document: ${type}\n${method} ${url}`,
  );
  const problem = JSON.parse(response.body);
  expect(problem.status === statusCode && problem.detail.length > 0, 'a problem says what it is about');
}

function drawRaw(random: SeededRandom): Uint8Array {
  const path = random.pick(PATHS);
  const text = `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 2\r\n\r\n{}`;
  return mutateBytes(latin1(text), random, [latin1('Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n')]);
}

/** A connection that sends this and no more. */
async function attemptRaw(port: number, bytes: Uint8Array): Promise<void> {
  const heard: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.end(bytes));
    socket.setTimeout(RAW_MS, () => socket.destroy());
    socket.on('data', (data) => heard.push(Buffer.from(data)));
    socket.on('error', () => undefined).on('close', () => resolve());
  });
  const answer = Buffer.concat(heard).toString('latin1');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? '0');
  expect(answer === '' || status > 0, 'raw bytes are answered with what is no HTTP');
  expect(status < 500, () => `raw bytes were answered ${status}`);
  present(open, 'the API after raw bytes');
}
