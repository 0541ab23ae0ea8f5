// An answered call: two legs, and what passes between them until one ends it. Requests that change the session
// go through an Exchange; BYE ends both; each leg's session is kept (session-keeper.ts) and its media watched, so that
// a peer that died without a word is found out.

import type { Flow } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { CalleeLeg } from './callee-leg.ts';
import type { CallerLeg } from './caller-leg.ts';
import { sdpOf, unreadableContent } from './content.ts';
import { Exchange, type ExchangeEnd } from './exchange.ts';
import type { FarEnd } from './far-end.ts';
import { ALLOW, type HeaderRow, type Leg } from './leg.ts';
import type { CallRecord } from './record.ts';
import { SessionKeeper } from './session-keeper.ts';
import { answerSession } from './session-timer.ts';
import type { Surroundings } from './surroundings.ts';

/** After this long without a packet a peer is asked whether it still lives; see also `silenceMs`. */
const SILENCE_PROBE_MS = 30 * SECOND_MS;
export class Conversation implements FarEnd {
  readonly #caller: CallerLeg;
  readonly #callee: CalleeLeg;
  readonly #around: Surroundings;
  readonly #record: CallRecord;
  readonly #end: (text: string, now: Instant) => void;
  readonly #exchanges: Exchange[] = [];
  readonly #keeper: SessionKeeper;
  /** When a leg was last found silent for the whole of `silenceMs`. */
  readonly #silentAt = new Map<Leg, Instant>();
  #closed = false;

