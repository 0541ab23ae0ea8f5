// The leg on which a call came in: the UAS side of the first INVITE.
//
// Each called leg (and each announcement) looks to the caller like a branch of a forking proxy, with a To tag
// of its own (RFC 3261 §12.1.1, §19.3). So when the plan goes on after early media, the next branch may bring
// another session description without breaking the rule of one answer per dialog (RFC 3261 §13.2.1).

import type { Deadline } from '../base/deadlines.ts';
import { type Flow, isStream } from '../base/net.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { parseSdp, type SessionDescription } from '../sdp/description.ts';
import { Dialog } from '../sip/dialog/dialog.ts';
import { routeUri } from '../sip/dialog/routing.ts';
import { tagOf } from '../sip/message/address.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import { isSips } from '../sip/message/uri.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { sdpOf } from './content.ts';
import { ALLOW, type HeaderRow, Leg, type LegOptions, reasonHeader, SDP_TYPE } from './leg.ts';
import { MediaSide } from './media-side.ts';
import type { CallStart } from './route.ts';
import { allows, answerSession, type Session } from './session-timer.ts';
import type { Surroundings, TimerOf } from './surroundings.ts';

const REPEAT_AFTER_MS = [0.5 * SECOND_MS, 1.5 * SECOND_MS, MINUTE_MS];

export type CallerState = 'waiting' | 'ringing' | 'answered' | 'refused' | 'over';

export class CallerLeg extends Leg {
  readonly invite: SipRequest;
  readonly transaction: TransactionId;
  /** The caller's offer; `undefined` when the INVITE had none. */
  readonly offer: SessionDescription | undefined;
  #state: CallerState = 'waiting';
  /** Session terms that the 2xx will carry. */
  #session: { readonly session: Session | undefined; readonly headers: readonly HeaderRow[] };
  /** The last one that the caller was given, and how often. */
  #provisional: SipResponse | undefined;
  #repeats = 0;
  #repeating: Deadline<TimerOf> | undefined;
  /** By the To tag that each branch of ours goes under. */
  readonly #early = new Map<string, Dialog>();
  #acknowledged = false;
  /** The node itself is the one who was answered with. */
  #isOwn = false;
  /** The Reason of a BYE that waits for the ACK. */
  #farewell: HeaderRow | undefined;

  constructor(
    options: LegOptions,
    invite: SipRequest,
    transaction: TransactionId,
    flow: Flow,
    around: Surroundings,
  ) {
    super(options, flow, around);
    this.invite = invite;
    this.transaction = transaction;
    this.offer = sdpOf(invite);
    this.peerAllowsUpdate = allows(invite, 'UPDATE');
    const answer = answerSession(invite, around.sessionTerms);
    this.#session = answer.type === 'accepted' ? answer : { session: undefined, headers: answer.headers };
  }

  override get state(): CallerState {
    return this.#state;
  }

  override get secure(): boolean {
    const [route] = this.invite.headers.values('Record-Route');
    const back = route === undefined ? this.invite.contacts[0]?.uri : routeUri(route);
    return isSips(this.invite.uri) || isSips(back ?? '');
  }

  override get over(): boolean {
    return (this.#state === 'over' || this.#state === 'refused') && !this.asking;
  }

  /** No final response yet. */
  get waiting(): boolean {
    return this.#state === 'waiting' || this.#state === 'ringing';
  }

  trying(): void {
    this.around.sip.respond(this.transaction, createResponse(this.invite, 100));
  }

  /** 180 or 183 under the branch's tag; `sdp` is our description for the caller. */
  progress(status: number, tag: string, now: Instant, sdp?: Uint8Array): void {
    if (!this.waiting) return;
    this.#state = 'ringing';
    this.#earlyDialog(tag);
    const body = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE };
    const headers: HeaderRow[] = [
      ['Contact', this.around.sip.contact(this.flow, this.secure)],
      ['Allow', ALLOW],
    ];
    this.#provisional = createResponse(this.invite, status, { toTag: tag, headers, ...body });
    this.#repeats = isStream(this.flow.transport) ? REPEAT_AFTER_MS.length - 1 : 0;
    this.provisionalAgain(now);
  }

