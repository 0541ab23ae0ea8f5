// A phone that we did not write behind a door of its account, without a kernel: it registers there, calls and is called
// there, and goes on when the door moves and when the node has crashed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { createRig, freePorts, type Rig } from './rig.ts';

const TONES_HZ = { reception: 700, workshop: 1_900 } as const;
const PROVISIONING = account(['reception', 'workshop'], ['{ ring: [reception], for: 20s }']);
const PORTS = 100;

interface Door {
  readonly port: number;
  readonly state: string;
  readonly phones: number;
}

async function door(node: RingthroughNode, ...command: readonly string[]): Promise<readonly Door[]> {
  const child = node.cli(['door', ...command, '--json']);
  const { code } = await child.end(10_000);
  assert.equal(code, 0, child.output);
  return (JSON.parse(child.output) as { readonly doors: readonly Door[] }).doors;
}

async function phone(
  rig: Rig,
  node: RingthroughNode,
  user: keyof typeof TONES_HZ,
  port: number,
): Promise<Baresip> {
  const registrar = { ...node.registrar, port };
  return Baresip.start(rig, { user, toneHz: TONES_HZ[user], answer: 'auto', registrar });
}

async function calls(from: Baresip, to: Baresip): Promise<void> {
  from.dial(to.user);
  await from.event('CALL_ESTABLISHED');
  await Promise.all([
    from.heard(TONES_HZ[to.user as keyof typeof TONES_HZ]),
    to.heard(TONES_HZ[from.user as keyof typeof TONES_HZ]),
  ]);
  from.command('hangup');
  await Promise.all([from.event('CALL_CLOSED'), to.event('CALL_CLOSED')]);
}

test('a baresip calls and is called by a door, after it has moved and after a crash too', async (t) => {
  const rig = createRig(t);
  const first = await freePorts(PORTS);
  const more = [`shield: { doors: ${first}-${first + PORTS - 1} }`];
  const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING, more });
  const [opened] = await door(node, 'open', 'acme');
  assert.ok(opened !== undefined && opened.port >= first && opened.port < first + PORTS);
  const reception = await phone(rig, node, 'reception', opened.port);
  const workshop = await phone(rig, node, 'workshop', node.sipPort);
  assert.deepEqual(
    (await door(node, 'list')).map(({ port, phones }) => [port, phones]),
    [[opened.port, 1]],
  );
  await calls(reception, workshop);
  await calls(workshop, reception);

  const [moved, old] = await door(node, 'move', 'acme', '--grace', '1s');
  assert.deepEqual([old?.port, old?.state, old?.phones], [opened.port, 'grace', 1]);
  assert.notEqual(moved?.port, opened.port);
  await calls(workshop, reception);

  await node.crashAndRestart();
  const after = await door(node, 'list');
  assert.deepEqual(
    after.map(({ port, phones }) => [port, phones]),
    [
      [moved?.port, 0],
      [opened.port, 1],
    ],
  );
  await calls(workshop, reception);
  assert.equal((await door(node, 'close', 'acme', '--old')).length, 1);
});
