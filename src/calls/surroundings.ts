// What a call needs of the node around it, and nothing more. node/ implements it over the transaction layer,
// the registrar and the trunks; everything a call does to the world goes through here, so a call can be
// tested with nothing but recorded answers.

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Attempt, Judgement } from '../fraud/fraud-watch.ts';
import type { MessageRoom, Question } from '../ports/desk.ts';
import type { MediaCommand } from '../ports/media.ts';
import type { RecordingId } from '../ports/recordings.ts';
import type { Account, Cap, E164, LedgerEntry, Mailbox, TimelineEntry } from '../ports/records.ts';
import type { PhoneTarget } from '../routing/plan.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { Health } from '../trunks/health.ts';
import type { SessionTerms } from './session-timer.ts';

/** A deadline of a call. `leg` is a leg's id. */
export type CallDeadline =
  | { readonly type: 'no-sign-of-life'; readonly leg: string }
  | { readonly type: 'no-progress'; readonly leg: string }
  | { readonly type: 'turn'; readonly leg: string }
  | { readonly type: 'nothing-said' }
  | { readonly type: 'provisional-again' }
  | { readonly type: 'step-over' }
  | { readonly type: 'ringing-over' }
  | { readonly type: 'prompt-overdue' }
  | { readonly type: 'length-over' }
  | { readonly type: 'session'; readonly leg: string }
  | { readonly type: 'dialogue-due'; readonly leg: string }
  | { readonly type: 'wrap-up-overdue' }
  | { readonly type: 'errand-due' }
  /** `leg`: what was asked; empty: it begins. */
  | { readonly type: 'rehearsal-due'; readonly leg: string }
  | { readonly type: 'test-over' };

export interface TimerOf {
  readonly callId: string;
  readonly deadline: CallDeadline;
}

export interface TrunkChoice {
  readonly name: string;
  /** Request-URI for a number over this trunk. */
  readonly uri: string;
  readonly flow: Flow;
  readonly health: Health;
}

export interface PhoneChoice {
  readonly uri: string;
  readonly flow: Flow;
  /** Route values from the binding's Path (RFC 3327). */
  readonly routes: readonly string[];
  /** See PhoneTarget. */
  readonly device: string;
}

/** A telephone behind a dialog, and the contact whose flow the dialog began on. */
export interface PhoneDevice {
  readonly user: string;
  /** See PhoneTarget. */
  readonly device: string;
  readonly key: string;
}

/** How a request within a dialog differs from what its dialog says. */
export interface WayWithin {
  readonly flow: Flow;
  /** Request-URI; absent: the remote target. */
  readonly uri?: string;
  /** Absent: the dialog's route set. */
  readonly routes?: readonly string[];
}

/** Where an in-dialog request goes: a phone's stays on its flow (NAT), a carrier's follows its dialog. */
export type PeerKind = 'phone' | 'trunk';

/** The transaction layer, as far as a leg may use it. */
export interface SipPort {
  respond(id: TransactionId, response: SipResponse): void;
  acknowledge(id: TransactionId, ack: SipRequest, flow: Flow): void;
  /** The peer said BYE: no ACK of the 2xx in this transaction is waited for any more. */
  settle(id: TransactionId): void;
  cancel(id: TransactionId, headers: Iterable<readonly [string, string]>): void;
  /** The way to go first, and those to go where it leads to nobody. */
  flowsFor(dialog: Dialog, flow: Flow, peer: PeerKind): readonly [Flow, ...Flow[]];
  /** For messages over this flow; a sips URI where the dialog began with one (RFC 3261 §8.1.1.8, §12.1.1). */
  contact(flow: Flow, secure: boolean): string;
  newTag(): string;
  newCallId(): string;
}

/** The registrar, as far as a call may use it. Keys name bindings. */
export interface PhonePort {
  targets(user: string): readonly PhoneTarget[];
  /** Where a contact of a phone is; `undefined` when it has gone meanwhile. */
  choice(key: string): PhoneChoice | undefined;
  /** The way to a device within a dialog; `undefined`: over `flow`, as the dialog has it. */
  within(device: PhoneDevice, flow: Flow, remoteTarget: string): WayWithin | undefined;
  /** A leg got nothing at all from this contact: it counts as unreachable from now on. */
  silent(key: string): void;
  alive(key: string): void;
  /** What phones answer may be lost on its way to us: their silence proves nothing now. */
  doubtsSilence(): boolean;
}

