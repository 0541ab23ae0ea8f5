// The control number: whoever has an account's control id and its PIN, or a one-time code, changes from any telephone
// where the account's numbers lead. It rests on nothing but what a replica holds: plans, diverts, hashes, prompts.
//
//   welcome ─▶ control id ─▶ PIN or code ─▶ which number? ─▶ what it does now ─▶ what it shall do ─▶ done
//                                 ▲ wrong: three times at most         ▲──────────────────────────────┘

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import type { Answer, Author, DivertTo, Guesser, Refusal } from '../../ports/desk.ts';
import type { Key, Sound } from '../../ports/media.ts';
import { type Account, type E164, isInForce, type NumberRecord } from '../../ports/records.ts';
import { ask } from '../ask.ts';
import { collect } from '../collect.ts';
import { type Dialogue, type DialogueEnd, type Line, orHungUp } from '../dialogue.ts';
import { menu } from '../menu.ts';
import { play } from '../play.ts';
import { digits, type Phrase, phrase, phrases, refusalWords, telephoneNumber } from '../say.ts';
import { newPin } from './new-pin.ts';

export interface ControlDesk {
  /** As the account is now; `undefined` where it is gone. */
  account(name: string): Account | undefined;
  /** What somebody typed as an E.164 number; `undefined` where it is none. */
  numberOf(typed: string): E164 | undefined;
  /** ISO 3166: numbers of it are said without their country's code. */
  readonly country: string;
  readonly author: Author;
  readonly guesser: Guesser;
  /** Who calls, as far as the caller says so. */
  readonly caller: E164 | undefined;
  /** When the call came. */
  readonly now: Instant;
}

const TRIES = 3;
const CONTROL_ID = { min: 4, max: 10 };
const SECRET = { min: 4, max: 10 };
const NUMBER = { min: 3, max: 15 };
/** Keys for what is chosen from a list. */
const LIST_KEYS: readonly Key[] = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
/** Keys of the mobiles, of which the first are offered. */
const MOBILES = 3;
/** The one who asks to be called has this long to hang up. */
const CALL_BACK_AFTER_MS = 6_000;

export function controlNumber(line: Line, desk: ControlDesk): Dialogue<DialogueEnd> {
  return orHungUp(conversation(line, desk), () => ended('the caller hung up'));
}

function* conversation(line: Line, desk: ControlDesk): Dialogue<DialogueEnd> {
  const entered = yield* enter(line, desk);
  if (entered === undefined) return ended('nobody was let in');
  const { name } = entered;
  line.do({ type: 'note', text: `let in to account ${name}` });
  const account = desk.account(name);
  if (account !== undefined) line.speakAs(account);
  yield* serve(line, { ...desk, ...entered }, name);
  yield* play(line, [phrase(line, 'goodbye')], { interruptible: false });
  return ended(`account ${name} was served`);
}

function ended(text: string): DialogueEnd {
  return { outcome: 'announced', text };
}

interface Entered {
  readonly name: string;
  /** With the PIN itself, and not with a one-time code. */
  readonly byPin: boolean;
}

/** The account that the caller may change. */
function* enter(line: Line, { author, guesser }: ControlDesk): Dialogue<Entered | undefined> {
  const welcome = phrases(line, 'control-welcome');
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const control = yield* collect(line, { prompt: welcome, ...CONTROL_ID });
    if (control === undefined) break;
    const secret = yield* collect(line, { prompt: phrases(line, 'enter-pin-or-code'), ...SECRET });
    if (secret === undefined) break;
    const answer = yield* ask(line, { type: 'enter', control, secret, guesser, author });
    if (answer.type === 'entered') {
      return { name: answer.account, byPin: secret.length !== LIMITS.oneTimeCodeDigits };
    }
    line.forgetTyped();
    const why: Refusal = answer.type === 'refused' ? answer.why : 'failed';
    const words = why === 'failed' ? 'went-wrong' : why === 'slowed' ? 'use-a-code' : 'wrong-pin';
    yield* play(line, [phrase(line, words)], { interruptible: false });
  }
  yield* play(line, phrases(line, 'too-many-wrong', 'goodbye'), { interruptible: false });
  return undefined;
}

