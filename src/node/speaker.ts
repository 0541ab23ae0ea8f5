// What the node says in its own name: requests and answers, each in a transaction or, to who has proved nothing, once
// and without one.

import { hex } from '../base/ids.ts';
import type { Flow } from '../base/net.ts';
import type { HeaderRow } from '../calls/leg.ts';
import type { Random } from '../ports/random.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId, TransactionLayer } from '../sip/transaction/layer.ts';
import { farewellTo } from './strays.ts';
import type { Turn } from './turn.ts';

export interface SpeakerOptions {
  readonly layer: TransactionLayer;
  readonly turn: Turn;
  readonly random: Random;
  readonly userAgent: string;
}

export interface SpokenAnswer {
  readonly status: number;
  readonly headers?: readonly HeaderRow[];
  /** Absent: the usual phrase. */
  readonly reason?: string | undefined;
  /** Of the dialog that it begins; absent: any. */
  readonly toTag?: string | undefined;
}

export class Speaker {
  readonly #options: SpeakerOptions;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  request(request: SipRequest, flow: Flow): TransactionId {
    const { layer, turn, userAgent } = this.#options;
    const headers = request.headers.set('User-Agent', userAgent);
    const { id, effects } = layer.request(request.with({ headers }), flow, turn.now);
    turn.queue(effects);
    return id;
  }

  respond(id: TransactionId, request: SipRequest, answer: SpokenAnswer): void {
    const { layer, turn } = this.#options;
    turn.queue(layer.respond(id, this.#response(request, answer), turn.now));
  }

  /** The same, keeping nothing. `isProven`: who asked receives what is sent there. */
  answerOnce(id: TransactionId, isProven: boolean, request: SipRequest, answer: SpokenAnswer): void {
    const { layer, turn } = this.#options;
    turn.queue(layer.answerOnce(id, this.#response(request, answer), turn.now, isProven));
  }

  /** To a 2xx that nobody waits for any more. */
  sayFarewell(response: SipResponse, flow: Flow): void {
    const { layer, turn } = this.#options;
    const farewell = farewellTo(response, flow);
    if (farewell === undefined) return;
    turn.queue(layer.acknowledge('', farewell.ack, flow, turn.now));
    this.request(farewell.bye, flow);
  }

  #response(request: SipRequest, { status, headers = [], reason, toTag }: SpokenAnswer): SipResponse {
    const tag = toTag ?? hex(this.#options.random.bytes(8));
    return createResponse(request, status, {
      toTag: tag,
      headers,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
