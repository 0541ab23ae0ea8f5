// Erases recordings that a crash has left without a row. What there is on disk is listed before the first call comes
// in: a recording that begins later is not on that list, so that nothing is erased which was just made.

import { orphansAmong, type Rows } from '../mailboxes/owned.ts';
import type { Log } from '../ports/log.ts';
import type { Recordings } from '../ports/recordings.ts';

export interface Sweep {
  /** Fulfilled when all are erased, or it was closed. */
  readonly over: Promise<void>;
  close(): Promise<void>;
}

/** Resolves once the list is made; erasing goes on beside calls. */
export async function sweepRecordings(recordings: Recordings, rows: Rows, log: Log): Promise<Sweep> {
  const orphans = orphansAmong(await recordings.list(), rows);
  let open = true;
  const erase = async () => {
    let erased = 0;
    for (const recording of orphans) {
      if (!open) break;
      try {
        await recordings.erase(recording);
        erased++;
      } catch (error) {
        log.error('an orphaned recording cannot be erased', { recording, reason: String(error) });
      }
    }
    if (erased > 0) log.info('orphaned recordings were erased', { count: erased });
  };
  const over = erase();
  const close = () => {
    open = false;
    return over;
  };
  return { over, close };
}