/** One number after another, until the caller is done. */
function* serve(line: Line, desk: ControlDesk & Entered, name: string): Dialogue<void> {
  for (let isFirst = true; ; isFirst = false) {
    const account = desk.account(name);
    if (account === undefined || account.numbers.length === 0) {
      yield* play(line, [phrase(line, 'no-numbers')], { interruptible: false });
      return;
    }
    const number = yield* chooseNumber(line, desk, account, isFirst);
    if (number === undefined) return;
    if ((yield* serveNumber(line, desk, name, number)) === 'end') return;
  }
}

function* chooseNumber(
  line: Line,
  desk: ControlDesk,
  { numbers }: Account,
  isFirst: boolean,
): Dialogue<E164 | undefined> {
  const [only] = numbers;
  if (numbers.length === 1 && only !== undefined) return isFirst ? only.number : undefined;
  if (numbers.length > LIST_KEYS.length) return yield* typeNumber(line, desk, numbers);
  const listed = numbers.map(({ number }, index) => ({ key: LIST_KEYS[index] ?? '9', number }));
  const prompt = listed.flatMap(({ key, number }) => [
    phrase(line, 'for-number'),
    ...telephoneNumber(line, number, desk.country),
    ...pressKey(line, key),
  ]);
  return yield* menu(line, {
    prompt: [phrase(line, 'choose-number'), ...prompt],
    choices: new Map(listed.map(({ key, number }) => [key, number])),
  });
}

/** Too many for keys: the whole number, or its last digits where those are enough. */
function* typeNumber(
  line: Line,
  desk: ControlDesk,
  numbers: readonly NumberRecord[],
): Dialogue<E164 | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const typed = yield* collect(line, { prompt: phrases(line, 'which-number'), ...NUMBER });
    if (typed === undefined) return undefined;
    const written = desk.numberOf(typed);
    const found = numbers.filter(({ number }) => number === written || number.endsWith(typed));
    const [one] = found;
    if (found.length === 1 && one !== undefined) return one.number;
    yield* play(line, [phrase(line, 'no-such-number')]);
  }
  return undefined;
}

type Wish =
  | { readonly type: 'divert'; readonly to: DivertTo }
  | { readonly type: 'new-mobile' }
  | { readonly type: 'new-pin' }
  | { readonly type: 'other-number' }
  | { readonly type: 'end' };

function* serveNumber(
  line: Line,
  desk: ControlDesk & Entered,
  name: string,
  number: E164,
): Dialogue<'end' | 'other-number'> {
  let news: readonly Sound[] = [];
  for (;;) {
    const account = desk.account(name);
    const record = account?.numbers.find((one) => one.number === number);
    if (account === undefined || record === undefined) return 'other-number';
    const { choices, prompt } = wishes(line, desk, account);
    const state = whatItDoes(line, desk, record);
    const wish = yield* menu(line, { prompt: [...news, ...state, ...prompt], choices });
    if (wish === undefined || wish.type === 'end') return 'end';
    if (wish.type === 'other-number') return 'other-number';
    const answer = yield* grant(line, desk, wish, number);
    if (answer === undefined) news = [];
    else {
      const words = answer.type === 'refused' ? refusalWords(answer.why) : 'done';
      const what = wish.type === 'new-pin' ? 'the PIN' : number;
      line.do({ type: 'note', text: `asked for a change of ${what}: ${words}` });
      news = [phrase(line, words)];
    }
  }
}

/** `undefined`: the caller thought better of it. */
function* grant(
  line: Line,
  desk: ControlDesk & Entered,
  wish: Exclude<Wish, { readonly type: 'other-number' | 'end' }>,
  number: E164,
): Dialogue<Answer | undefined> {
  const { name: account, author } = desk;
  switch (wish.type) {
    case 'divert':
      return yield* ask(line, { type: 'divert', account, number, to: wish.to, author });
    case 'new-mobile':
      return yield* divertToNewMobile(line, desk, account, number);
    case 'new-pin':
      return yield* newPin(line, { account, author });
  }
}

