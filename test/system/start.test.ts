// Starting, from outside: what a person reads when it works and when it cannot.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Child } from '../interop/child.ts';
import { createRig, freePorts, HOST, type Rig } from '../interop/rig.ts';

const START_MS = 20_000;
const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

async function configuration(rig: Rig, changes: { readonly data?: string; readonly sipPort?: number } = {}) {
  const [sip, http] = [changes.sipPort ?? (await freePorts()), await freePorts()];
  const file = path.join(rig.folder, `${sip}.yaml`);
  writeFileSync(
    file,
    `node: { name: system, data: ${changes.data ?? './data'} }
sip: { listen: [udp:${HOST}:${sip}, tcp:${HOST}:${sip}] }
http: { listen: ${HOST}:${http} }
`,
  );
  return { file, sip, http };
}

function start(rig: Rig, file: string): Child {
  return rig.run('ringthrough', process.execPath, [MAIN, 'start', '--config', file]);
}

/** The one line of a start that failed, and its exit code. */
async function refusal(child: Child): Promise<{ readonly code: number | null; readonly words: string }> {
  const { code } = await child.end(START_MS);
  return { code, words: child.output };
}

test('a node that is asked to end does so with exit code 0', async (context) => {
  const rig = createRig(context);
  const { file, http } = await configuration(rig);
  const node = start(rig, file);
  await node.line(/^Ringthrough \S+ is up/, START_MS);
  const ready = await fetch(`http://${HOST}:${http}/readyz`);
  assert.deepEqual(await ready.json(), { ready: true, reasons: [] });
  node.signal('SIGTERM');
  assert.deepEqual(await node.end(START_MS), { code: 0, signal: null });
});

test('what is secret in the data folder can be read by its owner only', async (context) => {
  const rig = createRig(context);
  const { file } = await configuration(rig);
  await start(rig, file).line(/^Ringthrough \S+ is up/, START_MS);
  for (const name of ['node.key', 'api.token', 'ringthrough.db']) {
    assert.equal(statSync(path.join(rig.folder, 'data', name)).mode & 0o777, 0o600, name);
  }
});

test('a SIP port that is taken is named in one line, and the exit code says unavailable', async (context) => {
  const rig = createRig(context);
  const taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(0, HOST, resolve));
  rig.onEnd(() => void taken.close());
  const { port } = taken.address();
  const { file } = await configuration(rig, { sipPort: port });
  const { code, words } = await refusal(start(rig, file));
  assert.equal(code, 69);
  assert.match(words, new RegExp(`^ringthrough: udp ${HOST}:${port} is in use`));
  assert.equal(words.split('\n').length, 1, words);
});

test('a data folder that cannot be a folder is named in one line', async (context) => {
  const rig = createRig(context);
  const inTheWay = path.join(rig.folder, 'a-file');
  writeFileSync(inTheWay, '');
  const { file } = await configuration(rig, { data: path.join(inTheWay, 'data') });
  const { code, words } = await refusal(start(rig, file));
  assert.equal(code, 74);
  assert.match(words, /a-file\/data/);
  assert.equal(words.split('\n').length, 1, words);
});

test('two nodes cannot share a data folder', async (context) => {
  const rig = createRig(context);
  const first = await configuration(rig);
  await start(rig, first.file).line(/^Ringthrough \S+ is up/, START_MS);
  const second = await configuration(rig);
  const { code, words } = await refusal(start(rig, second.file));
  assert.equal(code, 69);
  assert.match(words, /in use by another node/);
});

test('a key that is damaged is told apart from a disk that is broken', async (context) => {
  const rig = createRig(context);
  const { file } = await configuration(rig);
  mkdirSync(path.join(rig.folder, 'data'));
  writeFileSync(path.join(rig.folder, 'data', 'node.key'), 'short');
  const { code, words } = await refusal(start(rig, file));
  assert.equal(code, 65);
  assert.match(words, /node\.key/);
});

test('each mistake in the configuration is told with its path, its line and the reason', async (context) => {
  const rig = createRig(context);
  const file = path.join(rig.folder, 'bad.yaml');
  writeFileSync(file, 'sip: { lisen: [udp:127.0.0.1:5060] }\nmedia: { adress: 127.0.0.1 }\nhttp: 5\n');
  const { code, words } = await refusal(start(rig, file));
  assert.equal(code, 78);
  assert.match(words, /sip\.lisen/);
  assert.match(words, /did you mean "?listen/i);
  assert.match(words, /line 2, media\.adress/);
  assert.match(words, /line 3, http: is not a section/);
});

test('a configuration that is not there is named', async (context) => {
  const rig = createRig(context);
  const { code, words } = await refusal(start(rig, path.join(rig.folder, 'none.yaml')));
  assert.equal(code, 78);
  assert.match(words, /none\.yaml/);
});
