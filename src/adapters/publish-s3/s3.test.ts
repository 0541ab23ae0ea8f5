// Against a store that is not ours, which checks each signature as S3 does.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { utf8 } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import type { PublishedFile } from '../../ports/publishing.ts';
import { createS3Target } from './s3.ts';

interface StandIn {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}
const S3rver: new (options: object) => StandIn = createRequire(import.meta.url)('@20minutes/s3rver');

const { signal } = new AbortController();
const PAGE: PublishedFile = {
  path: 'index.html',
  type: 'text/html; charset=utf-8',
  bytes: utf8('<p>page</p>'),
  gzip: gzipSync('<p>page</p>'),
  digest: 'a',
};
const JSON_FILE: PublishedFile = {
  path: 'api/v2/status.json',
  type: 'application/json',
  bytes: utf8('{}'),
  gzip: gzipSync('{}'),
  digest: 'b',
};

async function stage(test: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'ringthrough-s3-'));
  const configureBuckets = [{ name: 'status' }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await server.run();
  test.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const options = {
    endpoint,
    region: 'eu-west-2',
    bucket: 'status',
    prefix: 'site/',
    accessKey: 'S3RVER',
    secretKey: 'S3RVER',
  };
  return { options, get: (name: string) => fetch(`${endpoint}/status/site/${name}`) };
}

/** Where a server answers as it is told to. */
async function answering(test: TestContext, answer: (path: string, response: ServerResponse) => void) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    paths.push(path);
    request.resume().on('end', () => answer(path, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const options = { region: 'x', bucket: 'b', prefix: '', accessKey: 'a', secretKey: 's' };
  const endpoint = `http://127.0.0.1:${address.port}`;
  return { target: createS3Target({ ...options, endpoint }), paths, endpoint };
}

describe('the page in an object store', () => {
  test('is there under its names, with types and for how long it may be kept', async (t) => {
    const { options, get } = await stage(t);
    await createS3Target(options).push({ changed: [JSON_FILE, PAGE], removed: [] }, signal);
    const json = await get('api/v2/status.json');
    assert.equal(await json.text(), '{}');
    assert.equal(json.headers.get('content-type'), 'application/json');
    assert.equal(json.headers.get('cache-control'), 'public, max-age=10, must-revalidate');
    assert.equal(json.headers.get('content-encoding'), null, 'whatever reads it');
  });

  test('is compressed where browsers read it', async (t) => {
    const { options, get } = await stage(t);
    await createS3Target(options).push({ changed: [PAGE], removed: [] }, signal);
    const answer = await get('index.html');
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.equal(answer.headers.get('content-length'), `${PAGE.gzip?.length}`);
    assert.equal(await answer.text(), '<p>page</p>');
  });

  test('loses what is gone, also what was never there', async (t) => {
    const { options, get } = await stage(t);
    const target = createS3Target(options);
    await target.push({ changed: [JSON_FILE], removed: [] }, signal);
    await target.push({ changed: [], removed: ['api/v2/status.json', 'never.html'] }, signal);
    assert.equal((await get('api/v2/status.json')).status, 404);
  });

  test('is not taken with a wrong secret, which is said without the secret', async (t) => {
    const { options } = await stage(t);
    const target = createS3Target({ ...options, secretKey: 'hush-hush' });
    assert.equal(target.name, 's3 status');
    await assert.rejects(target.push({ changed: [PAGE], removed: [] }, signal), (error) => {
      assert.match(String(error), /PUT index\.html: HTTP 403 SignatureDoesNotMatch/);
      assert.doesNotMatch(String(error), /hush/);
      return true;
    });
  });

  test('leads to nothing that is not there yet: the first page comes last', async (t) => {
    const { target, paths } = await answering(t, (_, response) => response.end());
    const changed = [
      PAGE,
      { ...PAGE, path: 'status.json' },
      JSON_FILE,
      { ...PAGE, path: 'incidents/1/index.html' },
    ];
    await target.push({ changed, removed: [] }, signal);
    assert.deepEqual(paths.slice(2), ['/b/index.html', '/b/status.json']);
  });

  test('is given up when its owner says so', async (t) => {
    const giveUp = new AbortController();
    const { target } = await answering(t, () => giveUp.abort());
    await assert.rejects(target.push({ changed: [PAGE], removed: [] }, giveUp.signal), /abort/i);
  });

  test('never gets older: a push that failed has ended only when all of it has', async (t) => {
    const open = new Map<string, ServerResponse>();
    const { promise: full, resolve: isFull } = Promise.withResolvers<void>();
    const { target, paths, endpoint } = await answering(t, (path, response) => {
      if (path === '/elsewhere') response.end();
      else open.set(path, response);
      if (open.size === LIMITS.pageUploadsAtOnce) isFull();
    });
    const file = (path: string) => ({ ...JSON_FILE, path });
    const others = Array.from({ length: 20 }, (_, at) => file(`incidents/${at}.json`));
    const pushed = target.push({ changed: [file('broken.json'), ...others], removed: [] }, signal);
    let hasEnded = false;
    const ended = assert.rejects(pushed, { message: 'S3: PUT broken.json: HTTP 503' }).then(() => {
      hasEnded = true;
    });
    await full;
    open.get('/b/broken.json')?.writeHead(503).end();
    // What goes there and back meanwhile shows that the failure has been heard of.
    for (let at = 0; at < 10; at++) await (await fetch(`${endpoint}/elsewhere`)).text();
    assert.equal(hasEnded, false, 'what is under way may still change what is there');
    for (const response of open.values()) response.end();
    await ended;
    assert.equal(paths.filter((path) => path !== '/elsewhere').length, LIMITS.pageUploadsAtOnce);
  });

  test('is brought on from where a push failed', async (t) => {
    const broken = new Set(['/b/index.html']);
    const { target, paths } = await answering(t, (path, response) => {
      response.writeHead(broken.has(path) ? 503 : 200).end();
    });
    const changes = { changed: [PAGE, JSON_FILE], removed: [] };
    await assert.rejects(target.push(changes, signal), /PUT index\.html: HTTP 503/);
    broken.clear();
    await target.push(changes, signal);
    assert.deepEqual(paths, ['/b/api/v2/status.json', '/b/index.html', '/b/index.html']);
    await target.push(changes, signal);
    assert.equal(paths.length, 5, 'its owner knows better what is there when a push has succeeded');
  });

  test('is brought again where a push failed that may have changed it, or removed it', async (t) => {
    const [index, status] = [PAGE, { ...PAGE, path: 'status.json' }];
    let broken = '/b/status.json';
    const { target, paths } = await answering(t, (path, response) => {
      response.writeHead(path === broken ? 503 : 200).end();
    });
    await assert.rejects(target.push({ changed: [index, status], removed: [] }, signal), /PUT status/);
    broken = '/b/index.html';
    const newer = { ...index, digest: 'newer' };
    await assert.rejects(target.push({ changed: [newer, status], removed: [] }, signal), /PUT index/);
    broken = '/b/status.json';
    await assert.rejects(target.push({ changed: [index, status], removed: [] }, signal), /PUT status/);
    broken = '/b/index.html';
    await assert.rejects(target.push({ changed: [], removed: ['index.html'] }, signal), /DELETE index/);
    broken = '';
    await target.push({ changed: [index], removed: [] }, signal);
    const names = paths.map((path) => path.slice('/b/'.length, -'.html'.length));
    assert.deepEqual(names, ['index', 'status', 'index', 'index', 'status', 'index', 'index']);
  });
});
