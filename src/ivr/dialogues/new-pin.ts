// A new PIN for the control number, typed twice by whoever was let in with the old one. A one-time code does not lead
// here: it is worth one call, and who found the sheet of codes must not keep the account by it.

import type { Answer, Author } from '../../ports/desk.ts';
import { ask } from '../ask.ts';
import { collect } from '../collect.ts';
import type { Dialogue, Line } from '../dialogue.ts';
import { play } from '../play.ts';
import { phrase, phrases } from '../say.ts';

/** One digit fewer than a one-time code has, so that neither is taken for the other. */
const PIN = { min: 6, max: 9 };
const TRIES = 3;

/** `undefined`: the caller thought better of it. */
export function* newPin(
  line: Line,
  { account, author }: { readonly account: string; readonly author: Author },
): Dialogue<Answer | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const pin = yield* collect(line, { prompt: phrases(line, 'enter-new-pin'), ...PIN });
    if (pin === undefined) return undefined;
    const again = yield* collect(line, { prompt: phrases(line, 'enter-pin-again'), ...PIN });
    if (again === undefined) return undefined;
    if (again !== pin) {
      line.forgetTyped();
      yield* play(line, [phrase(line, 'pins-differ')]);
      continue;
    }
    const answer = yield* ask(line, { type: 'set-pin', account, pin, author });
    if (answer.type !== 'refused' || answer.why !== 'too-easy') return answer;
    line.forgetTyped();
    yield* play(line, [phrase(line, 'pin-too-easy')]);
  }
  return undefined;
}
