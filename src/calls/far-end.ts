// Whoever an answered caller talks with: another leg (conversation.ts), or the node itself (attendant.ts). What comes
// in within a dialog goes to it.

import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { Leg } from './leg.ts';
import type { SipPort } from './surroundings.ts';

/** It crossed our BYE: only a BYE can still be meant (RFC 5407 §3.2). */
export function answerAfterBye(sip: SipPort, request: SipRequest, id: TransactionId): void {
  sip.respond(id, createResponse(request, request.method === 'BYE' ? 200 : 481));
}

export interface FarEnd {
  request(leg: Leg, request: SipRequest, id: TransactionId, flow: Flow, now: Instant): void;
  /** ACK of a 2xx of ours to a peer's INVITE or re-INVITE. */
  acknowledged(id: TransactionId, ack: SipRequest, now: Instant): void;
  /** True where the response was to something that belongs here. */
  response(id: TransactionId, response: SipResponse, now: Instant): boolean;
  /** True where the transaction belongs here. */
  transactionFailed(leg: Leg, id: TransactionId, now: Instant): boolean;
  /** The leg's session timer. */
  sessionDue(leg: Leg, now: Instant): void;
  close(): void;
}
