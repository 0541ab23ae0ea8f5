// The closed set of failure verdicts: every leg that does not end in an answer classifies itself into one of
// these, and the table below is the only place that decides what the plan does next.

import { assertNever } from '../base/assert.ts';

export type Verdict =
  /** 486, 600: the person is on another call. */
  | 'busy'
  /** 603, 607, 608: the person pressed reject. */
  | 'declined'
  /** It rang, and the step's time was up; or 408/480/487 after ringing. */
  | 'no-answer'
  /** No sign of life in time, or the transport failed, or 408/480/430 without ringing. */
  | 'unreachable'
  /** 404, 410, 484, 485, 604: no such number there. */
  | 'not-found'
  /** 401, 403, 407, 423 and other 4xx: the far end will not do this for us. */
  | 'refused'
  /** 415, 488, 606, 420, 421 or an unusable session description: no common media or extension. */
  | 'incompatible'
  /** 3xx: a redirection, refused by default (a redirect chooses who pays). */
  | 'redirected'
  /** 5xx: the far end is broken or overloaded. */
  | 'failing'
  /** The account's caps forbid it: destination, diverted calls. */
  | 'not-allowed'
  /** There was nothing to try. */
  | 'not-tried';

/** `next-trunk`: the same number over another carrier. `next-step`: on with the plan. */
export type Decision = 'next-trunk' | 'next-step';

interface Row {
  /** After a leg over a trunk. A phone's leg always goes on with the plan: another person may answer. */
  readonly trunk: Decision;
  /** The final response for the caller where the plan ends with this verdict. */
  readonly status: number;
  /** What is spoken before it. */
  readonly prompt: string;
  /** For the timeline: "the mobile …". */
  readonly words: string;
}

/**
 * A carrier's own failure sends the same number to the next carrier; what the person or the number at the
 * far end said would only be said again there.
 */
export const VERDICTS: Readonly<Record<Verdict, Row>> = {
  busy: { trunk: 'next-step', status: 486, prompt: 'busy', words: 'is busy' },
  declined: { trunk: 'next-step', status: 480, prompt: 'unavailable', words: 'declined the call' },
  'no-answer': { trunk: 'next-step', status: 480, prompt: 'unavailable', words: 'did not answer' },
  unreachable: { trunk: 'next-trunk', status: 480, prompt: 'unavailable', words: 'cannot be reached' },
  'not-found': { trunk: 'next-step', status: 404, prompt: 'unknown-number', words: 'does not exist there' },
  refused: { trunk: 'next-trunk', status: 480, prompt: 'all-lines-failed', words: 'refused the call' },
  incompatible: {
    trunk: 'next-trunk',
    status: 488,
    prompt: 'all-lines-failed',
    words: 'has no common media',
  },
  redirected: {
    trunk: 'next-trunk',
    status: 480,
    prompt: 'unavailable',
    words: 'redirected the call, which is not followed',
  },
  failing: { trunk: 'next-trunk', status: 480, prompt: 'all-lines-failed', words: 'failed' },
  'not-allowed': { trunk: 'next-step', status: 403, prompt: 'not-allowed', words: 'is not allowed' },
  'not-tried': { trunk: 'next-step', status: 480, prompt: 'unavailable', words: 'was not tried' },
};

/**
 * Which verdict names the whole attempt when several legs failed: the most telling one. A person's word
 * beats a machine's, and "unreachable" says least.
 */
const TELLING: readonly Verdict[] = [
  'busy',
  'declined',
  'no-answer',
  'not-found',
  'incompatible',
  'refused',
  'failing',
  'redirected',
  'unreachable',
  'not-allowed',
  'not-tried',
];

export function mostTelling(a: Verdict | undefined, b: Verdict): Verdict {
  if (a === undefined) return b;
  return TELLING.indexOf(a) <= TELLING.indexOf(b) ? a : b;
}

/** Classifies a final failure response. `rang`: a 180 or 183 came before it. */
export function verdictOf(status: number, rang: boolean): Verdict {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 603:
    case 607:
    case 608:
      return 'declined';
    case 408:
    case 430:
    case 480:
    case 487:
      return rang ? 'no-answer' : 'unreachable';
    case 404:
    case 410:
    case 484:
    case 485:
    case 604:
      return 'not-found';
    case 415:
    case 420:
    case 421:
    case 488:
    case 606:
      return 'incompatible';
    default:
      return classOf(status);
  }
}

type StatusClass = 3 | 4 | 5 | 6;

function classOf(status: number): Verdict {
  const statusClass = Math.min(6, Math.max(3, Math.floor(status / 100))) as StatusClass;
  switch (statusClass) {
    case 3:
      return 'redirected';
    case 4:
      return 'refused';
    case 5:
      return 'failing';
    case 6:
      return 'declined';
    default:
      return assertNever(statusClass);
  }
}
