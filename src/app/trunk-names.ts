// Trunks that are named by host: their addresses are asked for at the start and again every minute. A resolver
// that hangs or fails changes nothing; calls go on to where the carrier was last.

import { MINUTE_MS } from '../base/time.ts';
import type { Resolver } from '../ports/dns.ts';
import type { Log } from '../ports/log.ts';
import type { TrunkSettings } from '../ports/records.ts';
import { familyOf } from './config/addresses.ts';
import type { EventLoop } from './event-loop.ts';

/** Gives the way to stop it. */
export function keepTrunksResolved(
  trunks: readonly TrunkSettings[],
  resolver: Resolver,
  loop: EventLoop,
  log: Log,
): () => void {
  const named = trunks.filter(({ target }) => familyOf(target.host) === undefined);
  if (named.length === 0) return () => undefined;
  let stopped = false;
  const resolveAll = () => {
    for (const { name, target } of named) {
      resolver.addresses(target.host).then(
        (addresses) => {
          if (stopped) return;
          const endpoints = addresses.map((address) => ({ address, port: target.port }));
          loop.turn((node, now) => node.trunkResolved(name, endpoints, now));
        },
        (error: Error) =>
          log.warn('a trunk cannot be resolved', { trunk: name, host: target.host, reason: error.message }),
      );
    }
  };
  resolveAll();
  const timer = setInterval(resolveAll, MINUTE_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
