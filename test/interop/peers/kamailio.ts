// Kamailio as a carrier: it wants digest credentials for every INVITE and REGISTER, keeps the registrations of
// trunks in memory, passes authorised calls to whoever stands for the PSTN behind it, and calls that come from
// there to the trunk that has registered for them. The configuration is made anew for each test.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../../../src/base/assert.ts';
import type { Issued } from '../../authority.ts';
import type { Child } from '../child.ts';
import { CARRIER_HOST, freePorts, type Rig } from '../rig.ts';

export interface KamailioOptions {
  readonly port?: number;
  /** Its address; that of any carrier by default. */
  readonly host?: string;
  /** Names itself so in Record-Route, for whoever can look it up. Its address by default. */
  readonly name?: string;
  /** It listens for TLS too, on the next port. */
  readonly tls?: Issued;
  readonly realm: string;
  readonly user: string;
  readonly password: string;
  /** The PSTN: where authorised calls go, and where calls to the trunk come from. */
  readonly pstn: { readonly port: number };
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** How long a nonce is good: then it is stale. */
  readonly nonceSeconds?: number;
  /** The longest registration that it grants. */
  readonly maxExpiresSeconds?: number;
  readonly challengesBye?: boolean;
}

export class Kamailio {
  readonly port: number;
  #child: Child;
  readonly #run: () => Promise<Child>;

  static async start(rig: Rig, options: KamailioOptions): Promise<Kamailio> {
    const { host = CARRIER_HOST } = options;
    const port = options.port ?? (await freePorts(2, host));
    const folder = path.join(rig.folder, `kamailio-${host}-${port}`);
    mkdirSync(folder);
    const file = path.join(folder, 'kamailio.cfg');
    writeFileSync(file, configuration(port, options, folder));
    const run = async (): Promise<Child> => {
      const child = rig.run('kamailio', 'kamailio', [
        ...['-f', file, '-DD', '-E', '-e', '-m', '32', '-M', '4'],
        ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
      ]);
      // The main process says so when every other one has been started and all sockets are bound.
      await child.line(/RINGTHROUGH-RIG ready/, 15_000);
      return child;
    };
    return new Kamailio(await run(), port, run);
  }

  private constructor(child: Child, port: number, run: () => Promise<Child>) {
    this.#child = child;
    this.port = port;
    this.#run = run;
  }

  /** Stopped and started again: whatever it kept in memory is gone, its log begins anew. */
  async restart(): Promise<void> {
    await this.#child.stop();
    this.#child = await this.#run();
  }

  /** How often it has logged this. */
  times(text: string): number {
    return this.#child.output.split(text).length - 1;
  }

  /** All of its processes are gone at once, and nobody hears of it. */
  async killHard(): Promise<void> {
    const { pid } = this.#child;
    const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    this.#child.signal('SIGKILL');
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    await this.#child.exited;
  }

  /** Waits for what its routes log: `challenged INVITE`, `authorised INVITE`, `registered sip:…`, … */
  async logged(pattern: RegExp, withinMs = 10_000): Promise<string> {
    const [text] = await this.#child.line(pattern, withinMs);
    return text;
  }
}

function configuration(port: number, options: KamailioOptions, folder: string): string {
  const { host = CARRIER_HOST, name = host, realm, user, password, pstn } = options;
  const values: Readonly<Record<string, string>> = {
    address: `${host}:${port}`,
    name: `${name}:${port}`,
    tlsName: `${name}:${port + 1}`,
    tls:
      options.tls === undefined
        ? ''
        : overTls(`${host}:${port + 1}`, `${name}:${port + 1}`, options.tls, folder),
    pstn: `${CARRIER_HOST}:${pstn.port}`,
    pstnPort: String(pstn.port),
    realm,
    user,
    password,
    algorithm: options.algorithm ?? 'MD5',
    nonceSeconds: String(options.nonceSeconds ?? 300),
    maxExpiresSeconds: String(options.maxExpiresSeconds ?? 3_600),
    challengesBye: options.challengesBye === true ? '1' : '0',
  };
  const template = readFileSync(path.join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => present(values[name], name));
}

/** Its lines for a TLS listener; the node is asked for no certificate. */
function overTls(address: string, name: string, { certificate, key }: Issued, folder: string): string {
  const files = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key, { mode: 0o600 });
  return [
    'enable_tls=yes',
    `listen=tls:${address}`,
    `alias="${name}"`,
    'loadmodule "tls.so"',
    'modparam("tls", "tls_method", "TLSv1.2+")',
    `modparam("tls", "certificate", "${files.certificate}")`,
    `modparam("tls", "private_key", "${files.key}")`,
  ].join('\n');
}
