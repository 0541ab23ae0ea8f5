// From the opinions of several watchers to what is true of a probe, and from its probes to the state of a component.
//
// One watcher must be heard where there are one or two, else more than half of all that are configured. Then
//
//   failed    more than half of those heard find it failing
//   shaky     half of them or more find it shaky or failing: two watchers that disagree, too
//   passed    as many as must be heard find it passing
//   unknown   anything else: too few are heard, or too few of them say that it passes
//
// A judge that has just begun has not heard from all who speak: others' results of before its start are refused
// (intake.ts). Until each has had its time, it takes two to say "down", where there are two.
//
// So with one watcher it is as that one says; with two it takes both to say "down", and one that is alone is believed;
// with three or more nobody's bad network, and nobody's lie, makes an outage or hides one.

import type { State } from '../ports/status.ts';
import type { Opinion } from './vote.ts';

export type Verdict = 'passed' | 'shaky' | 'failed' | 'unknown';

/** How many of so many watchers must be heard. */
export function heardMin(watchers: number): number {
  return watchers < 3 ? 1 : Math.floor(watchers / 2) + 1;
}

/** One opinion of each watcher that is configured. `isEarly`: not all of them have had their time to speak. */
export function verdictOf(opinions: readonly Opinion[], isEarly = false): Verdict {
  const count = (wanted: Opinion): number => opinions.filter((opinion) => opinion === wanted).length;
  const needed = heardMin(opinions.length);
  const heard = opinions.length - count('silent');
  if (heard < needed) return 'unknown';
  const failing = count('failing');
  if (failing > heard / 2) return isEarly && heard < Math.min(2, opinions.length) ? 'unknown' : 'failed';
  if (failing + count('shaky') >= heard / 2) return 'shaky';
  return count('passing') >= needed ? 'passed' : 'unknown';
}

export function stateOf(verdicts: readonly Verdict[]): State {
  const failed = verdicts.filter((verdict) => verdict === 'failed').length;
  if (failed > 0) return failed === verdicts.length ? 'major-outage' : 'partial-outage';
  if (verdicts.length === 0 || verdicts.includes('unknown')) return 'unknown';
  return verdicts.includes('shaky') ? 'degraded' : 'operational';
}
