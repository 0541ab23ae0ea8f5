// The verb "play": sounds, one after another, to their end; or until a key is typed, which is left for whoever asks
// for keys next. Who types ahead of a prompt that can be interrupted does not hear it at all.

import type { Sound } from '../ports/media.ts';
import { type Dialogue, type Line, orHungUp, wait } from './dialogue.ts';

export type Played = 'played' | 'interrupted';

export interface PlayOptions {
  /** False: to the end, whatever is typed. */
  readonly interruptible?: boolean;
}

export function* play(
  line: Line,
  sounds: readonly Sound[],
  { interruptible = true }: PlayOptions = {},
): Dialogue<Played> {
  if (interruptible && line.typed) return 'interrupted';
  if (sounds.length === 0) return 'played';
  let happened = yield* wait(line, [{ type: 'play', sounds }]);
  while (happened.type !== 'played') {
    if (interruptible && happened.type === 'key' && line.typed) {
      line.do({ type: 'stop-playing' });
      return 'interrupted';
    }
    happened = yield* wait(line, []);
  }
  return 'played';
}

/** To the end, or until the caller hangs up, which changes nothing any more: what was reached stands. */
export function* lastWords(line: Line, sounds: readonly Sound[]): Dialogue<void> {
  yield* orHungUp(play(line, sounds, { interruptible: false }), () => 'interrupted');
}
