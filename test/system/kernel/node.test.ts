// A whole node with its shield in the kernel: what its operator reads, and what the kernel holds as phones register,
// calls come and go, and the node crashes and stops.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Child } from '../../interop/child.ts';
import { account, NUMBER } from '../../interop/node.ts';
import { createRig, type Rig, until } from '../../interop/rig.ts';
import { CARRIER, EDGE, noKernel, PHONE, Stage } from './stage.ts';

const START_MS = 30_000;
const MAIN = path.resolve(import.meta.dirname, '../../../src/main.ts');
const SCENARIOS = path.resolve(import.meta.dirname, '../../interop/scenarios');
const TABLE = 'netdev ringthrough_london_1';

class Provider {
  readonly stage = new Stage();
  readonly #rig: Rig;
  readonly #file: string;

  constructor(rig: Rig, shield: string) {
    this.#rig = rig;
    rig.onEnd(() => this.stage.close());
    this.#file = path.join(rig.folder, 'ringthrough.yaml');
    writeFileSync(
      this.#file,
      `node: { name: london-1, data: ./data }
sip: { domain: ${EDGE}, listen: [udp:0.0.0.0:5060, tcp:${EDGE}:5060], advertise: ${EDGE} }
media: { address: ${EDGE}, ports: 20000-20099 }
http: { listen: 127.0.0.1:8080 }
shield: ${shield}
trunks: [{ name: carrier-a, address: "${CARRIER}:5060", from: [10.77.4.0/24] }]
`,
    );
  }

  start(through: readonly string[] = []): Child {
    return this.#rig.run('ringthrough', ...this.#ringthrough(through, 'start', '--config', this.#file));
  }

  /** Its whole output. */
  async plan(): Promise<string> {
    const printed = this.#rig.run('plan', ...this.#ringthrough([], 'shield', 'plan', '--config', this.#file));
    assert.equal((await printed.end(START_MS)).code, 0, printed.output);
    return printed.output;
  }

  async provision(): Promise<void> {
    const file = path.join(this.#rig.folder, 'customers.yaml');
    writeFileSync(file, account(['reception'], ['{ ring: [reception], for: 5s }']));
    const token = path.join(this.#rig.folder, 'data/api.token');
    const done = this.#rig.run(
      'provision',
      ...this.#ringthrough([], 'provision', file, '--token-file', token),
    );
    assert.equal((await done.end(START_MS)).code, 0, done.output);
  }

  /** A phone or a carrier outside, as sipp plays it. */
  sipp(scenario: string, host: string, parameters: readonly string[]): Child {
    const ends = ['-i', host, '-p', '5060', '-mi', host, '-mp', '6000', '-m', '1', `${EDGE}:5060`];
    const script = ['-sf', path.join(SCENARIOS, `${scenario}.xml`), '-nostdin', '-timeout', '20'];
    return this.#rig.run('sipp', ...this.stage.on('outside', 'sipp', ...script, ...parameters, ...ends));
  }

  /** What one of the table's sets holds. */
  elements(set: string): string {
    return /elements = \{([^}]*)\}/.exec(this.stage.atEdge(`nft list set ${TABLE} ${set}`))?.[1] ?? '';
  }

  async holds(set: string, pattern: RegExp): Promise<void> {
    await until(`${set} to hold ${pattern}`, 10_000, () => pattern.test(this.elements(set)) || undefined);
  }

  #ringthrough(through: readonly string[], ...parameters: readonly string[]) {
    return this.stage.on('edge', ...through, process.execPath, MAIN, ...parameters);
  }
}

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
