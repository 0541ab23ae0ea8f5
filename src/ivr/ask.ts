// The verb "ask": a question to those who keep the records, and their answer. Who waits for it hears that something
// goes on; a caller who hangs up meanwhile does not undo what was asked.

import type { Answer, Question } from '../ports/desk.ts';
import type { Sound } from '../ports/media.ts';
import { type Act, type Dialogue, type Line, PATIENCE_MS, waitEvenAlone } from './dialogue.ts';
import { phrase } from './say.ts';

export interface Asking {
  /** Played again and again while there is no answer. */
  readonly meanwhile?: readonly Sound[];
  /** After this long without an answer it is refused as `failed`. */
  readonly atMostMs?: number;
}

const AT_MOST_MS = 20_000;

export function* ask(
  line: Line,
  question: Question,
  { meanwhile = [phrase(line, 'one-moment')], atMostMs = AT_MOST_MS }: Asking = {},
): Dialogue<Answer> {
  let acts: readonly Act[] = [{ type: 'ask', question }];
  for (let waitedMs = 0; waitedMs < atMostMs; ) {
    const happened = yield* waitEvenAlone(line, acts, PATIENCE_MS);
    if (happened.type === 'answer') return happened.answer;
    if (happened.type === 'time-up') waitedMs += PATIENCE_MS;
    acts = happened.type === 'time-up' && !line.hungUp ? [{ type: 'play', sounds: meanwhile }] : [];
  }
  return { type: 'refused', why: 'failed' };
}
