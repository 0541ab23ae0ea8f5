// What becomes of a call that nobody answered: what the caller hears, and what the ledger says.

import { VERDICTS, type Verdict } from '../routing/verdicts.ts';
import type { Ending } from './record.ts';
import type { CallRoute } from './route.ts';

export interface Walked {
  /** The most telling of what failed. */
  readonly verdict: Verdict | undefined;
  /** The last final status of a far end. */
  readonly farStatus: number | undefined;
}

/**
 * Without a prompt the far end has spoken for itself: its own status makes the phone's busy or failure tone. `why` is
 * what ended the plan, where that was not its own end.
 */
export function conclusionOf(
  route: CallRoute,
  { verdict = 'not-tried', farStatus }: Walked,
  why?: string,
): { readonly prompt?: string; readonly ending: Ending } {
  const { status, prompt, words } = VERDICTS[verdict];
  const text = why ?? `${route.called} ${words}`;
  if (route.number === undefined && farStatus !== undefined)
    return { ending: { outcome: 'refused', text, status: farStatus } };
  return { prompt, ending: { outcome: 'announced', text, status } };
}
