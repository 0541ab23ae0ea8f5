// Session timers (RFC 4028), per leg: a peer that died in the middle of a call is found out, because either
// it refreshes the session in time or it answers our refresh.

import type { Instant } from '../base/time.ts';
import type { SipMessage, SipRequest, SipResponse } from '../sip/message/message.ts';

/** What we ask for, and the least that we accept (RFC 4028 §4, §5). */
export interface SessionTerms {
  readonly intervalMs: number;
  readonly minSeMs: number;
}

/** As RFC 4028 wants them: half an hour (§4), and never below 90 s (§5). */
export const SESSION_TERMS: SessionTerms = { intervalMs: 1_800_000, minSeMs: 90_000 };
/** A longer one would find nobody dead before the day is over. */
const SESSION_EXPIRES_MAX_MS = 43_200_000;

export interface Session {
  readonly intervalMs: number;
  /** We send the refreshes; else the peer does. */
  readonly weRefresh: boolean;
}

interface SessionExpires {
  readonly intervalMs: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Headers for an INVITE or refresh of ours. */
export function sessionRequestHeaders(
  intervalMs: number,
  minSeMs: number,
  refresher?: 'uac' | 'uas',
): readonly (readonly [string, string])[] {
  const suffix = refresher === undefined ? '' : `;refresher=${refresher}`;
  return [
    ['Session-Expires', `${Math.round(intervalMs / 1000)}${suffix}`],
    ['Min-SE', String(Math.round(minSeMs / 1000))],
  ];
}

/** The session after a 2xx to our request (§7.2). Without the header we still refresh where UPDATE is known. */
export function sessionFromResponse(response: SipResponse, terms: SessionTerms): Session | undefined {
  const expires = sessionExpires(response);
  if (expires !== undefined) {
    const { intervalMs, refresher } = expires;
    return { intervalMs: Math.max(terms.minSeMs, intervalMs), weRefresh: refresher !== 'uas' };
  }
  return allows(response, 'UPDATE') ? { intervalMs: terms.intervalMs, weRefresh: true } : undefined;
}

export type SessionAnswer =
  /** 422 with our Min-SE (§9). */
  | { readonly type: 'too-small'; readonly headers: readonly (readonly [string, string])[] }
  | {
      readonly type: 'accepted';
      readonly session: Session | undefined;
      readonly headers: readonly (readonly [string, string])[];
    };

/** How we answer an INVITE or UPDATE of a peer (§9). `peerAllowsUpdate`: as known from earlier messages, too. */
export function answerSession(
  request: SipRequest,
  terms: SessionTerms,
  peerAllowsUpdate = allows(request, 'UPDATE'),
): SessionAnswer {
  const supported = supports(request, 'timer');
  const wanted = sessionExpires(request);
  if (supported && wanted !== undefined && wanted.intervalMs < terms.minSeMs) {
    return { type: 'too-small', headers: [['Min-SE', String(Math.ceil(terms.minSeMs / 1000))]] };
  }
  if (!supported) {
    if (!peerAllowsUpdate) return { type: 'accepted', session: undefined, headers: [] };
    return accepted(wanted?.intervalMs ?? terms.intervalMs, terms, 'uas', false);
  }
  return accepted(wanted?.intervalMs ?? terms.intervalMs, terms, wanted?.refresher ?? 'uac', true);
}

/** When the leg's timer is due: our refresh at half of the interval, the peer's a little before its end (§10). */
export function sessionDue(session: Session, now: Instant): Instant {
  const { intervalMs, weRefresh } = session;
  return now + (weRefresh ? intervalMs / 2 : intervalMs - Math.min(32_000, intervalMs / 3));
}

/** The longer interval that a 422 asks for (§7.3); `undefined` where it asks for none, or for one beyond reason. */
export function longerInterval(response: SipResponse, offeredMs: number): number | undefined {
  const minSeMs = response.status === 422 ? secondsOf(response.headers.get('Min-SE')) : undefined;
  if (minSeMs === undefined || minSeMs <= offeredMs || minSeMs > SESSION_EXPIRES_MAX_MS) return undefined;
  return minSeMs;
}

export function allows(message: SipMessage, method: string): boolean {
  return message.headers.values('Allow').some((value) => value.toUpperCase() === method);
}

export function supports(message: SipMessage, option: string): boolean {
  const listed = (name: string) =>
    message.headers.values(name).some((value) => value.toLowerCase() === option);
  return listed('Supported') || listed('Require');
}

function accepted(
  intervalMs: number,
  { minSeMs }: SessionTerms,
  refresher: 'uac' | 'uas',
  peerSupports: boolean,
): SessionAnswer {
  const bounded = Math.max(minSeMs, intervalMs);
  const headers: [string, string][] = [
    ['Session-Expires', `${Math.round(bounded / 1000)};refresher=${refresher}`],
  ];
  if (peerSupports && refresher === 'uac') headers.push(['Require', 'timer']);
  return { type: 'accepted', session: { intervalMs: bounded, weRefresh: refresher === 'uas' }, headers };
}

function sessionExpires(message: SipMessage): SessionExpires | undefined {
  const value = message.headers.get('Session-Expires');
  const intervalMs = secondsOf(value);
  if (intervalMs === undefined) return undefined;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)/i.exec(value ?? '')?.[1]?.toLowerCase();
  return { intervalMs, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

function secondsOf(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,9})/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits) * 1000;
}
