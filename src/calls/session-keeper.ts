// Keeps a leg's session alive and finds out whether its peer still is: requests of our own within the dialog, which are
// refreshes (UPDATE, or re-INVITE where the peer does not know it; RFC 4028 §10) and questions (OPTIONS).

import { type Instant, SECOND_MS } from '../base/time.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { sdpOf } from './content.ts';
import { type HeaderRow, type Leg, SDP_TYPE } from './leg.ts';
import { longerInterval, type Session, sessionFromResponse, sessionRequestHeaders } from './session-timer.ts';
import type { Surroundings } from './surroundings.ts';

/** After a refresh met another change of the session it is tried again (RFC 3261 §14.1). */
const GLARE_MS = 3 * SECOND_MS;

/** A request of our own within a dialog: a session refresh or a question whether the peer lives. */
interface OwnRequest {
  readonly leg: Leg;
  readonly request: SipRequest;
  readonly purpose: 'refresh' | 'probe';
}

export interface SessionEvents {
  /** The leg is of no use any more: why, in words. */
  lost(text: string, now: Instant): void;
  /** 481: the peer knows of no call, so there is nobody to say BYE to. */
  dialogGone(leg: Leg, now: Instant): void;
  /** Something else changes the session now, so that a re-INVITE of ours would only meet it. */
  changing(): boolean;
}

export class SessionKeeper {
  readonly #around: Surroundings;
  readonly #events: SessionEvents;
  readonly #own = new Map<TransactionId, OwnRequest>();
  #closed = false;

  constructor(around: Surroundings, events: SessionEvents) {
    this.#around = around;
    this.#events = events;
  }

  /** A re-INVITE of ours is under way. */
  get reinviting(): boolean {
    return [...this.#own.values()].some(({ request }) => request.method === 'INVITE');
  }

  close(): void {
    this.#closed = true;
    this.#own.clear();
  }

  /** True where the response was to something that was asked here. */
  response(id: TransactionId, response: SipResponse, now: Instant): boolean {
    const own = this.#own.get(id);
    if (own === undefined) return false;
    if (response.status < 200) return true;
    this.#own.delete(id);
    const again = own.leg.sendAgain(own.request, response);
    if (again === undefined) this.#answered(own, id, response, now);
    else this.#own.set(again.id, { ...own, request: again.request });
    return true;
  }

  /** True where it was asked here. */
  transactionFailed(leg: Leg, id: TransactionId, now: Instant): boolean {
    if (!this.#own.delete(id)) return false;
    this.#events.lost(`${leg.words} does not answer any more`, now);
    return true;
  }

  /** The leg's session timer is due. */
  due(leg: Leg, now: Instant): void {
    if (this.#closed || leg.session === undefined) return;
    if (!leg.session.weRefresh) return this.#events.lost(`${leg.words} let its session expire`, now);
    this.#refresh(leg, leg.session, now);
  }

  /** Asks the peer whether it lives. */
  probe(leg: Leg): void {
    if (leg.dialog !== undefined) this.#ask(leg, leg.dialog.createRequest('OPTIONS'), 'probe');
  }

  #answered(own: OwnRequest, id: TransactionId, response: SipResponse, now: Instant): void {
    const { leg, request, purpose } = own;
    if (response.status === 408) return this.#events.lost(`${leg.words} does not answer any more`, now);
    if (response.status === 481) return this.#events.dialogGone(leg, now);
    if (purpose === 'probe') return;
    if (response.status < 300) {
      this.#refreshed(leg, request, id, response, now);
    } else {
      this.#refreshRefused(leg, request, response, now);
    }
  }

  /** The peer lives, at least. */
  #refreshRefused(leg: Leg, request: SipRequest, response: SipResponse, now: Instant): void {
    const { session } = leg;
    if (session === undefined) return;
    const longerMs = longerInterval(response, session.intervalMs);
    if (response.status === 491) {
      leg.sessionDueAt(now + GLARE_MS);
    } else if (longerMs !== undefined) {
      leg.minSeMs = longerMs;
      leg.session = { ...session, intervalMs: longerMs };
      this.#refresh(leg, leg.session, now);
    } else if (request.method === 'UPDATE') {
      // Some peers allow what they don't know.
      leg.peerAllowsUpdate = false;
      this.#refresh(leg, session, now);
    } else {
      leg.startSession(session, now);
    }
  }

  #refreshed(leg: Leg, request: SipRequest, id: TransactionId, response: SipResponse, now: Instant): void {
    leg.dialog?.receiveResponse(request, response);
    const cseq = request.cseq?.number;
    if (request.method === 'INVITE' && leg.dialog !== undefined && cseq !== undefined) {
      leg.acknowledgeWithin(leg.dialog, id, leg.dialog.createAck(cseq));
    }
    const sdp = sdpOf(response);
    if (sdp !== undefined) leg.media.accept(sdp, leg.flow.remote.address);
    const session: Session | undefined =
      sessionFromResponse(response, this.#around.sessionTerms) ?? leg.session;
    leg.startSession(session, now);
  }

  #refresh(leg: Leg, session: Session, now: Instant): void {
    const { dialog } = leg;
    if (dialog === undefined) return;
    const headers: HeaderRow[] = [
      ...leg.targetHeaders(),
      ...sessionRequestHeaders(session.intervalMs, leg.minSeMs, 'uac'),
    ];
    if (leg.peerAllowsUpdate) {
      this.#ask(leg, dialog.createRequest('UPDATE', { headers }), 'refresh');
    } else if (this.#events.changing() || leg.media.localSdp === undefined) {
      leg.sessionDueAt(now + GLARE_MS);
    } else {
      const body = { body: leg.media.localSdp, contentType: SDP_TYPE };
      this.#ask(leg, dialog.createRequest('INVITE', { headers, ...body }), 'refresh');
    }
  }

  #ask(leg: Leg, request: SipRequest, purpose: OwnRequest['purpose']): void {
    this.#own.set(leg.send(request), { leg, request, purpose });
  }
}
