// A whole node whose doors the kernel leads to: a phone behind a NAT that lets in its door and nothing else registers
// and is called there, by the old door and the new one when it moves, and after a crash and a restart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NUMBER } from '../../interop/node.ts';
import { createRig } from '../../interop/rig.ts';
import { Provider, START_MS } from './provider.ts';
import { CARRIER, EDGE, noKernel, PHONE } from './stage.ts';

interface Doors {
  readonly doors: readonly { readonly port: number; readonly state: string; readonly phones: number }[];
}

/** As the phone's NAT does it: what does not come from this door never arrives. */
function letsInOnly(provider: Provider, port: number): void {
  const commands = [
    'add table inet nat',
    'flush table inet nat',
    'add chain inet nat in { type filter hook input priority 0; }',
    `add rule inet nat in ip saddr ${EDGE} ip daddr ${PHONE} udp dport 5060 udp sport != ${port} drop`,
  ];
  provider.stage.atOutside(`nft '${commands.join('; ')}'`);
}

async function registers(provider: Provider, port: number): Promise<void> {
  const who = ['-key', 'user', 'reception', '-au', 'reception', '-ap', 'over-the-hills'];
  const phone = provider.sipp('register', PHONE, who, { port });
  assert.equal((await phone.end(START_MS)).code, 0, phone.output);
}

/** The number is called from outside, and the phone takes the call: BYE, ACK and answers come and go by its door. */
async function isCalled(provider: Provider): Promise<void> {
  const phone = provider.sipp('answerer', PHONE, [], { times: 100 });
  const who = ['-key', 'called', NUMBER, '-key', 'caller', '+447700900456'];
  const caller = provider.sipp('caller', CARRIER, who);
  assert.equal((await caller.end(START_MS)).code, 0, caller.output);
  phone.signal('SIGKILL');
  await phone.exited;
}

test('a phone registers and is called by a door that the kernel leads to, when it moves and after restarts too', {
  skip: noKernel,
}, async (context) => {
  const rig = createRig(context);
  const provider = new Provider(rig, '{ kernel: require, interface: wire, doors: 30000-30999 }');
  const node = provider.start();
  await node.line(/^Ringthrough \S+ is up/, START_MS);
  await provider.provision();
  const [old] = (await provider.ask<Doors>('door', 'open', 'acme')).doors;
  assert.ok(old !== undefined);
  await provider.holds('doors_a', new RegExp(`\\b${old.port}\\b`));
  letsInOnly(provider, old.port);
  await registers(provider, old.port);
  await isCalled(provider);

  const [open] = (await provider.ask<Doors>('door', 'move', 'acme')).doors;
  assert.ok(open !== undefined && open.port !== old.port);
  await provider.holds('doors_b', new RegExp(`\\b${open.port}\\b`));
  await isCalled(provider);
  letsInOnly(provider, open.port);
  await registers(provider, open.port);
  await isCalled(provider);

  node.signal('SIGKILL');
  await node.exited;
  const second = provider.start();
  await second.line(/^Ringthrough \S+ is up/, START_MS);
  await isCalled(provider);
  const { doors } = await provider.ask<Doors>('door', 'list');
  assert.deepEqual(
    doors.map(({ port, state, phones }) => [port, state, phones]),
    [
      [open.port, 'open', 1],
      [old.port, 'grace', 0],
    ],
  );

  // A clean stop takes the table away, and with it what the kernel has learned.
  second.signal('SIGTERM');
  assert.equal((await second.end(START_MS)).code, 0);
  const third = provider.start();
  await third.line(/^Ringthrough \S+ is up/, START_MS);
  await isCalled(provider);
  await provider.ask<Doors>('door', 'close', 'acme', '--now');
  third.signal('SIGTERM');
  assert.equal((await third.end(START_MS)).code, 0);
});
