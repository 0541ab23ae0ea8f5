// The other end of a change that sends calls to a new mobile: the node has called it, and whoever answers says whether
// the calls may come. Nobody's telephone is rung by a stranger's calls because somebody mistyped a number.

import type { Key } from '../../ports/media.ts';
import type { E164 } from '../../ports/records.ts';
import { type Dialogue, type Line, orHungUp } from '../dialogue.ts';
import { menu } from '../menu.ts';
import { lastWords } from '../play.ts';
import { aboutNumber, phrase } from '../say.ts';

export interface Confirming {
  /** The number whose calls are to come. */
  readonly number: E164;
  readonly country: string;
}

export type Confirmed = 'accepted' | 'declined' | 'failed';

const ATTEMPTS = 4;

/** `accept` has made it durable when it returns true, and only then it is said. */
export function confirmMobile(
  line: Line,
  confirming: Confirming,
  accept: () => Dialogue<boolean>,
): Dialogue<Confirmed> {
  return orHungUp(confirm(line, confirming, accept), () => 'declined');
}

function* confirm(line: Line, confirming: Confirming, accept: () => Dialogue<boolean>): Dialogue<Confirmed> {
  const prompt = aboutNumber(line, confirming, { before: 'confirm-greeting', after: 'confirm-choices' });
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
}
