// Who runs probes: each kind by its adapter, all with the node's resolver, and with a name of their own that those who
// are probed find in their logs.

import { Agreement } from '../adapters/net-dns/agreement.ts';
import type { NetResolver } from '../adapters/net-dns/resolver.ts';
import { nodeHashing } from '../adapters/node-hashing/node-hashing.ts';
import { createProber } from '../adapters/probe-plain/prober.ts';
import { Trust } from '../adapters/probe-plain/trust.ts';
import { createCustomerProber } from '../adapters/probe-sip/prober.ts';
import type { Prober } from '../ports/probes.ts';
import type { Random } from '../ports/random.ts';
import type { WatchSettings } from './config/config.ts';
import { VERSION } from './version.ts';

export interface Probing {
  readonly prober: Prober;
  /** Once no probe runs any more: what was begun is hung up, unregistered and closed. */
  close(): Promise<void>;
}

export function openProbing({ authorities }: WatchSettings, resolver: NetResolver, random: Random): Probing {
  const elapsedMs = () => performance.now();
  const agreement = new Agreement({ resolver, servers: resolver.servers, random, elapsedMs });
  const around = { resolver, random, userAgent: `Ringthrough/${VERSION}` };
  const trust = new Trust(authorities);
  const plain = createProber({
    ...around,
    trust,
    agreement: (target, timeoutMs, signal) => agreement.probe(target, timeoutMs, signal),
  });
  const customers = createCustomerProber({ ...around, hashing: nodeHashing, trust });
  const prober: Prober = {
    probe(target, timeoutMs, signal) {
      return target.type === 'register' || target.type === 'call'
        ? customers.probe(target, timeoutMs, signal)
        : plain.probe(target, timeoutMs, signal);
    },
  };
  return { prober, close: () => customers.close() };
}
