// The owner of a mailbox listens to it: new messages first, then saved ones, each with who called and when; and
// records the greeting. Nothing is deleted but by its key, and a message counts as heard once it was played to its end.
// A phone that has several mailboxes goes from one to the next.
//
//   PIN ─▶ "you have 2 new messages" ─▶ message ─▶ 1 again, 2 save, 3 delete, 4 call back, # next, 9 greeting, 0 end
//    ▲                                                └─▶ no more ─▶ 9 greeting, 0 end, 8 next mailbox ─┐
//    └──────────────────────────────────────────────────────────────────────────────────────────────────┘

import type { Instant } from '../../base/time.ts';
import type { Answer, Author, Guesser } from '../../ports/desk.ts';
import type { Key, Sound } from '../../ports/media.ts';
import type { E164, Mailbox, VoicemailMessage } from '../../ports/records.ts';
import { ask } from '../ask.ts';
import { collect } from '../collect.ts';
import { type Dialogue, type DialogueEnd, HungUp, type Line, orHungUp } from '../dialogue.ts';
import { menu } from '../menu.ts';
import { lastWords, play } from '../play.ts';
import { record } from '../record.ts';
import { count, type Phrase, phrase, phrases, recorded, telephoneNumber, time } from '../say.ts';

export interface Listening {
  readonly account: string;
  readonly mailbox: Mailbox;
  /** Further ones of the same phone, which come after it. */
  readonly others: readonly Mailbox[];
  /** ISO 3166: numbers of it are said without their country's code. */
  readonly country: string;
  /** IANA time zone that times are said in; absent: they are not said. */
  readonly zone?: string;
  readonly now: Instant;
  readonly author: Author;
  readonly guesser: Guesser;
  /** The account may call this one back. */
  mayCall(number: E164): boolean;
}

const TRIES = 3;
const PIN = { min: 4, max: 10 };
const GREETING = { maxMs: 60_000, silenceMs: 3_000 };
const GREETING_MIN_MS = 1_000;
const RING_BACK_MS = 60_000;

export function* mailboxOwner(line: Line, first: Listening): Dialogue<DialogueEnd> {
  let listening = first;
  for (;;) {
    const { mailbox, others } = listening;
    const gone = ended(`the caller hung up in mailbox ${mailbox.name}`);
    const end = yield* orHungUp(visit(line, listening), () => gone);
    const [next, ...further] = others;
    if (end !== undefined || next === undefined) return end ?? gone;
    listening = { ...listening, mailbox: next, others: [...further, mailbox] };
  }
}

/** `undefined`: on to the next mailbox, of which there is one. */
function* visit(line: Line, listening: Listening): Dialogue<DialogueEnd | undefined> {
  const { mailbox, others } = listening;
  if (!(yield* enter(line, listening))) return ended(`nobody was let in to mailbox ${mailbox.name}`);
  const wish = yield* listen(line, listening);
  if (wish.type === 'call-back') return callsBack(wish.number, mailbox);
  if (wish.type !== 'end' && others.length > 0) return undefined;
  yield* lastWords(line, [phrase(line, 'goodbye')]);
  return ended(`mailbox ${mailbox.name} was listened to`);
}

function callsBack(number: E164, { name }: Mailbox): DialogueEnd {
  const next = [{ type: 'dial', number, forMs: RING_BACK_MS } as const];
  return { outcome: 'announced', text: `calls ${number} back from mailbox ${name}`, next };
}

function ended(text: string): DialogueEnd {
  return { outcome: 'announced', text };
}

