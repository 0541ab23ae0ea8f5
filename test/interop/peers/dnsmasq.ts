// dnsmasq as the DNS server that a node asks: it serves the records that it is given, and knows nothing else.

import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { Child } from '../child.ts';
import { freePorts, HOST, type Rig } from '../rig.ts';

export interface DnsmasqOptions {
  /** Lines of its configuration: `srv-host=…`, `naptr-record=…`, `host-record=…`. */
  readonly records: readonly string[];
  readonly ttlSeconds?: number;
  /** Where there is more than one. */
  readonly name?: string;
}

/** `_sip._udp.carrier.example` at this port of the target. */
export function srv(name: string, target: string, port: number, priority: number, weight = 0): string {
  return `srv-host=${name},${target},${port},${priority},${weight}`;
}

export class Dnsmasq {
  readonly port: number;
  readonly #child: Child;

  static async start(
    rig: Rig,
    { records, ttlSeconds = 60, name = 'dnsmasq' }: DnsmasqOptions,
  ): Promise<Dnsmasq> {
    const port = await freePorts();
    const folder = path.join(rig.folder, name);
    mkdirSync(folder);
    const file = path.join(folder, 'dnsmasq.conf');
    const lines = [
      ...[`port=${port}`, `listen-address=${HOST}`, 'bind-interfaces', `user=${userInfo().username}`],
      ...['no-resolv', 'no-hosts', 'local=/example/', `local-ttl=${ttlSeconds}`, 'pid-file', 'log-queries'],
      ...records,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const child = rig.run(name, 'dnsmasq', ['--keep-in-foreground', '--log-facility=-', '-C', file]);
    await child.line(/started, version/, 10_000);
    return new Dnsmasq(child, port);
  }

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Waits until it was asked this: `NAPTR carrier.example`. */
  async asked(question: string): Promise<void> {
    const [type = '', name = ''] = question.split(' ');
    await this.#child.line(new RegExp(`query\\[${type}\\] ${name.replaceAll('.', '\\.')} `), 10_000);
  }

  /** It ends without a word, and nobody answers there any more. */
  async kill(): Promise<void> {
    this.#child.signal('SIGKILL');
    await this.#child.exited;
  }

  /** It hears, and says nothing any more. */
  hang(): void {
    this.#child.signal('SIGSTOP');
  }

  wake(): void {
    this.#child.signal('SIGCONT');
  }
}
