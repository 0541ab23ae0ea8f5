// What a fuzzing target is: a way to draw inputs, and a way to try one. An input is a list of byte strings (the
// datagrams, chunks or steps of one case), so that every input can be kept in a file, tried again, and made
// smaller without knowing what it means (minimise.ts).

import type { SeededRandom } from '../simulation/world.ts';

export type Input = readonly Uint8Array[];

/** Times one call into the product; the longest of a case is what a stall is judged by. */
export type Lap = <T>(act: () => T) => T;

export interface Target {
  readonly name: string;
  /** Share of the time that it gets among the others. */
  readonly weight: number;
  draw(random: SeededRandom): Input;
  /** Throws whatever is wrong. Returns how many messages the product was given. */
  attempt(input: Input, lap: Lap): number | Promise<number>;
  /** What one call may take where 20 ms are not for this input: a file that an operator hands in, once. */
  stallMs?(input: Input): number;
  /** Sockets and the like, in the end. */
  close?(): Promise<void>;
}

/** Something that must hold does not, though nothing was thrown. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function expect(holds: boolean, what: string | (() => string)): asserts holds {
  if (!holds) throw new Broken(typeof what === 'string' ? what : what());
}
