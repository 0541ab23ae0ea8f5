// What sends in these tests is held to law 9: it cannot be aimed at others.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { REGISTER } from './scene.ts';
import { noKernel, PHONE, Stage } from './stage.ts';

test('the sender does not work in the network of whoever starts it', () => {
  const script = path.join(import.meta.dirname, 'post.ts');
  const { status, stderr } = spawnSync(process.execPath, [script], { input: '', encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /within a namespace that a test made, and nowhere else/);
});

test('the sender sends and connects to the edge only', { skip: noKernel }, async (context) => {
  const stage = new Stage();
  context.after(() => stage.close());
  const to = { address: '192.0.2.1', port: 5060 };
  const from = { address: PHONE, port: 5060 };
  const elsewhere = /192\.0\.2\.1 is not in the network of the test/;
  await assert.rejects(stage.outside.ask({ do: 'send', from, to, text: REGISTER, count: 1 }), elsewhere);
  await assert.rejects(stage.outside.ask({ do: 'connect', from: PHONE, to, count: 1 }), elsewhere);
});
