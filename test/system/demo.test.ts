// `npm start` as a newcomer meets it: embedded defaults, the demo account, and calls through the demo carrier.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Child } from '../interop/child.ts';
import { createRig, type Rig, until } from '../interop/rig.ts';
import { noIsland, onIsland, ringthrough, runOnIsland, runRingthrough, startOnIsland } from './island.ts';

const START_MS = 20_000;
const NUMBER = '+442079460000';
const REPOSITORY = path.resolve(import.meta.dirname, '../..');

async function startDemo(rig: Rig): Promise<Child> {
  const node = startOnIsland(rig, [], `cd ${rig.folder}`);
  await node.line(/3\. Kill the phone/, START_MS);
  return node;
}

/** baresip, started by README.md's own command, in a copy of the folder that it names. */
async function startReadmePhone(rig: Rig, node: Child): Promise<Child> {
  const [, command = ''] =
    /`(baresip -f .*)`/.exec(readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8')) ?? [];
  const [, password = ''] = /phone +reception +password (\w+)/.exec(node.output) ?? [];
  cpSync(path.join(REPOSITORY, 'examples/baresip'), path.join(rig.folder, 'examples/baresip'), {
    recursive: true,
  });
  const script = `exec ${command.replace('PASSWORD', password)}`;
  const phone = runOnIsland(rig, 'phone', node, ['sh', '-c', script]);
  await phone.line(/200 OK/, START_MS);
  return phone;
}

interface Ledger {
  readonly entries: readonly {
    readonly outcome?: string;
    readonly answeredBy?: string;
    readonly status?: number;
    readonly legs: readonly { readonly heardAudio: boolean }[];
  }[];
}

function ledger(node: Child, rig: Rig): Ledger['entries'] {
  const { stdout } = ringthrough(node, rig.folder, 'ledger', '--json');
  const { entries }: Ledger = JSON.parse(stdout);
  return entries;
}

test('the first start says where everything is, and keeps the passwords it made', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const node = await startDemo(rig);
  assert.match(node.output, /SIP +udp 127\.0\.0\.1:5060, tcp 127\.0\.0\.1:5060/);
  assert.match(
    node.output,
    /\+442079460000 rings reception and workshop for 20 s, then the mobile \+447700900123/,
  );
  assert.match(node.output, /http:\/\/127\.0\.0\.1:8080\/docs/);
  const file = path.join(rig.folder, 'data/demo-phones.txt');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [user = '', password = ''] = line.split(' ');
    assert.match(node.output, new RegExp(`phone +${user} +password ${password}`));
  }
});

test('with no phone registered the number rings the mobile, and both sides hear each other', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const node = await startDemo(rig);
  const { status, stdout } = ringthrough(node, rig.folder, 'call', NUMBER);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /reception is not registered/);
  assert.match(stdout, /dialling \+447700900123 over demo-carrier/);
  assert.match(stdout, /the caller hears the far end/);
  const [attempt] = await until('the attempt to be over', START_MS, () => {
    const entries = ledger(node, rig);
    return entries[0]?.outcome === undefined ? undefined : entries;
  });
  assert.equal(attempt?.outcome, 'diverted');
  assert.equal(attempt?.answeredBy, '+447700900123');
  assert.deepEqual(
    attempt?.legs.map(({ heardAudio }) => heardAudio),
    [true, true],
  );
});

test('the phone of README.md answers, and when it is killed the mobile does after two seconds', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const node = await startDemo(rig);
  const phone = await startReadmePhone(rig, node);
  const answered = ringthrough(node, rig.folder, 'call', NUMBER);
  assert.match(answered.stdout, /reception answered[\s\S]*the caller hears the far end[\s\S]*passed/);
  phone.signal('SIGKILL');
  await phone.exited;
  const diverted = ringthrough(node, rig.folder, 'call', NUMBER);
  assert.match(diverted.stdout, / {2}2\.\d+ s {2}node +reception gave no sign of life in 2 s/);
  assert.match(diverted.stdout, /\+447700900123 over demo-carrier answered[\s\S]*passed/);
});

