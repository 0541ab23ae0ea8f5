// One call, from the INVITE that brought it to the last leg's end: it walks the plan's steps, rings legs,
// connects the caller with the first that answers, and otherwise speaks to the caller before it refuses.
//
//   begin ─▶ walking ──leg answers──▶ talking ─────────────▶ ended
//            │ ▲│ └─plan exhausted─▶ announcing ─▶ refused ──▶│
//            ▼ │└─────────── CANCEL, operator, limits ────────┤
//          attending (voicemail, menu, control number) ───────┘
//
// Everything that happens to a call comes in through the public methods below, one event at a time, from the
// node's one queue; nothing here is ever entered twice at once. After the caller's part is over the call
// stays until each leg's transactions have ended, so that late answers are hung up.

import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { formatDuration, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { DialogueEnd } from '../ivr/dialogue.ts';
import type { Answer } from '../ports/desk.ts';
import type { MediaEvent } from '../ports/media.ts';
import { VERDICTS } from '../routing/verdicts.ts';
import type { SessionDescription } from '../sdp/description.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { Attending } from './attending.ts';
import { CalleeLeg, type LegNews } from './callee-leg.ts';
import { type CallerLeg, callerLegOf } from './caller-leg.ts';
import { conclusionOf } from './conclusion.ts';
import { Conversation } from './conversation.ts';
import { answerAfterBye, type FarEnd } from './far-end.ts';
import type { Leg } from './leg.ts';
import { PlanWalk } from './plan-walk.ts';
import { type CallRecord, type Ending, noteArrival, recordOf, statisticsOf } from './record.ts';
import type { CallStart, DialogueStep, Service } from './route.ts';
import type { Session } from './session.ts';
import type { CallDeadline, Surroundings } from './surroundings.ts';
import { CallTimers } from './timers.ts';

type Phase = 'opening' | 'walking' | 'attending' | 'announcing' | 'talking' | 'ended';

/** After this long without a word the caller is told that it rings. */
const NOTHING_SAID_MS = 3 * SECOND_MS;
/** The longest prompt, and the time in which the relay must have given its endpoints back. */
const PROMPT_MAX_MS = 2 * MINUTE_MS;
const WRAP_UP_MAX_MS = 5 * SECOND_MS;

export class Call implements Session {
  readonly id: string;
  readonly start: CallStart;
  readonly record: CallRecord;
  readonly #around: Surroundings;
  readonly #caller: CallerLeg;
  readonly #walk: PlanWalk;
  readonly #timers: CallTimers;
  #phase: Phase = 'opening';
  #answeredBy: CalleeLeg | undefined;
  #announced: Ending | undefined;
  #conversation: Conversation | undefined;
  readonly #attending: Attending;
  #ledgerWritten = false;

  constructor(start: CallStart, around: Surroundings, now: Instant) {
    this.id = start.id;
    this.start = start;
    this.#around = around;
    this.#timers = new CallTimers(start.id, around);
    const { route } = start;
    this.record = recordOf(start.id, route, start.caller, now, (entry) =>
      around.audience.timeline(start.id, route.called, entry),
    );
    this.#caller = callerLegOf(start, around);
    this.#attending = new Attending(start, this.#caller, around, this.record, {
      over: (end, at) => this.#attendedOver(end, at),
      gone: (text, at) => this.#attendedGone(text, at),
    });
    this.#walk = new PlanWalk(start, this.#caller, around, this.record, {
      stepUntil: (at) => {
        this.#timers.set('step-over', at);
        this.#attending.ringBack();
      },
      waits: (at) => this.#comfort(at),
      dialogue: (step, at) => this.#attend(step, at),
      announcement: (prompt, at) => {
        const text = `the plan plays "${prompt}"`;
        this.#announce(prompt, { outcome: 'announced', text, status: 480 }, at);
      },
      exhausted: (at) => this.#conclude(at),
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  get legs(): readonly Leg[] {
    return [this.#caller, ...this.#walk.legs];
  }

  get ringing(): boolean {
    return this.#caller.state === 'ringing';
  }

  /** All of it is over: node/ may forget it. */
  get over(): boolean {
    return this.#phase === 'ended' && this.#ledgerWritten && this.legs.every((leg) => leg.over);
  }

  // ── what happens to a call ──

  begin(now: Instant): void {
    this.#caller.trying();
    noteArrival(this.record, this.start, now);
    this.#around.audience.ledger(this.record.entry([]));
    const { callerKind: kind, callerName: peer, invite } = this.start;
    this.#around.audience.leg({ callId: this.id, sipCallId: invite.callId ?? '', kind, peer });
    this.#timers.set('ringing-over', now + LIMITS.ringingMaxMs);
    this.#caller.media.open(this.start.flow.remote.address);
  }

  media(event: MediaEvent, legId: string, now: Instant): void {
    const leg = this.#leg(legId);
    switch (event.type) {
      case 'opened':
        leg.media.opened(event.local);
        if (leg.media.state === 'open') this.#mediaOpened(leg, now);
        break;
      case 'open-failed':
        leg.media.gone();
        this.#mediaFailed(leg, event.reason, now);
        break;
      case 'closed':
        leg.media.gone(event.statistics);
        break;
      case 'played':
      case 'key':
      case 'recorded':
        if (leg !== this.#caller) break;
        if (event.type === 'played' && this.#phase === 'announcing') this.#announcementOver(now);
        else this.#attending.attendant?.media(event, now);
        break;
      case 'heard':
        this.#conversation?.heard(leg, event.at);
        break;
      case 'silent':
        this.#conversation?.silent(leg, event.silentMs, now);
        break;
      case 'latched':
        break;
    }
    this.#settle();
  }

  response(legId: string, id: TransactionId, response: SipResponse, now: Instant): void {
    const leg = this.#leg(legId);
    leg.answered(id, response);
    if (!this.#farEnd?.response(id, response, now)) {
      if (leg instanceof CalleeLeg) this.#news(leg, leg.response(id, response, now), now);
    }
    this.#settle();
  }

  transactionFailed(legId: string, id: TransactionId, text: string, now: Instant): void {
    const leg = this.#leg(legId);
    leg.unanswered(id);
    if (!this.#farEnd?.transactionFailed(leg, id, now)) {
      if (leg instanceof CalleeLeg) this.#news(leg, leg.transactionFailed(id, text), now);
      else if (id === this.#caller.transaction) this.#callerLost(now);
    }
    this.#settle();
  }

  /** CANCEL of the first INVITE, or of a re-INVITE. */
  cancelled(id: TransactionId, now: Instant): void {
    if (id !== this.#caller.transaction) this.#conversation?.cancelled(id);
    else this.#abandoned(now);
    this.#settle();
  }

  acknowledged(id: TransactionId, ack: SipRequest, now: Instant): void {
    if (id === this.#caller.transaction) this.#caller.acknowledged();
    this.#farEnd?.acknowledged(id, ack, now);
    this.#settle();
  }

  ackMissing(id: TransactionId, now: Instant): void {
    if (id === this.#caller.transaction) this.#caller.acknowledged();
    const text = 'an answer was never acknowledged';
    if (this.#phase === 'talking') this.#end({ outcome: this.#answerOutcome(), text }, now);
    else if (id === this.#caller.transaction) this.#attending.attendant?.gone(text, now);
    this.#settle();
  }

  /** A request within one of its dialogs. */
  request(legId: string, request: SipRequest, id: TransactionId, flow: Flow, now: Instant): void {
    const leg = this.#leg(legId);
    if (leg.parting) answerAfterBye(this.#around.sip, request, id);
    else if (this.#farEnd !== undefined) this.#farEnd.request(leg, request, id, flow, now);
    else if (this.#caller.earlyRequest(request, id) === 'hung-up') this.#abandoned(now);
    this.#settle();
  }

  /** What was asked for in a dialogue. */
  told(question: number, answer: Answer, now: Instant): void {
    this.#attending.attendant?.answered(question, answer, now);
    this.#settle();
  }

  deadline(deadline: CallDeadline, now: Instant): void {
    switch (deadline.type) {
      case 'no-sign-of-life':
      case 'no-progress':
      case 'turn': {
        const leg = this.#leg(deadline.leg);
        const isDue = leg instanceof CalleeLeg && !this.#walk.waitsOn(leg, now);
        if (isDue) this.#news(leg, leg.due(deadline.type, now), now);
        break;
      }
      case 'nothing-said':
        this.#comfort(now);
        break;
      case 'provisional-again':
        this.#caller.provisionalAgain(now);
        break;
      case 'step-over':
        if (this.#phase === 'walking') this.#walk.timeUp(now);
        break;
      case 'ringing-over':
        if (this.#phase === 'opening' || this.#phase === 'walking')
          this.#conclude(now, 'it rang for as long as a call may ring');
        break;
      case 'prompt-overdue':
        if (this.#phase === 'announcing') this.#announcementOver(now);
        break;
      case 'length-over':
        this.hangUp('the call has reached its greatest length', now);
        break;
      case 'session':
        this.#farEnd?.sessionDue(this.#leg(deadline.leg), now);
        break;
      case 'dialogue-due':
        this.#attending.attendant?.timeUp(now);
        break;
      case 'wrap-up-overdue':
        if (this.#phase === 'attending') this.#end({ outcome: 'announced', text: 'broken off' }, now);
        for (const leg of this.legs) if (!leg.media.settled) leg.media.gone();
        break;
      case 'errand-due':
      case 'test-over':
        break;
    }
    this.#settle();
  }

  /** The operator, a limit, or the node's stop ends it. */
  hangUp(text: string, now: Instant): void {
    if (this.#phase === 'ended') return;
    if (this.#phase === 'attending') return this.#breakOff(text, now);
    const answered = this.#phase === 'talking';
    this.#caller.refuse(503, this.#around.sip.newTag());
    this.#end(
      answered ? { outcome: this.#answerOutcome(), text } : { outcome: 'refused', text, status: 503 },
      now,
    );
    this.#settle();
  }

  // ── walking the plan ──

  #mediaOpened(leg: Leg, now: Instant): void {
    if (leg instanceof CalleeLeg) {
      leg.invite(now);
    } else if (this.#phase === 'opening') {
      const { offer, flow, media } = this.#caller;
      if (offer !== undefined) media.accept(offer, flow.remote.address);
      this.#phase = 'walking';
      this.#timers.set('nothing-said', now + NOTHING_SAID_MS);
      const { refusal, service } = this.start.route;
      if (service !== undefined && this.#attend(service, now)) return;
      if (refusal === undefined) return this.#walk.next(now);
      this.#walk.verdict = refusal.verdict;
      this.#conclude(now, refusal.text);
    }
  }

  #mediaFailed(leg: Leg, reason: string, now: Instant): void {
    if (leg instanceof CalleeLeg) this.#news(leg, leg.mediaFailed(reason), now);
    else if (this.#phase === 'opening') {
      this.#caller.refuse(503, this.#around.sip.newTag(), [['Retry-After', '10']]);
      this.#end({ outcome: 'refused', text: `no media could be opened: ${reason}`, status: 503 }, now);
    }
  }

  #news(leg: CalleeLeg, news: LegNews | undefined, now: Instant): void {
    switch (news?.type) {
      case undefined:
        break;
      case 'ringing':
        this.#rings(leg, news.status, news.sdp, now);
        break;
      case 'answered':
        this.#answered(leg, news.sdp, now);
        break;
      case 'stuck':
        if (this.#phase === 'walking') this.#walk.stuck(leg, news.text, now);
        break;
      case 'failed':
        this.record.note(now, 'failed', `${leg.words} ${news.text}: ${VERDICTS[news.verdict].words}`);
        leg.giveUp(408, 'No sign of life');
        if (this.#phase === 'walking') this.#walk.failed(leg, news, now);
        break;
    }
  }

  #rings(leg: CalleeLeg, status: number, sdp: SessionDescription | undefined, now: Instant): void {
    const early = sdp !== undefined && this.#caller.offer !== undefined && this.#walk.trying.length === 1;
    // 181, 182 and the like tell of the far end's doings, not of a phone that rings.
    if (leg.told === (early ? 'early' : 'rings') || !(early || leg.rang)) return;
    leg.told = early ? 'early' : 'rings';
    const afterMs = Math.round(now - leg.invitedAt);
    this.record.note(
      now,
      early ? 'early-media' : 'rings',
      `${leg.words} rings, ${status} after ${afterMs} ms`,
    );
    if (early) {
      this.#connect(leg);
      if (this.#caller.waiting)
        this.#caller.progress(183, leg.callerTag, now, this.#caller.media.describe(sdp));
    } else {
      this.#caller.progress(180, leg.callerTag, now);
    }
  }

  /** Some far ends say 100 and then nothing until they answer; the caller must not wait in silence (law 1). */
  #comfort(now: Instant): void {
    const [leg] = this.#walk.trying;
    if (this.#caller.state === 'waiting' && leg !== undefined) this.#caller.progress(180, leg.callerTag, now);
  }

  // ── an answer ──

  #answered(leg: CalleeLeg, sdp: SessionDescription, now: Instant): void {
    if (this.#phase !== 'walking') {
      leg.giveUp(487, 'The caller has gone');
      return;
    }
    this.#phase = 'talking';
    this.#answeredBy = leg;
    for (const type of ['step-over', 'ringing-over'] as const) this.#timers.clear(type);
    this.#walk.giveUp(200, 'Call completed elsewhere');
    this.#connect(leg);
    if (this.#caller.waiting) this.#caller.answer(leg.callerTag, this.#caller.media.describe(sdp), now);
    this.#attending.close();
    this.record.answered(now, leg.target.type === 'phone' ? leg.target.name : leg.target.key);
    const afterMs = now - this.record.startedAt;
    this.record.note(
      now,
      'answered',
      `${leg.words} answered, ${formatDuration(afterMs)} after the call came in`,
    );
    this.#around.audience.ledger(this.record.entry([]));
    this.#timers.set('length-over', now + this.#walk.lengthMaxMs);
    this.#conversation = new Conversation(this.#caller, leg, this.#around, this.record, (text, at) =>
      this.#end({ outcome: this.#answerOutcome(), text }, at),
    );
    this.#conversation.begin();
  }

  /** A call to a number of ours that was answered outside of it is diverted. */
  #answerOutcome(): 'answered' | 'diverted' {
    const isOutside = this.#answeredBy?.kind === 'trunk' && this.start.route.number !== undefined;
    return isOutside ? 'diverted' : 'answered';
  }

  #connect(leg: CalleeLeg): void {
    this.#attending.stopRinging();
    this.#around.media({ type: 'connect', a: this.#caller.media.id, b: leg.media.id });
  }

  // ── the node answers itself ──

  /** False where there is nothing to answer with, so that the plan goes on. */
  #attend(asked: Service | DialogueStep, now: Instant): boolean {
    if (!this.#attending.begin(asked, now)) return false;
    this.#phase = 'attending';
    for (const type of ['step-over', 'ringing-over', 'nothing-said'] as const) this.#timers.clear(type);
    this.#timers.set('length-over', now + LIMITS.dialogueLengthMaxMs);
    return true;
  }

  #attendedOver({ outcome, text, next }: DialogueEnd, now: Instant): void {
    if (this.#phase !== 'attending') return;
    if (next === undefined || this.#attending.hungUp) return this.#end({ outcome, text }, now);
    this.record.note(now, 'told', text);
    this.#phase = 'walking';
    this.#timers.set('ringing-over', now + LIMITS.ringingMaxMs);
    this.#walk.goOn(next, now);
  }

  /** The caller has gone after the node had answered, while no dialogue was held. */
  #attendedGone(text: string, now: Instant): void {
    this.#end({ outcome: this.#phase === 'announcing' ? 'announced' : 'abandoned', text }, now);
  }

  /** The call ends from our side in the middle of a dialogue: what it has by then is kept. */
  #breakOff(text: string, now: Instant): void {
    this.record.note(now, 'told', text);
    this.#caller.giveUp(200, text);
    this.#timers.set('wrap-up-overdue', now + WRAP_UP_MAX_MS);
    this.#attending.breakOff(now);
    this.#settle();
  }

  // ── no answer ──

  /** The plan is at its end: the caller is told, in words where its media can carry them. */
  #conclude(now: Instant, why?: string): void {
    this.#walk.giveUp(480, 'No answer');
    this.#timers.clear('step-over');
    const { prompt, ending } = conclusionOf(this.start.route, this.#walk, why);
    if (prompt === undefined) this.#refuse(ending, now);
    else this.#announce(prompt, ending, now);
  }

  #announce(prompt: string, ending: Ending, now: Instant): void {
    if (!this.#attending.speak(prompt, now)) {
      const text = `${ending.text}; no announcement, for want of a common codec`;
      return this.#refuse({ ...ending, outcome: 'refused', text }, now);
    }
    this.#phase = 'announcing';
    this.#announced = ending;
    this.record.note(now, 'announcement', `the caller hears "${prompt}": ${ending.text}`);
    this.#timers.set('prompt-overdue', now + PROMPT_MAX_MS);
  }

  #announcementOver(now: Instant): void {
    if (this.#announced !== undefined) this.#refuse(this.#announced, now);
  }

  #refuse(ending: Ending, now: Instant): void {
    this.#caller.refuse(ending.status ?? 480, this.#around.sip.newTag());
    this.#end(ending, now);
  }

  /** Our answer to the caller's INVITE could not be delivered, or was never acknowledged before its way was gone. */
  #callerLost(now: Instant): void {
    if (this.#caller.waiting) return this.#abandoned(now);
    this.#caller.acknowledged();
    if (this.#phase !== 'talking') return;
    const text = "the caller's connection was lost before it acknowledged the answer";
    this.#end({ outcome: this.#answerOutcome(), text }, now);
  }

  #abandoned(now: Instant): void {
    if (!this.#caller.waiting) return;
    const heard = this.#phase === 'announcing';
    const text = `the caller hung up ${heard ? 'during the announcement' : 'before an answer'}`;
    this.#caller.refuse(487, this.#around.sip.newTag());
    this.#end({ outcome: heard ? 'announced' : 'abandoned', text, status: 487 }, now);
  }

  // ── the end ──

  #end(ending: Ending, now: Instant): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#timers.clearAll();
    this.#conversation?.close();
    this.#attending.close();
    for (const leg of this.#walk.legs) leg.giveUp(ending.status ?? 200, ending.text);
    this.#caller.giveUp(200, ending.text);
    this.#caller.media.close();
    this.#walk.leaveDialled();
    this.record.note(now, 'ended', ending.text);
    this.record.ended(now, ending);
    this.#timers.set('wrap-up-overdue', now + WRAP_UP_MAX_MS);
  }

  #settle(): void {
    if (this.#phase !== 'ended') return;
    if (!this.#ledgerWritten && this.legs.every((leg) => leg.media.settled)) {
      this.#ledgerWritten = true;
      this.#timers.clear('wrap-up-overdue');
      this.#around.audience.ledger(this.record.entry(this.legs.flatMap(statisticsOf)));
      this.#around.ended(this.id);
    }
    if (this.over) this.#around.finished(this.id);
  }

  // ── small parts ──

  get #farEnd(): FarEnd | undefined {
    return this.#conversation ?? this.#attending.attendant;
  }

  #leg(id: string): Leg {
    return this.#walk.legs.find((leg) => leg.id === id) ?? this.#caller;
  }
}