function* enter(line: Line, { account, mailbox, guesser }: Listening): Dialogue<boolean> {
  // Only its own phones reach a mailbox without a PIN (services.ts).
  if (mailbox.pin === undefined) return true;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const pin = yield* collect(line, { prompt: phrases(line, 'enter-mailbox-pin'), ...PIN });
    if (pin === undefined) break;
    const answer = yield* ask(line, { type: 'open-mailbox', account, mailbox: mailbox.name, pin, guesser });
    if (answer.type === 'done') return true;
    line.forgetTyped();
    const isTroubled = answer.type === 'refused' && answer.why === 'failed';
    yield* play(line, [phrase(line, isTroubled ? 'went-wrong' : 'wrong-pin')], { interruptible: false });
    if (answer.type === 'refused' && answer.why === 'slowed') break;
  }
  yield* lastWords(line, phrases(line, 'too-many-wrong', 'goodbye'));
  return false;
}

type Wish =
  | { readonly type: 'call-back'; readonly number: E164 }
  | { readonly type: 'next-mailbox' }
  | { readonly type: 'end' };

const END: Wish = { type: 'end' };

/** What is wished for when it has been listened to. */
function* listen(line: Line, listening: Listening): Dialogue<Wish> {
  const { others } = listening;
  const messages = yield* messagesNow(line, listening);
  const fresh = messages.filter(({ heardAt }) => heardAt === undefined);
  const saved = messages.filter(({ heardAt }) => heardAt !== undefined);
  yield* play(line, summary(line, fresh.length, saved.length));
  for (const message of [...fresh, ...saved]) {
    if (!(yield* isThere(line, listening, message))) continue;
    const wish = yield* hear(line, listening, message);
    if (wish === 'end') return END;
    if (wish === 'call-back') return { type: 'call-back', number: message.caller };
  }
  yield* play(line, [phrase(line, 'no-more-messages')]);
  const choices = new Map<Key, 'greeting' | 'next-mailbox' | 'end'>([
    ['9', 'greeting'],
    ['0', 'end'],
    ['#', 'end'],
  ]);
  if (others.length > 0) choices.set('8', 'next-mailbox');
  const prompt = phrases(line, ...(others.length > 0 ? (['next-mailbox'] as const) : []), 'mailbox-choices');
  for (;;) {
    const wish = yield* menu(line, { prompt, choices, attempts: 2 });
    if (wish === 'next-mailbox') return { type: 'next-mailbox' };
    if (wish !== 'greeting') return END;
    yield* changeGreeting(line, listening);
  }
}

function* messagesNow(line: Line, { account, mailbox }: Listening): Dialogue<readonly VoicemailMessage[]> {
  const answer = yield* ask(line, { type: 'messages', account, mailbox: mailbox.name });
  return answer.type === 'messages' ? answer.messages : [];
}

/** Two may listen at once, and one of them delete what the other is about to hear. */
function* isThere(line: Line, listening: Listening, { id }: VoicemailMessage): Dialogue<boolean> {
  const messages = yield* messagesNow(line, listening);
  return messages.some((message) => message.id === id);
}

function summary(line: Line, fresh: number, saved: number): readonly Sound[] {
  if (fresh + saved === 0) return [phrase(line, 'no-messages')];
  const told: Sound[] = [phrase(line, 'you-have')];
  if (fresh > 0) told.push(...count(line, fresh), phrase(line, fresh === 1 ? 'new-message' : 'new-messages'));
  if (saved > 0)
    told.push(...count(line, saved), phrase(line, saved === 1 ? 'saved-message' : 'saved-messages'));
  return told;
}

type MessageWish = 'again' | 'save' | 'delete' | 'call-back' | 'next' | 'greeting' | 'end';

const MESSAGE_KEYS: ReadonlyMap<Key, MessageWish> = new Map<Key, MessageWish>([
  ['1', 'again'],
  ['2', 'save'],
  ['3', 'delete'],
  ['4', 'call-back'],
  ['#', 'next'],
  ['9', 'greeting'],
  ['0', 'end'],
]);

