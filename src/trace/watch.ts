// One who watches messages as they come: what is wanted, what waits to be read, and what had to be left out.
// A slow reader costs a bounded queue and nobody else anything.

import { LIMITS } from '../base/limits.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { callMatches, messageMatches, type TraceFilter } from './filter.ts';
import type { Kept, KnownCall } from './journal.ts';

export type WatchItem =
  | { readonly type: 'message'; readonly kept: Kept }
  /** This many were not shown since the last message: too many at once, or the reader is too slow. */
  | { readonly type: 'left-out'; readonly count: number };

export class Watch {
  readonly filter: TraceFilter;
  callIsOver = false;
  #waiting: Kept[] = [];
  #leftOut = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #calls = new WeakSet<KnownCall>();
  readonly #seen = new WeakSet<Kept>();
  #secondBegan: Instant = 0;
  #thisSecond = 0;

  constructor(filter: TraceFilter) {
    this.filter = filter;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A message as it comes; with the first of a call that matches come those that it had before. */
  offer(kept: Kept): void {
    const { call } = kept;
    if (this.filter.type === 'all') {
      if (this.#isTooMany(kept.at)) this.#leftOut++;
      else this.#add(kept);
    } else if (call === undefined) {
      if (messageMatches(this.filter, kept)) this.#add(kept);
    } else if (this.#calls.has(call)) {
      this.#add(kept);
    } else if (callMatches(this.filter, call) || messageMatches(this.filter, kept)) {
      this.#calls.add(call);
      for (const earlier of call.messages) this.#add(earlier);
      this.#add(kept);
    }
  }

  /** What is kept already and was found to be wanted: before all that has come meanwhile. */
  offerKept(messages: readonly Kept[]): void {
    const newer = this.#waiting;
    const room = LIMITS.traceWaitingMax - newer.length;
    const unseen = messages.filter((kept) => !this.#seen.has(kept));
    const shown = room > 0 ? unseen.slice(-room) : [];
    this.#leftOut += unseen.length - shown.length;
    for (const kept of shown) {
      if (kept.call !== undefined) this.#calls.add(kept.call);
      this.#seen.add(kept);
    }
    this.#waiting = [...shown, ...newer];
    this.#tell();
  }

  /** The next, if there is one. */
  take(): WatchItem | undefined {
    if (this.#leftOut > 0) {
      const count = this.#leftOut;
      this.#leftOut = 0;
      return { type: 'left-out', count };
    }
    const kept = this.#waiting.shift();
    return kept === undefined ? undefined : { type: 'message', kept };
  }

  /** Called once when there is something to take, or the watch was closed. */
  onMore(wake: () => void): void {
    this.#wake = wake;
    if (this.#waiting.length > 0 || this.#leftOut > 0 || this.#closed) this.#tell();
  }

  /** Of the one call that is watched: only its last answers are still to come. */
  callEnded(): void {
    this.callIsOver = true;
    this.#tell();
  }

  close(): void {
    this.#closed = true;
    this.#tell();
  }

  #add(kept: Kept): void {
    if (this.#seen.has(kept)) return;
    this.#seen.add(kept);
    if (this.#waiting.length >= LIMITS.traceWaitingMax) this.#leftOut++;
    else this.#waiting.push(kept);
    this.#tell();
  }

  #isTooMany(now: Instant): boolean {
    if (now - this.#secondBegan >= SECOND_MS) {
      this.#secondBegan = now;
      this.#thisSecond = 0;
    }
    this.#thisSecond++;
    return this.#thisSecond > LIMITS.traceMessagesPerSecondMax;
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
