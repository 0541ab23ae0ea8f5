// Against a store that is not ours, which checks each signature as S3 does.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { utf8 } from '../../base/bytes.ts';
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

describe('the page in an object store', () => {
  test('is there under its names, with types and for how long it may be kept', async (t) => {
    const { options, get } = await stage(t);
    await createS3Target(options).push({ changed: [JSON_FILE, PAGE], removed: [] }, signal);
    const json = await get('api/v2/status.json');
    assert.equal(await json.text(), '{}');
    assert.equal(json.headers.get('content-type'), 'application/json');
    assert.equal(json.headers.get('cache-control'), 'public, max-age=10');
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
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? '');
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const changed = [
      PAGE,
      { ...PAGE, path: 'status.json' },
      JSON_FILE,
      { ...PAGE, path: 'incidents/1/index.html' },
    ];
    const options = { region: 'x', bucket: 'b', prefix: '', accessKey: 'a', secretKey: 's' };
    const target = createS3Target({ ...options, endpoint: `http://127.0.0.1:${address.port}` });
    await target.push({ changed, removed: [] }, signal);
    assert.deepEqual(paths.slice(2), ['/b/index.html', '/b/status.json']);
  });

  test('is given up when its owner says so', async (t) => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const options = { region: 'x', bucket: 'b', prefix: '', accessKey: 'a', secretKey: 's' };
    const target = createS3Target({ ...options, endpoint: `http://127.0.0.1:${address.port}` });
    const giveUp = new AbortController();
    const pushed = target.push({ changed: [PAGE], removed: [] }, giveUp.signal);
    server.once('request', () => giveUp.abort());
    await assert.rejects(pushed, /abort/i);
  });
});
