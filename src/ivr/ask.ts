// The verb "ask": a question to those who keep the records, and their answer. Who waits for it hears that something
// goes on; a caller who hangs up meanwhile does not undo what was asked.

import type { Answer, Question } from '../ports/desk.ts';
import type { Sound } from '../ports/media.ts';
import { type Act, type Dialogue, type Line, waitEvenAlone } from './dialogue.ts';
import { phrase } from './say.ts';

export interface Asking {
  /** Played again and again while there is no answer. */
  readonly meanwhile?: readonly Sound[];
  /** After this long without an answer it is refused as `failed`. */
  readonly atMostMs?: number;
}

const AT_MOST_MS = 20_000;
/** One question may follow another, with no word between them: so this is less than patience. */
const UNTOLD_MS = 1_000;

export function* ask(
  line: Line,
  question: Question,
  { meanwhile = [phrase(line, 'one-moment')], atMostMs = AT_MOST_MS }: Asking = {},
): Dialogue<Answer> {
  let acts: readonly Act[] = [{ type: 'ask', question }];
  let isTold = false;
  for (let waitedMs = 0; waitedMs < atMostMs; ) {
    const happened = yield* waitEvenAlone(line, acts, UNTOLD_MS);
    if (happened.type === 'answer') return happened.answer;
    if (happened.type === 'time-up') waitedMs += UNTOLD_MS;
    if (happened.type === 'played') isTold = false;
    // Who presses keys meanwhile is impatient, and told at once.
    const tells: boolean =
      !line.hungUp && (happened.type === 'time-up' || (happened.type === 'key' && !isTold));
    isTold ||= tells;
    acts = tells ? [{ type: 'play', sounds: meanwhile }] : [];
  }
  return { type: 'refused', why: 'failed' };
}
