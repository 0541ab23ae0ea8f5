// A whole node with its shield in the kernel: what its operator reads, and what the kernel holds as phones register,
// calls come and go, and the node crashes and stops.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { NUMBER } from '../../interop/node.ts';
import { createRig } from '../../interop/rig.ts';
import { Provider, START_MS } from './provider.ts';
import { CARRIER, noKernel, PHONE } from './stage.ts';

test('a node tells the kernel who is known and which ports are live, crashes, and is known again', {
  skip: noKernel,
}, async (context) => {
  const rig = createRig(context);
  const provider = new Provider(rig, '{ kernel: require, interface: wire }');
  const node = provider.start();
  await node.line(/^Ringthrough \S+ is up/, START_MS);
  await node.line(
    /netdev ringthrough_london_1, on wire.*the kernel does a part of the shield’s work/,
    START_MS,
  );
  await provider.provision();

  const phone = provider.sipp('register', PHONE, [
    ...['-key', 'user', 'reception'],
    ...['-au', 'reception', '-ap', 'over-the-hills'],
  ]);
  assert.equal((await phone.end(START_MS)).code, 0, phone.output);
  await provider.holds('known4', new RegExp(`${PHONE} \\. 5060 limit`));
  await provider.holds('familiar4', new RegExp(PHONE));

  const caller = provider.sipp('caller', CARRIER, [
    ...['-key', 'called', NUMBER],
    ...['-key', 'caller', '+447700900456'],
  ]);
  await provider.holds('media_open', /\d+ limit/);
  await caller.end(START_MS);
  await provider.holds('media_open', /^$/);

  node.signal('SIGKILL');
  await node.exited;
  await provider.holds('known4', new RegExp(`${PHONE} \\. 5060 limit`));
  const second = provider.start();
  await second.line(/^Ringthrough \S+ is up/, START_MS);
  await second.line(/the shield takes over the table that a node left behind/, START_MS);
  await provider.holds('known4', new RegExp(`${PHONE} \\. 5060 limit`));

  second.signal('SIGTERM');
  assert.equal((await second.end(START_MS)).code, 0);
  assert.deepEqual(provider.stage.tables(), []);
});

test('a node that must have the kernel and may not does not start, and says what is missing', {
  skip: noKernel,
}, async (context) => {
  const rig = createRig(context);
  const provider = new Provider(rig, '{ kernel: require }');
  const node = provider.start(['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']);
  assert.equal((await node.end(START_MS)).code, 69);
  assert.match(
    node.output,
    /^ringthrough: shield.kernel is "require", but .* needs the capability CAP_NET_ADMIN$/m,
  );
});

test('a node that may not have the kernel goes on without, and says why', {
  skip: noKernel,
}, async (context) => {
  const rig = createRig(context);
  const provider = new Provider(rig, '{ kernel: auto }');
  const node = provider.start(['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']);
  await node.line(/^Ringthrough \S+ is up/, START_MS);
  await node.line(/CAP_NET_ADMIN.*the shield works without the kernel/, START_MS);
});

for (const shield of ['{ interface: wire }', '{ kernel: off }']) {
  test(`the plan for ${shield} is a ruleset that nft accepts, and nothing is loaded`, {
    skip: noKernel,
  }, async (context) => {
    const rig = createRig(context);
    const provider = new Provider(rig, shield);
    const file = path.join(rig.folder, 'plan.nft');
    const plan = await provider.plan();
    writeFileSync(file, `${plan}\n`);
    provider.stage.atEdge(`nft -c -f ${file}`);
    assert.deepEqual(provider.stage.tables(), []);
    assert.match(plan, /ip saddr \{ 10\.77\.4\.0\/24 \} limit rate/);
  });
}
