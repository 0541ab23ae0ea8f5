// What both kinds of leg have in common once there is a dialog: requests within it, its media, its session
// timer, and how it ends. The caller's leg (caller-leg.ts) and the called legs (callee-leg.ts) differ in how
// the dialog comes about.

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage, SipRequest } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { MediaSide } from './media-side.ts';
import { allows, type Session, sessionDue } from './session-timer.ts';
import type { PeerKind, Surroundings, TimerOf } from './surroundings.ts';

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
}

export abstract class Leg {
  readonly id: string;
  readonly callId: string;
  readonly kind: PeerKind;
  readonly words: string;
  readonly media: MediaSide;
  protected readonly around: Surroundings;
  /** The confirmed (or only) dialog; `undefined` before there is one and after it ended. */
  dialog: Dialog | undefined;
  flow: Flow;
  session: Session | undefined;
  peerAllowsUpdate = false;
  #sessionTimer: Deadline<TimerOf> | undefined;

  constructor(options: LegOptions, flow: Flow, around: Surroundings) {
    this.id = options.id;
    this.callId = options.callId;
    this.kind = options.kind;
    this.words = options.words;
    this.media = options.media;
    this.flow = flow;
    this.around = around;
  }

  abstract get state(): string;
  /** Nothing of it is left: no transaction that matters, no dialog. */
  abstract get over(): boolean;

  /** Sends a request within the dialog. */
  send(request: SipRequest): TransactionId {
    return this.around.request(request, this.dialogFlow(), this.callId, this.id);
  }

  dialogFlow(): Flow {
    return this.dialog === undefined ? this.flow : this.around.sip.flowFor(this.dialog, this.flow, this.kind);
  }

  /** Headers of every request and 2xx of ours that may refresh the target (RFC 3261 §12.2.1.1). */
  targetHeaders(): readonly HeaderRow[] {
    return [
      ['Contact', this.around.sip.contact(this.flow)],
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
    this.#sessionTimer =
      session === undefined
        ? undefined
        : this.around.schedule(sessionDue(session, now), {
            callId: this.callId,
            deadline: { type: 'session', leg: this.id },
          });
  }

  /** BYE within the dialog, if there is one. Afterwards the dialog is gone for us. */
  sayBye(reason: HeaderRow | undefined): TransactionId | undefined {
    const dialog = this.dialog;
    if (dialog === undefined) return undefined;
    const bye = dialog.createRequest('BYE', { headers: reason === undefined ? [] : [reason] });
    const id = this.send(bye);
    this.closeDialog();
    return id;
  }

  closeDialog(): void {
    if (this.dialog !== undefined) this.around.dialogClosed(this.dialog);
    this.dialog = undefined;
    this.startSession(undefined, 0);
  }
}

/** RFC 3326: why a leg is ended, for the peer's call log. */
export function reasonHeader(cause: number, text: string): HeaderRow {
  return ['Reason', `SIP;cause=${cause};text="${text.replace(/["\\\r\n]/g, "'")}"`];
}
