// A call that the node makes itself, to hear what a caller would hear: out over a trunk, so that it comes in
// again like anybody's. It plays a tone, listens, and hangs up once it has heard something, or after a while.

import type { Deadline } from '../base/deadlines.ts';
import type { Flow } from '../base/net.ts';
import { formatDuration, type Instant, SECOND_MS } from '../base/time.ts';
import type { MediaEvent } from '../ports/media.ts';
import type { E164 } from '../ports/records.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { CalleeLeg, LegNews } from './callee-leg.ts';
import { ALLOW } from './leg.ts';
import { ownLeg } from './own-leg.ts';
import type { Session } from './session.ts';
import type { CallDeadline, Surroundings, TimerOf, TrunkChoice } from './surroundings.ts';

/** The caller's voice. The far end can tell it from any other by its pitch. */
export const TEST_TONE_HZ = 1_000;
/** How long a test call listens once it has heard something, and at the most. */
const LISTEN_MS = 3 * SECOND_MS;
const ANSWERED_MAX_MS = 10 * SECOND_MS;
/** The relay must have given its endpoint back by then. */
const WRAP_UP_MAX_MS = 5 * SECOND_MS;
/** Longer than any plan rings. */
const UNANSWERED_MAX_MS = 330 * SECOND_MS;

export class TestCall implements Session {
  readonly id: string;
  readonly #around: Surroundings;
  readonly #leg: CalleeLeg;
  readonly #startedAt: Instant;
  #answered = false;
  #heard = false;
  #ended = false;
  #timer: Deadline<TimerOf> | undefined;

  constructor(
    id: string,
    sessionId: number,
    number: E164,
    trunk: TrunkChoice,
    around: Surroundings,
    now: Instant,
  ) {
    this.id = id;
    this.#around = around;
    this.#startedAt = now;
    const caller = { id: number, displayName: undefined, private: true };
    this.#leg = ownLeg({ id: 'leg', callId: id, sessionId, number, trunk, caller }, around);
    this.#tell(now, 'placed', `a test caller calls ${number} over ${trunk.name}`);
    this.#endAt(now + UNANSWERED_MAX_MS);
    this.#leg.media.open(trunk.flow.remote.address);
  }

  get over(): boolean {
    return this.#ended && this.#leg.over && this.#leg.media.settled;
  }

  media(event: MediaEvent, _legId: string, now: Instant): void {
    const { media } = this.#leg;
    if (event.type === 'opened') {
      media.opened(event.local);
      this.#leg.invite(now);
    } else if (event.type === 'open-failed') {
      media.gone();
      this.#news(this.#leg.mediaFailed(event.reason), now);
    } else if (event.type === 'closed') {
      media.gone(event.statistics);
    } else if (event.type === 'heard') {
      this.#hears(event.at);
    }
    this.#settle();
  }

  response(_legId: string, id: TransactionId, response: SipResponse, now: Instant): void {
    this.#leg.answered(id, response);
    this.#news(this.#leg.response(id, response, now), now);
    this.#settle();
  }

  transactionFailed(_legId: string, id: TransactionId, text: string, now: Instant): void {
    this.#leg.unanswered(id);
    this.#news(this.#leg.transactionFailed(id, text), now);
    this.#settle();
  }

  cancelled(): void {}

  acknowledged(): void {}

  ackMissing(): void {}

  told(): void {}

  request(_legId: string, request: SipRequest, id: TransactionId, _flow: Flow, now: Instant): void {
    if (request.method === 'BYE') {
      this.#around.sip.respond(id, createResponse(request, 200));
      this.#leg.hungUp();
      this.#end('the far end hung up', now);
    } else {
      this.#around.sip.respond(id, createResponse(request, 405, { headers: [['Allow', ALLOW]] }));
    }
    this.#settle();
  }

  deadline(deadline: CallDeadline, now: Instant): void {
    const { type } = deadline;
    if (type === 'no-sign-of-life' || type === 'turn') this.#news(this.#leg.due(type, now), now);
    else if (deadline.type === 'wrap-up-overdue') this.#leg.media.gone();
    else if (deadline.type === 'test-over') {
      this.#end(this.#answered ? 'the caller hung up' : 'the caller gave up', now);
    }
    this.#settle();
  }

  hangUp(text: string, now: Instant): void {
    this.#end(text, now);
    this.#settle();
  }

  #news(news: LegNews | undefined, now: Instant): void {
    if (news === undefined || this.#ended) return;
    const afterMs = Math.round(now - this.#startedAt);
    if (news.type === 'ringing') {
      if (this.#leg.told !== 'nothing' && news.sdp === undefined) return;
      this.#leg.told = 'rings';
      const hears = news.sdp === undefined ? 'ringing' : 'sound before an answer';
      this.#tell(now, 'rings', `the caller hears ${hears}: ${news.status} after ${afterMs} ms`);
    } else if (news.type === 'answered') {
      this.#answered = true;
      this.#tell(now, 'answered', `answered after ${formatDuration(afterMs)}`);
      const { id } = this.#leg.media;
      this.#around.media({
        type: 'play',
        id,
        sounds: [{ type: 'tone', frequencyHz: TEST_TONE_HZ }],
        repeat: true,
      });
      this.#endAt(now + (this.#heard ? LISTEN_MS : ANSWERED_MAX_MS));
    } else {
      this.#end(news.text, now);
    }
  }

  #hears(now: Instant): void {
    if (this.#heard) return;
    this.#heard = true;
    this.#tell(now, 'heard', this.#answered ? 'the caller hears the far end' : 'the caller hears sound');
    if (this.#answered) this.#endAt(now + LISTEN_MS);
  }

  #endAt(at: Instant): void {
    this.#around.unschedule(this.#timer);
    this.#timer = this.#around.schedule(at, { callId: this.id, deadline: { type: 'test-over' } });
  }

  #end(text: string, now: Instant): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#around.unschedule(this.#timer);
    this.#leg.giveUp(200, 'Test over');
    this.#leg.media.close();
    this.#timer = this.#around.schedule(now + WRAP_UP_MAX_MS, {
      callId: this.id,
      deadline: { type: 'wrap-up-overdue' },
    });
    const entry = { at: now, what: 'ended', text };
    this.#around.audience.testCall(this.id, entry, { passed: this.#answered && this.#heard });
  }

  #settle(): void {
    if (!this.over) return;
    this.#around.unschedule(this.#timer);
    this.#around.finished(this.id);
  }

  #tell(at: Instant, what: string, text: string): void {
    this.#around.audience.testCall(this.id, { at, what, text }, undefined);
  }
}
