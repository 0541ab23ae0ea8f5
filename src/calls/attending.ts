// The part of a call in which the node itself is the far end: it answers the caller, holds a dialogue that a step of
// the plan or the called number asks for, and stays there while the plan goes on behind a caller who has been answered.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { DialogueEnd } from '../ivr/dialogue.ts';
import { Attendant } from './attendant.ts';
import type { CallerLeg } from './caller-leg.ts';
import type { CallRecord } from './record.ts';
import { RINGING } from './ringing.ts';
import type { CallStart, DialogueStep, Service } from './route.ts';
import { attended, soundNamed } from './services.ts';
import type { Surroundings } from './surroundings.ts';

export interface AttendingEvents {
  over(end: DialogueEnd, now: Instant): void;
  /** The caller has gone while no dialogue was held. */
  gone(text: string, now: Instant): void;
}

export class Attending {
  readonly #start: CallStart;
  readonly #caller: CallerLeg;
  readonly #around: Surroundings;
  readonly #record: CallRecord;
  readonly #events: AttendingEvents;
  #attendant: Attendant | undefined;
  #menus = 0;
  #rings = false;

  constructor(
    start: CallStart,
    caller: CallerLeg,
    around: Surroundings,
    record: CallRecord,
    events: AttendingEvents,
  ) {
    this.#start = start;
    this.#caller = caller;
    this.#around = around;
    this.#record = record;
    this.#events = events;
  }

  /** Once the node has answered, and until somebody else is the far end. */
  get attendant(): Attendant | undefined {
    return this.#attendant;
  }

  get hungUp(): boolean {
    return this.#attendant?.line.hungUp === true;
  }

  /** False where there is nothing to answer with, so that the plan goes on. */
  begin(asked: Service | DialogueStep, now: Instant): boolean {
    const attendant = this.#attendant ?? this.#newAttendant();
    const found = attended(asked, this.#start, this.#around, attendant.line, now);
    const why =
      asked.type === 'menu' && ++this.#menus > LIMITS.menusPerCallMax
        ? `the call has been through ${LIMITS.menusPerCallMax} menus`
        : found === undefined
          ? `there is no ${asked.type} of that name any more`
          : this.#answer(now);
    if (why !== undefined || found === undefined) {
      this.#record.note(now, 'left-out', why ?? '');
      return false;
    }
    this.#attendant = attendant;
    this.stopRinging();
    this.#record.note(now, 'attended', `${found.words} answers`);
    this.#record.answered(now, found.words);
    this.#around.audience.ledger(this.#record.entry([]));
    const begin = (at: Instant) =>
      attendant.hold(found.dialogue, (end, then) => this.#events.over(end, then), at);
    if (this.#caller.owesAnswer) attendant.onceAgreed(begin);
    else begin(now);
    return true;
  }

  /** Plays a prompt: before the answer as early media, after it as it is. False without a codec that we speak. */
  speak(prompt: string, now: Instant): boolean {
    const { offer, media, waiting } = this.#caller;
    const isOpen = offer !== undefined && media.state === 'open';
    const sdp = isOpen && waiting ? media.answerOwn(offer) : undefined;
    if (sdp === undefined && waiting) return false;
    this.#around.media({ type: 'disconnect', id: media.id });
    this.#caller.progress(183, this.#around.sip.newTag(), now, sdp);
    const { account } = this.#start.route;
    const sounds = [soundNamed(account, prompt)];
    this.#around.media({ type: 'play', id: media.id, sounds, repeat: false });
    return true;
  }

  /** Somebody is rung for a caller who has been answered already. */
  ringBack(): void {
    if (this.#attendant === undefined) return;
    this.#rings = true;
    this.#around.media({ type: 'play', id: this.#caller.media.id, sounds: RINGING, repeat: true });
  }

  stopRinging(): void {
    if (!this.#rings) return;
    this.#rings = false;
    this.#around.media({ type: 'stop-playing', id: this.#caller.media.id });
  }

  /** We have hung up in the middle of a dialogue. */
  breakOff(now: Instant): void {
    this.#attendant?.hungUp(now);
  }

  close(): void {
    this.#attendant?.close();
    this.#attendant = undefined;
  }

  /** Why the caller cannot be answered; `undefined`: it has been. */
  #answer(now: Instant): string | undefined {
    const { media, waiting } = this.#caller;
    this.#around.media({ type: 'disconnect', id: media.id });
    if (!waiting) return undefined;
    const sdp = this.#caller.ownAnswer();
    if (sdp === undefined) return 'the caller has no codec that the node speaks';
    this.#caller.answer(this.#around.sip.newTag(), sdp, now);
    return undefined;
  }

  #newAttendant(): Attendant {
    return new Attendant(this.#caller, this.#around, this.#start.route.account.language, {
      note: (text, at) => this.#record.note(at, 'told', text),
      gone: (text, at) => this.#events.gone(text, at),
    });
  }
}
