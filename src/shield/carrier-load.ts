// How much of its budget each carrier uses, so that one that is asked to send less hears it before anything of it is
// dropped: whoever leaves calls out by itself can send them another way, and one that was dropped is tried again here.
//
//     offered in the last second   within 80 % of the budget ─▶ nothing      beyond ─▶ leave out what is beyond

import { type Instant, SECOND_MS } from '../base/time.ts';

interface Second {
  beganAt: Instant;
  soFar: number;
  /** In the whole second before. */
  before: number;
}

/** Of its budget, what a carrier is asked to keep to. */
const WELCOME = 0.8;
const WINDOW_MS = SECOND_MS;

export class CarrierLoad {
  readonly #budgetPerSecond: number;
  readonly #seconds = new Map<string, Second>();

  constructor(budgetPerSecond: number) {
    this.#budgetPerSecond = budgetPerSecond;
  }

  get welcomePerSecond(): number {
    return this.#budgetPerSecond * WELCOME;
  }

  /** A packet came from there, whether or not there was room for it. Names are those of the configuration. */
  offered(carrier: string, now: Instant): void {
    this.#secondOf(carrier, now).soFar++;
  }

  /** 0 to 100: what it should leave out. */
  lossPercent(carrier: string, now: Instant): number {
    const { soFar, before } = this.#secondOf(carrier, now);
    const perSecond = Math.max(soFar, before);
    return perSecond <= this.welcomePerSecond ? 0 : 100 * (1 - this.welcomePerSecond / perSecond);
  }

  #secondOf(carrier: string, now: Instant): Second {
    const second = this.#seconds.get(carrier) ?? { beganAt: now, soFar: 0, before: 0 };
    this.#seconds.set(carrier, second);
    const passed = now - second.beganAt;
    if (passed >= WINDOW_MS) {
      second.before = passed < 2 * WINDOW_MS ? second.soFar : 0;
      second.soFar = 0;
      second.beganAt = now;
    }
    return second;
  }
}
