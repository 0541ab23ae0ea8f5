// One request within an answered call on its way from one leg to the other and its answer back: re-INVITE
// and UPDATE (hold, resume, codec change; RFC 3261 §14, RFC 3311) and INFO (RFC 6086). Only the sessions are
// touched: each side sees our address and the other side's codecs.
//
//   phone ──re-INVITE(sdp)──▶ node ──re-INVITE(sdp')──▶ carrier
//   phone ◀──200(answer')──── node ◀──200(answer)───── carrier
//   phone ──ACK─────────────▶ node ──ACK──────────────▶ carrier

import type { Instant } from '../base/time.ts';
import { parseSdp } from '../sdp/description.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { sdpOf } from './content.ts';
import { type HeaderRow, type Leg, SDP_TYPE } from './leg.ts';
import { answerSession, sessionFromResponse, sessionRequestHeaders } from './session-timer.ts';
import type { Surroundings } from './surroundings.ts';

/** Headers that go on with a passed request or answer besides those that every message of ours has. */
const PASSED_HEADERS = ['Info-Package', 'Content-Disposition', 'Reason', 'Warning', 'Retry-After'];

export type ExchangeEnd =
  | { readonly type: 'passed'; readonly refreshed: boolean }
  /** The far leg's dialog does not exist any more, or nobody answers there: the call is over (RFC 3261 §12.2.1.2). */
  | { readonly type: 'dialog-gone' }
  | { readonly type: 'no-answer' };

export class Exchange {
  readonly from: Leg;
  readonly to: Leg;
  readonly request: SipRequest;
  readonly serverTransaction: TransactionId;
  #clientTransaction: TransactionId;
  #sent: SipRequest;
  readonly #around: Surroundings;
  #answered = false;
  /** A 2xx to a re-INVITE was passed; the ACK for it is still to go to `to`. */
  #ackOwed: SipResponse | undefined;

  constructor(
    from: Leg,
    to: Leg,
    request: SipRequest,
    serverTransaction: TransactionId,
    around: Surroundings,
  ) {
    this.from = from;
    this.to = to;
    this.request = request;
    this.serverTransaction = serverTransaction;
    this.#around = around;
    this.#sent = this.#pass();
    this.#clientTransaction = to.send(this.#sent);
  }

