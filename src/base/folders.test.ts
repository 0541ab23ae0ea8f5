import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeFolders } from './folders.ts';

/** A file system that makes folders below /srv and, as /proc does, says of others that something is missing. */
function disk(...there: readonly string[]) {
  const folders = new Set(['/', '/srv', '/proc', ...there]);
  const made: string[] = [];
  const make = (folder: string): void => {
    const parent = folder.slice(0, folder.lastIndexOf('/')) || '/';
    if (folders.has(folder)) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    if (!folders.has(parent) || parent === '/proc')
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    folders.add(folder);
    made.push(folder);
  };
  return { made, make };
}

describe('folders', () => {
  test('are made from the one that is there down', () => {
    const { made, make } = disk();
    makeFolders('/srv/status/page', make);
    assert.deepEqual(made, ['/srv/status', '/srv/status/page']);
  });

  test('that are there are left as they are', () => {
    const { made, make } = disk('/srv/status');
    makeFolders('/srv/status', make);
    assert.deepEqual(made, []);
  });

  test('where none can be made end with what the system says', () => {
    const { made, make } = disk();
    assert.throws(() => makeFolders('/proc/nope', make), { code: 'ENOENT' });
    assert.throws(() => makeFolders('/proc/nope/deeper', make), { code: 'ENOENT' });
    assert.throws(() => makeFolders('nowhere', make), { code: 'ENOENT' });
    assert.deepEqual(made, []);
  });
});