/** What can be asked for, on which keys, and how that is said. */
function wishes(line: Line, desk: ControlDesk & Entered, { numbers, mailboxes = [], control }: Account) {
  const choices = new Map<Key, Wish>();
  const prompt: Sound[] = [];
  const confirmed = (control?.mobiles ?? []).filter(({ confirmedAt }) => confirmedAt !== undefined);
  for (const [index, { number }] of confirmed.slice(0, MOBILES).entries()) {
    const key = LIST_KEYS[index] ?? '1';
    choices.set(key, { type: 'divert', to: { type: 'number', number } });
    prompt.push(phrase(line, 'to-mobile'), ...telephoneNumber(line, number, desk.country));
    prompt.push(...pressKey(line, key));
  }
  const offer = (key: Key, wish: Wish, words: Phrase) => {
    choices.set(key, wish);
    prompt.push(phrase(line, words), ...pressKey(line, key));
  };
  offer('4', { type: 'new-mobile' }, 'choice-another-mobile');
  const [mailbox] = mailboxes;
  if (mailbox !== undefined) {
    offer('5', { type: 'divert', to: { type: 'mailbox', mailbox: mailbox.name } }, 'choice-voicemail');
  }
  offer('6', { type: 'divert', to: { type: 'plan' } }, 'choice-plan');
  if (desk.byPin) offer('7', { type: 'new-pin' }, 'choice-new-pin');
  if (numbers.length > 1) offer('8', { type: 'other-number' }, 'choice-other-number');
  offer('0', { type: 'end' }, 'choice-end');
  return { choices, prompt };
}

function pressKey(line: Line, key: Key): readonly Sound[] {
  return [phrase(line, 'press'), ...digits(line, key)];
}

function whatItDoes(
  line: Line,
  { country, now }: ControlDesk,
  { number, divert }: NumberRecord,
): readonly Sound[] {
  const calls = [phrase(line, 'calls-to'), ...telephoneNumber(line, number, country)];
  if (!isInForce(divert, now)) return [...calls, phrase(line, 'follow-their-plan')];
  if (typeof divert.to !== 'string') return [...calls, phrase(line, 'go-to-voicemail')];
  return [...calls, phrase(line, 'go-to'), ...telephoneNumber(line, divert.to, country)];
}

/** `undefined`: the caller thought better of it. */
function* divertToNewMobile(
  line: Line,
  desk: ControlDesk,
  account: string,
  number: E164,
): Dialogue<Answer | undefined> {
  const mobile = yield* askForNumber(line, desk);
  if (mobile === undefined) return undefined;
  const isThisOne = mobile === desk.caller;
  if (isThisOne) yield* play(line, [phrase(line, 'will-call-you')], { interruptible: false });
  const delayMs = isThisOne ? CALL_BACK_AFTER_MS : 0;
  const question = { type: 'confirm-mobile', account, number, mobile, author: desk.author, delayMs } as const;
  if (!isThisOne) yield* play(line, [phrase(line, 'calling-mobile')], { interruptible: false });
  const answer = yield* ask(line, question, { meanwhile: RINGING, atMostMs: CONFIRM_WITHIN_MS });
  line.forgetTyped();
  return answer;
}

/** As ringing sounds at home in Britain: the caller knows that somebody is being called. */
const RINGING: readonly Sound[] = [
  { type: 'tone', frequencyHz: 425, lengthMs: 1_000 },
  { type: 'silence', lengthMs: 1_500 },
];
const CONFIRM_WITHIN_MS = 60_000;

function* askForNumber(line: Line, desk: ControlDesk): Dialogue<E164 | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const typed = yield* collect(line, { prompt: phrases(line, 'enter-mobile'), ...NUMBER });
    if (typed === undefined) return undefined;
    const number = desk.numberOf(typed);
    if (number === undefined) {
      yield* play(line, [phrase(line, 'number-not-understood')]);
      continue;
    }
    const isRight = yield* menu(line, {
      prompt: [
        phrase(line, 'you-entered'),
        ...telephoneNumber(line, number, desk.country),
        phrase(line, 'correct-or-again'),
      ],
      choices: new Map<Key, boolean>([
        ['1', true],
        ['2', false],
      ]),
    });
    if (isRight === undefined) return undefined;
    if (isRight) return number;
  }
  return undefined;
}
