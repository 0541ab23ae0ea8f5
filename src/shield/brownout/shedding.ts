// Which rung of the ladder a request belongs to. It is judged live and in the rehearsal by the same words, so that what
// a rehearsal says of a rung is what the rung does.
//
//   options            answered in brief, so that who only asks whether we live hears yes
//   registrations      refreshes of bindings that hold, but for some: 503, and the binding has grace
//   all others         503
//   never              within a dialog; of a flow with an emergency call; to an emergency number; what is no request

import { LIMITS } from '../../base/limits.ts';
import { SECOND_MS } from '../../base/time.ts';
import { type Lane, RUNGS, type Rung } from '../../ports/shield.ts';
import type { Kind } from '../first-bytes.ts';
import type { Verdict } from '../shield.ts';
import type { Urgency } from '../waiting.ts';

/** A request that belongs to no dialog. */
export interface Outsider {
  readonly method: string;
  readonly lane: Lane;
  /** It only refreshes a binding that holds without it. */
  readonly isRefresh: boolean;
  /** Its Request-URI is an emergency number. */
  readonly isEmergency: boolean;
}

export function rungOf({ method, lane, isRefresh, isEmergency }: Outsider): Rung | undefined {
  if (lane === 'emergency' || isEmergency) return undefined;
  switch (method) {
    case 'OPTIONS':
      return 'options';
    case 'SUBSCRIBE':
    case 'PUBLISH':
      return 'presence';
    case 'REGISTER':
      return isRefresh ? 'registrations' : undefined;
    case 'INVITE':
      if (lane === 'carrier') return 'inbound-invites';
      return lane === 'known' ? 'outbound-invites' : 'newcomer-invites';
    default:
      return undefined;
  }
}

/** The first rung that sheds requests of this method. */
const RUNGS_OF: Readonly<Partial<Record<string, Rung>>> = {
  OPTIONS: 'options',
  SUBSCRIBE: 'presence',
  PUBLISH: 'presence',
  REGISTER: 'registrations',
  INVITE: 'newcomer-invites',
};

/**
 * What goes before what, of the known: answers and what belongs to calls, then calls that begin, then what can wait. A
 * re-INVITE cannot be told from a call that begins without reading it.
 */
export function urgencyOf(kind: Kind): Urgency {
  if (kind === 'INVITE') return 'known';
  return RUNGS_OF[kind] === undefined ? 'ongoing' : 'patient';
}

export interface Place {
  /** Among those of this lane it waits. */
  readonly lane: Lane;
  readonly urgency: Urgency;
  /** It is known, and cannot wait. */
  readonly isUrgent: boolean;
}

/** Where a packet waits that was let in. */
export function placeOf({ lane, door, isCallForHelp }: Verdict, kind: Kind): Place {
  if (isCallForHelp === true) return { lane: 'emergency', urgency: 'known', isUrgent: true };
  // A door's strangers wait with those who are known, behind calls: it has no flood of the public port in it.
  if (door !== undefined) return { lane: 'known', urgency: 'patient', isUrgent: false };
  if (lane === 'newcomer') return { lane, urgency: 'known', isUrgent: false };
  const urgency = urgencyOf(kind);
  return { lane, urgency, isUrgent: urgency !== 'patient' };
}

/** May it be shed, as far as its method tells, with so many rungs engaged? */
export function mayBeShed(method: string, engaged: number): boolean {
  if (engaged === 0) return false;
  const rung = RUNGS_OF[method];
  return rung !== undefined && RUNGS.indexOf(rung) < engaged;
}

/**
 * Seconds after which to come again. To a carrier none: with a Retry-After it would send us no call at all meanwhile,
 * without it this one call goes another way (RFC 3261 §21.5.4).
 */
export function retryAfterSeconds(rung: Rung, chance: number): number | undefined {
  const span = RETRY_MS[rung];
  if (span === undefined) return undefined;
  const [from, to] = span;
  return Math.round((from + chance * (to - from)) / SECOND_MS);
}

/** `options` are answered, not put off; refreshes are given a time each by the governor. */
const RETRY_MS: Readonly<Record<Rung, readonly [fromMs: number, toMs: number] | undefined>> = {
  options: undefined,
  presence: [LIMITS.shedRetryMaxMs / 3, LIMITS.shedRetryMaxMs],
  registrations: undefined,
  'newcomer-invites': [LIMITS.shedCallRetryMaxMs / 3, LIMITS.shedCallRetryMaxMs],
  'outbound-invites': [LIMITS.shedCallRetryMaxMs / 3, LIMITS.shedCallRetryMaxMs],
  'inbound-invites': undefined,
};
