// The hosts file: names that the operator of this machine gave addresses, before DNS is asked. Read again when it
// has changed. `localhost` is this machine whatever the file says (RFC 6761 §6.3).

import { readFile, stat } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { LIMITS } from '../../base/limits.ts';
import { MINUTE_MS } from '../../base/time.ts';
import { type DnsRow, normalName, type Question } from '../../sip/location/records.ts';

/** The file has none; it may change at any time. */
const TTL_MS = MINUTE_MS;
const LOCALHOST = { A: '127.0.0.1', AAAA: '::1' } as const;

export class HostsFile {
  readonly #path: string;
  #readAtMs = Number.NaN;
  #addresses: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** Empty: it knows nothing of the name. A name that it knows by the other family alone is answered with no row. */
  async rows({ type, name }: Question): Promise<readonly DnsRow[] | undefined> {
    if (type !== 'A' && type !== 'AAAA') return undefined;
    if (name === 'localhost' || name.endsWith('.localhost')) return [row(name, type, LOCALHOST[type])];
    await this.#refresh();
    const addresses = this.#addresses.get(name);
    const isOurs = type === 'A' ? isIPv4 : isIPv6;
    return addresses?.filter(isOurs).map((address) => row(name, type, address));
  }

  /** A file that is missing, too long or unreadable has no names. */
  async #refresh(): Promise<void> {
    try {
      const { mtimeMs, size } = await stat(this.#path);
      if (mtimeMs === this.#readAtMs) return;
      this.#readAtMs = mtimeMs;
      this.#addresses =
        size > LIMITS.hostsFileBytesMax ? new Map() : parseHosts(await readFile(this.#path, 'utf8'));
    } catch {
      this.#readAtMs = Number.NaN;
      this.#addresses = new Map();
    }
  }
}

function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!isIPv4(address) && !isIPv6(address)) continue;
    for (const name of names.map(normalName)) {
      const known = addresses.get(name);
      if (known === undefined) addresses.set(name, [address]);
      else known.push(address);
    }
  }
  return addresses;
}

function row(name: string, type: 'A' | 'AAAA', address: string): DnsRow {
  return { name, ttlMs: TTL_MS, record: { type, address } };
}
