// The timers of RFC 3261 §17 (table 4 in its annex A) and RFC 6026, and four of ours. Each transaction runs two at
// most at any time, so a set of them is a short array.
//
//   INVITE client      A resend INVITE   B give up         D absorb non-2xx   M absorb 2xx
//   non-INVITE client  E resend request  F give up         K absorb responses
//   INVITE server      G resend non-2xx  H give up on ACK  I absorb ACKs      L absorb INVITEs after a 2xx
//   non-INVITE server  J absorb requests
//   ours               100  send 100 Trying for a slow core    2xx     resend our 2xx until its ACK
//                      answer  the core never answered         cancel  no final response after our CANCEL
//
// Timer C belongs to proxies (§16.6) and has no place here.

import type { Instant } from '../../base/time.ts';

export interface TimerSettings {
  /** Estimate of the round trip; the unit of most timers. */
  readonly t1Ms: number;
  /** Longest interval between retransmissions of non-INVITE requests and of INVITE responses. */
  readonly t2Ms: number;
  /** Longest time that a message stays in the network. */
  readonly t4Ms: number;
}

export const DEFAULT_TIMERS: TimerSettings = { t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 };

/** §17.2.1: an INVITE that the core has not answered by then gets a 100 Trying. */
const TRYING_DELAY_MS = 200;

export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M' | OwnTimerName;
type OwnTimerName = '100' | '2xx' | 'answer' | 'cancel';

/** How long a timer runs first. 0: it fires at once. `undefined`: it does not run at all over this transport. */
export function timerDurationMs(
  timer: TimerName,
  settings: TimerSettings,
  stream: boolean,
): number | undefined {
  const { t1Ms, t4Ms } = settings;
  switch (timer) {
    case 'A':
    case 'E':
    case 'G':
      return stream ? undefined : t1Ms;
    case 'I':
    case 'K':
      return stream ? 0 : t4Ms;
    case 'D':
    case 'J':
      return stream ? 0 : 64 * t1Ms;
    case 'B':
    case 'F':
    case 'H':
    case 'L':
    case 'M':
    case 'answer':
    case 'cancel':
      return 64 * t1Ms;
    case '2xx':
      return t1Ms;
    case '100':
      return TRYING_DELAY_MS;
  }
}

interface RunningTimer {
  readonly name: TimerName;
  readonly intervalMs: number;
  readonly at: Instant;
}

export class TimerSet {
  #running: readonly RunningTimer[] = [];

  start(name: TimerName, intervalMs: number, now: Instant): void {
    this.stop(name);
    this.#running = [...this.#running, { name, intervalMs, at: now + intervalMs }];
  }

  stop(name: TimerName): void {
    this.#running = this.#running.filter((timer) => timer.name !== name);
  }

  keepOnly(names: readonly TimerName[]): void {
    this.#running = this.#running.filter((timer) => names.includes(timer.name));
  }

  isRunning(name: TimerName): boolean {
    return this.#running.some((timer) => timer.name === name);
  }

  /** When the earliest one fires. */
  get deadline(): Instant | undefined {
    return this.#earliest()?.at;
  }

  /** Takes the earliest one out, if it is due. */
  takeDue(now: Instant): { readonly name: TimerName; readonly intervalMs: number } | undefined {
    const timer = this.#earliest();
    if (timer === undefined || timer.at > now) return undefined;
    this.stop(timer.name);
    return timer;
  }

  #earliest(): RunningTimer | undefined {
    let earliest: RunningTimer | undefined;
    for (const timer of this.#running) {
      if (earliest === undefined || timer.at < earliest.at) earliest = timer;
    }
    return earliest;
  }
}
