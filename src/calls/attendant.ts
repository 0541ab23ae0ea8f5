// The node as the far end of an answered leg: it plays, records and hears keys, as a dialogue (ivr/) says, and answers
// what the peer asks within the dialog. One dialogue after another may be held on the same leg.
//
//   dialogue ──acts──▶ media commands, questions, notes
//            ◀─happenings── media events, answers, time, INFO, BYE

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { type Act, type Dialogue, type Happening, Line, type Wait } from '../ivr/dialogue.ts';
import type { Answer, Question } from '../ports/desk.ts';
import type { Key, MediaEvent } from '../ports/media.ts';
import type { RecordingId } from '../ports/recordings.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { sdpOf, unreadableContent } from './content.ts';
import type { FarEnd } from './far-end.ts';
import { keyOfInfo } from './info-keys.ts';
import { ALLOW, type HeaderRow, type Leg, SDP_TYPE } from './leg.ts';
import { SessionKeeper } from './session-keeper.ts';
import { answerSession } from './session-timer.ts';
import type { Surroundings, TimerOf } from './surroundings.ts';

export interface AttendantEvents {
  note(text: string, now: Instant): void;
  /** The peer said BYE, or is known to be gone, while no dialogue is held: with one, the dialogue's end tells it. */
  gone(text: string, now: Instant): void;
}

/** Of those who send a key both ways, the second comes within this time. */
const ECHO_MS = 1_000;

interface Held {
  readonly dialogue: Dialogue<unknown>;
  readonly over: (result: never, now: Instant) => void;
}

export class Attendant implements FarEnd {
  readonly line: Line;
  readonly #leg: Leg;
  readonly #around: Surroundings;
  readonly #events: AttendantEvents;
  readonly #keeper: SessionKeeper;
  #held: Held | undefined;
  readonly #happened: Happening[] = [];
  #isRunning = false;
  #due: Deadline<TimerOf> | undefined;
  /** `asking`: it is being asked just now, and may be answered at once. */
  #question: number | 'asking' | undefined;
  /** Recordings of this dialogue that nobody has kept. */
  readonly #unkept = new Set<RecordingId>();
  /** What the present question asks to be kept. */
  #keeping: RecordingId | undefined;
  /** The peer sends keys as media; what INFO says besides is the same once more. */
  #keysAreMedia = false;
  /** What INFO said lately, in case media say the same: until the first key comes that way, nobody knows. */
  #saidByInfo: readonly { readonly key: Key; readonly at: Instant }[] = [];
  /** A re-INVITE without an offer got ours: its ACK brings the answer. */
  #offered: TransactionId | undefined;
  #onceAgreed: ((now: Instant) => void) | undefined;
  #closed = false;

