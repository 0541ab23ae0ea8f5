// What a server transaction sends: its latest response, and the way that it takes.

import { present } from '../../base/assert.ts';
import type { Flow } from '../../base/net.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type SendEffect, sending, type Turn } from './effects.ts';
import { reconnectFlow } from './response-route.ts';

export class Answers {
  #offered: SipResponse | undefined;
  #sent: SendEffect | undefined;
  #otherFlow: Flow | undefined;

  constructor(request: SipRequest, source: Flow) {
    this.#otherFlow = reconnectFlow(request, source);
  }

  /** The response that was sent last. */
  get last(): SipResponse | undefined {
    return this.#sent?.message.kind === 'response' ? this.#sent.message : undefined;
  }

  /** What to try, once, after the connection of the request is gone (RFC 3261 §18.2.2). */
  get otherFlow(): Flow | undefined {
    return this.#otherFlow;
  }

  takeOtherFlow(): Flow {
    const flow = present(this.#otherFlow, 'another way for the responses');
    this.#otherFlow = undefined;
    return flow;
  }

  /** The core's response, which the state may yet disregard. */
  offer(response: SipResponse): void {
    this.#offered = response;
  }

  send(flow: Flow, turn: Turn): void {
    this.#sent = sending(present(this.#offered, 'a response from the core'), flow);
    turn.effects.push(this.#sent);
  }

  sendAgain(flow: Flow, turn: Turn): void {
    if (this.#sent === undefined) return;
    if (this.#sent.flow !== flow) this.#sent = { ...this.#sent, flow };
    turn.effects.push(this.#sent);
  }
}
