// A leg that the node opens: INVITE to a phone's contact or to a number over a trunk.
//
//   opening ─media open─▶ inviting ─100─▶ proceeding ─18x─▶ ringing ─2xx─▶ answered ─BYE─▶ over
//                            │2 s without a sign of life: silent        │ cancelled meanwhile: ACK + BYE
//                            └──────────── failure, CANCEL ─────────────┴─▶ over
//
// A leg that the call gave up (`abandoned`) lives on until its transactions end, so that a late 200 is
// acknowledged and hung up (RFC 3261 §9.1, §13.2.2.4) while the caller is long elsewhere.

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { type Verdict, verdictOf } from '../routing/verdicts.ts';
import { audioOf } from '../sdp/audio.ts';
import type { SessionDescription } from '../sdp/description.ts';
import { Dialog } from '../sip/dialog/dialog.ts';
import { routeUri } from '../sip/dialog/routing.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../sip/message/message.ts';
import { isSips } from '../sip/message/uri.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { sdpOf } from './content.ts';
import { type HeaderRow, Leg, type LegOptions, reasonHeader, SDP_TYPE } from './leg.ts';
import { longerInterval, sessionFromResponse, sessionRequestHeaders } from './session-timer.ts';
import type { Surroundings, TimerOf } from './surroundings.ts';

/** Without any response in this time the leg counts as unreachable, and the plan goes on. */
export const SIGN_OF_LIFE_MS = 2 * SECOND_MS;

/**
 * A carrier that has taken the call (100) and says no more has this long before the next one is tried. Nearly every
 * call rings within 10 s of dialling, also abroad; a caller who hears nothing hangs up soon after.
 */
export const PROGRESS_MS = 10 * SECOND_MS;

export type CalleeState =
  | 'opening'
  | 'inviting'
  | 'proceeding'
  | 'ringing'
  | 'answered'
  | 'abandoned'
  | 'over';

export type LegDeadline = 'no-sign-of-life' | 'no-progress' | 'turn';

/** What a leg tells its call. */
export type LegNews =
  | { readonly type: 'ringing'; readonly status: number; readonly sdp: SessionDescription | undefined }
  | { readonly type: 'answered'; readonly sdp: SessionDescription }
  /** It may still ring, but somebody else would ring sooner. */
  | { readonly type: 'stuck'; readonly text: string }
  | {
      readonly type: 'failed';
      readonly verdict: Verdict;
      readonly status?: number;
      readonly text: string;
      /** The flow failed, not the telephone: another flow of it may do (RFC 5626 §7). */
      readonly flowFailed?: boolean;
    };

export interface CalleeTarget {
  readonly type: 'phone' | 'trunk';
  /** The phone's user or the trunk's name. */
  readonly name: string;
  /** The binding's key; for a trunk, the number. */
  readonly key: string;
  readonly uri: string;
  readonly routes: readonly string[];
  /** The same telephone has another flow, which is tried if this one fails. */
  readonly hasSpareFlow?: boolean;
  /** An emergency call: it waits for nobody (law 7). */
  readonly isUrgent?: boolean;
}

export interface InviteContent {
  /** From, identity, Diversion …: everything that does not depend on the leg's state. From carries its tag. */
  readonly headers: readonly HeaderRow[];
  readonly maxForwards: number;
  readonly to: string;
  readonly sipCallId: string;
  /** The caller's offer, or one of the node's own. `undefined`: the INVITE goes without, the answer brings an offer. */
  readonly offer: SessionDescription | 'own' | undefined;
}

const PROXYS_WORDS: ReadonlySet<number> = new Set([100, 408, 430, 502, 503, 504]);

/** What a proxy says when it cannot reach the phone: behind a Path it is no sign of the phone's life. */
export function isProxysWord(status: number): boolean {
  return PROXYS_WORDS.has(status);
}

export class CalleeLeg extends Leg {
  readonly target: CalleeTarget;
  /** Tag under which the caller sees this leg, as a branch of its own. */
  readonly callerTag: string;
  #state: CalleeState = 'opening';
  rang = false;
  invitedAt: Instant = 0;
  /** What the caller was last told of it. */
  told: 'nothing' | 'rings' | 'early' = 'nothing';
  /** The 2xx that came without our offer: its ACK waits for the caller's answer. */
  ackPending = false;
  #content: InviteContent;
  #invite: SipRequest | undefined;
  #transaction: TransactionId | undefined;
  #signOfLife: Deadline<TimerOf> | undefined;
  #progress: Deadline<TimerOf> | undefined;
  #turn: Deadline<TimerOf> | undefined;
  #earlySdp: SessionDescription | undefined;
  #challenged = false;
  /** What became of the leg has been counted for or against the carrier's health. */
  #judged = false;
  /** INVITE transactions, BYEs and the like whose end is still to come. */
  #open = new Set<TransactionId>();

