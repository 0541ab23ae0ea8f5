// A call that the node makes for somebody: it rings a number over one trunk after another until somebody answers, and
// holds a dialogue with whoever does. What came of it is told once, whatever happens.
//
//   wait ─▶ dialling ─┬─ answered ─▶ dialogue ─▶ over
//                     ├─ the carrier's failure: the next trunk
//                     └─ busy, declined, no answer ─▶ over

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Dialogue, Line } from '../ivr/dialogue.ts';
import type { Answer, Refusal } from '../ports/desk.ts';
import type { MediaEvent } from '../ports/media.ts';
import type { E164 } from '../ports/records.ts';
import { VERDICTS, type Verdict } from '../routing/verdicts.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { Attendant } from './attendant.ts';
import type { CalleeLeg, LegNews } from './callee-leg.ts';
import { answerAfterBye } from './far-end.ts';
import { ownLeg } from './own-leg.ts';
import type { Session } from './session.ts';
import type { CallDeadline, Surroundings, TimerOf, TrunkChoice } from './surroundings.ts';

export interface ErrandStart {
  readonly id: string;
  readonly sessionId: number;
  /** Whom to ring. */
  readonly number: E164;
  /** In the order to try them. */
  readonly trunks: readonly TrunkChoice[];
  /** The number that is presented. */
  readonly from: E164;
  readonly language: string | undefined;
  readonly delayMs: number;
  /** What is said to whoever answers. */
  readonly dialogue: (line: Line) => Dialogue<Answer>;
  /** Told as it happens. */
  readonly news?: (news: ErrandNews, now: Instant) => void;
  /** Told once. */
  readonly over: (answer: Answer, now: Instant) => void;
}

/** `text`: a sentence. */
export interface ErrandNews {
  readonly type: 'dialling' | 'rings' | 'answered' | 'failed';
  readonly text: string;
}

/** A mobile's own voicemail answers after this long or later, and cannot agree to anything. */
const RINGS_MS = 25 * SECOND_MS;
const TALK_MS = 90 * SECOND_MS;
/** The relay must have given its endpoint back by then. */
const WRAP_UP_MS = 5 * SECOND_MS;

export class Errand implements Session {
  readonly id: string;
  readonly #start: ErrandStart;
  readonly #around: Surroundings;
  readonly #trunks: TrunkChoice[];
  readonly #legs: CalleeLeg[] = [];
  #attendant: Attendant | undefined;
  #phase: 'waiting' | 'dialling' | 'talking' | 'ended' = 'waiting';
  #timer: Deadline<TimerOf> | undefined;

  constructor(start: ErrandStart, around: Surroundings, now: Instant) {
    this.id = start.id;
    this.#start = start;
    this.#around = around;
    this.#trunks = [...start.trunks];
    this.#dueAt(now + start.delayMs);
  }

  get over(): boolean {
    return this.#phase === 'ended' && this.#legs.every((leg) => leg.over && leg.media.settled);
  }

  media(event: MediaEvent, legId: string, now: Instant): void {
    const leg = this.#leg(legId);
    if (leg === undefined) return;
    if (event.type === 'opened') {
      leg.media.opened(event.local);
      leg.invite(now);
    } else if (event.type === 'open-failed') {
      leg.media.gone();
      this.#news(leg, leg.mediaFailed(event.reason), now);
    } else if (event.type === 'closed') {
      leg.media.gone(event.statistics);
    } else {
      this.#attendant?.media(event, now);
    }
    this.#settle();
  }