  constructor(
    caller: CallerLeg,
    callee: CalleeLeg,
    around: Surroundings,
    record: CallRecord,
    end: (text: string, now: Instant) => void,
  ) {
    this.#caller = caller;
    this.#callee = callee;
    this.#around = around;
    this.#record = record;
    this.#end = end;
    this.#keeper = new SessionKeeper(around, {
      lost: end,
      dialogGone: (leg, now) => this.#dialogGone(leg, now),
      changing: () => this.#changing,
    });
  }

  begin(): void {
    this.#watch(this.#caller);
    this.#watch(this.#callee);
  }

  /** The call is over: whoever waits for an answer gets one. */
  close(): void {
    this.#closed = true;
    for (const exchange of this.#exchanges) exchange.abort();
    this.#exchanges.length = 0;
    this.#keeper.close();
  }

  // ── requests from a peer ──

  request(leg: Leg, request: SipRequest, id: TransactionId, flow: Flow, now: Instant): void {
    // Our own BYE may have to wait for the caller's ACK; nothing but its BYE is taken meanwhile.
    if (this.#closed && request.method !== 'BYE') return this.#answer(id, request, 481, []);
    if (leg.dialog?.receiveRequest(request) !== 'accepted')
      return this.#answer(id, request, 500, [['Retry-After', '1']]);
    leg.learn(request);
    // A NAT or a phone may have moved it meanwhile; the tags show that it is the same peer.
    if (leg.kind === 'phone') leg.moveTo(flow);
    switch (request.method) {
      case 'BYE':
        return this.#bye(leg, request, id, now);
      case 'INVITE':
      case 'UPDATE':
        return this.#change(leg, request, id, now);
      case 'INFO':
        this.#exchanges.push(new Exchange(leg, this.#other(leg), request, id, this.#around));
        return;
      case 'OPTIONS':
        return this.#answer(id, request, 200, leg.targetHeaders());
      default:
        return this.#answer(id, request, 405, [['Allow', ALLOW]]);
    }
  }

  #bye(leg: Leg, request: SipRequest, id: TransactionId, now: Instant): void {
    this.#answer(id, request, 200, []);
    if (leg.inviteAnswered !== undefined) this.#around.sip.settle(leg.inviteAnswered);
    this.close();
    if (leg === this.#caller) this.#caller.hungUp();
    else this.#callee.hungUp();
    this.#end(`${leg.words} hung up`, now);
  }

  #change(leg: Leg, request: SipRequest, id: TransactionId, now: Instant): void {
    const terms = answerSession(request, this.#around.sessionTerms, leg.peerAllowsUpdate);
    if (terms.type === 'too-small') return this.#answer(id, request, 422, terms.headers);
    const unreadable = unreadableContent(request);
    if (unreadable !== undefined) return this.#answer(id, request, unreadable.status, unreadable.headers);
    if (request.method === 'UPDATE' && request.body.length === 0) {
      leg.startSession(terms.session, now);
      return this.#answer(id, request, 200, [...leg.targetHeaders(), ...terms.headers]);
    }
    // Glare, ours or theirs: the asker tries again after a while (RFC 3261 §14.2).
    if (this.#changing) return this.#answer(id, request, 491, []);
    this.#exchanges.push(new Exchange(leg, this.#other(leg), request, id, this.#around));
  }

  get #changing(): boolean {
    return (
      this.#keeper.reinviting ||
      !this.#caller.settled ||
      this.#callee.ackPending ||
      this.#exchanges.some(
        ({ answered, ackOwed, request }) => request.method !== 'INFO' && (!answered || ackOwed),
      )
    );
  }

  /** ACK of our 2xx to a peer's INVITE or re-INVITE. */
  acknowledged(id: TransactionId, ack: SipRequest, now: Instant): void {
    if (id !== this.#caller.transaction) {
      for (const exchange of this.#exchanges)
        if (exchange.serverTransaction === id) exchange.acknowledged(ack);
      this.#dropFinished();
      return;
    }
    if (!this.#callee.ackPending) return;
    const answer = sdpOf(ack);
    if (answer === undefined) {
      this.#callee.acknowledge(undefined);
      this.#end('the caller acknowledged an offer without answering it', now);
      return;
    }
    this.#caller.media.accept(answer, this.#caller.flow.remote.address);
    this.#callee.acknowledge(this.#callee.media.describe(answer));
  }

  cancelled(id: TransactionId): void {
    for (const exchange of this.#exchanges) if (exchange.serverTransaction === id) exchange.cancel();
  }

  // ── answers to what we sent ──

  /** True where the response was to something that belongs here. */
  response(id: TransactionId, response: SipResponse, now: Instant): boolean {
    const exchange = this.#exchanges.find(({ clientTransaction }) => clientTransaction === id);
    if (exchange !== undefined) {
      this.#exchangeEnded(exchange, exchange.response(response, now), now);
      return true;
    }
    return this.#keeper.response(id, response, now);
  }

  transactionFailed(leg: Leg, id: TransactionId, now: Instant): boolean {
    const exchange = this.#exchanges.find(({ clientTransaction }) => clientTransaction === id);
    if (exchange !== undefined) {
      this.#exchangeEnded(exchange, exchange.failed(), now);
      return true;
    }
    return this.#keeper.transactionFailed(leg, id, now);
  }

  #exchangeEnded(exchange: Exchange, end: ExchangeEnd | undefined, now: Instant): void {
    if (end === undefined) return;
    this.#dropFinished();
    if (end.type === 'dialog-gone') return this.#dialogGone(exchange.to, now);
    if (end.type === 'no-answer') return this.#end(`${exchange.to.words} does not answer any more`, now);
    if (!end.refreshed) return;
    const held = exchange.from.media.quiet || exchange.to.media.quiet;
    if (held !== this.#held) {
      this.#held = held;
      const text = `${exchange.from.words} ${held ? 'put the call on hold' : 'took the call back'}`;
      this.#record.note(now, held ? 'held' : 'resumed', text);
    }
    this.#watch(exchange.from);
    this.#watch(exchange.to);
  }

  #dropFinished(): void {
    const unfinished = this.#exchanges.filter(({ answered, ackOwed }) => !answered || ackOwed);
    this.#exchanges.splice(0, this.#exchanges.length, ...unfinished);
  }

  #held = false;

  // ── is the peer still there? ──

  sessionDue(leg: Leg, now: Instant): void {
    this.#keeper.due(leg, now);
  }

  heard(leg: Leg, at: Instant): void {
    this.#record.note(at, 'heard', `audio heard from ${leg.words}`);
  }

  /** No packet came from this leg for a while: a killed phone, or a quiet one. Ask; both quiet for long: over. */
  silent(leg: Leg, silentMs: number, now: Instant): void {
    if (this.#closed || leg.media.quiet) return;
    const { silenceMs } = this.#around;
    const otherSilentAt = this.#silentAt.get(this.#other(leg));
    if (silentMs >= silenceMs) this.#silentAt.set(leg, now);
    // The relay repeats itself while silence lasts, so an old word means that packets came since.
    if (silentMs >= silenceMs && otherSilentAt !== undefined && now - otherSilentAt <= silenceMs) {
      this.#end(`no media from either side for ${silenceMs / SECOND_MS} s`, now);
      return;
    }
    this.#record.note(now, 'silent', `no media from ${leg.words} for ${Math.round(silentMs / SECOND_MS)} s`);
    this.#around.media({ type: 'watch', id: leg.media.id, silenceMs });
    this.#keeper.probe(leg);
  }

  #watch(leg: Leg): void {
    this.#silentAt.delete(leg);
    const probeMs = Math.min(SILENCE_PROBE_MS, this.#around.silenceMs / 2);
    this.#around.media({
      type: 'watch',
      id: leg.media.id,
      silenceMs: leg.media.quiet ? 0 : probeMs,
    });
  }

  /** 481: the peer knows of no call, so there is nobody to say BYE to. */
  #dialogGone(leg: Leg, now: Instant): void {
    if (leg === this.#caller) this.#caller.hungUp();
    else this.#callee.hungUp();
    this.#end(`${leg.words} is not in the call any more`, now);
  }

  #other(leg: Leg): Leg {
    return leg === this.#caller ? this.#callee : this.#caller;
  }

  #answer(id: TransactionId, request: SipRequest, status: number, headers: readonly HeaderRow[]): void {
    this.#around.sip.respond(id, createResponse(request, status, { headers }));
  }
}
