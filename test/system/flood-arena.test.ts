// The namespaces of the flood bench, made for real: what they let pass, what they refuse, and that nothing of them is
// left, not even by a bench that was killed.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { EDGE } from '../../bench/flood/addresses.ts';
import { Arena, missingGround } from '../../bench/flood/arena.ts';
import { admit, ownNamespace } from '../../bench/flood/law.ts';

const ARENA = path.resolve(import.meta.dirname, '../../bench/flood/arena.ts');

function run([command = '', ...parameters]: readonly string[]): string {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const { status, stdout, stderr } = spawnSync(command, parameters, { encoding: 'utf8', env });
  assert.equal(status, 0, `${command} ${parameters.join(' ')}: ${stderr}`);
  return stdout;
}

function namespacesOf(pid: number | undefined): readonly string[] {
  return run(['ip', 'netns', 'list'])
    .split('\n')
    .filter((line) => line.startsWith(`rtflood-${pid}-`));
}

describe('the ground of the flood bench', { skip: missingGround() ?? false }, () => {
  test('leads from phones and bots to the edge, and from nowhere to anywhere else', () => {
    const arena = Arena.open();
    try {
      const inside = arena.ground('bots');
      assert.equal(admit(EDGE, inside), EDGE);
      assert.ok(!inside.made.includes(ownNamespace()));
      run(arena.within('phones', 'sh', '-ec', 'ip route get 198.18.0.1 from 198.18.3.10'));
      for (const place of ['edge', 'phones', 'bots'] as const) {
        const [command, ...parameters] = arena.within(place, 'ip', 'route', 'get', '192.0.2.1');
        assert.notEqual(spawnSync(command, parameters).status, 0, `${place} has a way out`);
      }
    } finally {
      arena.close();
    }
    assert.deepEqual(namespacesOf(process.pid), []);
  });

  test('is no ground for a flood as soon as somebody has given it another interface', () => {
    const arena = Arena.open();
    try {
      run(arena.within('edge', 'ip', 'link', 'add', 'way-out', 'type', 'veth', 'peer', 'name', 'elsewhere'));
      assert.throws(() => arena.ground('bots'), /way-out.*nothing is sent there/);
    } finally {
      arena.close();
    }
  });

  test('that a killed bench left behind is taken away by the next one', async () => {
    const script = `import { Arena } from ${JSON.stringify(ARENA)}; Arena.open(); console.log('open'); setInterval(() => 1, 1e3);`;
    const parameters = ['--input-type=module-typescript', '-e', script];
    const bench = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(createInterface({ input: bench.stdout }), 'line');
    assert.equal(namespacesOf(bench.pid).length, 3);
    bench.kill('SIGKILL');
    await once(bench, 'exit');
    assert.equal(namespacesOf(bench.pid).length, 3);
    Arena.open().close();
    assert.deepEqual(namespacesOf(bench.pid), []);
  });

  test('of a bench that still runs is left alone', async () => {
    const arena = Arena.open();
    try {
      Arena.open().close();
      assert.equal(namespacesOf(process.pid).length, 3);
    } finally {
      arena.close();
    }
  });
});
