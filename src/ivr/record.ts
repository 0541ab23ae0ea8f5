// The verb "record": a beep, and then what the caller says, until a key is typed, nothing more is said, it is long
// enough, or the caller hangs up, which is how most people end a message. What was recorded is on disk when this
// returns.

import type { Sound } from '../ports/media.ts';
import type { RecordingId } from '../ports/recordings.ts';
import { keptCompany } from './ask.ts';
import { type Dialogue, type Happening, type Line, type RecordedWhy, waitEvenAlone } from './dialogue.ts';
import { lastWords, play } from './play.ts';

export interface Taken {
  readonly recording: RecordingId;
  readonly lengthMs: number;
  /** How much of it is speech. */
  readonly speechMs: number;
  readonly why: RecordedWhy;
}

/** The caller has waited for something to happen for as long as it took to know that nothing more is said. */
const OVER: Sound = { type: 'tone', frequencyHz: 600, lengthMs: 150 };
const BEEP: Sound = { type: 'tone', frequencyHz: 1_000, lengthMs: 250 };
/** The disk has this long when the recording itself must be over. */
const OVERDUE_MS = 15_000;

export function* record(
  line: Line,
  { maxMs, silenceMs }: { readonly maxMs: number; readonly silenceMs: number },
): Dialogue<Taken> {
  yield* play(line, [BEEP], { interruptible: false });
  line.forgetTyped();
  const recording = line.newId();
  const begins = [{ type: 'record', recording, maxMs, silenceMs } as const];
  let happened: Happening | undefined = yield* waitEvenAlone(line, begins, maxMs + OVERDUE_MS);
  while (happened?.type !== 'recorded') {
    if (happened === undefined || happened.type === 'time-up')
      return { recording, lengthMs: 0, speechMs: 0, why: 'failed' };
    happened =
      happened.type === 'key' && line.takeKey() !== undefined
        ? yield* keptCompany(line, { type: 'stop-recording' }, recordedIn, { atMostMs: OVERDUE_MS })
        : yield* waitEvenAlone(line, [], maxMs + OVERDUE_MS);
  }
  const { lengthMs, speechMs, why } = happened;
  if (why === 'silence') yield* lastWords(line, [OVER]);
  return { recording, lengthMs, speechMs, why };
}

function recordedIn(happened: Happening) {
  return happened.type === 'recorded' ? happened : undefined;
}
