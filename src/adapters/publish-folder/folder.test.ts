import assert from 'node:assert/strict';
import {
  existsSync,
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
import { gzipSync } from 'node:zlib';
import { utf8 } from '../../base/bytes.ts';
import type { PublishedFile } from '../../ports/publishing.ts';
import { createFolderTarget, prepareFolder } from './folder.ts';

const { signal } = new AbortController();

function file(name: string, text: string, compressed = false): PublishedFile {
  const bytes = utf8(text);
  const plain = { path: name, type: 'text/html', bytes, digest: text };
  return compressed ? { ...plain, gzip: gzipSync(bytes), brotli: utf8('br') } : plain;
}

function stage(test: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'ringthrough-folder-'));
  test.after(() => rmSync(root, { recursive: true }));
  const folder = path.join(root, 'site');
  prepareFolder(folder);
  const all = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => path.relative(folder, path.join(one.parentPath, one.name)))
      .sort();
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  return { folder, all, read, target: createFolderTarget(folder) };
}

describe('the page in a folder', () => {
  test('is there file by file, with compressed copies beside, for everyone to read', async (t) => {
    const before = process.umask(0o077);
    t.after(() => void process.umask(before));
    const { target, folder, all, read } = stage(t);
    await target.push(
      { changed: [file('incidents/1/index.html', 'one', true), file('index.html', 'all')], removed: [] },
      signal,
    );
    assert.deepEqual(all(), [
      '.ringthrough-page',
      'incidents/1/index.html',
      'incidents/1/index.html.br',
      'incidents/1/index.html.gz',
      'index.html',
    ]);
    assert.equal(read('incidents/1/index.html'), 'one');
    assert.equal(statSync(path.join(folder, 'index.html')).mode & 0o777, 0o644);
    for (const name of ['.', 'incidents', 'incidents/1'])
      assert.equal(statSync(path.join(folder, name)).mode & 0o777, 0o755, name);
  });

  test('loses what is gone, and folders that are empty then, but nothing of anybody else', async (t) => {
    const { target, folder, all } = stage(t);
    mkdirSync(path.join(folder, 'incidents'), { recursive: true });
    writeFileSync(path.join(folder, 'robots.txt'), 'theirs');
    const [one, two] = [file('incidents/1/index.html', 'one', true), file('incidents/2/index.html', 'two')];
    await target.push({ changed: [one, two], removed: [] }, signal);
    await target.push({ changed: [], removed: ['incidents/1/index.html', 'robots.txt'] }, signal);
    assert.deepEqual(all(), ['.ringthrough-page', 'incidents/2/index.html', 'robots.txt']);
    assert.equal(existsSync(path.join(folder, 'incidents/1')), false);
  });

  test('is cleared of what an earlier node has left, once all of the new one is there', async (t) => {
    const { target, folder, all } = stage(t);
    await target.push(
      { changed: [file('old.html', 'old', true), file('index.html', 'a', true)], removed: [] },
      signal,
    );
    await createFolderTarget(folder).push({ changed: [file('index.html', 'b')], removed: [] }, signal);
    assert.deepEqual(
      all(),
      ['.ringthrough-page', 'index.html'],
      'a compressed copy that is no longer made, too',
    );
  });

  test('is told to be unusable before anything is pushed, where no folder can be', (t) => {
    const { folder } = stage(t);
    writeFileSync(path.join(folder, 'file'), '');
    for (const [where, reason] of [
      ['/proc/nope', /status\.page\.folder: \/proc\/nope cannot be used \(ENOENT.*give another/],
      [path.join(folder, 'file'), /ENOTDIR/],
      [path.join(folder, 'file/below'), /ENOTDIR/],
    ] as const)
      assert.throws(() => prepareFolder(where), { code: 'CONFIG_INVALID', message: reason });
  });

  test('says what failed, leaves no half-written file, and is whole after the next push', async (t) => {
    const { target, folder, all } = stage(t);
    await target.push({ changed: [file('index.html', 'a')], removed: [] }, signal);
    mkdirSync(path.join(folder, 'badge.svg'));
    writeFileSync(path.join(folder, 'badge.svg/in-the-way'), '');
    const changes = { changed: [file('badge.svg', 'svg'), file('index.html', 'b')], removed: [] };
    await assert.rejects(target.push(changes, signal), /badge\.svg/);
    assert.deepEqual(all(), ['.ringthrough-page', 'badge.svg/in-the-way', 'index.html']);
    rmSync(path.join(folder, 'badge.svg'), { recursive: true });
    await target.push(changes, signal);
    assert.deepEqual(all(), ['.ringthrough-page', 'badge.svg', 'index.html']);
  });

  test('never leaves the folder, whatever it is told and whatever its list says', async (t) => {
    const { target, folder } = stage(t);
    for (const name of ['../outside', '/etc/outside', 'a/../../outside', '.hidden', 'a//b', ''])
      await assert.rejects(
        target.push({ changed: [file(name, 'x')], removed: [] }, signal),
        /is no path of a page/,
        name,
      );
    const victim = path.join(folder, '..', 'victim');
    writeFileSync(victim, '');
    writeFileSync(path.join(folder, '.ringthrough-page'), '../victim\n');
    await createFolderTarget(folder).push(
      { changed: [file('index.html', 'x')], removed: ['../victim'] },
      signal,
    );
    assert.ok(existsSync(victim));
  });
});
