// Which attempts to reach a number count, and which of them reached it: what a graph for customers shows. It is the
// network effectiveness ratio of ITU-T E.425, which blames nobody for a caller who hangs up while it rings, made
// stricter where this platform promises more: an announcement that says why nobody can be reached is a failure.
//
//   reached        answered by a phone, diverted, voicemail, a menu; or it rang, and the caller gave up
//   not reached    announced, lost, refused by the node with a 5xx; or the caller waited, and nothing rang
//   not counted    calls out; what was refused because it cannot be (a wrong number, a cap); given up at once

import { assertNever } from '../base/assert.ts';
import { SECOND_MS } from '../base/time.ts';
import type { LedgerEntry } from '../ports/records.ts';

/** Whoever hangs up sooner has not waited for anything to ring. */
const GIVEN_UP_AT_ONCE_MS = 5 * SECOND_MS;
/** Of a timeline: the caller hears of somebody from then on. */
const HEARD_OF = new Set(['rings', 'early-media', 'answered', 'attended']);

export type Reaching = 'reached' | 'not-reached' | 'not-counted';

export function reachingOf(entry: LedgerEntry): Reaching {
  const { direction, outcome, status = 0 } = entry;
  if (direction === 'out') return 'not-counted';
  switch (outcome) {
    case 'answered':
    case 'diverted':
    case 'voicemail':
      return 'reached';
    case 'announced':
      // A menu or another dialogue was held, and has no status: the call was answered.
      return entry.timeline.some(({ what }) => what === 'attended') ? 'reached' : 'not-reached';
    case 'abandoned':
      return givenUp(entry);
    case 'refused':
      return status >= 500 && status < 600 ? 'not-reached' : 'not-counted';
    case 'lost':
    case undefined:
      return 'not-reached';
    default:
      return assertNever(outcome);
  }
}

function givenUp(entry: LedgerEntry): Reaching {
  if (setUpMsOf(entry) !== undefined) return 'reached';
  const waitedMs = (entry.endedAt ?? entry.startedAt) - entry.startedAt;
  return waitedMs < GIVEN_UP_AT_ONCE_MS ? 'not-counted' : 'not-reached';
}

/** The session request delay of RFC 6076 §4.3: from the INVITE until the caller hears of somebody. */
export function setUpMsOf({ startedAt, timeline }: LedgerEntry): number | undefined {
  const first = timeline.find(({ what }) => HEARD_OF.has(what));
  return first && Math.max(0, first.at - startedAt);
}
