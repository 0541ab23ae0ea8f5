// The relay's ports: pairs of an even port for RTP and the next one for RTCP (RFC 3550 §11), handed out in
// turn. A released pair goes to the back of the line and rests, so that packets which are still on their way
// to the last call, or a peer that has not noticed its end, don't arrive in another one.

import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';

interface Waiting {
  readonly port: number;
  readonly freeAt: Instant;
}

export class PortPairs {
  readonly total: number;
  readonly #restMs: number;
  readonly #line: Waiting[] = [];
  #head = 0;

  /** All pairs within `from` to `to`, both included; `first` (0 to 1) is where in the range the line begins. */
  constructor(range: { readonly from: number; readonly to: number }, restMs: number, first: number) {
    const lowest = range.from + (range.from % 2);
    this.total = Math.max(0, Math.floor((range.to + 1 - lowest) / 2));
    this.#restMs = restMs;
    const offset = Math.floor(this.total * first);
    for (let index = 0; index < this.total; index += 1) {
      this.#line.push({ port: lowest + 2 * ((index + offset) % this.total), freeAt: 0 });
    }
  }

  /** Pairs that are not in use, resting ones included. */
  get free(): number {
    return this.#line.length - this.#head;
  }

  /** The RTP port of the pair that has rested longest; `undefined` while all are in use or rest. */
  take(now: Instant): number | undefined {
    const next = this.#line[this.#head];
    if (next === undefined || next.freeAt > now) return undefined;
    this.#head += 1;
    if (this.#head > this.total) {
      this.#line.splice(0, this.#head);
      this.#head = 0;
    }
    return next.port;
  }

  release(port: number, now: Instant): void {
    assert(this.free < this.total, 'a port pair is released once');
    this.#line.push({ port, freeAt: now + this.#restMs });
  }
}
