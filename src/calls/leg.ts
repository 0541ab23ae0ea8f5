// What both kinds of leg have in common once there is a dialog: requests within it, its media, its session
// timer, and how it ends. The caller's leg (caller-leg.ts) and the called legs (callee-leg.ts) differ in how
// the dialog comes about.

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { rerouted } from '../sip/dialog/routing.ts';
import type { SipMessage, SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { MediaSide } from './media-side.ts';
import { allows, type Session, sessionDue } from './session-timer.ts';
import type { PeerKind, PhoneDevice, Surroundings, TimerOf } from './surroundings.ts';

/** What our user agent understands (RFC 3261 §20.5, §20.37). */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO';
export const SUPPORTED = 'timer';
export const SDP_TYPE = 'application/sdp';

export type HeaderRow = readonly [name: string, value: string];

export interface LegOptions {
  readonly id: string;
  readonly callId: string;
  readonly kind: PeerKind;
  /** For the timeline: `reception`, `the mobile +447700900123 over carrier-a`, `the caller`. */
  readonly words: string;
  readonly media: MediaSide;
  /** The telephone at this end, where the node knows it: it may have other flows. */
  readonly device?: PhoneDevice;
  /** The trunk that leads to the peer, if one does. */
  readonly trunk?: string;
}

/** A request as it must be written for where it goes now, and the ways there. */
interface Addressed {
  readonly addressed: SipRequest;
  readonly flows: readonly [Flow, ...Flow[]];
}

export abstract class Leg {
  readonly id: string;
  readonly callId: string;
  readonly kind: PeerKind;
  readonly words: string;
  readonly media: MediaSide;
  readonly #device: PhoneDevice | undefined;
  readonly #trunk: string | undefined;
  protected readonly around: Surroundings;
  /** The confirmed (or only) dialog; `undefined` before there is one and after it ended. */
  dialog: Dialog | undefined;
  #flow: Flow;
  session: Session | undefined;
  /** The shortest session that the peer takes, as far as it said. */
  minSeMs: number;
  peerAllowsUpdate = false;
  /** The last INVITE of the peer's that we answered with a 2xx. */
  inviteAnswered: TransactionId | undefined;
  /** INVITEs of ours within the dialog that have no final answer yet. */
  readonly #reinvites = new Map<TransactionId, { readonly dialog: Dialog; readonly cseq: number }>();
  /** Our BYE while it has no answer: until then the dialog is known (RFC 5407 §2: the mortal state). */
  #bye: { readonly id: TransactionId; readonly request: SipRequest; readonly dialog: Dialog } | undefined;
  #sessionTimer: Deadline<TimerOf> | undefined;

  constructor(options: LegOptions, flow: Flow, around: Surroundings) {
    this.id = options.id;
    this.callId = options.callId;
    this.kind = options.kind;
    this.words = options.words;
    this.media = options.media;
    this.#device = options.device;
    this.#trunk = options.trunk;
    this.around = around;
    this.minSeMs = around.sessionTerms.minSeMs;
    this.#flow = flow;
    around.legIsOn(flow, this.callId, this.id);
  }

  get flow(): Flow {
    return this.#flow;
  }

  moveTo(flow: Flow): void {
    this.#flow = flow;
    this.around.legIsOn(flow, this.callId, this.id);
  }

  abstract get state(): string;
  /** The dialog is of sips URIs, so that our Contact in it must be one. */
  abstract get secure(): boolean;
  /** Nothing of it is left: no transaction that matters, no dialog. */
  abstract get over(): boolean;
  /** The peer said BYE, or its dialog is known to be gone. */
  abstract hungUp(): void;

  /** Sends a request within the dialog. */
  send(request: SipRequest): TransactionId {
    const { dialog } = this;
    const id =
      dialog === undefined
        ? this.around.request(request, [this.flow], this.callId, this.id)
        : this.sendWithin(dialog, request);
    const { method, cseq } = request;
    if (method === 'INVITE' && cseq !== undefined && dialog !== undefined)
      this.#reinvites.set(id, { dialog, cseq: cseq.number });
    return id;
  }

  /** Sends a request within a dialog that may not be, or not be any more, the leg's own. */
  protected sendWithin(dialog: Dialog, request: SipRequest): TransactionId {
    const { addressed, flows } = this.#address(dialog, request);
    return this.around.request(addressed, flows, this.callId, this.id);
  }

  /** ACK of the 2xx that `id`'s INVITE got. */
  acknowledgeWithin(dialog: Dialog, id: TransactionId, ack: SipRequest): void {
    const { addressed, flows } = this.#address(dialog, ack);
    this.around.sip.acknowledge(id, addressed, flows[0]);
  }

  /**
   * The request once more with credentials, where its answer asks for some that we have (RFC 3261 §22.2, §22.3).
   * Once only: a carrier that refuses them would only refuse them again.
   */
  sendAgain(
    request: SipRequest,
    response: SipResponse,
  ): { readonly id: TransactionId; readonly request: SipRequest } | undefined {
    const again = this.dialog && this.#authorised(request, response, this.dialog);
    return again && { id: this.send(again), request: again };
  }

  /** A final answer to our BYE, or to a re-INVITE of ours: one that crossed a BYE still gets its ACK (§13.2.2.4). */
  answered(id: TransactionId, response: SipResponse): void {
    if (response.status < 200) return;
    if (id === this.#bye?.id) return this.#byeAnswered(this.#bye, response);
    const asked = this.#reinvites.get(id);
    if (asked === undefined) return;
    this.#reinvites.delete(id);
    if (response.status >= 300 || this.dialog !== undefined) return;
    const { dialog, cseq } = asked;
    this.acknowledgeWithin(dialog, id, dialog.createAck(cseq));
  }

  /** No answer came to what may have been one of these. */
  unanswered(id: TransactionId): void {
    this.#reinvites.delete(id);
    if (id === this.#bye?.id) this.#part(this.#bye.dialog);
  }

  /** Our BYE has no answer yet. */
  get parting(): boolean {
    return this.#bye !== undefined;
  }

  /** BYE or re-INVITEs whose answer is still to come. */
  protected get asking(): boolean {
    return this.#reinvites.size > 0 || this.parting;
  }

  #address(dialog: Dialog, request: SipRequest): Addressed {
    const flows = this.around.sip.flowsFor(dialog, this.flow, this.kind);
    const way =
      this.#device === undefined
        ? undefined
        : this.around.phones.within(this.#device, flows[0], dialog.remoteTarget);
    if (way === undefined) return { addressed: request, flows };
    if (way.uri === undefined && way.routes === undefined) return { addressed: request, flows: [way.flow] };
    const addressed = rerouted(request, way.uri ?? dialog.remoteTarget, way.routes ?? dialog.routeSet);
    return { addressed, flows: [way.flow] };
  }

  /** Headers of every request and 2xx of ours that may refresh the target (RFC 3261 §12.2.1.1). */
  targetHeaders(): readonly HeaderRow[] {
    return [
      ['Contact', this.around.sip.contact(this.flow, this.secure)],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
    ];
  }

  learn(message: SipMessage): void {
    if (message.headers.has('Allow')) this.peerAllowsUpdate = allows(message, 'UPDATE');
  }

  startSession(session: Session | undefined, now: Instant): void {
    this.session = session;
    this.around.unschedule(this.#sessionTimer);
    if (session !== undefined) this.sessionDueAt(sessionDue(session, now));
  }

  /** On unchanged terms, but not when they say. */
  sessionDueAt(at: Instant): void {
    this.around.unschedule(this.#sessionTimer);
    const deadline = { type: 'session', leg: this.id } as const;
    this.#sessionTimer = this.around.schedule(at, { callId: this.callId, deadline });
  }

  /** BYE within the dialog, if there is one. Afterwards nothing else is said in it. */
  sayBye(reason: HeaderRow): void {
    const { dialog } = this;
    if (dialog === undefined) return;
    this.#sayBye(dialog.createRequest('BYE', { headers: [reason] }), dialog);
    this.#leaveDialog();
  }

  closeDialog(): void {
    if (this.dialog !== undefined) this.around.dialogClosed(this.dialog);
    this.#leaveDialog();
  }

  #leaveDialog(): void {
    this.dialog = undefined;
    for (const id of this.#reinvites.keys()) this.around.sip.cancel(id, []);
    this.startSession(undefined, 0);
  }

  #sayBye(request: SipRequest, dialog: Dialog): void {
    this.#bye = { id: this.sendWithin(dialog, request), request, dialog };
  }

  #byeAnswered({ request, dialog }: { request: SipRequest; dialog: Dialog }, response: SipResponse): void {
    const again = this.#authorised(request, response, dialog);
    if (again === undefined) this.#part(dialog);
    else this.#sayBye(again, dialog);
  }

  #part(dialog: Dialog): void {
    this.#bye = undefined;
    this.around.dialogClosed(dialog);
  }

  #authorised(request: SipRequest, response: SipResponse, dialog: Dialog): SipRequest | undefined {
    const { status } = response;
    if ((status !== 401 && status !== 407) || this.#trunk === undefined || hasCredentials(request))
      return undefined;
    const again = this.around.trunks.authorise(this.#trunk, request, response);
    return again && dialog.renewed(again);
  }
}

/** RFC 3326: why a leg is ended, for the peer's call log. */
export function reasonHeader(cause: number, text: string): HeaderRow {
  return ['Reason', `SIP;cause=${cause};text="${text.replace(/["\\\r\n]/g, "'")}"`];
}

function hasCredentials({ headers }: SipRequest): boolean {
  return headers.has('Authorization') || headers.has('Proxy-Authorization');
}