test('a divert is obeyed by the next call, and survives kill -9 with the ledger', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const node = await startDemo(rig);
  assert.equal(ringthrough(node, rig.folder, 'divert', 'set', NUMBER, '+447700900456').status, 0);
  assert.equal(ringthrough(node, rig.folder, 'call', NUMBER).status, 0);
  node.signal('SIGKILL');
  await node.exited;
  const again = await startDemo(rig);
  assert.match(again.output, /is diverted to \+447700900456/);
  const [attempt] = ledger(again, rig);
  assert.equal(attempt?.answeredBy, '+447700900456');
  assert.equal(attempt?.outcome, 'diverted');
});

test('a call that a crash cuts off is in the ledger after the restart', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const node = await startDemo(rig);
  const call = runRingthrough(rig, node, 'call', NUMBER);
  await call.line(/the caller hears the far end/, START_MS);
  node.signal('SIGKILL');
  await node.exited;
  const again = await startDemo(rig);
  const [attempt] = ledger(again, rig);
  assert.equal(attempt?.outcome, 'diverted', 'it had been answered');
});

test('the first signal lets a call go on and takes no new one, the second ends it with BYE', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const node = await startDemo(rig);
  const call = runRingthrough(rig, node, 'call', NUMBER);
  await call.line(/the caller hears the far end/, START_MS);
  node.signal('SIGTERM');
  await node.line(/draining/, START_MS);
  const refused = onIsland(node, rig.folder, [process.execPath, '-e', ASK_FOR_A_CALL]);
  assert.match(refused.stdout, /503 .*shutting down/);
  // A second signal right after the first is taken for the same one: npm passes Ctrl-C on twice.
  await until('the call to be ended', START_MS, () => {
    node.signal('SIGTERM');
    return node.output.includes('"msg":"call ended"') || undefined;
  });
  assert.deepEqual(await node.end(START_MS), { code: 0, signal: null });
  assert.match(call.output, /the node is shutting down|ended the story/);
});

test('a full disk refuses changes, keeps calls going, and is forgotten when there is room', {
  skip: noIsland,
}, async (context) => {
  const rig = createRig(context);
  const disk = `cd ${rig.folder} && mkdir data && mount -t tmpfs -o size=2m tmpfs data`;
  const node = startOnIsland(rig, [], disk);
  await node.line(/3\. Kill the phone/, START_MS);
  onIsland(node, rig.folder, ['dd', 'if=/dev/zero', 'of=data/filler', 'bs=4k']);
  const refused = ringthrough(node, rig.folder, 'divert', 'set', NUMBER, '+447700900456');
  assert.equal(refused.status, 74, refused.stderr);
  assert.match(refused.stderr, /is full; nothing was written/);
  assert.equal(ringthrough(node, rig.folder, 'call', NUMBER).status, 0, 'callers do not pay for the disk');
  const ready = () => onIsland(node, rig.folder, [process.execPath, '-e', ASK_READINESS]).stdout;
  assert.match(ready(), /503 .*store fails/);
  onIsland(node, rig.folder, ['rm', 'data/filler']);
  await until('the node to be ready again', START_MS, () => (ready().startsWith('200') ? true : undefined));
  assert.equal(ledger(node, rig)[0]?.outcome, 'diverted', 'what waited for room was written');
});

const ASK_READINESS = `
  const answer = await fetch('http://127.0.0.1:8080/readyz');
  console.log(answer.status, await answer.text());
`;

const ASK_FOR_A_CALL = `
  const { readFileSync } = await import('node:fs');
  const answer = await fetch('http://127.0.0.1:8080/v1/test-calls', {
    method: 'POST',
    headers: {
      authorization: 'Bearer ' + readFileSync('data/api.token', 'utf8').trim(),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ number: '${NUMBER}' }),
  });
  console.log(answer.status, await answer.text());
`;
