// Recordings as a simulated disk has them: what is finished becomes durable after a while, and a crash before that
// loses it, unless the disk had got to it already; what is erased is gone after a while, too.

import type { RecordingId } from '../../src/ports/recordings.ts';
import { SeededRandom, type World } from './world.ts';

/** What was said, as far as anybody asks: who said it and for how long. */
export interface Kept {
  readonly by: string;
  readonly lengthMs: number;
  readonly speechMs: number;
  readonly at: number;
}

export class SimulatedRecordings {
  readonly durable = new Map<RecordingId, Kept>();
  /** The node dies at the next one that is finished: `before` it is durable, or `after`, or when it was `told`. */
  dies: (what: string) => 'before' | 'after' | 'told' | undefined = () => undefined;
  die: () => void = () => undefined;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #delayMs: readonly [min: number, max: number];
  readonly #isFull: () => boolean;
  readonly #underWay = new Map<RecordingId, { readonly kept: Kept; readonly forget: () => void }>();

  constructor(world: World, delayMs: readonly [min: number, max: number], isFull: () => boolean) {
    this.#world = world;
    // Of its own, so that what seeds meant before there were recordings they mean still.
    this.#random = new SeededRandom(world.seed).fork('recordings');
    this.#delayMs = delayMs;
    this.#isFull = isFull;
  }

  finish(id: RecordingId, kept: Kept, done: (isKept: boolean) => void): void {
    const forget = this.#world.after(this.#random.between(...this.#delayMs), () => {
      const moment = this.dies('recording');
      this.#underWay.delete(id);
      if (moment === 'before') return this.die();
      const isKept = !this.#isFull();
      if (isKept) this.durable.set(id, kept);
      if (moment === 'after') return this.die();
      done(isKept);
      if (moment === 'told') this.die();
    });
    this.#underWay.set(id, { kept, forget });
  }

  erase(id: RecordingId): void {
    this.#world.after(this.#random.between(...this.#delayMs), () => this.durable.delete(id));
  }

  /** Some of what is under way still reaches the disk. */
  crash(): void {
    for (const [id, { kept, forget }] of this.#underWay) {
      forget();
      if (this.#random.chance(0.5) && !this.#isFull()) this.durable.set(id, kept);
    }
    this.#underWay.clear();
  }
}
