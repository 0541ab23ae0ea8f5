// Real sockets on loopback: servers that answer, refuse, hang and break off.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { SeededRandom } from '../../../test/simulation/world.ts';
import type { Reply, Resolver } from '../../ports/dns.ts';
import type { PlainTarget } from '../../ports/probes.ts';
import { createProber } from './prober.ts';
import { Trust } from './trust.ts';

const HOST = '127.0.0.1';
const FOUND: Reply = {
  type: 'rows',
  rows: [{ name: 'www.example.net', ttlMs: 1_000, record: { type: 'A', address: HOST } }],
};
const NONE: Reply = { type: 'none' };

function probe(target: PlainTarget, timeoutMs = 5_000, ask: Resolver['ask'] = async () => NONE) {
  const prober = createProber({
    resolver: { ask },
    random: new SeededRandom(1),
    userAgent: 'Ringthrough/test',
    trust: new Trust([]),
    agreement: async () => ({}),
  });
  return prober.probe(target, timeoutMs, new AbortController().signal);
}

async function tcpServer(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function page(t: TestContext, serve: RequestListener): Promise<string> {
  const server = createHttp(serve);
  server.listen(0, HOST);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${HOST}:${(server.address() as AddressInfo).port}/`;
}

/** Answers OPTIONS with what `answer` gives for the number of the request. */
async function sipServer(t: TestContext, answer: (count: number) => string | undefined): Promise<number> {
  const socket = createSocket('udp4');
  let count = 0;
  socket.on('message', (request, { port, address }) => {
    count += 1;
    const status = answer(count);
    if (status !== undefined) socket.send(responseTo(request.toString(), status), port, address);
  });
  socket.bind(0, HOST);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket.address().port;
}

function responseTo(request: string, status: string): string {
  assert.match(request, /^OPTIONS sip:127\.0\.0\.1:\d+\S* SIP\/2\.0\r\n/);
  const rows = request.split('\r\n').filter((row) => /^(Via|From|To|Call-ID|CSeq):/.test(row));
  return `SIP/2.0 ${status}\r\n${rows.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
}

describe('a TCP probe', () => {
  test('passes where the connection is taken, and tells how long it took', async (t) => {
    const port = await tcpServer(t, () => undefined);
    const end = await probe({ type: 'tcp', host: HOST, port });
    assert.ok(end.outcome === 'passed' && end.latencyMs >= 0 && end.latencyMs < 5_000);
  });

  test('fails where nobody listens, and says so', async (t) => {
    const port = await tcpServer(t, () => undefined);
    const end = await probe({ type: 'tcp', host: '127.0.0.2', port });
    assert.match(end.outcome === 'failed' ? end.reason : '', /ECONNREFUSED/);
  });

  test('looks a name up anew each time', async (t) => {
    const port = await tcpServer(t, () => undefined);
    const asked: string[] = [];
    const ask: Resolver['ask'] = async ({ type, name }) => {
      asked.push(`${type} ${name}`);
      return type === 'A' ? FOUND : NONE;
    };
    assert.equal((await probe({ type: 'tcp', host: 'WWW.example.net', port }, 5_000, ask)).outcome, 'passed');
    assert.deepEqual(asked, ['A www.example.net', 'AAAA www.example.net']);
    const unknown = await probe({ type: 'tcp', host: 'gone.example.net', port });
    assert.deepEqual(unknown, { outcome: 'failed', reason: 'DNS knows no address of gone.example.net' });
  });

  test('fails in time when DNS never answers', async () => {
    const end = await probe(
      { type: 'tcp', host: 'www.example.net', port: 1 },
      50,
      () => new Promise(() => undefined),
    );
    assert.deepEqual(end, { outcome: 'failed', reason: 'no answer within 50 ms' });
  });
});

describe('an HTTP probe', () => {
  test('passes when the page came, and does not follow where it leads', async (t) => {
    const url = await page(t, (request, response) => {
      assert.equal(request.headers['user-agent'], 'Ringthrough/test');
      response.writeHead(request.url === '/' ? 302 : 200, { location: '/elsewhere' }).end('hello');
    });
    assert.equal((await probe({ type: 'http', url })).outcome, 'passed');
    assert.equal((await probe({ type: 'http', url: `${url}page` })).outcome, 'passed');
  });

  test('passes by a name', async (t) => {
    const url = await page(t, (_request, response) => response.end('hello'));
    const named = url.replace(HOST, 'www.example.net');
    assert.equal((await probe({ type: 'http', url: named }, 5_000, async () => FOUND)).outcome, 'passed');
    assert.deepEqual(await probe({ type: 'http', url: named }), {
      outcome: 'failed',
      reason: 'DNS knows no address of www.example.net',
    });
  });

  test('fails by its status, when the page breaks off, and when it never comes', async (t) => {
    const url = await page(t, (request, response) => {
      if (request.url === '/hangs') return;
      if (request.url === '/breaks') {
        response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
        return;
      }
      response.writeHead(502).end();
    });
    assert.deepEqual(await probe({ type: 'http', url }), {
      outcome: 'failed',
      reason: 'HTTP 502 Bad Gateway',
    });
    assert.equal((await probe({ type: 'http', url: `${url}breaks` })).outcome, 'failed');
    const hangs = await probe({ type: 'http', url: `${url}hangs` }, 50);
    assert.deepEqual(hangs, { outcome: 'failed', reason: 'no answer within 50 ms' });
  });

  test('passes by the status that is expected alone, and tells what it expected', async (t) => {
    const url = await page(t, (_request, response) => response.writeHead(401).end());
    assert.equal((await probe({ type: 'http', url, status: 401 })).outcome, 'passed');
    assert.deepEqual(await probe({ type: 'http', url, status: 200 }), {
      outcome: 'failed',
      reason: 'HTTP 401 Unauthorized, not 200',
    });
  });

  test('passes when an API that knows its token says what is expected', async (t) => {
    const url = await page(t, (request, response) => {
      const known = request.headers.authorization === 'Bearer s3cret';
      response.end(JSON.stringify(known ? { 'a/b': [{ state: 'ok', count: 3 }] } : {}));
    });
    const ask = (json: Record<string, string | number>) =>
      probe({ type: 'http', url, json, token: 's3cret' });
    assert.equal((await ask({ '/a~1b/0/state': 'ok', '/a~1b/0/count': 3 })).outcome, 'passed');
    for (const [json, reason] of [
      [{ '/a~1b/0/state': 'down' }, '/a~1b/0/state is "ok", not "down"'],
      [{ '/a~1b/0/count': '3' }, '/a~1b/0/count is 3, not "3"'],
      [{ '/a~1b/1/state': 'ok' }, '/a~1b/1/state is not there, not "ok"'],
      [{ '/a~1b': 1 }, '/a~1b is a list or an object, not 1'],
    ] as const) {
      assert.deepEqual(await ask(json), { outcome: 'failed', reason });
    }
    const stranger = await probe({ type: 'http', url, json: { '/a~1b/0/state': 'ok' } });
    assert.deepEqual(stranger, { outcome: 'failed', reason: '/a~1b/0/state is not there, not "ok"' });
  });

  test('fails when the page lacks what it should hold, or is no JSON', async (t) => {
    const url = await page(t, (_request, response) => response.end('<h1>It works</h1>'));
    assert.equal((await probe({ type: 'http', url, contains: 'It works' })).outcome, 'passed');
    const lacking = await probe({ type: 'http', url, contains: 'Sign in' });
    assert.deepEqual(lacking, { outcome: 'failed', reason: 'the page does not hold "Sign in"' });
    const other = await probe({ type: 'http', url, json: { '/ok': true } });
    assert.deepEqual(other, { outcome: 'failed', reason: 'what came is not JSON' });
  });

  test('reads no more of an endless page than it needs to', async (t) => {
    const url = await page(t, (_request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    assert.equal((await probe({ type: 'http', url })).outcome, 'passed');
  });
});

describe('a SIP probe', () => {
  const target = (port: number, transport: 'udp' | 'tcp' = 'udp') =>
    ({ type: 'sip-options', transport, host: HOST, port }) as const;

  test('passes when OPTIONS is answered, though the first one was lost', async (t) => {
    const port = await sipServer(t, (count) => (count < 2 ? undefined : '200 OK'));
    assert.equal((await probe(target(port))).outcome, 'passed');
  });

  test('passes on any answer of somebody who is there, and waits for the final one', async (t) => {
    for (const status of ['200 OK', '401 Unauthorized', '404 Not Found', '405 Method Not Allowed']) {
      assert.equal((await probe(target(await sipServer(t, () => status)))).outcome, 'passed', status);
    }
    const port = await sipServer(t, (count) => (count < 2 ? '100 Trying' : '503 Service Unavailable'));
    assert.deepEqual(await probe(target(port)), { outcome: 'failed', reason: 'SIP 503 Service Unavailable' });
  });

  test("takes no other's answer for its own", async (t) => {
    const socket = createSocket('udp4');
    socket.on('message', (request, { port, address }) => {
      socket.send(
        responseTo(request.toString().replace(/branch=\w+/, 'branch=z9hG4bKforged'), '200 OK'),
        port,
        address,
      );
    });
    socket.bind(0, HOST);
    await once(socket, 'listening');
    t.after(() => socket.close());
    const end = await probe(target(socket.address().port), 50);
    assert.deepEqual(end, { outcome: 'failed', reason: 'no answer within 50 ms' });
  });

  test('passes over TCP, and fails when something else answers or nothing does', async (t) => {
    const answers = await tcpServer(t, (socket) => {
      socket.on('data', (request) => socket.write(responseTo(request.toString(), '200 OK')));
    });
    assert.equal((await probe(target(answers, 'tcp'))).outcome, 'passed');
    const other = await tcpServer(t, (socket) => void socket.write('\x16\x03\x01'));
    assert.match(JSON.stringify(await probe(target(other, 'tcp'))), /what answers is not SIP/);
    const closes = await tcpServer(t, (socket) => void socket.once('data', () => socket.end()));
    assert.match(JSON.stringify(await probe(target(closes, 'tcp'))), /closed before an answer/);
  });

  test('fails where there is no way to the server', async () => {
    const end = await probe({ type: 'sip-options', transport: 'udp', host: 'fe80::1', port: 5060 });
    assert.match(end.outcome === 'failed' ? end.reason : end.outcome, /^connect E/);
  });

  test('fails at once where the port is closed', async (t) => {
    const port = await sipServer(t, () => undefined);
    const end = await probe({ ...target(port), host: '127.0.0.2' });
    assert.match(end.outcome === 'failed' ? end.reason : '', /ECONNREFUSED/);
  });

  test('fails over TLS where nobody speaks it', async (t) => {
    const port = await tcpServer(t, (socket) => void socket.end());
    assert.equal(
      (await probe({ type: 'sip-options', transport: 'tls', host: HOST, port })).outcome,
      'failed',
    );
  });
});

test('a probe that is given up ends at once', async (t) => {
  const port = await tcpServer(t, () => undefined);
  const closing = new AbortController();
  const prober = createProber({
    resolver: { ask: async () => NONE },
    random: new SeededRandom(1),
    userAgent: 'Ringthrough/test',
    trust: new Trust([]),
    agreement: async () => ({}),
  });
  const ended = prober.probe(
    { type: 'sip-options', transport: 'tcp', host: HOST, port },
    60_000,
    closing.signal,
  );
  closing.abort();
  assert.equal((await ended).outcome, 'failed');
});