  /**
   * Provisional responses are not acknowledged, so a lost one would leave the caller in silence: over UDP it is
   * repeated soon, and over anything once a minute, for the proxies on the way (RFC 3261 §13.3.1.1).
   */
  provisionalAgain(now: Instant): void {
    if (this.#provisional === undefined || !this.waiting) return;
    this.around.sip.respond(this.transaction, this.#provisional);
    const afterMs = REPEAT_AFTER_MS[this.#repeats] ?? MINUTE_MS;
    this.#repeats++;
    this.around.unschedule(this.#repeating);
    this.#repeating = this.around.schedule(now + afterMs, {
      callId: this.callId,
      deadline: { type: 'provisional-again' },
    });
  }

  /** Our own description for a caller whom the node itself answers; `undefined` without a codec that we speak. */
  ownAnswer(): Uint8Array | undefined {
    if (this.media.state !== 'open') return undefined;
    this.#isOwn = true;
    return this.offer === undefined ? this.media.offerOwn() : this.media.answerOwn(this.offer);
  }

  /** The node has offered, and the ACK is to bring the answer. */
  get owesAnswer(): boolean {
    return this.#isOwn && this.offer === undefined && !this.#acknowledged;
  }

  /** What a further leg is offered: what the caller offered, or what was agreed with the caller since. */
  get offerForOthers(): SessionDescription | undefined {
    if (!this.#isOwn) return this.offer;
    if (this.offer === undefined) return this.media.remote;
    const agreed = this.media.localSdp === undefined ? undefined : parseSdp(this.media.localSdp);
    return agreed?.ok === true ? agreed.value : this.offer;
  }

  answer(tag: string, sdp: Uint8Array, now: Instant): void {
    if (!this.waiting) return;
    this.#state = 'answered';
    this.dialog = this.#earlyDialog(tag);
    this.dialog.confirm();
    this.#early.delete(tag);
    this.#closeEarly();
    this.inviteAnswered = this.transaction;
    const headers = [...this.targetHeaders(), ...this.#session.headers];
    this.around.sip.respond(
      this.transaction,
      createResponse(this.invite, 200, { toTag: tag, headers, body: sdp, contentType: SDP_TYPE }),
    );
    this.startSession(this.#session.session, now);
  }

  refuse(status: number, tag: string, headers: readonly HeaderRow[] = []): void {
    if (!this.waiting) return;
    this.#state = 'refused';
    this.#closeEarly();
    this.media.close();
    this.around.sip.respond(this.transaction, createResponse(this.invite, status, { toTag: tag, headers }));
  }

  /** A request within an early dialog, in which nothing can be changed yet (RFC 3261 §15, RFC 3311 §5.2). */
  earlyRequest(request: SipRequest, id: TransactionId): 'hung-up' | 'answered' {
    const dialog = this.#early.get(tagOf(request.to) ?? '');
    const inOrder = dialog?.receiveRequest(request) === 'accepted';
    const status = !inOrder ? 500 : request.method === 'BYE' || request.method === 'OPTIONS' ? 200 : 491;
    this.around.sip.respond(id, createResponse(request, status));
    return inOrder && request.method === 'BYE' ? 'hung-up' : 'answered';
  }

  /** Its INVITE is over in every respect: it may be asked for changes (RFC 3261 §14.1). */
  get settled(): boolean {
    return this.#acknowledged;
  }

  /** Our 2xx has its ACK, or will never have it: from now on we may say BYE (RFC 3261 §15). */
  acknowledged(): void {
    this.#acknowledged = true;
    if (this.#farewell !== undefined) this.#leave(this.#farewell);
  }

  /** We end it: BYE when it was answered. */
  giveUp(cause: number, text: string): void {
    if (this.#state !== 'answered') return;
    this.media.close();
    this.startSession(undefined, 0);
    this.#farewell ??= reasonHeader(cause, text);
    if (this.#acknowledged) this.#leave(this.#farewell);
  }

  /** The caller said BYE, or its dialog is known to be gone. */
  override hungUp(): void {
    this.closeDialog();
    this.media.close();
    this.#state = 'over';
  }

  #leave(reason: HeaderRow): void {
    this.sayBye(reason);
    this.hungUp();
  }

  #earlyDialog(tag: string): Dialog {
    const known = this.#early.get(tag);
    if (known !== undefined) return known;
    const dialog = Dialog.asUas(this.invite, tag, this.around.sip.contact(this.flow, this.secure));
    this.#early.set(tag, dialog);
    this.around.dialogOpened(dialog, this.callId, this.id);
    return dialog;
  }

  #closeEarly(): void {
    this.around.unschedule(this.#repeating);
    for (const dialog of this.#early.values()) this.around.dialogClosed(dialog);
    this.#early.clear();
  }
}

/** The leg of the INVITE that a call begins with. */
export function callerLegOf(start: CallStart, around: Surroundings): CallerLeg {
  const { id, sessionId, callerKind: kind, callerName, device, invite, transaction, flow } = start;
  const media = new MediaSide(`${id}/caller`, sessionId, (command) => around.media(command));
  const options = {
    id: 'caller',
    callId: id,
    kind,
    words: 'the caller',
    media,
    ...(device === undefined ? {} : { device }),
    ...(kind === 'trunk' ? { trunk: callerName } : {}),
  };
  return new CallerLeg(options, invite, transaction, flow, around);
}
