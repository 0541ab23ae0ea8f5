// Which transaction a message belongs to: RFC 3261 §17.1.3 for responses, §17.2.3 for requests, §13.3.1.4 for
// the ACK of a 2xx, and what makes a response a mere repetition.

import { tagOf } from '../message/address.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { isUniqueBranch } from '../message/via.ts';

export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`;
}

/** The key of the client transaction that a response answers; `undefined` where its Via cannot be ours. */
export function clientKeyOf(response: SipResponse): string | undefined {
  const branch = response.via?.parameters.get('branch');
  if (branch === undefined || response.cseq === undefined || response.vias.length !== 1) return undefined;
  return clientKey(branch, response.cseq.method);
}

/**
 * The key of the server transaction that a request belongs to; `method` overrides its own, since ACK belongs to
 * its INVITE's transaction and CANCEL asks for it.
 *
 * Deviation: by the old rules (RFC 2543) the To tag should match as well. It is left out, because an ACK has the
 * tag of the response and its INVITE has none; the other fields tell transactions apart.
 */
export function serverKey(request: SipRequest, method: string = request.method): string {
  const via = request.via;
  const branch = via?.parameters.get('branch') ?? '';
  const sentBy = via === undefined ? '' : `${via.host.toLowerCase()}:${via.port ?? ''}`;
  if (isUniqueBranch(branch)) return `${branch}|${sentBy}|${method}`;
  const fromTag = tagOf(request.from) ?? '';
  const cseq = request.cseq?.number ?? '';
  return `2543|${request.uri}|${fromTag}|${request.callId ?? ''}|${cseq}|${branch}|${sentBy}|${method}`;
}

/** The key of the 2xx that an ACK acknowledges, equal for both of them. */
export function answerKey(message: SipMessage): string {
  return `${message.callId ?? ''}|${message.cseq?.number ?? ''}|${toTag(message)}`;
}

/** The To tag, or an empty string. */
export function toTag(message: SipMessage): string {
  return tagOf(message.to) ?? '';
}

/** A peer repeats its last provisional response whenever a retransmission of our request reaches it. */
export function isSameProvisional(earlier: SipResponse | undefined, response: SipResponse): boolean {
  return (
    earlier !== undefined &&
    earlier.status === response.status &&
    toTag(earlier) === toTag(response) &&
    earlier.headers.get('RSeq') === response.headers.get('RSeq') &&
    isSameBytes(earlier.body, response.body)
  );
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
