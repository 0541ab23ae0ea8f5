// What an operator has done to calls: one is hung up, or the node's test caller makes one. Each is a turn of the node,
// and tells besides its effects what came of it.

import type { Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Calls } from '../calls/calls.ts';
import type { E164 } from '../ports/records.ts';
import type { Effect } from './effects.ts';
import type { Turn } from './turn.ts';

/** `found`: there was something to do it to. */
export interface Done {
  readonly found: boolean;
  readonly effects: readonly Effect[];
}

export interface TestCallStart {
  /** The id under which its events come. */
  readonly result: Result<string, 'no-trunk' | 'too-many'>;
  readonly effects: readonly Effect[];
}

export function hangUp(turn: Turn, calls: Calls, callId: string, now: Instant): Done {
  let found = false;
  const effects = turn.run(now, () => {
    found = calls.hangUp(callId, 'ended by the operator', now);
  });
  return { found, effects };
}

/** Out through the first of these trunks. */
export function startTestCall(
  turn: Turn,
  calls: Calls,
  [trunk]: readonly Parameters<Calls['startTest']>[1][],
  number: E164,
  now: Instant,
): TestCallStart {
  let result: TestCallStart['result'] = { ok: false, error: 'no-trunk' };
  const effects = turn.run(now, () => {
    if (trunk === undefined) return;
    const id = calls.startTest(number, trunk, now);
    result = id === undefined ? { ok: false, error: 'too-many' } : { ok: true, value: id };
  });
  return { result, effects };
}