function* hear(
  line: Line,
  listening: Listening,
  message: VoicemailMessage,
): Dialogue<'next' | 'end' | 'call-back'> {
  let sounds = [...envelope(line, listening, message), recorded(line, message.recording, 'recording-lost')];
  for (;;) {
    const played = yield* play(line, sounds);
    if (played === 'played' && sounds.length > 0) yield* markHeard(line, listening, message);
    const wish = yield* menu(line, { prompt: phrases(line, 'message-choices'), choices: MESSAGE_KEYS });
    sounds = [];
    switch (wish) {
      case 'again':
        if (!(yield* isThere(line, listening, message))) {
          yield* play(line, [phrase(line, 'message-deleted')]);
          return 'next';
        }
        sounds = [recorded(line, message.recording, 'recording-lost')];
        break;
      case 'save':
        yield* save(line, listening, message);
        return 'next';
      case 'delete':
        yield* remove(line, message);
        return 'next';
      case 'call-back':
        if (message.caller.startsWith('+') && listening.mayCall(message.caller)) return 'call-back';
        yield* play(line, [phrase(line, 'cannot-call-back')]);
        break;
      case 'greeting':
        yield* changeGreeting(line, listening);
        break;
      case 'next':
        return 'next';
      case 'end':
      case undefined:
        return 'end';
    }
  }
}

/** From whom and when. */
function envelope(
  line: Line,
  { country, zone, now }: Listening,
  { caller, at }: VoicemailMessage,
): readonly Sound[] {
  const who = caller.startsWith('+')
    ? [phrase(line, 'message-from'), ...telephoneNumber(line, caller, country)]
    : [phrase(line, 'unknown-caller')];
  const when = zone === undefined ? [] : [phrase(line, 'received'), ...time(line, at, now, zone)];
  return [...who, ...when, { type: 'silence', lengthMs: 400 }];
}

function* markHeard(line: Line, { now }: Listening, { id, heardAt }: VoicemailMessage): Dialogue<Answer> {
  if (heardAt !== undefined) return { type: 'done' };
  return yield* ask(line, { type: 'message-heard', id, at: now });
}

function* save(line: Line, listening: Listening, message: VoicemailMessage): Dialogue<void> {
  const there = yield* isThere(line, listening, message);
  const saved = there ? yield* markHeard(line, listening, message) : GONE;
  yield* play(line, [phrase(line, becameOf(saved, 'message-saved'))]);
}

const GONE: Answer = { type: 'refused', why: 'unknown' };

function* remove(line: Line, { id }: VoicemailMessage): Dialogue<void> {
  const answer = yield* ask(line, { type: 'delete-message', id });
  yield* play(line, [phrase(line, becameOf(answer, 'message-deleted'))]);
}

/** Somebody else may have deleted it meanwhile: that is said, and not that something went wrong. */
function becameOf(answer: Answer, done: Phrase): Phrase {
  if (answer.type === 'done') return done;
  return answer.type === 'refused' && answer.why === 'unknown' ? 'message-deleted' : 'went-wrong';
}

function* changeGreeting(line: Line, { account, mailbox, author }: Listening): Dialogue<void> {
  yield* play(line, [phrase(line, 'record-greeting')]);
  line.forgetTyped();
  const { recording, speechMs, why } = yield* record(line, GREETING);
  if (line.hungUp) throw new HungUp();
  if (why === 'failed' || speechMs < GREETING_MIN_MS) {
    yield* play(line, [phrase(line, why === 'failed' ? 'went-wrong' : 'nothing-heard')]);
    return;
  }
  const choices = new Map<Key, 'keep' | 'default' | 'leave'>([
    ['1', 'keep'],
    ['2', 'default'],
    ['3', 'leave'],
  ]);
  const prompt = [recorded(line, recording, 'recording-lost'), phrase(line, 'greeting-choices')];
  const wish = yield* menu(line, { prompt, choices });
  if (wish === undefined || wish === 'leave') return;
  const greeting = wish === 'keep' ? recording : undefined;
  const change = { account, mailbox: mailbox.name, recording: greeting, author };
  const answer = yield* ask(line, { type: 'set-greeting', ...change });
  const words =
    answer.type !== 'done' ? 'not-changed' : wish === 'keep' ? 'greeting-kept' : 'greeting-default';
  yield* play(line, [phrase(line, words)]);
}
