// Who runs probes: each kind by its adapter, all with the node's resolver, and with a name of their own that those who
// are probed find in their logs.

import { Agreement } from '../adapters/net-dns/agreement.ts';
import type { NetResolver } from '../adapters/net-dns/resolver.ts';
import { createProber } from '../adapters/probe-plain/prober.ts';
import { Trust } from '../adapters/probe-plain/trust.ts';
import type { Prober } from '../ports/probes.ts';
import type { Random } from '../ports/random.ts';
import type { WatchSettings } from './config/config.ts';
import { VERSION } from './version.ts';

export function openProber({ authorities }: WatchSettings, resolver: NetResolver, random: Random): Prober {
  const elapsedMs = () => performance.now();
  const agreement = new Agreement({ resolver, servers: resolver.servers, random, elapsedMs });
  return createProber({
    resolver,
    random,
    userAgent: `Ringthrough/${VERSION}`,
    trust: new Trust(authorities),
    agreement: (target, timeoutMs, signal) => agreement.probe(target, timeoutMs, signal),
  });
}
