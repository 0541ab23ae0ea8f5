// A machine's clock that was set back leaves the node's ahead of it for long (adapters/system-clock): what the node
// dates seems to come from the future, and browsers take its status page for an old one. Nothing else would say why.

import type { SystemClock } from '../adapters/system-clock/system-clock.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Log } from '../ports/log.ts';

/** Less is what time servers correct in passing. */
const AHEAD_MS = 5 * SECOND_MS;

/** Looks once a minute, and tells when it begins and when it is over. Gives what ends that. */
export function watchClock(clock: Pick<SystemClock, 'aheadMs'>, log: Pick<Log, 'warn' | 'info'>): () => void {
  let isAhead = false;
  const timer = setInterval(() => {
    const aheadMs = clock.aheadMs();
    const wasAhead = isAhead;
    isAhead = aheadMs >= AHEAD_MS;
    if (isAhead && !wasAhead)
      log.warn(
        'the clock of this machine was set back: the node goes on with the time it had, a little slower',
        {
          aheadSeconds: Math.round(aheadMs / SECOND_MS),
        },
      );
    if (wasAhead && !isAhead) log.info('the clock of this machine and that of the node agree again');
  }, MINUTE_MS).unref();
  return () => clearInterval(timer);
}
