// A call's own timers, one of a kind at a time, in the deadlines that all calls share.

import type { Deadline } from '../base/deadlines.ts';
import type { Instant } from '../base/time.ts';
import type { CallDeadline, Surroundings, TimerOf } from './surroundings.ts';

/** Those that belong to a leg are the leg's. */
export type CallTimer = Exclude<CallDeadline, { readonly leg: string }>['type'];

export class CallTimers {
  readonly #callId: string;
  readonly #around: Surroundings;
  readonly #set = new Map<CallTimer, Deadline<TimerOf>>();

  constructor(callId: string, around: Surroundings) {
    this.#callId = callId;
    this.#around = around;
  }

  set(type: CallTimer, at: Instant): void {
    this.clear(type);
    this.#set.set(type, this.#around.schedule(at, { callId: this.#callId, deadline: { type } }));
  }

  clear(type: CallTimer): void {
    this.#around.unschedule(this.#set.get(type));
    this.#set.delete(type);
  }

  clearAll(): void {
    for (const type of [...this.#set.keys()]) this.clear(type);
  }
}
