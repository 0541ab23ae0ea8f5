// How many calls a carrier is given in a second. Carriers refuse what comes faster than was agreed, some of them with a
// ban, and the moment when very many calls are diverted at once is the wrong one for that. Within any second, wherever
// it begins, no more go out than may: so the carrier may count as it likes. A call that finds no room has its turn in
// the order of arrival.
//
//   N = 3    calls went  x x x │              each turn is a second after
//            turns             └─ 1 s ─▶ x x x    that of the Nth call before it

import { type Instant, SECOND_MS } from '../base/time.ts';

export class Pace {
  readonly #perSecond: number;
  /** When the last so many calls went, oldest first. */
  readonly #went: Instant[] = [];
  /** Who has not gone yet, in the order of arrival. */
  readonly #waiting = new Set<string>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How long a call would wait that came now. */
  waitMs(now: Instant): number {
    return this.#turnAfter(this.#waiting.size, now) - now;
  }

  join(call: string): void {
    this.#waiting.add(call);
  }

  leave(call: string): void {
    this.#waiting.delete(call);
  }

  /** `undefined`: it goes now, and counts. Else it is to ask again then. Who has not joined goes at once (law 7). */
  goes(call: string, now: Instant): Instant | undefined {
    const at = this.#waiting.has(call) ? this.#turnAfter(this.#ahead(call), now) : now;
    if (at > now) return at;
    this.#waiting.delete(call);
    this.#went.push(now);
    if (this.#went.length > this.#perSecond) this.#went.shift();
    return undefined;
  }

  #ahead(call: string): number {
    let ahead = 0;
    for (const other of this.#waiting) {
      if (other === call) break;
      ahead++;
    }
    return ahead;
  }

  /** The turn of a call that so many are to go before. */
  #turnAfter(ahead: number, now: Instant): Instant {
    const free = this.#perSecond - this.#went.length;
    const before = this.#went[(ahead % this.#perSecond) - free];
    const first = before === undefined ? now : Math.max(now, before + SECOND_MS);
    return first + Math.floor(ahead / this.#perSecond) * SECOND_MS;
  }
}
