import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    const targets = await openTargets(
      { folder: path.join(folder, 'site'), push: [to] },
      staging,
      assert.fail,
    );
    assert.deepEqual(
      targets.map(({ name }) => name),
      [`folder ${folder}/site`, 'rsync 192.0.2.1'],
    );
    assert.equal(existsSync(staging), false);
  });

  test('goes on where the folder cannot be used yet, and writes to it as soon as it can', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-targets-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const mount = path.join(folder, 'mount');
    writeFileSync(mount, 'in the way');
    const site = path.join(mount, 'site');
    const said: string[] = [];
    const [target] = await openTargets({ folder: site, push: [] }, path.join(folder, 'staging'), (error) => {
      said.push(error.code);
    });
    assert.deepEqual(said, ['CONFIG_INVALID']);
    assert.ok(target);
    const page = { path: 'index.html', type: 'text/html', bytes: new Uint8Array([1]), digest: '1' };
    const push = () => target.push({ changed: [page], removed: [] }, new AbortController().signal);
    await assert.rejects(push, { code: 'ENOTDIR' });
    rmSync(mount);
    mkdirSync(mount);
    await push();
    assert.ok(existsSync(path.join(site, 'index.html')));
  });
});
