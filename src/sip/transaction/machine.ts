// What the four state machines of RFC 3261 §17 have in common: a state, the timers that run in it, and rows.
//
//   input ──▶ state function ──▶ [next state, actions…]
//                                     │         └─ performed in order, each may emit effects
//                                     └─ entering it starts the timers listed for it, keeps those of them that
//                                        run already, and stops all others
//
// The state functions are pure and stand in one file per machine, so that each can be read beside the RFC's
// figure. Everything that a state function does not name changes nothing.

import { type Flow, isStream } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import type { TransactionId, Turn } from './effects.ts';
import type { FlowPlace } from './flow-index.ts';
import { type TimerName, TimerSet, type TimerSettings, timerDurationMs } from './timers.ts';

export type TimerInput = `timer ${TimerName}`;

/** `['completed', 'send ACK', 'tell response']`: the next state, and what is done on the way. */
export type Row<State, Action> = readonly [next: State, ...actions: Action[]];

export interface MachineTables<State extends string, Input, Action> {
  readonly initial: State;
  readonly states: Readonly<Record<State, (input: Input | TimerInput) => Row<State, Action>>>;
  readonly timers: Readonly<Record<State, readonly TimerName[]>>;
}

/** What a transaction is born with. */
export interface Birth {
  readonly id: TransactionId;
  /** What its messages are matched by (matching.ts). */
  readonly key: string;
  readonly flow: Flow;
  readonly settings: TimerSettings;
  readonly now: Instant;
}

export abstract class Machine<State extends string, Input extends string, Action extends string> {
  readonly id: TransactionId;
  readonly key: string;
  /** Where its messages are sent. */
  flow: Flow;
  /** Kept by the heap of deadlines and the index of flows. */
  heapIndex = -1;
  flowPlace: FlowPlace | undefined;

  readonly #tables: MachineTables<State | 'terminated', Input, Action>;
  readonly #settings: TimerSettings;
  readonly #timers = new TimerSet();
  #state: State | 'terminated';
  /** Of the timer that fired last: what a restart of it multiplies. */
  #firedIntervalMs = 0;

  constructor(birth: Birth, tables: MachineTables<State | 'terminated', Input, Action>) {
    this.id = birth.id;
    this.key = birth.key;
    this.flow = birth.flow;
    this.#settings = birth.settings;
    this.#tables = tables;
    this.#state = tables.initial;
    this.#startTimers(birth.now);
  }

  get state(): State | 'terminated' {
    return this.#state;
  }

  get terminated(): boolean {
    return this.#state === 'terminated';
  }

  get deadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  /** Fires the earliest timer, if it is due. */
  expire(turn: Turn): void {
    const timer = this.#timers.takeDue(turn.now);
    if (timer === undefined) return;
    this.#firedIntervalMs = timer.intervalMs;
    this.take(`timer ${timer.name}`, turn);
  }

  /** The transport cannot send on this transaction's flow any more. */
  abstract flowFailed(reason: string, turn: Turn): void;

  protected abstract perform(action: Action, turn: Turn): void;

  protected take(input: Input | TimerInput, turn: Turn): void {
    const [next, ...actions] = this.#tables.states[this.#state](input);
    if (next !== this.#state) {
      this.#state = next;
      this.#startTimers(turn.now);
    }
    for (const action of actions) this.perform(action, turn);
  }

  /** Starts the timer that fired again, for twice as long. */
  protected backOff(timer: TimerName, now: Instant, intervalMaxMs = Number.POSITIVE_INFINITY): void {
    this.#timers.start(timer, Math.min(2 * this.#firedIntervalMs, intervalMaxMs), now);
  }

  protected startTimer(timer: TimerName, now: Instant, intervalMs = this.#durationMs(timer)): void {
    if (intervalMs !== undefined) this.#timers.start(timer, intervalMs, now);
  }

  protected stopTimer(timer: TimerName): void {
    this.#timers.stop(timer);
  }

  protected get t2Ms(): number {
    return this.#settings.t2Ms;
  }

  #startTimers(now: Instant): void {
    const timers = this.#tables.timers[this.#state];
    this.#timers.keepOnly(timers);
    for (const timer of timers) {
      if (!this.#timers.isRunning(timer)) this.startTimer(timer, now);
    }
  }

  #durationMs(timer: TimerName): number | undefined {
    return timerDurationMs(timer, this.#settings, isStream(this.flow.transport));
  }
}
