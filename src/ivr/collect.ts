// The verb "collect": digits, until there are as many as may be, `#` is typed, or no more come. `*` begins again.
// Who types slowly hears a soft tick now and then, so that nobody takes the line for dead; who types nothing, or too
// little, is asked again.

import type { Key, Sound } from '../ports/media.ts';
import { type Dialogue, type Line, PATIENCE_MS, wait } from './dialogue.ts';
import { play } from './play.ts';
import { phrase } from './say.ts';

export interface Collecting {
  readonly prompt: readonly Sound[];
  /** Said before the prompt is played again. */
  readonly again?: readonly Sound[];
  readonly min: number;
  readonly max: number;
  /** How often it is asked; 3 unless given. */
  readonly attempts?: number;
}

const END: Key = '#';
const CLEAR: Key = '*';
const ATTEMPTS = 3;
/** Ticks between two digits, before what was typed counts as all. */
const TICKS = 2;
const TICK: Sound = { type: 'tone', frequencyHz: 440, lengthMs: 60 };

/** `undefined`: nothing that is long enough, however often it was asked. */
export function* collect(line: Line, asked: Collecting): Dialogue<string | undefined> {
  const { prompt, again = [phrase(line, 'not-understood')], attempts = ATTEMPTS } = asked;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    yield* play(line, attempt === 0 ? prompt : [...again, ...prompt]);
    const typed = yield* digits(line, asked);
    if (typed.length >= asked.min) return typed;
  }
  return undefined;
}

function* digits(line: Line, { min, max }: Collecting): Dialogue<string> {
  let typed = '';
  let ticks = 0;
  for (;;) {
    const key = line.takeKey();
    if (key === END) return typed;
    if (key === CLEAR) typed = '';
    else if (key !== undefined) typed += key;
    if (typed.length === max) {
      line.dropNext(END);
      return typed;
    }
    if (key !== undefined) {
      ticks = 0;
      continue;
    }
    const happened = yield* wait(line, [], PATIENCE_MS);
    if (happened.type !== 'time-up') continue;
    if (typed === '') return typed;
    // Also where that is all: what comes of it may take a while.
    yield* play(line, [TICK], { interruptible: false });
    if (ticks === TICKS || (typed.length >= min && ticks > 0)) return typed;
    ticks += 1;
  }
}