  constructor(
    options: LegOptions,
    target: CalleeTarget,
    content: InviteContent,
    callerTag: string,
    flow: Flow,
    around: Surroundings,
  ) {
    super(options, flow, around);
    this.target = target;
    this.callerTag = callerTag;
    this.#content = content;
    if (target.type === 'trunk')
      around.trunks.legStarted(target.name, this.media.id, target.isUrgent === true);
  }

  override get state(): CalleeState {
    return this.#state;
  }

  override get secure(): boolean {
    const [route] = this.target.routes;
    return isSips(this.target.uri) || isSips(route === undefined ? '' : routeUri(route));
  }

  override get over(): boolean {
    if (this.asking) return false;
    return this.#state === 'over' || (this.#state === 'abandoned' && this.#open.size === 0);
  }

  /** The call still waits for what this leg brings. */
  get trying(): boolean {
    return ['opening', 'inviting', 'proceeding', 'ringing'].includes(this.#state);
  }

  /** Nothing at all has come from there since the INVITE went out. */
  get unheard(): boolean {
    return this.#state === 'inviting';
  }

  /** Media is open: the INVITE goes out, to a carrier when it is this call's turn. */
  invite(now: Instant): void {
    if (this.#state !== 'opening') return;
    const { type: kind, name: peer, key: number } = this.target;
    const turnAt = kind === 'trunk' ? this.around.trunks.turnOf(peer, this.media.id) : undefined;
    if (turnAt !== undefined) {
      this.#turn = this.#deadline(turnAt, 'turn');
      return;
    }
    this.invitedAt = now;
    const { sipCallId } = this.#content;
    const dialled = kind === 'trunk' ? { number } : {};
    this.around.audience.leg({ callId: this.callId, sipCallId, kind, peer, ...dialled });
    this.#send(this.#buildInvite(1), now);
  }

  /** One of its deadlines has come. */
  due(deadline: LegDeadline, now: Instant): LegNews | undefined {
    switch (deadline) {
      case 'no-sign-of-life':
        return this.#silent();
      case 'no-progress':
        return this.#stuck();
      case 'turn':
        this.invite(now);
        return undefined;
    }
  }

  /** The two seconds are over. */
  #silent(): LegNews | undefined {
    if (this.#state !== 'inviting') return undefined;
    const text = `gave no sign of life in ${SIGN_OF_LIFE_MS / SECOND_MS} s`;
    this.#noSignOfLife(text);
    return { type: 'failed', verdict: 'unreachable', text, flowFailed: true };
  }

  /** The carrier's ten seconds are over. */
  #stuck(): LegNews | undefined {
    if (this.#state !== 'proceeding') return undefined;
    return { type: 'stuck', text: `took the call and said nothing more in ${PROGRESS_MS / SECOND_MS} s` };
  }

  /** The next carrier gets the call instead. */
  supersede(text: string): void {
    this.#judged = true;
    this.around.trunks.failed(this.target.name, this.flow, text);
    this.giveUp(408, 'No progress');
  }

  response(id: TransactionId, response: SipResponse, now: Instant): LegNews | undefined {
    if (response.status >= 200) this.#open.delete(id);
    if (id !== this.#transaction) return undefined;
    if (this.#state === 'inviting' && this.#isSignOfLife(response.status))
      this.#firstSign(response.status, now);
    if (this.target.type === 'trunk') this.#judgeTrunk(response.status);
    if (response.status < 200) return this.#provisional(response);
    if (response.status < 300) return this.#accepted(response, now);
    return this.#rejected(response, now);
  }

  /** Timer B or F, or the transport failed. */
  transactionFailed(id: TransactionId, text: string): LegNews | undefined {
    this.#open.delete(id);
    if (id !== this.#transaction) return undefined;
    this.#transaction = undefined;
    if (!this.trying) return undefined;
    const verdict = this.rang ? 'failing' : 'unreachable';
    if (this.#state === 'inviting') this.#noSignOfLife(text);
    this.#end();
    return { type: 'failed', verdict, text, flowFailed: true };
  }

  mediaFailed(reason: string): LegNews | undefined {
    if (this.#state !== 'opening') return undefined;
    this.#end();
    return { type: 'failed', verdict: 'failing', text: `no media could be opened: ${reason}` };
  }

  /** The call does not want it any more: CANCEL what rings, BYE what was answered. */
  giveUp(cause: number, text: string): void {
    const reason = reasonHeader(cause, text);
    this.media.close();
    this.#unschedule();
    if (this.#state === 'answered') {
      this.#acknowledgeLate();
      this.sayBye(reason);
      this.#abandon();
    } else if (this.trying) {
      if (this.#transaction !== undefined) this.around.sip.cancel(this.#transaction, [reason]);
      this.#abandon();
    }
  }

  /** The peer said BYE, or its dialog is known to be gone: nothing more to send. */
  override hungUp(): void {
    this.#acknowledgeLate();
    this.closeDialog();
    this.media.close();
    this.#abandon();
  }

  /** ACK for the answer to an INVITE without offer: it carries the caller's answer. */
  acknowledge(sdp: Uint8Array | undefined): void {
    if (!this.ackPending || this.dialog === undefined || this.#transaction === undefined) return;
    this.ackPending = false;
    const body = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE };
    const ack = this.dialog.createAck(this.#inviteCseq(), body);
    this.acknowledgeWithin(this.dialog, this.#transaction, ack);
  }

  // ── one function per kind of answer ──

  /** 100 comes from the next hop. Where that is a proxy and there is another flow, the phone itself must speak. */
  #isSignOfLife(status: number): boolean {
    return status > 100 || this.target.routes.length === 0 || this.target.hasSpareFlow !== true;
  }

  #firstSign(status: number, now: Instant): void {
    this.#state = 'proceeding';
    this.around.unschedule(this.#signOfLife);
    if (this.target.type !== 'phone') {
      this.#progress = this.#deadline(now + PROGRESS_MS, 'no-progress');
      return;
    }
    if (this.target.routes.length === 0 || !isProxysWord(status)) this.around.phones.alive(this.target.key);
  }

  /** What an answer says of the carrier: 100 comes from its doorstep, 408 and 503 mean that it cannot. */
  #judgeTrunk(status: number): void {
    if (status === 100 || this.#judged) return;
    this.#judged = true;
    const { name } = this.target;
    if (status === 408 || status === 503) this.around.trunks.failed(name, this.flow, `answered ${status}`);
    else this.around.trunks.answered(name, this.flow);
  }

  #provisional(response: SipResponse): LegNews | undefined {
    if (response.status === 100 || !this.trying) return undefined;
    this.#state = 'ringing';
    this.around.unschedule(this.#progress);
    this.rang ||= response.status === 180 || response.status === 183;
    const sdp = sdpOf(response);
    if (sdp !== undefined && this.#content.offer !== undefined) {
      this.#earlySdp = sdp;
      this.media.accept(sdp, this.flow.remote.address);
    }
    return { type: 'ringing', status: response.status, sdp };
  }

  #accepted(response: SipResponse, now: Instant): LegNews | undefined {
    const dialog = this.#invite === undefined ? undefined : Dialog.asUac(this.#invite, response);
    if (dialog === undefined || !dialog.ok) return this.#unusable('answered without a usable dialog');
    const first = this.dialog === undefined && this.trying;
    if (!first) {
      // A second branch behind the peer answered too, or the call has gone on: hang that one up.
      this.#hangUpBranch(dialog.value);
      return undefined;
    }
    this.dialog = dialog.value;
    this.around.dialogOpened(this.dialog, this.callId, this.id);
    const sdp = sdpOf(response) ?? this.#earlySdp;
    if (sdp === undefined) return this.#unusable('answered without a session description');
    if (audioOf(sdp)?.rejected !== false) return this.#unusable('answered without audio');
    this.learn(response);
    this.#state = 'answered';
    this.around.unschedule(this.#progress);
    this.media.accept(sdp, this.flow.remote.address);
    this.ackPending = true;
    if (this.#content.offer !== undefined) this.acknowledge(undefined);
    this.startSession(sessionFromResponse(response, this.around.sessionTerms), now);
    return { type: 'answered', sdp };
  }

  #rejected(response: SipResponse, now: Instant): LegNews | undefined {
    if (!this.trying) return undefined;
    const again = this.#again(response);
    if (again !== undefined) {
      this.#send(again, now);
      return undefined;
    }
    this.#end();
    const { status } = response;
    const flowFailed = !this.rang && (status === 408 || status === 430);
    const text = `${status} ${response.reason}`;
    if (flowFailed) this.#noSignOfLife(text);
    return { type: 'failed', verdict: verdictOf(status, this.rang), status, text, flowFailed };
  }

  /** The INVITE once more: with credentials (401, 407), or with the session interval asked for (422). */
  #again(response: SipResponse): SipRequest | undefined {
    const invite = this.#invite;
    if (invite === undefined) return undefined;
    if (
      (response.status === 401 || response.status === 407) &&
      this.target.type === 'trunk' &&
      !this.#challenged
    ) {
      this.#challenged = true;
      return this.around.trunks.authorise(this.target.name, invite, response);
    }
    const longerMs = longerInterval(response, this.#intervalMs);
    if (longerMs === undefined) return undefined;
    this.minSeMs = longerMs;
    return this.#buildInvite((invite.cseq?.number ?? 1) + 1);
  }

  // ── parts ──

  #buildInvite(cseq: number): SipRequest {
    const { headers, maxForwards, to, sipCallId, offer } = this.#content;
    const rows: HeaderRow[] = [
      ...this.target.routes.map((route): HeaderRow => ['Route', route]),
      ['Max-Forwards', String(maxForwards)],
      ...headers,
      ['To', to],
      ['Call-ID', sipCallId],
      ['CSeq', `${cseq} INVITE`],
      ...this.targetHeaders(),
      ...sessionRequestHeaders(this.#intervalMs, this.minSeMs),
    ];
    if (offer === undefined) return new SipRequest('INVITE', this.target.uri, Headers.of(rows));
    rows.push(['Content-Type', SDP_TYPE]);
    const sdp = offer === 'own' ? this.media.offerOwn() : this.media.describe(offer);
    return new SipRequest('INVITE', this.target.uri, Headers.of(rows), sdp);
  }

  /** Each INVITE has its two seconds, also the one that goes again with credentials. */
  #send(invite: SipRequest, now: Instant): void {
    this.#state = 'inviting';
    this.#invite = invite;
    this.#transaction = this.around.request(invite, [this.flow], this.callId, this.id);
    this.#track(this.#transaction);
    this.#unschedule();
    this.#signOfLife = this.#deadline(now + SIGN_OF_LIFE_MS, 'no-sign-of-life');
  }

  #deadline(at: Instant, type: LegDeadline): Deadline<TimerOf> {
    return this.around.schedule(at, { callId: this.callId, deadline: { type, leg: this.id } });
  }

  #unschedule(): void {
    this.around.unschedule(this.#signOfLife);
    this.around.unschedule(this.#progress);
    this.around.unschedule(this.#turn);
  }

  #track(id: TransactionId | undefined): void {
    if (id !== undefined) this.#open.add(id);
  }

  /** Of the session, as we offer it. */
  get #intervalMs(): number {
    return Math.max(this.around.sessionTerms.intervalMs, this.minSeMs);
  }

  #inviteCseq(): number {
    return this.#invite?.cseq?.number ?? 1;
  }

  #noSignOfLife(text: string): void {
    if (this.target.type === 'phone') this.around.phones.silent(this.target.key);
    else this.around.trunks.failed(this.target.name, this.flow, text);
  }

  /** A 2xx that the call cannot use: acknowledged and hung up at once. */
  #unusable(text: string): LegNews | undefined {
    const trying = this.trying;
    this.ackPending = true;
    this.acknowledge(undefined);
    this.sayBye(reasonHeader(488, text));
    this.media.close();
    this.#abandon();
    return trying ? { type: 'failed', verdict: 'incompatible', text } : undefined;
  }

  #hangUpBranch(dialog: Dialog): void {
    if (this.#transaction === undefined) return;
    this.acknowledgeWithin(dialog, this.#transaction, dialog.createAck(this.#inviteCseq()));
    const bye = dialog.createRequest('BYE', { headers: [reasonHeader(487, 'Call completed elsewhere')] });
    this.#track(this.sendWithin(dialog, bye));
  }

  #acknowledgeLate(): void {
    if (this.ackPending) this.acknowledge(undefined);
  }

  #abandon(): void {
    this.#state = 'abandoned';
    this.#unschedule();
    this.#release();
  }

  #end(): void {
    this.#state = 'over';
    this.#unschedule();
    this.media.close();
    this.#release();
  }

  #released = false;

  /** The trunk's channel is free again as soon as the call does not want the leg any more. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.target.type === 'trunk') this.around.trunks.legEnded(this.target.name, this.media.id);
  }
}
