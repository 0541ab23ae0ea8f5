import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { utf8 } from '../../base/bytes.ts';
import { RingthroughError } from '../../base/errors.ts';
import type { PublishedFile } from '../../ports/publishing.ts';
import { type Edition, openPageServer, shareOut } from './server.ts';

const NOW = Date.parse('2026-11-26T09:30:00Z');
const PAGE = `<!doctype html>${'<p>All is well.</p>'.repeat(99)}`;

function file(path: string, type: string, text: string): PublishedFile {
  const bytes = utf8(text);
  return {
    path,
    type,
    bytes,
    gzip: gzipSync(bytes),
    brotli: brotliCompressSync(bytes),
    digest: `d${text.length}`,
  };
}

const FILES = [
  file('index.html', 'text/html; charset=utf-8', PAGE),
  file('incidents/20261126-1/index.html', 'text/html; charset=utf-8', '<p>One incident</p>'),
  file('status.json', 'application/json', '{"state":"operational"}'),
  { path: 'badge.svg', type: 'image/svg+xml', bytes: utf8('<svg/>'), digest: 'svg' },
];

async function serve(
  test: TestContext,
  change: { readonly edition?: Edition | undefined; readonly ageMs?: number } = {},
) {
  const edition = { at: NOW, files: new Map(FILES.map((one) => [one.path, one])) };
  const server = await openPageServer({
    listen: { address: '127.0.0.1', port: 0 },
    edition: () => ('edition' in change ? change.edition : edition),
    staleAfterMs: 180_000,
    clock: { now: () => NOW + (change.ageMs ?? 0) },
  });
  test.after(() => server.close());
  const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    fetch(`${server.url}${path}`, { headers, method, redirect: 'manual' });
  return { server, get };
}