  constructor(leg: Leg, around: Surroundings, language: string | undefined, events: AttendantEvents) {
    this.#leg = leg;
    this.#around = around;
    this.#events = events;
    this.line = new Line(() => around.newId(), language);
    this.#keeper = new SessionKeeper(around, {
      lost: (text, now) => this.gone(text, now),
      dialogGone: (gone, now) => {
        gone.hungUp();
        this.gone(`${gone.words} is not in the call any more`, now);
      },
      changing: () => this.#offered !== undefined,
    });
  }

  /** Holds a dialogue with the peer; `over` hears its result. */
  hold<T>(dialogue: Dialogue<T>, over: (result: T, now: Instant) => void, now: Instant): void {
    this.#held = { dialogue, over };
    this.#around.media({ type: 'keys', id: this.#leg.media.id, listen: true });
    this.#tell({ type: 'begin' }, now);
  }

  /** It is the far end no more. */
  close(): void {
    this.#closed = true;
    this.#held = undefined;
    this.#around.unschedule(this.#due);
    this.#keeper.close();
    this.#around.media({ type: 'keys', id: this.#leg.media.id, listen: false });
  }

  // ── what happens ──

  media(event: MediaEvent, now: Instant): void {
    if (event.type === 'key') {
      this.#keysAreMedia = true;
      if (!this.#isEcho(event.key, now)) this.#key(event.key, now);
    } else if (event.type === 'played') {
      this.#tell({ type: 'played' }, now);
    } else if (event.type === 'recorded') {
      const { lengthMs, speechMs, why } = event;
      this.#tell({ type: 'recorded', lengthMs, speechMs, why }, now);
    }
  }

  answered(question: number, answer: Answer, now: Instant): void {
    if (this.#question !== 'asking' && question !== this.#question) return;
    this.#question = undefined;
    if (answer.type === 'done' && this.#keeping !== undefined) this.#unkept.delete(this.#keeping);
    this.#tell({ type: 'answer', answer }, now);
  }

  timeUp(now: Instant): void {
    this.#due = undefined;
    this.#tell({ type: 'time-up' }, now);
  }

  sessionDue(leg: Leg, now: Instant): void {
    this.#keeper.due(leg, now);
  }

  response(id: TransactionId, response: SipResponse, now: Instant): boolean {
    return this.#keeper.response(id, response, now);
  }

  transactionFailed(leg: Leg, id: TransactionId, now: Instant): boolean {
    return this.#keeper.transactionFailed(leg, id, now);
  }

  acknowledged(id: TransactionId, ack: SipRequest, now: Instant): void {
    const begin = this.#onceAgreed;
    if (id !== this.#offered && begin === undefined) return;
    this.#offered = undefined;
    this.#onceAgreed = undefined;
    const sdp = sdpOf(ack);
    if (sdp !== undefined) this.#leg.media.accept(sdp, this.#leg.flow.remote.address);
    if (begin === undefined) return;
    if (sdp === undefined) this.gone(`${this.#leg.words} acknowledged an offer without answering it`, now);
    else begin(now);
  }

  /** Our answer to the peer's INVITE has an offer: nothing can be said before its ACK has agreed. */
  onceAgreed(begin: (now: Instant) => void): void {
    this.#onceAgreed = begin;
  }

  /** The peer is not there any more. What it left is still dealt with. */
  hungUp(now: Instant): void {
    this.#tell({ type: 'hung-up' }, now);
  }

  /** The same, in words for whom no dialogue tells it. */
  gone(text: string, now: Instant): void {
    if (this.#closed) return;
    if (this.holds) this.hungUp(now);
    else this.#events.gone(text, now);
  }

  get holds(): boolean {
    return this.#held !== undefined;
  }

  // ── requests within the dialog ──

  request(leg: Leg, request: SipRequest, id: TransactionId, flow: Flow, now: Instant): void {
    if (leg.dialog?.receiveRequest(request) !== 'accepted')
      return this.#respond(id, request, 500, [['Retry-After', '1']]);
    leg.learn(request);
    if (leg.kind === 'phone') leg.moveTo(flow);
    switch (request.method) {
      case 'BYE':
        this.#respond(id, request, 200);
        if (leg.inviteAnswered !== undefined) this.#around.sip.settle(leg.inviteAnswered);
        leg.hungUp();
        return this.gone(`${leg.words} hung up`, now);
      case 'INVITE':
      case 'UPDATE':
        return this.#change(leg, request, id, now);
      case 'INFO':
        return this.#info(request, id, now);
      case 'OPTIONS':
        return this.#respond(id, request, 200, leg.targetHeaders());
      default:
        return this.#respond(id, request, 405, [['Allow', ALLOW]]);
    }
  }

  /** Hold, resume, another address, or a refresh (RFC 3261 §14.2, RFC 3311 §5.2): answered with what we speak. */
  #change(leg: Leg, request: SipRequest, id: TransactionId, now: Instant): void {
    const terms = answerSession(request, this.#around.sessionTerms, leg.peerAllowsUpdate);
    if (terms.type === 'too-small') return this.#respond(id, request, 422, terms.headers);
    const unreadable = unreadableContent(request);
    if (unreadable !== undefined) return this.#respond(id, request, unreadable.status, unreadable.headers);
    const headers = [...leg.targetHeaders(), ...terms.headers];
    const offer = sdpOf(request);
    if (offer === undefined && request.method === 'UPDATE') {
      leg.startSession(terms.session, now);
      return this.#respond(id, request, 200, headers);
    }
    if (this.#keeper.reinviting || this.#offered !== undefined) return this.#respond(id, request, 491);
    const body = offer === undefined ? leg.media.offerOwn() : leg.media.answerOwn(offer);
    if (body === undefined) return this.#respond(id, request, 488);
    if (offer === undefined) this.#offered = id;
    else leg.media.accept(offer, leg.flow.remote.address);
    if (request.method === 'INVITE') leg.inviteAnswered = id;
    leg.startSession(terms.session, now);
    const content = { body, contentType: SDP_TYPE };
    this.#around.sip.respond(id, createResponse(request, 200, { headers, ...content }));
  }

  #info(request: SipRequest, id: TransactionId, now: Instant): void {
    const key = keyOfInfo(request);
    const isUnknown = key === undefined && request.body.length > 0;
    this.#respond(id, request, isUnknown ? 415 : 200);
    if (key === undefined || this.#keysAreMedia) return;
    this.#saidByInfo = [...this.#saidByInfo.filter(({ at }) => now - at <= ECHO_MS), { key, at: now }];
    this.#key(key, now);
  }

  /** The media say what an INFO said a moment before. */
  #isEcho(key: Key, now: Instant): boolean {
    const [first, ...others] = this.#saidByInfo.filter(({ at }) => now - at <= ECHO_MS);
    this.#saidByInfo = first?.key === key ? others : [];
    return first?.key === key;
  }

  #respond(id: TransactionId, request: SipRequest, status: number, headers: readonly HeaderRow[] = []): void {
    this.#around.sip.respond(id, createResponse(request, status, { headers }));
  }

  // ── the dialogue ──

  #key(key: Key, now: Instant): void {
    this.line.typedKey(key);
    this.#tell({ type: 'key' }, now);
  }

  /** One happening at a time: what an act causes at once waits until the dialogue has yielded. */
  #tell(happened: Happening, now: Instant): void {
    this.#happened.push(happened);
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let next = this.#happened.shift(); next !== undefined; next = this.#happened.shift()) {
        this.#resume(next, now);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #resume(happened: Happening, now: Instant): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#around.unschedule(this.#due);
    this.#due = undefined;
    const step = held.dialogue.next(happened);
    if (step.done === true) {
      this.#held = undefined;
      this.#do(this.line.takePending(), now);
      this.#eraseUnkept();
      held.over(step.value as never, now);
    } else {
      this.#wait(step.value, now);
    }
  }

  #wait({ acts, forMs }: Wait, now: Instant): void {
    this.#do(acts, now);
    if (forMs === undefined) return;
    const timer = {
      callId: this.#leg.callId,
      deadline: { type: 'dialogue-due', leg: this.#leg.id },
    } as const;
    this.#due = this.#around.schedule(now + forMs, timer);
  }

  #ask(question: Question): void {
    this.#leaveAsked();
    this.#keeping = recordingIn(question);
    this.#question = 'asking';
    const id = this.#around.ask(question, this.#leg.callId);
    if (this.#question === 'asking') this.#question = id;
  }

  /** Not answered in time, which says nothing about what becomes of it: what is no row's is swept up at a start. */
  #leaveAsked(): void {
    if (this.#question !== undefined && this.#keeping !== undefined) this.#unkept.delete(this.#keeping);
  }

  #eraseUnkept(): void {
    this.#leaveAsked();
    for (const recording of this.#unkept) this.#around.erase(recording);
    this.#unkept.clear();
  }

  #do(acts: readonly Act[], now: Instant): void {
    const { id } = this.#leg.media;
    for (const act of acts) {
      switch (act.type) {
        case 'play':
          this.#around.media({ type: 'play', id, sounds: act.sounds, repeat: false });
          break;
        case 'stop-playing':
          this.#around.media({ type: 'stop-playing', id });
          break;
        case 'record': {
          const { recording, maxMs, silenceMs } = act;
          this.#unkept.add(recording);
          this.#around.media({ type: 'record', id, recording, maxMs, silenceMs });
          break;
        }
        case 'stop-recording':
          this.#around.media({ type: 'stop-recording', id });
          break;
        case 'ask':
          this.#ask(act.question);
          break;
        case 'note':
          this.#events.note(act.text, now);
          break;
      }
    }
  }
}

function recordingIn(question: Question): RecordingId | undefined {
  if (question.type === 'keep-message') return question.message.recording;
  return question.type === 'set-greeting' ? question.recording : undefined;
}
