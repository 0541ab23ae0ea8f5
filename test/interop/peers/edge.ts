// Kamailio as an edge proxy that keeps the flows of phones (RFC 5626 §5) before a node that is the registrar.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../../../src/base/assert.ts';
import type { Child } from '../child.ts';
import { freePorts, HOST, type Rig } from '../rig.ts';

export class EdgeProxy {
  readonly port: number;
  readonly #child: Child;

  static async start(rig: Rig, name: string, registrar: { readonly port: number }): Promise<EdgeProxy> {
    const port = await freePorts();
    const folder = path.join(rig.folder, name);
    mkdirSync(folder);
    const file = path.join(folder, 'kamailio.cfg');
    const values: Readonly<Record<string, string>> = {
      address: `${HOST}:${port}`,
      registrar: `${HOST}:${registrar.port}`,
    };
    const template = readFileSync(path.join(import.meta.dirname, 'edge.cfg'), 'utf8');
    writeFileSync(
      file,
      template.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => present(values[key], key)),
    );
    const child = rig.run(`kamailio ${name}`, 'kamailio', [
      ...['-f', file, '-DD', '-E', '-e', '-m', '32', '-M', '4'],
      ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
    ]);
    await child.line(/RINGTHROUGH-RIG ready/, 15_000);
    return new EdgeProxy(child, port);
  }

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Whether it has brought such a request to or from a phone by now. */
  hasPassed(method: string): boolean {
    return this.#child.output.includes(`passes on ${method}`);
  }

  /** It is gone, and so is what it knew. */
  async stop(): Promise<void> {
    await this.#child.stop();
  }
}
