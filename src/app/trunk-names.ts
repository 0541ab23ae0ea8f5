// Trunks that are named by host: their addresses are asked for at the start and again every minute. A resolver
// that hangs or fails changes nothing; calls go on to where the carrier was last.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { MINUTE_MS } from '../base/time.ts';
import type { Log } from '../ports/log.ts';
import type { TrunkSettings } from '../ports/records.ts';
import type { EventLoop } from './event-loop.ts';

/** Gives the way to stop it. */
export function keepTrunksResolved(trunks: readonly TrunkSettings[], loop: EventLoop, log: Log): () => void {
  const named = trunks.filter(({ target }) => isIP(target.host) === 0);
  if (named.length === 0) return () => undefined;
  let stopped = false;
  const resolveAll = () => {
    for (const { name, target } of named) {
      lookup(target.host, { all: true }).then(
        (answers) => {
          if (stopped) return;
          const endpoints = answers.map(({ address }) => ({ address, port: target.port }));
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
