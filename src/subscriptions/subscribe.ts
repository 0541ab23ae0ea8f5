// What a SUBSCRIBE asks for (RFC 6665 §4.1.2, §4.2.1): which events, for how long, and whether it could read our
// answer. Read before anybody is asked for a password, and kept nowhere.
//
//   Event: message-summary;id=7      Expires: 3600      Accept: application/simple-message-summary

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { SECOND_MS } from '../base/time.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { parseParameters } from '../sip/message/parameters.ts';
import { MESSAGE_SUMMARY, SUMMARY_TYPE } from './message-summary.ts';

export interface Subscribe {
  /** Tells several subscriptions of one dialog apart; older phones rely on it (RFC 3265 §3.3.4). */
  readonly eventId: string | undefined;
  /** Within our bounds; 0 ends the subscription, or only asks once. */
  readonly expiresMs: number;
}

export interface SubscribeRefusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function readSubscribe(request: SipRequest): Result<Subscribe, SubscribeRefusal> {
  const event = readEvent(request.headers.get('Event') ?? '');
  if (event === undefined) return err({ status: 489, headers: [['Allow-Events', MESSAGE_SUMMARY]] });
  if (!reads(request)) return err({ status: 406, headers: [['Accept', SUMMARY_TYPE]] });
  const wanted = intervalMs(request.headers.get('Expires'));
  const { subscriptionExpiresMinMs: minMs, subscriptionExpiresMaxMs: maxMs } = LIMITS;
  if (wanted > 0 && wanted < minMs)
    return err({ status: 423, headers: [['Min-Expires', String(minMs / SECOND_MS)]] });
  return ok({ eventId: event.id, expiresMs: Math.min(wanted, maxMs) });
}

/** `undefined`: of a package that is not ours, or none at all. */
function readEvent(text: string): { readonly id: string | undefined } | undefined {
  const [name = ''] = text.split(';', 1);
  if (name.trim().toLowerCase() !== MESSAGE_SUMMARY) return undefined;
  const parameters = parseParameters(text, name.length);
  const id = parameters.ok ? parameters.value.get('id') : undefined;
  return { id: id !== undefined && id.length <= LIMITS.tokenBytesMax ? id : undefined };
}

/** Without Accept, the type of the package (RFC 3842 §3.5). */
function reads({ headers }: SipRequest): boolean {
  const accepted = headers.values('Accept').map((value) => value.split(';', 1)[0]?.trim().toLowerCase());
  return (
    accepted.length === 0 || ['*/*', 'application/*', SUMMARY_TYPE].some((one) => accepted.includes(one))
  );
}

/** What cannot be read counts as nothing said, as in a REGISTER (RFC 3261 §20.19). */
function intervalMs(text: string | undefined): number {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return LIMITS.subscriptionExpiresDefaultMs;
  return Number(text) * SECOND_MS;
}