  response(legId: string, id: TransactionId, response: SipResponse, now: Instant): void {
    const leg = this.#leg(legId);
    leg?.answered(id, response);
    if (leg !== undefined && this.#attendant?.response(id, response, now) !== true)
      this.#news(leg, leg.response(id, response, now), now);
    this.#settle();
  }

  transactionFailed(legId: string, id: TransactionId, text: string, now: Instant): void {
    const leg = this.#leg(legId);
    leg?.unanswered(id);
    if (leg !== undefined && this.#attendant?.transactionFailed(leg, id, now) !== true)
      this.#news(leg, leg.transactionFailed(id, text), now);
    this.#settle();
  }

  cancelled(): void {}

  acknowledged(id: TransactionId, ack: SipRequest, now: Instant): void {
    this.#attendant?.acknowledged(id, ack, now);
  }

  ackMissing(): void {}

  told(question: number, answer: Answer, now: Instant): void {
    this.#attendant?.answered(question, answer, now);
    this.#settle();
  }

  request(legId: string, request: SipRequest, id: TransactionId, flow: Flow, now: Instant): void {
    const leg = this.#leg(legId);
    if (leg !== undefined && this.#attendant !== undefined && !leg.parting) {
      this.#attendant.request(leg, request, id, flow, now);
    } else {
      answerAfterBye(this.#around.sip, request, id);
    }
    this.#settle();
  }

  deadline(deadline: CallDeadline, now: Instant): void {
    switch (deadline.type) {
      case 'no-sign-of-life':
      case 'turn': {
        const leg = this.#leg(deadline.leg);
        if (leg !== undefined) this.#news(leg, leg.due(deadline.type, now), now);
        break;
      }
      case 'dialogue-due':
        this.#attendant?.timeUp(now);
        break;
      case 'errand-due':
        this.#due(now);
        break;
      case 'wrap-up-overdue':
        for (const leg of this.#legs) if (!leg.media.settled) leg.media.gone();
        break;
      default:
        break;
    }
    this.#settle();
  }

  hangUp(_text: string, now: Instant): void {
    this.#end('failed', now);
    this.#settle();
  }

  #due(now: Instant): void {
    if (this.#phase === 'waiting') {
      this.#phase = 'dialling';
      this.#dueAt(now + RINGS_MS);
      this.#dial(now);
    } else if (this.#phase === 'talking') {
      // The dialogue ends as if they had hung up, and tells what came of it.
      this.#attendant?.hungUp(now);
    } else {
      this.#end('no-answer', now);
    }
  }

  #dial(now: Instant): void {
    const trunk = this.#trunks.shift();
    if (trunk === undefined) return this.#end('failed', now);
    const { id: callId, sessionId, number, from } = this.#start;
    const caller = { id: from, displayName: undefined, private: false };
    const id = `leg${this.#legs.length + 1}`;
    const leg = ownLeg({ id, callId, sessionId, number, trunk, caller }, this.#around);
    this.#legs.push(leg);
    this.#tell('dialling', `dialling ${number} over ${trunk.name}`, now);
    leg.media.open(trunk.flow.remote.address);
  }

  #news(leg: CalleeLeg, news: LegNews | undefined, now: Instant): void {
    if (news === undefined || this.#phase !== 'dialling') return;
    if (news.type === 'ringing' && leg.told === 'nothing') {
      leg.told = 'rings';
      this.#tell('rings', `${this.#start.number} rings`, now);
    } else if (news.type === 'answered') {
      this.#tell('answered', `${this.#start.number} is answered`, now);
      this.#talk(leg, now);
    } else if (news.type === 'failed') {
      leg.giveUp(408, 'No sign of life');
      this.#tell('failed', news.text, now);
      if (VERDICTS[news.verdict].trunk === 'next-trunk') this.#dial(now);
      else this.#end(refusalOf(news.verdict), now);
    }
  }

  #talk(leg: CalleeLeg, now: Instant): void {
    this.#phase = 'talking';
    this.#dueAt(now + TALK_MS);
    const attendant = new Attendant(leg, this.#around, this.#start.language, {
      note: () => undefined,
      gone: (_text, at) => this.#end('declined', at),
    });
    this.#attendant = attendant;
    attendant.hold(this.#start.dialogue(attendant.line), (answer, at) => this.#tellAnd(answer, at), now);
  }

  #end(why: Refusal, now: Instant): void {
    this.#tellAnd({ type: 'refused', why }, now);
  }

  /** The end, whatever it is. */
  #tellAnd(answer: Answer, now: Instant): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#around.unschedule(this.#timer);
    this.#attendant?.close();
    for (const leg of this.#legs) {
      leg.giveUp(200, 'Done');
      leg.media.close();
    }
    const timer = { callId: this.id, deadline: { type: 'wrap-up-overdue' } } as const;
    this.#timer = this.#around.schedule(now + WRAP_UP_MS, timer);
    this.#start.over(answer, now);
  }

  #tell(type: ErrandNews['type'], text: string, now: Instant): void {
    this.#start.news?.({ type, text }, now);
  }

  #dueAt(at: Instant): void {
    this.#around.unschedule(this.#timer);
    this.#timer = this.#around.schedule(at, { callId: this.id, deadline: { type: 'errand-due' } });
  }

  #leg(id: string): CalleeLeg | undefined {
    return this.#legs.find((leg) => leg.id === id);
  }

  #settle(): void {
    if (!this.over) return;
    this.#around.unschedule(this.#timer);
    this.#around.finished(this.id);
  }
}

function refusalOf(verdict: Verdict): Refusal {
  if (verdict === 'busy' || verdict === 'declined' || verdict === 'no-answer') return verdict;
  return verdict === 'unreachable' ? 'no-answer' : 'failed';
}
