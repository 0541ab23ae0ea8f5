import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { openTargets } from './status-page.ts';

describe('opening where the status page goes', () => {
  test('clears what a node that was killed had put together for a push', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-targets-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const staging = path.join(folder, 'status-page');
    mkdirSync(path.join(staging, 'push-Ab12cd'), { recursive: true });
    const to = { type: 'rsync', destination: 'rsync://192.0.2.1/status/' } as const;
    const targets = await openTargets({ folder: path.join(folder, 'site'), push: [to] }, staging);
    assert.deepEqual(
      targets.map(({ name }) => name),
      [`folder ${folder}/site`, 'rsync 192.0.2.1'],
    );
    assert.equal(existsSync(staging), false);
  });
});