/** What a stranger writes as it is, and all that comes back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    answer += part;
  });
  socket.on('error', () => undefined);
  socket.end(text);
  await once(socket, 'close');
  return answer;
}

describe('the listener of the page', () => {
  test('gives the page and what stands beside it, each as what it is', async (t) => {
    const { get } = await serve(t);
    for (const path of ['/', '/index.html', '/?utm=1']) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      assert.equal(await answer.text(), PAGE);
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    }
    assert.equal(await (await get('/incidents/20261126-1/')).text(), '<p>One incident</p>');
    const json = await get('/status.json');
    assert.deepEqual(await json.json(), { state: 'operational' });
    assert.equal(json.headers.get('access-control-allow-origin'), '*');
    const bare = await get('/incidents/20261126-1');
    assert.deepEqual([bare.status, bare.headers.get('location')], [301, '/incidents/20261126-1/']);
  });

  test('sends what the reader takes: brotli, gzip, or as it is', async (t) => {
    const { server, get } = await serve(t);
    const of = async (accepted: string) => {
      const answer = await get('/', { 'accept-encoding': accepted });
      return [answer.headers.get('content-encoding'), (await answer.text()) === PAGE];
    };
    assert.deepEqual(await of('gzip, deflate, br, zstd'), ['br', true]);
    assert.deepEqual(await of('gzip;q=1.0, br;q=0'), ['gzip', true]);
    assert.deepEqual(await of('identity'), [null, true]);
    const answer = await raw(
      server.local.port,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n',
    );
    const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
    assert.match(head, /vary: accept-encoding/i);
    assert.equal(gunzipSync(Buffer.from(body, 'latin1')).toString(), PAGE);
  });

  test('says only that nothing has changed to a reader who has it', async (t) => {
    const { get } = await serve(t);
    const first = await get('/');
    const tag = first.headers.get('etag') ?? '';
    assert.match(first.headers.get('cache-control') ?? '', /max-age=10, must-revalidate/);
    assert.doesNotMatch(
      first.headers.get('cache-control') ?? '',
      /stale/,
      'nobody shows green while we are gone',
    );
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*'])
      assert.equal((await get('/', { 'if-none-match': known })).status, 304, known);
    assert.equal((await get('/', { 'if-none-match': '"other"' })).status, 200);
    const plain = await get('/', { 'accept-encoding': 'identity' });
    assert.notEqual(plain.headers.get('etag'), tag, 'other bytes, another tag');
  });

  test('answers HEAD as GET without the page, and nothing but those', async (t) => {
    const { get } = await serve(t);
    const head = await get('/', { 'accept-encoding': 'identity' }, 'HEAD');
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, `${PAGE.length}`]);
    assert.equal(await head.text(), '');
    const post = await get('/', {}, 'POST');
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  });

  test('knows its files and nothing else of this machine', async (t) => {
    const { server, get } = await serve(t);
    for (const path of [
      '/nothing',
      '/incidents/',
      '/%2e%2e/%2e%2e/etc/passwd',
      '//etc/passwd',
      '/constructor',
      '/index.html/',
    ])
      assert.equal((await get(path)).status, 404, path);
    for (const target of [
      '/../../etc/passwd',
      '/incidents/../../../etc/passwd',
      'http://elsewhere.example/',
      '*',
    ]) {
      const answer = await raw(
        server.local.port,
        `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 404 /, target);
    }
  });

  test('shows no page that was not renewed in time, for whatever it says may be wrong', async (t) => {
    const { get } = await serve(t, { ageMs: 180_001 });
    for (const path of ['/', '/status.json', '/badge.svg']) {
      const answer = await get(path);
      assert.deepEqual([answer.status, answer.headers.get('cache-control')], [503, 'no-store'], path);
      assert.match(await answer.text(), /not renewed since 2026-11-26 09:30 UTC\. Nothing is known/);
    }
    const fresh = await serve(t, { ageMs: 180_000 });
    assert.equal((await fresh.get('/')).status, 200);
    const none = await serve(t, { edition: undefined });
    assert.equal((await none.get('/')).status, 503);
  });

  test('lets no page frame it, and no browser guess what a file is', async (t) => {
    const { get } = await serve(t);
    for (const path of ['/', '/badge.svg', '/nothing']) {
      const { headers } = await get(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
    }
    const badge = (await get('/badge.svg')).headers;
    assert.match(badge.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(badge.get('cross-origin-resource-policy'), 'cross-origin', 'it is for pages of others');
  });

  test('refuses headers that are too long, and what is not HTTP', async (t) => {
    const { server } = await serve(t);
    const long = await raw(
      server.local.port,
      `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(9_000)}\r\n\r\n`,
    );
    assert.match(long, /^HTTP\/1\.1 431 /);
    assert.match(
      await raw(server.local.port, 'REGISTER sip:example.net SIP/2.0\r\n\r\n'),
      /^HTTP\/1\.1 400 /,
    );
  });

  test('says which setting to change where it cannot listen', async (t) => {
    const { server } = await serve(t);
    const again = openPageServer({
      listen: server.local,
      edition: () => undefined,
      staleAfterMs: 1,
      clock: { now: () => NOW },
    });
    await assert.rejects(
      again,
      (error) => error instanceof RingthroughError && /status\.page\.listen/.test(error.message),
    );
  });

  test('gives one customer a hundred connections, and a proxy on this machine as many as there are', () => {
    const welcome = shareOut();
    const arrive = (remoteAddress: string, count: number) =>
      Array.from({ length: count }, () => {
        const socket = new Socket();
        Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
        welcome(socket);
        return socket;
      });
    const refused = (sockets: readonly Socket[]) => sockets.filter(({ destroyed }) => destroyed).length;
    const crowd = arrive('192.0.2.1', 101);
    assert.equal(refused(crowd), 1);
    assert.equal(refused(arrive('192.0.2.2', 100)), 0);
    const street = [...arrive('2001:db8::1', 60), ...arrive('2001:db8::ffff', 60)];
    assert.equal(refused(street), 20, 'a customer has a whole /64');
    assert.equal(refused(arrive('127.0.0.1', 300)), 0);
    for (const socket of crowd) socket.emit('close');
    assert.equal(refused(arrive('192.0.2.1', 100)), 0, 'places are given back');
  });
});
