// What calls.ts may tell a call, be it between two people (call.ts), a test (test-call.ts), an
// errand (errand.ts) or a rehearsal (rehearsal.ts). One event at a
// time, from the node's one queue.

import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Answer } from '../ports/desk.ts';
import type { MediaEvent } from '../ports/media.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { CallDeadline } from './surroundings.ts';

export interface Session {
  readonly id: string;
  /** All of it is over: it may be forgotten. */
  readonly over: boolean;
  media(event: MediaEvent, legId: string, now: Instant): void;
  response(legId: string, id: TransactionId, response: SipResponse, now: Instant): void;
  /** A client transaction timed out, or its transport failed. */
  transactionFailed(legId: string, id: TransactionId, text: string, now: Instant): void;
  /** CANCEL of an INVITE that is not answered yet. */
  cancelled(id: TransactionId, now: Instant): void;
  /** ACK of a 2xx of ours. */
  acknowledged(id: TransactionId, ack: SipRequest, now: Instant): void;
  ackMissing(id: TransactionId, now: Instant): void;
  /** A request within one of its dialogs. */
  request(legId: string, request: SipRequest, id: TransactionId, flow: Flow, now: Instant): void;
  /** An answer to what it asked. */
  told(question: number, answer: Answer, now: Instant): void;
  deadline(deadline: CallDeadline, now: Instant): void;
  /** The operator, a limit, or the node's stop ends it. */
  hangUp(text: string, now: Instant): void;
}
