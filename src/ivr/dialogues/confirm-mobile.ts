// The other end of a change that sends calls to a new mobile: the node has called it, and whoever answers says whether
// the calls may come. Nobody's telephone is rung by a stranger's calls because somebody mistyped a number.

import type { Key } from '../../ports/media.ts';
import type { E164 } from '../../ports/records.ts';
import { type Dialogue, HungUp, type Line } from '../dialogue.ts';
import { menu } from '../menu.ts';
import { lastWords } from '../play.ts';
import { phrase, telephoneNumber } from '../say.ts';

export interface Confirming {
  /** The number whose calls are to come. */
  readonly number: E164;
  readonly country: string;
}

const ATTEMPTS = 4;

/** `accept` has made it durable when it returns true, and only then it is said. */
export function* confirmMobile(
  line: Line,
  { number, country }: Confirming,
  accept: () => Dialogue<boolean>,
): Dialogue<'accepted' | 'declined' | 'failed'> {
  try {
    const prompt = [
      phrase(line, 'confirm-greeting'),
      ...telephoneNumber(line, number, country),
      phrase(line, 'confirm-choices'),
    ];
    const choices = new Map<Key, boolean>([
      ['1', true],
      ['2', false],
    ]);
    const isWanted = yield* menu(line, { prompt, choices, attempts: ATTEMPTS });
    if (isWanted !== true) {
      yield* lastWords(line, [phrase(line, 'confirm-declined')]);
      return 'declined';
    }
    const isDone = yield* accept();
    yield* lastWords(line, [phrase(line, isDone ? 'confirm-accepted' : 'not-changed')]);
    return isDone ? 'accepted' : 'failed';
  } catch (error) {
    if (error instanceof HungUp) return 'declined';
    throw error;
  }
}
