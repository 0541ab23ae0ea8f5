// A feature code that a phone dialled: what it asks for is done, and the phone's user hears how the number is now.

import type { Answer, DivertTo } from '../../ports/desk.ts';
import type { Sound } from '../../ports/media.ts';
import { type Divert, type E164, isInForce, type NumberRecord } from '../../ports/records.ts';
import { ask } from '../ask.ts';
import { type Dialogue, type DialogueEnd, type Line, orHungUp } from '../dialogue.ts';
import type { FeatureCode } from '../feature-codes.ts';
import { play } from '../play.ts';
import { phrase, refusalWords, telephoneNumber } from '../say.ts';
import type { ControlDesk } from './control.ts';

export interface FeatureDesk {
  readonly desk: ControlDesk;
  readonly account: string;
  /** The number whose calls it is about. */
  readonly number: E164;
}

export function featureCode(line: Line, code: FeatureCode, asked: FeatureDesk): Dialogue<DialogueEnd> {
  const end = { outcome: 'announced', text: `${code.code} was dialled for ${asked.number}` } as const;
  return orHungUp(serve(line, code, asked, end), () => end);
}

function* serve(line: Line, code: FeatureCode, asked: FeatureDesk, end: DialogueEnd): Dialogue<DialogueEnd> {
  const answer = code.action === 'query' ? undefined : yield* change(line, code, asked);
  line.do({ type: 'note', text: answer?.type === 'refused' ? `${end.text}: ${answer.why}` : end.text });
  const news = answer?.type === 'refused' ? [phrase(line, refusalWords(answer.why))] : [];
  const state = whatItDoes(line, code, asked);
  yield* play(line, [...news, ...state, phrase(line, 'goodbye')], { interruptible: false });
  return end;
}

function* change(line: Line, code: FeatureCode, { desk, account, number }: FeatureDesk): Dialogue<Answer> {
  const to = targetOf(code, desk);
  if (to === undefined) return { type: 'refused', why: 'unknown' };
  const { author } = desk;
  let answer: Answer = { type: 'refused', why: 'unknown' };
  for (const when of code.when) {
    answer = yield* ask(
      line,
      when === 'always'
        ? { type: 'divert', account, number, to, author }
        : { type: 'forward', account, number, when, to, author },
    );
    if (answer.type === 'refused') return answer;
  }
  return answer;
}

function targetOf({ action, number: typed = '' }: FeatureCode, desk: ControlDesk): DivertTo | undefined {
  if (action === 'clear') return { type: 'plan' };
  const number = desk.numberOf(typed);
  return number === undefined ? undefined : { type: 'number', number };
}

function whatItDoes(
  line: Line,
  { when }: FeatureCode,
  { desk, account, number }: FeatureDesk,
): readonly Sound[] {
  const record = desk.account(account)?.numbers.find((one) => one.number === number);
  const diverts = record === undefined ? [] : when.map((about) => divertOf(record, about));
  const targets = diverts.flatMap((divert) => (isInForce(divert, desk.now) ? [divert.to] : []));
  if (targets.length === 0) return [phrase(line, 'not-diverted')];
  // All calls, or calls that the phones did not take, may go to several places: each is said once.
  const places = new Set(targets.map((to) => (typeof to === 'string' ? to : undefined)));
  return [...places].flatMap((number) => [
    phrase(line, 'divert-set'),
    ...(number === undefined
      ? [phrase(line, 'go-to-voicemail')]
      : telephoneNumber(line, number, desk.country)),
  ]);
}

function divertOf(
  { divert, forwards }: NumberRecord,
  about: FeatureCode['when'][number],
): Divert | undefined {
  switch (about) {
    case 'always':
      return divert;
    case 'unreachable':
      return forwards?.unreachable;
    case 'no-answer':
      return forwards?.noAnswer;
    case 'busy':
      return forwards?.busy;
  }
}
