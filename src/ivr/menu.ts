// The verb "menu": one key of those that mean something. Who types another one, or none, is told so and asked again.

import type { Key, Sound } from '../ports/media.ts';
import { type Dialogue, type Line, PATIENCE_MS, wait } from './dialogue.ts';
import { play } from './play.ts';
import { phrase } from './say.ts';

export interface Choosing<T> {
  readonly prompt: readonly Sound[];
  readonly choices: ReadonlyMap<Key, T>;
  /** How often it is asked; 3 unless given. */
  readonly attempts?: number;
}

const ATTEMPTS = 3;

/** `undefined`: no key that means something, however often it was asked. */
export function* menu<T>(line: Line, asked: Choosing<T>): Dialogue<T | undefined> {
  const { prompt, choices, attempts = ATTEMPTS } = asked;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    yield* play(line, prompt);
    const key = yield* oneKey(line);
    const choice = key === undefined ? undefined : choices.get(key);
    if (choice !== undefined) return choice;
    if (key !== undefined && attempt < attempts - 1) {
      line.forgetTyped();
      yield* play(line, [phrase(line, 'not-a-choice')]);
    }
  }
  return undefined;
}

/** The next key, for as long as patience lasts. */
function* oneKey(line: Line): Dialogue<Key | undefined> {
  for (;;) {
    const key = line.takeKey();
    if (key !== undefined) return key;
    const happened = yield* wait(line, [], PATIENCE_MS);
    if (happened.type === 'time-up') return undefined;
  }
}
