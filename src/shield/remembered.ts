// Sources that something is remembered of until some time: bounded, and everything in it ends by itself.

import type { SourceKey } from '../base/source.ts';
import type { Instant } from '../base/time.ts';

export class Remembered {
  /** In the order of being told last. */
  readonly #until = new Map<SourceKey, Instant>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#until.size;
  }

  has(source: SourceKey, now: Instant): boolean {
    const until = this.#until.get(source);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(source);
    return false;
  }

  get(source: SourceKey): Instant | undefined {
    return this.#until.get(source);
  }

  get isFull(): boolean {
    return this.#until.size >= this.#max;
  }

  /** The one told of longest ago gives way where there is no room. */
  remember(source: SourceKey, until: Instant): void {
    this.#until.delete(source);
    this.#until.set(source, until);
    if (this.#until.size <= this.#max) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }

  forget(source: SourceKey): boolean {
    return this.#until.delete(source);
  }

  /** Those whose time is up, of the `atMost` told of longest ago. */
  sweep(now: Instant, atMost: number): void {
    let looked = 0;
    for (const [source, until] of this.#until) {
      if (looked++ >= atMost) return;
      if (until <= now) this.#until.delete(source);
    }
  }
}
