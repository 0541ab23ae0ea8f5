// A provider's node at the edge, with a phone and a carrier outside: started, provisioned and asked as its operator
// does it, and spoken to by sipp.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Child } from '../../interop/child.ts';
import { account } from '../../interop/node.ts';
import { type Rig, until } from '../../interop/rig.ts';
import { CARRIER, EDGE, Stage } from './stage.ts';

export const START_MS = 30_000;
const MAIN = path.resolve(import.meta.dirname, '../../../src/main.ts');
const SCENARIOS = path.resolve(import.meta.dirname, '../../interop/scenarios');
const TABLE = 'netdev ringthrough_london_1';

export class Provider {
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

  /** A command of the command line that asks the API; its JSON. */
  async ask<T>(...command: readonly string[]): Promise<T> {
    const token = path.join(this.#rig.folder, 'data/api.token');
    const parameters = this.#ringthrough([], ...command, '--json', '--token-file', token);
    const done = this.#rig.run('cli', ...parameters);
    assert.equal((await done.end(START_MS)).code, 0, done.output);
    return JSON.parse(done.output) as T;
  }

  /** A phone or a carrier outside, as sipp plays it so many times; it sends to this port of the node. */
  sipp(
    scenario: string,
    host: string,
    parameters: readonly string[],
    { port = 5060, times = 1 }: { readonly port?: number; readonly times?: number } = {},
  ): Child {
    const media = ['-mi', host, '-mp', '6000'];
    const ends = ['-i', host, '-p', '5060', ...media, '-m', String(times), `${EDGE}:${port}`];
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
