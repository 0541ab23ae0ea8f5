// bin/ringthrough.js from outside, as npx runs it: on whatever Node the machine has.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../bin/ringthrough.js', import.meta.url));
const TIMEOUT = { timeout: 30_000 };

/** Makes this Node believe that it is an old one, without needing one; and an architecture that nobody has. */
const OLD_NODE = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });`;
const UNKNOWN_MACHINE = `Object.defineProperty(process, 'arch', { value: 'pdp11' });`;

async function launch(prelude: string, ...args: string[]) {
  const imports = prelude === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(prelude)}`];
  const child = spawn(process.execPath, [...imports, LAUNCHER, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, out, err };
}

describe('the launcher', () => {
  for (const [node, prelude] of [
    ['the Node that it is pinned to', ''],
    ['an old Node', OLD_NODE],
  ] as const) {
    test(`runs the program on ${node}`, TIMEOUT, async () => {
      const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
      assert.deepEqual(await launch(prelude, '--version'), {
        code: 0,
        out: `${manifest.version}\n`,
        err: '',
      });
    });

    test(`passes arguments and the exit code through on ${node}`, TIMEOUT, async () => {
      const { code, err } = await launch(prelude, 'phone', 'lits');
      assert.equal(code, 64);
      assert.match(err, /Did you mean list\?/);
    });
  }

  test('says what is missing where there is no pinned Node for the machine', TIMEOUT, async () => {
    const { code, out, err } = await launch(OLD_NODE + UNKNOWN_MACHINE, '--version');
    assert.equal(code, 69);
    assert.equal(out, '');
    assert.match(err, /^ringthrough: this needs Node 26 .* run npm ci here to get node-linux-pdp11/);
  });
});