/** The trunks, as far as a call may use them. */
export interface TrunkPort {
  /** Those that may carry a call to this number, in the order to try them. */
  choices(number: string, secureOnly: boolean): readonly TrunkChoice[];
  /** How long a leg would wait there for its turn: carriers take so many in a second. */
  waitMs(name: string): number;
  /** `leg` is unique on the node. Urgent ones do not wait. */
  legStarted(name: string, leg: string, isUrgent: boolean): void;
  /** `undefined`: its INVITE may go now. Else it is to ask again then. */
  turnOf(name: string, leg: string): Instant | undefined;
  legEnded(name: string, leg: string): void;
  /** What a leg learnt of the carrier's health. */
  answered(name: string, flow: Flow): void;
  failed(name: string, flow: Flow, reason: string): void;
  /** The request again, with credentials for the carrier's challenge; `undefined`: there are none, or they failed. */
  authorise(name: string, request: SipRequest, challenge: SipResponse): SipRequest | undefined;
}

/** A leg, and the SIP Call-ID that its messages go under: no other leg of ours shares it. */
export interface LegNote {
  readonly callId: string;
  readonly sipCallId: string;
  readonly kind: PeerKind;
  /** The phone's user or the trunk's name. */
  readonly peer: string;
  /** The number that is dialled over a trunk. */
  readonly number?: string;
}

/** Who hears of what happened. */
export interface Audience {
  /** Before the first message of ours on it. */
  leg(note: LegNote): void;
  timeline(callId: string, called: string, entry: TimelineEntry): void;
  /** Begin, answer and end of an attempt. */
  ledger(entry: LedgerEntry): void;
  /** A bug of ours: what was being done, and what was thrown. */
  fault(what: string, error: unknown): void;
  testCall(testCallId: string, entry: TimelineEntry, end: { readonly passed: boolean } | undefined): void;
}

/** Where an account calls that it does not usually call. Not asked about emergency calls. */
export interface UnusualPort {
  judge(attempt: Attempt): Judgement;
  /** The call does not go there any more. Also told of calls that are usual. */
  over(account: string, call: string): void;
}

/** What an account's diverted calls may cost. Not asked about emergency calls. */
export interface CapsPort {
  /** Why none of its calls is sent on any more this month; `undefined`: they are. */
  minutesUsed(account: Account): string | undefined;
  /** A call for this number was not sent on. */
  exceeded(account: Account, cap: Cap, called: string, why: string): void;
}

/** What customers have, as far as a dialogue may look at it. */
export interface RecordsPort {
  /** As the account is now. */
  account(name: string): Account | undefined;
  /** What was typed on a telephone's keys, as an E.164 number. */
  numberOf(typed: string): E164 | undefined;
  /** ISO 3166, whose national format numbers are typed and said in. */
  readonly country: string;
  /** What a mailbox may still take. */
  messageRoom(account: Account, mailbox: Mailbox): MessageRoom;
  /** How many of its messages nobody has heard. */
  newMessagesIn(account: string, mailbox: string): number;
}

/** What node/ gives to calls/. */
export interface Outside {
  readonly domain: string;
  /** A call without media from either side for this long is over. */
  readonly silenceMs: number;
  readonly sessionTerms: SessionTerms;
  readonly sip: SipPort;
  readonly phones: PhonePort;
  readonly trunks: TrunkPort;
  readonly audience: Audience;
  readonly unusual: UnusualPort;
  readonly caps: CapsPort;
  readonly records: RecordsPort;
  /** Nobody will listen to it. */
  erase(recording: RecordingId): void;
  /** Unguessable: 32 hex digits. */
  newId(): string;
  /** Answered with this number, sometime or never, by `Calls.told`. */
  ask(id: number, question: Question): void;
  request(request: SipRequest, flows: readonly [Flow, ...Flow[]]): TransactionId;
  media(command: MediaCommand): void;
}

/** What calls.ts gives to each call. */
export interface Surroundings extends Omit<Outside, 'request' | 'ask'> {
  /** Its answer comes to this call, with the number that this returns. */
  ask(question: Question, callId: string): number;
  /** Sends in a new client transaction whose events come to this leg. */
  request(request: SipRequest, flows: readonly [Flow, ...Flow[]], callId: string, leg: string): TransactionId;
  /** Requests within this dialog come to this leg from now on. */
  dialogOpened(dialog: Dialog, callId: string, leg: string): void;
  dialogClosed(dialog: Dialog): void;
  /** This leg's messages go over this flow from now on, and its connection is needed until the call is over. */
  legIsOn(flow: Flow, callId: string, leg: string): void;
  schedule(at: Instant, timer: TimerOf): Deadline<TimerOf>;
  unschedule(deadline: Deadline<TimerOf> | undefined): void;
  /** True, and counted, when the account may have one more diverted leg. */
  takeDivertedLeg(account: string, divertedCallsMax: number): boolean;
  releaseDivertedLeg(account: string): void;
  /** True, and counted, when `max` calls at most have this way of being sent on and are not answered. */
  takeWay(way: string, max: number): boolean;
  releaseWay(way: string): void;
  /** The caller's part is over and recorded; late legs may still have to be ended. */
  ended(callId: string): void;
  /** The call and all that belonged to it is over. */
  finished(callId: string): void;
}
