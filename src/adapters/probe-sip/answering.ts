// The called end of a probe's call: a phone that registers, or a place where a carrier would be, waiting for the one
// call that is its own. It rings at once, answers soon, and speaks.
//
//   ready ──▶ INVITE for us ──▶ 180 ──0.1 s──▶ 200 ──▶ ACK ──▶ speaks
//              ├ not for us: 404       ├ CANCEL: 487
//              └ a second one: 486     └ BYE: it was told of the end
//
// It speaks after the ACK, which only who got the 200 can send: a forged INVITE sends nobody any audio.

import { hex } from '../../base/ids.ts';
import { Dialog } from '../../sip/dialog/dialog.ts';
import { createResponse } from '../../sip/message/compose.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import { uriUser } from '../../sip/message/uri.ts';
import type { TransactionId } from '../../sip/transaction/layer.ts';
import { type Agent, ALLOW, type Owner } from './agent.ts';
import { SDP, type Session } from './session.ts';

const RINGS_MS = 100;

export interface AnsweringOptions {
  readonly agent: Agent;
  readonly session: Session;
  /** The user part of its contact, by which a call is known to be for it; absent: any that comes. */
  readonly token: string | undefined;
}

export class Answering implements Owner {
  /** From when on a call is awaited; before, one that comes is somebody else's. */
  expected = false;
  arrivedAt: number | undefined;
  answeredAt: number | undefined;
  /** Why it could not be answered. */
  refusal: string | undefined;
  readonly #options: AnsweringOptions;
  #invite: { readonly id: TransactionId; readonly request: SipRequest } | undefined;
  #answered: SipRequest | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  requested(id: TransactionId, request: SipRequest): void {
    const { agent, session } = this.#options;
    if (session.requested(id, request, Dialog.keyOf(request))) return;
    if (request.to?.parameters.has('tag') === true) agent.answer(id, request, 481);
    else if (request.method === 'INVITE') this.#invited(id, request);
    else if (request.method === 'OPTIONS') agent.answer(id, request, 200, { headers: [['Allow', ALLOW]] });
    else agent.answer(id, request, 405, { headers: [['Allow', ALLOW]] });
  }

  cancelled(id: TransactionId, invite: SipRequest): void {
    clearTimeout(this.#timer);
    this.#options.agent.answer(id, invite, 487);
    this.#invite = undefined;
  }

  acknowledged(ack: SipRequest): void {
    const { session } = this.#options;
    if (this.#answered === undefined || session.dialog?.key !== Dialog.keyOf(ack)) return;
    // To an INVITE without an offer we made one, and the ACK has its answer.
    session.speakAsIn(this.#answered.body.length > 0 ? this.#answered : ack);
  }

  /** Stops ringing. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#invite !== undefined) this.#options.agent.answer(this.#invite.id, this.#invite.request, 480);
    this.#invite = undefined;
  }

  #invited(id: TransactionId, request: SipRequest): void {
    const { agent, token, session } = this.#options;
    const isOurs = token === undefined || uriUser(request.uri) === token;
    if (!isOurs || !this.expected || this.arrivedAt !== undefined) {
      agent.answer(id, request, isOurs ? 486 : 404);
      return;
    }
    this.arrivedAt = performance.now();
    const contact = `<${agent.contact(token ?? 'probe')}>`;
    session.dialog = Dialog.asUas(request, hex(agent.options.random.bytes(8)), contact);
    const toTag = session.dialog.localTag;
    this.#invite = { id, request };
    agent.respond(id, createResponse(request, 180, { toTag, headers: [['Contact', contact]] }));
    this.#timer = setTimeout(() => this.#answer(), RINGS_MS);
  }

  #answer(): void {
    const { agent, session } = this.#options;
    const { dialog } = session;
    if (this.#invite === undefined || dialog === undefined) return;
    const { id, request } = this.#invite;
    this.#invite = undefined;
    const body = request.body.length > 0 ? session.answer(request) : session.offer();
    if (body === undefined) {
      this.refusal = 'the call arrives with a session description that has no audio in G.711';
      return agent.answer(id, request, 488, { toTag: dialog.localTag });
    }
    const headers = [
      ['Contact', dialog.localContact],
      ['Allow', ALLOW],
      ['User-Agent', agent.options.userAgent],
    ] as const;
    dialog.confirm();
    this.answeredAt = performance.now();
    this.#answered = request;
    const options = { toTag: dialog.localTag, headers, body, contentType: SDP };
    return agent.respond(id, createResponse(request, 200, options));
  }
}
