// How hard the node works, measured where packets wait to be read. Waits are counted in classes a quarter wider each,
// so that "99 of 100 within" costs a few hundred bytes and no sorting.

import type { Lane, Load } from '../../ports/shield.ts';

const WIDER = Math.log(1.25);
/** The last class holds all from about 13 s on. */
const CLASSES = 44;

export class LoadMeter {
  readonly #waits = new Uint32Array(CLASSES);
  #read = 0;
  #known = 0;
  #strangers = 0;
  #overflowedBefore = 0;

  /** A packet came in. What was not let in is strangers' work, whosever it is: to shed more would change nothing. */
  arrived(lane: Lane, admitted: boolean): void {
    if (admitted && lane !== 'newcomer' && lane !== 'refused') this.#known++;
    else this.#strangers++;
  }

  /** A packet of the known is read after so long. */
  waited(waitMs: number): void {
    const at = waitMs <= 1 ? 0 : Math.min(CLASSES - 1, Math.ceil(Math.log(waitMs) / WIDER));
    this.#waits[at] = (this.#waits[at] ?? 0) + 1;
    this.#read++;
  }

  /** Of the interval that ends now; the next one begins. `overflowed`: known packets without a place, since the start. */
  take(overflowed: number, lateMs: number): Load {
    const load = {
      waitMs: this.#within(0.99),
      overflowed: overflowed - this.#overflowedBefore,
      lateMs,
      known: this.#known,
      strangers: this.#strangers,
    };
    this.#waits.fill(0);
    this.#read = 0;
    this.#known = 0;
    this.#strangers = 0;
    this.#overflowedBefore = overflowed;
    return load;
  }

  #within(share: number): number {
    let left = share * this.#read;
    if (left === 0) return 0;
    for (let at = 0; at < CLASSES; at++) {
      left -= this.#waits[at] ?? 0;
      if (left <= 0) return Math.exp(at * WIDER);
    }
    return Math.exp(CLASSES * WIDER);
  }
}
