import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { createRsyncTarget } from './rsync.ts';

describe('the page by rsync', () => {
  test('says where there is no rsync, and leaves nothing of what it put together', async (t) => {
    const staging = mkdtempSync(path.join(tmpdir(), 'ringthrough-rsync-'));
    const before = process.env['PATH'];
    t.after(() => {
      process.env['PATH'] = before;
      rmSync(staging, { recursive: true });
    });
    process.env['PATH'] = staging;
    const target = createRsyncTarget({ destination: 'rsync://192.0.2.1/status/', staging });
    const file = { path: 'index.html', type: 'text/html', bytes: utf8('x'), digest: 'x' };
    await assert.rejects(
      target.push({ changed: [file], removed: [] }, AbortSignal.timeout(10_000)),
      /^Error: rsync is not installed on this machine$/,
    );
    assert.deepEqual(readdirSync(staging), []);
  });
});
