// The resolver port over real DNS: a stub resolver with TTLs, NAPTR and SRV, which node:dns gives only for some
// (decision 0010). It asks the machine's recursive servers, the next one when one is slow or refuses:
//
//   0 ms ─ first ─────────────────────────────────────▶ may still answer
//        a third of the time ─ second, or the first again ─▶
//                    two thirds ─ third … ─▶  end of the time: failed
//
// Equal questions share an answer while it is awaited. Each question has a socket, and there are only so many.

import { getServers } from 'node:dns';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';
import { formatDuration } from '../../base/time.ts';
import type { Reply, Resolver } from '../../ports/dns.ts';
import type { Random } from '../../ports/random.ts';
import { type Question, questionKey } from '../../sip/location/records.ts';
import { exchange } from './exchange.ts';
import { HostsFile } from './hosts.ts';

export interface ResolverOptions {
  readonly servers: readonly Endpoint[];
  /** For one question, over all servers. */
  readonly timeoutMs: number;
  readonly random: Random;
  readonly hostsFile?: string;
}

const ATTEMPTS_MIN = 3;
const HOSTS_FILE = '/etc/hosts';

export class NetResolver implements Resolver {
  readonly #options: ResolverOptions;
  readonly #hosts: HostsFile;
  readonly #asking = new Map<string, Promise<Reply>>();
  readonly #closing = new AbortController();

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#hosts = new HostsFile(options.hostsFile ?? HOSTS_FILE);
  }

  /** Whom it asks. */
  get servers(): readonly Endpoint[] {
    return this.#options.servers;
  }

  ask(question: Question): Promise<Reply> {
    const key = questionKey(question);
    const same = this.#asking.get(key);
    if (same !== undefined) return same;
    if (this.#asking.size >= LIMITS.dnsQuestionsMax) {
      return Promise.resolve({ type: 'failed', reason: 'too many questions to DNS at once' });
    }
    const reply = this.#answer(question).finally(() => this.#asking.delete(key));
    this.#asking.set(key, reply);
    return reply;
  }

  /** Whoever still waits hears that it failed. */
  close(): void {
    this.#closing.abort();
  }

  async #answer(question: Question): Promise<Reply> {
    const rows = await this.#hosts.rows(question);
    if (rows !== undefined) return rows.length > 0 ? { type: 'rows', rows } : { type: 'none' };
    if (this.#options.servers.length === 0) return { type: 'failed', reason: 'no DNS server is known' };
    return this.#askServers(question);
  }

  /** The first answer that can be used; when all have failed, why the last one did. */
  #askServers(question: Question): Promise<Reply> {
    const { servers, timeoutMs } = this.#options;
    const attempts = Math.max(ATTEMPTS_MIN, servers.length);
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closing.signal]);
    if (signal.aborted) return Promise.resolve({ type: 'failed', reason: 'the resolver is closed' });
    return new Promise((resolve) => {
      let next = 0;
      let open = 0;
      let impatience: NodeJS.Timeout | undefined;
      const end = (reply: Reply): void => {
        clearTimeout(impatience);
        clearTimeout(limit);
        resolve(reply);
        over.abort();
      };
      const attempt = (): void => {
        clearTimeout(impatience);
        const server = servers[next % servers.length];
        if (server === undefined || next >= attempts || signal.aborted) return;
        const edns = next < servers.length;
        next++;
        open++;
        impatience = setTimeout(attempt, timeoutMs / attempts);
        void exchange({ question, server, id: this.#newId(), edns, signal }).then((reply) => {
          open--;
          if (reply.type !== 'failed') end(reply);
          else if (next < attempts && !signal.aborted) attempt();
          else if (open === 0) end(reply);
        });
      };
      const names = servers.map(formatEndpoint).join(' and ');
      const reason = `no answer in ${formatDuration(timeoutMs)} from DNS server ${names}`;
      const limit = setTimeout(() => end({ type: 'failed', reason }), timeoutMs);
      attempt();
    });
  }

  #newId(): number {
    const [high = 0, low = 0] = this.#options.random.bytes(2);
    return (high << 8) | low;
  }
}

/** What this machine is configured to ask (resolv.conf). */
export function systemServers(): readonly Endpoint[] {
  return getServers().flatMap((text) => {
    const [, bracketed, address, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
    const host = bracketed ?? address ?? text;
    return [{ address: host, port: port === undefined ? 53 : Number(port) }];
  });
}
