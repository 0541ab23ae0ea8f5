// Kamailio as a carrier: it wants digest credentials for every INVITE and REGISTER, keeps the registrations of
// trunks in memory, passes authorised calls to whoever stands for the PSTN behind it, and calls that come from
// there to the trunk that has registered for them. The configuration is made anew for each test.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../../../src/base/assert.ts';
import type { Child } from '../child.ts';
import { CARRIER_HOST, freePorts, type Rig } from '../rig.ts';

export interface KamailioOptions {
  readonly port?: number;
  readonly realm: string;
  readonly user: string;
  readonly password: string;
  /** The PSTN: where authorised calls go, and where calls to the trunk come from. */
  readonly pstn: { readonly port: number };
}

export class Kamailio {
  readonly port: number;
  readonly #child: Child;

  static async start(rig: Rig, options: KamailioOptions): Promise<Kamailio> {
    const port = options.port ?? (await freePorts(1, CARRIER_HOST));
    const folder = path.join(rig.folder, 'kamailio');
    mkdirSync(folder);
    const file = path.join(folder, 'kamailio.cfg');
    writeFileSync(file, configuration(port, options));
    const child = rig.run('kamailio', 'kamailio', [
      ...['-f', file, '-DD', '-E', '-e', '-m', '32', '-M', '4'],
      ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
    ]);
    // The main process says so when every other one has been started and all sockets are bound.
    await child.line(/RINGTHROUGH-RIG ready/, 15_000);
    return new Kamailio(child, port);
  }

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Waits for what its routes log: `challenged INVITE`, `authorised INVITE`, `registered sip:…`, … */
  async logged(pattern: RegExp, withinMs = 10_000): Promise<string> {
    const [text] = await this.#child.line(pattern, withinMs);
    return text;
  }
}

function configuration(port: number, { realm, user, password, pstn }: KamailioOptions): string {
  const values: Readonly<Record<string, string>> = {
    address: `${CARRIER_HOST}:${port}`,
    pstn: `${CARRIER_HOST}:${pstn.port}`,
    pstnPort: String(pstn.port),
    realm,
    user,
    password,
  };
  const template = readFileSync(path.join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => present(values[name], name));
}
