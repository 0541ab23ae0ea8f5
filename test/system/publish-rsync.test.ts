// The page brought to another host by Debian's rsync. ssh, and the host at its other end, are stood in for by a script
// that does on this machine what it was asked.

import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createRsyncTarget } from '../../src/adapters/publish-rsync/rsync.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { PublishedFile } from '../../src/ports/publishing.ts';

const { signal } = new AbortController();

function file(name: string, text: string): PublishedFile {
  return { path: name, type: 'text/html', bytes: utf8(text), digest: text };
}

function stage(test: TestContext, script = 'exec "$@"') {
  const root = mkdtempSync(path.join(tmpdir(), 'ringthrough-rsync-'));
  const [bin, folder, staging] = [
    path.join(root, 'bin'),
    path.join(root, 'site'),
    path.join(root, 'staging'),
  ];
  for (const made of [bin, folder]) mkdirSync(made);
  const ssh = path.join(bin, 'ssh');
  writeFileSync(ssh, `#!/bin/sh\nwhile [ "$1" != web1.example.net ]; do shift; done; shift\n${script}\n`);
  chmodSync(ssh, 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = `${bin}:${before}`;
  test.after(() => {
    process.env['PATH'] = before;
    rmSync(root, { recursive: true });
  });
  const target = createRsyncTarget({ destination: `status@web1.example.net:${folder}/`, ssh: {}, staging });
  const all = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => path.relative(folder, path.join(one.parentPath, one.name)))
      .sort();
  return {
    target,
    folder,
    staging,
    all,
    read: (name: string) => readFileSync(path.join(folder, name), 'utf8'),
  };
}

describe('the page on another host', () => {
  test('is there file by file, for everyone to read', async (t) => {
    const { target, folder, staging, all } = stage(t);
    const changed = ['incidents/1/index.html', 'badge.svg', 'index.html', 'status.json'].map((name) =>
      file(name, name),
    );
    await target.push({ changed, removed: [] }, signal);
    assert.deepEqual(all(), ['badge.svg', 'incidents/1/index.html', 'index.html', 'status.json']);
    assert.equal(statSync(path.join(folder, 'incidents/1')).mode & 0o777, 0o755);
    assert.equal(statSync(path.join(folder, 'index.html')).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(staging), [], 'nothing is left of how it was put together');
    assert.equal(target.name, 'rsync web1.example.net');
  });

  test('changes as it is told, loses what is gone, and nothing of anybody else', async (t) => {
    const { target, folder, all, read } = stage(t);
    writeFileSync(path.join(folder, 'robots.txt'), 'theirs');
    const changed = ['incidents/1/index.html', 'incidents/2/index.html', 'index.html'].map((name) =>
      file(name, 'old'),
    );
    await target.push({ changed, removed: [] }, signal);
    const removed = ['incidents/1/index.html', 'never/there.html'];
    await target.push({ changed: [file('index.html', 'new')], removed }, signal);
    assert.deepEqual(all(), ['incidents/2/index.html', 'index.html', 'robots.txt']);
    assert.deepEqual([read('index.html'), read('incidents/2/index.html')], ['new', 'old']);
  });

  test('that does not answer as it should is told in the words of whoever complains', async (t) => {
    const { target } = stage(t, String.raw`printf "Host key verification failed.\r\n" >&2; exit 255`);
    const pushed = target.push({ changed: [file('index.html', 'a')], removed: [] }, signal);
    await assert.rejects(pushed, /^Error: rsync: Host key verification failed\.$/);
  });

  test('that hangs is let go of when its owner says so', async (t) => {
    const { target, folder, staging } = stage(t, 'exec sleep 60');
    const giveUp = new AbortController();
    const pushed = target.push({ changed: [file('index.html', 'a')], removed: [] }, giveUp.signal);
    giveUp.abort();
    await assert.rejects(pushed, /abort/i);
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(readdirSync(staging), []);
  });
});
