// How hard the node works, measured where packets wait to be read. Waits are counted in classes a quarter wider each,
// so that "99 of 100 within" costs a few hundred bytes and no sorting.

import type { Lane, Load } from '../../ports/shield.ts';
import type { WaitingLane } from '../waiting.ts';

const WIDER = Math.log(1.25);
/** The last class holds all from about 13 s on. */
const CLASSES = 44;

export class LoadMeter {
  readonly #waits = new Waits();
  #known = 0;
  #strangers = 0;
  #overflowedBefore = 0;
  #patientOverflowedBefore = 0;

  /** A packet came in. What was not let in is strangers' work, whosever it is: to shed more would change nothing. */
  arrived(lane: Lane, admitted: boolean): void {
    if (admitted && lane !== 'newcomer' && lane !== 'refused') this.#known++;
    else this.#strangers++;
  }

  /** A packet of the known that cannot wait is read after so long. */
  waited(waitMs: number): void {
    this.#waits.add(waitMs);
  }

  /**
   * Of the interval that ends now; the next one begins. `dropped`: packets without a place, since the start.
   * `patientWaitMs`: of the one that can wait and has waited longest.
   */
  take(dropped: Readonly<Record<WaitingLane, number>>, patientWaitMs: number, lateMs: number): Load {
    const { emergency, ongoing, known, patient } = dropped;
    const overflowed = emergency + ongoing + known;
    const load = {
      waitMs: this.#waits.take(0.99),
      patientWaitMs,
      overflowed: overflowed - this.#overflowedBefore,
      patientOverflowed: patient - this.#patientOverflowedBefore,
      lateMs,
      known: this.#known,
      strangers: this.#strangers,
    };
    this.#known = 0;
    this.#strangers = 0;
    this.#overflowedBefore = overflowed;
    this.#patientOverflowedBefore = patient;
    return load;
  }
}

class Waits {
  readonly #counts = new Uint32Array(CLASSES);
  #count = 0;

  add(waitMs: number): void {
    const at = waitMs <= 1 ? 0 : Math.min(CLASSES - 1, Math.ceil(Math.log(waitMs) / WIDER));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count++;
  }

  /** Within which time so many of them were read; 0 where there were none. It begins anew. */
  take(share: number): number {
    let left = share * this.#count;
    if (left === 0) return 0;
    let at = -1;
    while (left > 0 && at < CLASSES - 1) {
      at++;
      left -= this.#counts[at] ?? 0;
    }
    this.#counts.fill(0);
    this.#count = 0;
    return Math.exp(at * WIDER);
  }
}
