// What the transaction layer tells its user: messages to send, and what became of each transaction. The user
// (RFC 3261's "transaction user") never sees a retransmission.

import type { Flow } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { serialise } from '../message/serialise.ts';

/** Names one transaction of one layer, and no other one ever: `server-17`. */
export type TransactionId = string;

/** Serialised once; a retransmission is the same effect again. */
export interface SendEffect {
  readonly type: 'send';
  /** An answer without a transaction, to somebody who has proved nothing: whoever sends may as well not. */
  readonly once?: true;
  readonly flow: Flow;
  readonly message: SipMessage;
  readonly bytes: Uint8Array;
}

export type TransactionEffect =
  | SendEffect
  /** A new request for the core, in a new server transaction. Never ACK, never CANCEL. */
  | {
      readonly type: 'request';
      readonly id: TransactionId;
      readonly request: SipRequest;
      readonly flow: Flow;
    }
  /**
   * The INVITE server transaction `id`, not yet answered, was cancelled: the core answers it 487. The CANCEL has its
   * 200 already.
   */
  | { readonly type: 'cancelled'; readonly id: TransactionId; readonly request: SipRequest }
  /** The ACK of our 2xx, once; `id` is undefined where no transaction waits for such an ACK. */
  | {
      readonly type: 'ack';
      readonly id: TransactionId | undefined;
      readonly request: SipRequest;
      readonly flow: Flow;
    }
  /** 64*T1 have passed without an ACK to our 2xx; `request` is the INVITE (§13.3.1.4: the core sends BYE). */
  | { readonly type: 'ack-missing'; readonly id: TransactionId; readonly request: SipRequest }
  /** A provisional response, the final one, or one more 2xx with a new To tag of a forked INVITE. */
  | {
      readonly type: 'response';
      readonly id: TransactionId;
      readonly response: SipResponse;
      readonly flow: Flow;
    }
  /** Timer B or F: no final response. Also where a cancelled INVITE stays without one (§9.1). */
  | { readonly type: 'timeout'; readonly id: TransactionId }
  | { readonly type: 'transport-failed'; readonly id: TransactionId; readonly reason: string }
  /** A response to nothing that is known here. */
  | { readonly type: 'stray-response'; readonly response: SipResponse; readonly flow: Flow };

/** One call of the layer: when it is, and what it leads to, in order. */
export interface Turn {
  readonly now: Instant;
  readonly effects: TransactionEffect[];
}

export function sending(message: SipMessage, flow: Flow): SendEffect {
  return { type: 'send', flow, message, bytes: serialise(message) };
}
