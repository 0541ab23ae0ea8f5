// The simulated world: one clock, one queue of events, one source of chance. Nothing in a run happens but by
// an event taken from this queue, and nothing is random but what comes from the seed; so the same seed gives
// the same run, to the byte, on any machine.

import { assert } from '../../src/base/assert.ts';
import { Deadlines } from '../../src/base/deadlines.ts';
import type { Instant } from '../../src/base/time.ts';
import type { Random } from '../../src/ports/random.ts';

/** Thursday 15 January 2026, 10:00 UTC: a working day, for plans with hours. */
export const BEGINNING: Instant = Date.UTC(2026, 0, 15, 10);

/** Of one run. With this factor, days of milliseconds are still whole numbers to the last bit. */
const EVENTS_MAX = 2 ** 22;

/** sfc32: small, fast and good enough to be unlucky in interesting ways. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = (seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** An independent stream, so that one actor's draws do not shift another's. */
  fork(label: string): SeededRandom {
    let hash = this.#next();
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    return new SeededRandom(hash >>> 0);
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = this.#next() >>> 24;
    return out;
  }

  fraction(): number {
    return (this.#next() >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.between(0, list.length - 1)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  /** One of the values, each as likely as its weight says. */
  weighted<T>(rows: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.fraction() * rows.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of rows) {
      left -= weight;
      if (left < 0) return value;
    }
    return this.pick(rows)[1];
  }

  #next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t;
  }
}

export class World {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly beginning: Instant;
  now: Instant;
  /** By instant, and within one by the order of scheduling: the key is both, as one whole number. */
  readonly #events = new Deadlines<() => void>();
  #order = 0;

  constructor(seed: number, beginning = BEGINNING) {
    this.seed = seed;
    this.beginning = beginning;
    this.now = beginning;
    this.random = new SeededRandom(seed);
  }

  /** Runs `action` then (at the earliest now); the returned function prevents it. Whole milliseconds only. */
  at(instant: Instant, action: () => void): () => void {
    assert(Number.isFinite(instant), `a timer is set for ${instant}`);
    const elapsedMs = Math.max(Math.ceil(instant), this.now) - this.beginning;
    const event = this.#events.add(elapsedMs * EVENTS_MAX + this.#order, action);
    this.#order += 1;
    assert(this.#order < EVENTS_MAX, 'more events than a run may have');
    return () => this.#events.cancel(event);
  }

  after(delayMs: number, action: () => void): () => void {
    return this.at(this.now + delayMs, action);
  }

  runUntil(end: Instant): void {
    while (this.step(end));
  }

  /** Runs the next event up to `end`; false where there is none, and it is then. */
  step(end: Instant): boolean {
    const event = this.#events.take((end - this.beginning + 1) * EVENTS_MAX - 1);
    if (event === undefined) {
      this.now = Math.max(this.now, end);
      return false;
    }
    this.now = this.beginning + Math.floor(event.at / EVENTS_MAX);
    event.value();
    return true;
  }
}

/** One timer that follows a deadline which moves, as app/ keeps one for the node. */
export class Alarm {
  readonly #world: World;
  readonly #ring: () => void;
  #armedFor: Instant | undefined;
  #disarm: (() => void) | undefined;

  constructor(world: World, ring: () => void) {
    this.#world = world;
    this.#ring = ring;
  }

  set(deadline: Instant | undefined): void {
    if (deadline === this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = deadline;
    this.#disarm =
      deadline === undefined
        ? undefined
        : this.#world.at(deadline, () => {
            this.#armedFor = undefined;
            this.#disarm = undefined;
            this.#ring();
          });
  }
}
