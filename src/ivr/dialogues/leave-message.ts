// A caller leaves a message. What was said is kept first and thanked for then: whoever hears "thank you" may rely on
// it. A caller who hangs up in the middle has left what was said by then; one who says nothing has left nothing.
//
//   greeting ─▶ beep ─▶ record ─┬─ speech ─▶ keep ─▶ "thank you"
//                               └─ none ──▶ "nothing was heard", once more, then goodbye

import type { Instant } from '../../base/time.ts';
import type { MessageRoom } from '../../ports/desk.ts';
import type { Sound } from '../../ports/media.ts';
import type { Mailbox } from '../../ports/records.ts';
import { ask } from '../ask.ts';
import { type Dialogue, type DialogueEnd, type Line, orHungUp } from '../dialogue.ts';
import { lastWords, play } from '../play.ts';
import { record, type Taken } from '../record.ts';
import { phrase, phrases, recorded } from '../say.ts';

export interface LeavingMessage {
  readonly account: string;
  readonly mailbox: Mailbox;
  readonly room: MessageRoom;
  readonly called: string;
  readonly caller: string;
  readonly now: Instant;
}

/** Less speech than that is a cough, or a caller who hung up after the beep. */
const SPEECH_MIN_MS = 600;
/** After so much silence the message is over. The disk has what is left until the caller would wait for 4 s. */
const SILENCE_MS = 3_000;
const ATTEMPTS = 2;

export function leaveMessage(line: Line, leaving: LeavingMessage): Dialogue<DialogueEnd> {
  const nothing = { outcome: 'voicemail', text: `no message was left for ${leaving.mailbox.name}` } as const;
  return orHungUp(take(line, leaving, nothing), () => nothing);
}

function* take(line: Line, leaving: LeavingMessage, nothing: DialogueEnd): Dialogue<DialogueEnd> {
  const { mailbox } = leaving;
  const maxMs = Math.min(mailbox.messageMaxMs, leaving.room.lengthMs);
  if (leaving.room.messages <= 0 || leaving.room.lengthMs < SPEECH_MIN_MS) {
    yield* play(line, phrases(line, 'mailbox-full', 'goodbye'));
    return { outcome: 'announced', text: `the mailbox ${mailbox.name} is full` };
  }
  yield* play(line, greetingOf(line, mailbox));
  line.forgetTyped();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const taken = yield* record(line, { maxMs, silenceMs: SILENCE_MS });
    if (taken.why === 'failed') {
      yield* play(line, phrases(line, 'message-not-kept', 'goodbye'));
      return { outcome: 'announced', text: `a message for ${mailbox.name} could not be recorded` };
    }
    if (taken.speechMs >= SPEECH_MIN_MS) return yield* keep(line, leaving, taken);
    if (!line.hungUp) yield* play(line, [phrase(line, 'nothing-heard')], { interruptible: false });
  }
  yield* play(line, [phrase(line, 'goodbye')]);
  return nothing;
}

function greetingOf(line: Line, { greeting }: Mailbox): readonly Sound[] {
  return greeting === undefined
    ? [phrase(line, 'leave-a-message')]
    : [recorded(line, greeting, 'leave-a-message')];
}

function* keep(
  line: Line,
  { account, mailbox, called, caller, now: at }: LeavingMessage,
  { recording, lengthMs }: Taken,
): Dialogue<DialogueEnd> {
  const message = {
    id: line.newId(),
    account,
    mailbox: mailbox.name,
    called,
    caller,
    at,
    lengthMs,
    recording,
  };
  const answer = yield* ask(line, { type: 'keep-message', message });
  const isKept = answer.type === 'done';
  const seconds = Math.round(lengthMs / 1_000);
  const end: DialogueEnd = isKept
    ? { outcome: 'voicemail', text: `left a message of ${seconds} s for ${mailbox.name}` }
    : { outcome: 'announced', text: `a message for ${mailbox.name} could not be kept` };
  yield* lastWords(line, phrases(line, isKept ? 'message-kept' : 'message-not-kept', 'goodbye'));
  return end;
}