  /** Of the request as it was sent last: a challenge has it sent again. */
  get clientTransaction(): TransactionId {
    return this.#clientTransaction;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Waiting for the ACK that brings the answer to an offer in our 2xx. */
  get ackOwed(): boolean {
    return this.#ackOwed !== undefined;
  }

  response(response: SipResponse, now: Instant): ExchangeEnd | undefined {
    if (response.status < 200 || this.#answered) return undefined;
    const again = this.to.sendAgain(this.#sent, response);
    if (again !== undefined) {
      this.#clientTransaction = again.id;
      this.#sent = again.request;
      return undefined;
    }
    this.#answered = true;
    if (response.status >= 300) {
      // A challenge that we cannot meet is none of the asker's business.
      const status = response.status === 401 || response.status === 407 ? 403 : response.status;
      this.#around.sip.respond(this.serverTransaction, this.#answerWith(status, passedHeaders(response)));
      if (response.status === 481) return { type: 'dialog-gone' };
      return response.status === 408 ? { type: 'no-answer' } : { type: 'passed', refreshed: false };
    }
    this.#succeed(response, now);
    return { type: 'passed', refreshed: this.request.method !== 'INFO' };
  }

  /** No answer came at all. */
  failed(): ExchangeEnd {
    if (!this.#answered) {
      this.#answered = true;
      this.#around.sip.respond(this.serverTransaction, this.#answerWith(408, []));
    }
    return { type: 'no-answer' };
  }

  /** The call ended meanwhile: nobody may be left without an answer. */
  abort(): void {
    if (!this.#answered) {
      this.#answered = true;
      this.#around.sip.respond(this.serverTransaction, this.#answerWith(487, []));
    }
    this.#acknowledge(undefined);
  }

  /** The asker withdrew a re-INVITE. */
  cancel(): void {
    if (!this.#answered && this.request.method === 'INVITE')
      this.#around.sip.cancel(this.clientTransaction, []);
  }

  /** The asker's ACK; it may bring the answer to the other side's offer. */
  acknowledged(ack: SipRequest): void {
    if (this.#ackOwed === undefined) return;
    const sdp = sdpOf(ack);
    if (sdp !== undefined) this.from.media.accept(sdp, this.from.flow.remote.address);
    this.#acknowledge(sdp === undefined ? undefined : this.to.media.describe(sdp));
  }

  #pass(): SipRequest {
    const { request, to } = this;
    const sdp = sdpOf(request);
    const own = request.method === 'INFO' ? [] : [...to.targetHeaders(), ...this.#sessionHeaders()];
    const passed =
      sdp === undefined ? contentOf(request) : { body: to.media.describe(sdp), contentType: SDP_TYPE };
    const headers: HeaderRow[] = [...own, ...passedHeaders(request)];
    const dialog = to.dialog;
    if (dialog === undefined) throw new TypeError('an exchange needs a dialog on its far side');
    return dialog.createRequest(request.method, { headers, ...passed });
  }

  #sessionHeaders(): readonly HeaderRow[] {
    const { session, minSeMs } = this.to;
    if (session === undefined) return [];
    return sessionRequestHeaders(session.intervalMs, minSeMs, session.weRefresh ? 'uac' : 'uas');
  }

  #succeed(response: SipResponse, now: Instant): void {
    const { from, to, request } = this;
    to.learn(response);
    to.dialog?.receiveResponse(this.#sent, response);
    const offer = sdpOf(request);
    const answer = sdpOf(response);
    if (offer !== undefined) from.media.accept(offer, from.flow.remote.address);
    if (answer !== undefined) to.media.accept(answer, to.flow.remote.address);
    const terms =
      request.method === 'INFO'
        ? undefined
        : answerSession(request, this.#around.sessionTerms, from.peerAllowsUpdate);
    const headers: HeaderRow[] = [...passedHeaders(response)];
    if (terms !== undefined) headers.push(...from.targetHeaders(), ...terms.headers);
    const content =
      answer === undefined
        ? contentOf(response)
        : { body: from.media.describe(answer), contentType: SDP_TYPE };
    this.#around.sip.respond(
      this.serverTransaction,
      createResponse(request, response.status, { headers, ...content }),
    );
    if (terms?.type === 'accepted') {
      from.startSession(terms.session, now);
      to.startSession(sessionFromResponse(response, this.#around.sessionTerms) ?? to.session, now);
    }
    if (request.method !== 'INVITE') return;
    from.inviteAnswered = this.serverTransaction;
    this.#ackOwed = response;
    if (offer !== undefined) this.#acknowledge(undefined);
  }

  #acknowledge(sdp: Uint8Array | undefined): void {
    if (this.#ackOwed === undefined) return;
    this.#ackOwed = undefined;
    const cseq = this.#sent.cseq?.number;
    if (this.to.dialog === undefined || cseq === undefined) return;
    const ack = this.to.dialog.createAck(cseq, sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE });
    this.to.acknowledgeWithin(this.to.dialog, this.clientTransaction, ack);
  }

  #answerWith(status: number, headers: readonly HeaderRow[]) {
    return createResponse(this.request, status, { headers });
  }
}

function passedHeaders(message: SipRequest | SipResponse): readonly HeaderRow[] {
  return PASSED_HEADERS.flatMap((name) => message.headers.all(name).map((value): HeaderRow => [name, value]));
}

/** A body that is no session description goes on as it is. One that claims to be and cannot be read does not. */
function contentOf(message: SipRequest | SipResponse): { body?: Uint8Array; contentType?: string } {
  const contentType = message.headers.get('Content-Type');
  if (message.body.length === 0 || contentType === undefined) return {};
  if (contentType.toLowerCase().startsWith(SDP_TYPE) && !parseSdp(message.body).ok) return {};
  return { body: message.body, contentType };
}
