// How much of its room each carrier uses, so that one that is asked to send less hears it before anything of it is
// dropped: whoever leaves calls out by itself can send them another way, and one that was dropped is tried again here.
//
//     offered in the last second   within 80 % of the room ─▶ nothing      beyond ─▶ leave out what is beyond

import { type Instant, SECOND_MS } from '../base/time.ts';

interface Second {
  beganAt: Instant;
  soFar: number;
  /** In the whole second before. */
  before: number;
}

export interface Welcome {
  /** 0 to 100. */
  readonly lossPercent: number;
  readonly perSecond: number;
}

/** Of its room, what a carrier is asked to keep to. */
const WELCOME = 0.8;
const WINDOW_MS = SECOND_MS;

export class CarrierLoad {
  readonly #seconds = new Map<string, Second>();

  /** A packet came from there, whether or not there was room for it. Names are those of the configuration. */
  offered(carrier: string, now: Instant): void {
    this.#secondOf(carrier, now).soFar++;
  }

  /** What it should leave out, and what is welcome, of what there is room for in a second. */
  of(carrier: string, roomPerSecond: number, now: Instant): Welcome {
    const { soFar, before } = this.#secondOf(carrier, now);
    const offered = Math.max(soFar, before);
    const perSecond = roomPerSecond * WELCOME;
    return { perSecond, lossPercent: offered <= perSecond ? 0 : 100 * (1 - perSecond / offered) };
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
