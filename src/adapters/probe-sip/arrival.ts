// One call that arrived at the called end of a probe: it rings at once, is answered soon, and is spoken to after the
// ACK, which only who got the 200 can send. So a forged INVITE sends nobody any audio.
//
//   INVITE ──▶ 180 ──0.1 s──▶ 200 ──▶ ACK ──▶ speaks      └ CANCEL: 487      └ BYE: it was told of the end

import { hex } from '../../base/ids.ts';
import { Dialog } from '../../sip/dialog/dialog.ts';
import { createResponse } from '../../sip/message/compose.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import type { TransactionId } from '../../sip/transaction/layer.ts';
import { type Agent, ALLOW } from './agent.ts';
import { SDP, type Session } from './session.ts';
import type { Voice } from './voice.ts';

const RINGS_MS = 100;

export interface ArrivalOptions {
  readonly agent: Agent;
  readonly session: Session;
  readonly voice: Voice;
  /** The user part of its contact. */
  readonly user: string;
}

export class Arrival {
  readonly id: TransactionId;
  readonly session: Session;
  readonly voice: Voice;
  answeredAt: number | undefined;
  /** Whether it has got our answer, which a stranger who forged where it is has not. */
  isAcknowledged = false;
  /** Why it could not be answered. */
  refusal: string | undefined;
  readonly #agent: Agent;
  readonly #request: SipRequest;
  readonly #dialog: Dialog;
  readonly #timer: NodeJS.Timeout;
  #isRinging = true;

  constructor({ agent, session, voice, user }: ArrivalOptions, id: TransactionId, request: SipRequest) {
    this.id = id;
    this.session = session;
    this.voice = voice;
    this.#agent = agent;
    this.#request = request;
    const contact = `<${agent.contact(user)}>`;
    this.#dialog = Dialog.asUas(request, hex(agent.options.random.bytes(8)), contact);
    session.dialog = this.#dialog;
    const headers = [['Contact', contact]] as const;
    agent.respond(id, createResponse(request, 180, { toTag: this.#dialog.localTag, headers }));
    this.#timer = setTimeout(() => this.#answer(), RINGS_MS);
  }

  /** Stops ringing. */
  refuse(status: number): void {
    clearTimeout(this.#timer);
    if (this.#isRinging) this.#agent.answer(this.id, this.#request, status, { toTag: this.#dialog.localTag });
    this.#isRinging = false;
  }

  /** False: it is of another call. */
  acknowledged(ack: SipRequest): boolean {
    if (this.answeredAt === undefined || this.#dialog.key !== Dialog.keyOf(ack)) return false;
    this.isAcknowledged = true;
    // To an INVITE without an offer we made one, and the ACK has its answer.
    this.session.speakAsIn(this.#request.body.length > 0 ? this.#request : ack);
    return true;
  }

  /** Never rejects. To who never got our answer nothing more is sent, neither that nor a goodbye (RFC 3261 §15). */
  async end(): Promise<void> {
    this.refuse(480);
    if (this.isAcknowledged) await this.session.bye(undefined);
    else this.#agent.settle(this.id);
  }

  #answer(): void {
    const { session } = this;
    this.#isRinging = false;
    const request = this.#request;
    const body = request.body.length > 0 ? session.answer(request) : session.offer();
    const toTag = this.#dialog.localTag;
    if (body === undefined) {
      this.refusal = 'the call arrives with a session description that has no audio in G.711';
      return this.#agent.answer(this.id, request, 488, { toTag });
    }
    const headers = [
      ['Contact', this.#dialog.localContact],
      ['Allow', ALLOW],
      ['User-Agent', this.#agent.options.userAgent],
    ] as const;
    this.#dialog.confirm();
    this.answeredAt = performance.now();
    const options = { toTag, headers, body, contentType: SDP };
    return this.#agent.respond(this.id, createResponse(request, 200, options));
  }
}
