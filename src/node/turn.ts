// One turn of the node: what came in is handled, with all that it causes within, and its effects go out together.
// What the layers below cause is queued and handled before the turn is over, in order; nothing is entered twice.

import type { Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { TransactionEffect } from '../sip/transaction/layer.ts';
import type { Effect, IfRefused } from './effects.ts';
import { faultEvent } from './fault.ts';
import type { NodeEvent } from './views.ts';

export class Turn {
  readonly #dispatch: (effect: TransactionEffect) => void;
  readonly #effects: Effect[] = [];
  readonly #work: TransactionEffect[] = [];
  readonly #waiting = new Map<number, (result: Result<void, string>) => void>();
  #writes = 0;
  #now: Instant;

  constructor(now: Instant, dispatch: (effect: TransactionEffect) => void) {
    this.#now = now;
    this.#dispatch = dispatch;
  }

  /** When the turn that is going on began, or the last one did. */
  get now(): Instant {
    return this.#now;
  }

  /** Writes that the store has not answered yet and that something waits for. */
  get pendingWrites(): number {
    return this.#waiting.size;
  }

  run(now: Instant, act: () => void): readonly Effect[] {
    this.#now = now;
    this.contain('an event', act);
    this.pump();
    return this.#effects.splice(0);
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  event(event: NodeEvent): void {
    this.push({ type: 'event', event });
  }

  queue(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) this.#work.push(effect);
  }

  pump(): void {
    for (let index = 0; index < this.#work.length; index++) {
      const effect = this.#work[index];
      if (effect !== undefined) this.contain('a transaction event', () => this.#dispatch(effect));
    }
    this.#work.length = 0;
  }

  /** No message may bring the node down: a bug of ours costs the event that it hit, and is told to the operator. */
  contain(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.event(faultEvent(what, error, this.#now));
    }
  }

  /** `then` happens once the writes are durable, or could not be. */
  persist(
    writes: readonly StoreWrite[],
    then?: (result: Result<void, string>) => void,
    ifRefused: IfRefused = 'retry',
  ): void {
    const id = this.#writes++;
    if (then !== undefined) this.#waiting.set(id, then);
    this.push({ type: 'persist', id, writes, ifRefused });
  }

  persisted(id: number, result: Result<void, string>): void {
    const then = this.#waiting.get(id);
    this.#waiting.delete(id);
    then?.(result);
  }
}
