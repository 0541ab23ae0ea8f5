// The verb "ask": a question to those who keep the records, and their answer. Who waits for it hears that something
// goes on; a caller who hangs up meanwhile does not undo what was asked.

import type { Answer, Question } from '../ports/desk.ts';
import type { Sound } from '../ports/media.ts';
import { type Act, type Dialogue, type Happening, type Line, waitEvenAlone } from './dialogue.ts';
import { phrase } from './say.ts';

export interface Asking {
  /** Played again and again while there is no answer. */
  readonly meanwhile?: readonly Sound[];
  /** After this long without an answer it is refused as `failed`. */
  readonly atMostMs?: number;
}

const AT_MOST_MS = 20_000;
const BREATH: Sound = { type: 'silence', lengthMs: 1_500 };
/** One question may follow another, with no word between them: so this is less than patience. */
const UNTOLD_MS = 1_000;

export function* ask(line: Line, question: Question, asking: Asking = {}): Dialogue<Answer> {
  const answerIn = (happened: Happening) => (happened.type === 'answer' ? happened.answer : undefined);
  const answer = yield* keptCompany(line, { type: 'ask', question }, answerIn, asking);
  return answer ?? { type: 'refused', why: 'failed' };
}

/** Does this, and waits for what `wanted` finds in a happening; `undefined` where it does not come in time. */
export function* keptCompany<T>(
  line: Line,
  act: Act,
  wanted: (happened: Happening) => T | undefined,
  { meanwhile = [phrase(line, 'one-moment'), BREATH], atMostMs = AT_MOST_MS }: Asking = {},
): Dialogue<T | undefined> {
  let acts: readonly Act[] = [act];
  let isTold = false;
  for (let waitedMs = 0; waitedMs < atMostMs; ) {
    const happened = yield* waitEvenAlone(line, acts, UNTOLD_MS);
    const found = wanted(happened);
    if (found !== undefined) return found;
    if (happened.type === 'time-up') waitedMs += UNTOLD_MS;
    // Who presses keys meanwhile is impatient, and told at once. What is being said is said to its end, and then again.
    const isDue: boolean = isTold
      ? happened.type === 'played'
      : happened.type === 'time-up' || happened.type === 'key';
    const tells: boolean = isDue && !line.hungUp;
    isTold ||= tells;
    acts = tells ? [{ type: 'play', sounds: meanwhile }] : [];
  }
  return undefined;
}
