// The other end of a rehearsed plan: the node has called a telephone that calls would be sent to, and whoever answers
// says that they heard it. A voicemail of that telephone's own answers as well, and presses nothing.

import type { Key } from '../../ports/media.ts';
import type { E164 } from '../../ports/records.ts';
import { type Dialogue, type Line, orHungUp } from '../dialogue.ts';
import { menu } from '../menu.ts';
import { lastWords } from '../play.ts';
import { aboutNumber, phrase } from '../say.ts';

export interface RehearsalCall {
  /** The number whose plan is rehearsed. */
  readonly number: E164;
  readonly country: string;
}

/** A voicemail is not spoken to for longer than somebody needs who has just picked up. */
const ATTEMPTS = 2;

/** `heard` is done once somebody has pressed 1, before they are thanked. */
export function* rehearsalCall(
  line: Line,
  call: RehearsalCall,
  heard: () => Dialogue<void>,
): Dialogue<boolean> {
  const prompt = aboutNumber(line, call, { before: 'rehearsal-greeting', after: 'rehearsal-choice' });
  const choices = new Map<Key, true>([['1', true]]);
  const pressed = yield* orHungUp(menu(line, { prompt, choices, attempts: ATTEMPTS }), () => undefined);
  const hears = pressed === true;
  // Who hangs up once they have pressed it has heard it.
  if (hears) yield* orHungUp(heard(), () => undefined);
  yield* lastWords(line, [phrase(line, hears ? 'rehearsal-thanks' : 'goodbye')]);
  return hears;
}
