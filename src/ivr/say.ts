// The verb "say": words as prompts. Whole sentences are prompts of their own; numbers, times and telephone numbers are
// put together from small ones. Every word that dialogues may say is in the list below, and a test holds that the
// shipped language has a file for each.

import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { type LocalTime, localTime } from '../base/local-time.ts';
import { DAY_MS, type Instant } from '../base/time.ts';
import type { Refusal } from '../ports/desk.ts';
import type { Prompt, Sound } from '../ports/media.ts';
import type { RecordingId } from '../ports/recordings.ts';
import type { E164 } from '../ports/records.ts';
import type { Line } from './dialogue.ts';

const UNITS = Array.from({ length: 21 }, (_, number) => `number-${number}`);
const TENS = ['number-30', 'number-40', 'number-50'];
const DIGITS = Array.from({ length: 10 }, (_, digit) => `digit-${digit}`);
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

const WORDS = [
  ...DAYS,
  'today',
  'yesterday',
  'oh-clock',
  'am',
  'pm',
  'goodbye',
  'one-moment',
  'not-understood',
  'not-a-choice',
  'went-wrong',
  'recording-lost',
  // Voicemail: the caller.
  'leave-a-message',
  'nothing-heard',
  'message-kept',
  'message-not-kept',
  'mailbox-full',
  // Voicemail: the owner.
  'enter-mailbox-pin',
  'wrong-pin',
  'too-many-wrong',
  'you-have',
  'no-messages',
  'new-message',
  'new-messages',
  'saved-message',
  'saved-messages',
  'message-from',
  'unknown-caller',
  'received',
  'message-choices',
  'message-saved',
  'message-deleted',
  'no-more-messages',
  'next-mailbox',
  'mailbox-choices',
  'record-greeting',
  'greeting-choices',
  'greeting-kept',
  'greeting-default',
  'cannot-call-back',
  'choice-new-pin',
  'enter-new-pin',
  'enter-pin-again',
  'pins-differ',
  'pin-too-easy',
  // A rehearsal.
  'rehearsal-greeting',
  'rehearsal-choice',
  'rehearsal-thanks',
  // The control number.
  'control-welcome',
  'enter-pin-or-code',
  'use-a-code',
  'choose-number',
  'which-number',
  'for-number',
  'press',
  'no-such-number',
  'no-numbers',
  'calls-to',
  'follow-their-plan',
  'go-to',
  'go-to-voicemail',
  'to-mobile',
  'choice-another-mobile',
  'choice-voicemail',
  'choice-plan',
  'choice-other-number',
  'choice-end',
  'enter-mobile',
  'you-entered',
  'correct-or-again',
  'calling-mobile',
  'mobile-not-confirmed',
  'mobile-busy',
  'will-call-you',
  'done',
  'not-changed',
  'destination-not-allowed',
  'divert-loops',
  // At the mobile that is to be confirmed.
  'confirm-greeting',
  'confirm-choices',
  'confirm-accepted',
  'confirm-declined',
  // Feature codes.
  'divert-set',
  'not-diverted',
  'number-not-understood',
] as const;

/** What dialogues say, by the names of the prompts' files. */
export const PHRASES: readonly string[] = [...DIGITS, ...UNITS, ...TENS, ...WORDS];

export type Phrase = (typeof WORDS)[number];

/** How a refusal of the records is told. */
export function refusalWords(why: Refusal): Phrase {
  switch (why) {
    case 'not-allowed':
      return 'destination-not-allowed';
    case 'loop':
      return 'divert-loops';
    case 'unknown':
      return 'number-not-understood';
    case 'busy':
      return 'mobile-busy';
    case 'declined':
    case 'no-answer':
    case 'not-confirmed':
      return 'mobile-not-confirmed';
    case 'wrong':
    case 'slowed':
    case 'full':
    case 'too-easy':
    case 'failed':
      return 'not-changed';
  }
}

export function phrase({ language }: Pick<Line, 'language'>, name: Phrase): Prompt {
  return { type: 'prompt', name, ...(language === undefined ? {} : { language }) };
}

/** A recording, or `otherwise` where it cannot be read. */
export function recorded(line: Pick<Line, 'language'>, recording: RecordingId, otherwise: Phrase): Sound {
  return { type: 'recording', recording, otherwise: phrase(line, otherwise) };
}

export function phrases(line: Pick<Line, 'language'>, ...names: readonly Phrase[]): readonly Sound[] {
  return names.map((name) => phrase(line, name));
}

/** A number of things, 0 to 59; more are said digit by digit. */
export function count(line: Pick<Line, 'language'>, number: number): readonly Sound[] {
  if (number <= 20) return [named(line, `number-${number}`)];
  if (number > 59) return digits(line, String(number));
  const unit = number % 10;
  const tens = named(line, number < 30 ? 'number-20' : `number-${number - unit}`);
  return unit === 0 ? [tens] : [tens, named(line, `number-${unit}`)];
}

/** One after another; what is no digit is a short pause. */
export function digits(line: Pick<Line, 'language'>, text: string): readonly Sound[] {
  return [...text].map((character) =>
    /\d/.test(character) ? named(line, `digit-${character}`) : ({ type: 'silence', lengthMs: 250 } as const),
  );
}

/** In its groups, and without the country's code where it is of this country (ISO 3166). */
export function telephoneNumber(
  line: Pick<Line, 'language'>,
  number: E164,
  country: string,
): readonly Sound[] {
  const parsed = parsePhoneNumberFromString(number);
  if (parsed === undefined) return digits(line, number.replace('+', ''));
  const isOurs = parsed.country === country;
  return digits(line, isOurs ? parsed.formatNational() : parsed.formatInternational().replace('+', '00 '));
}

/** What somebody is asked who may not know of it: the number that it is about is said between the two. */
export function aboutNumber(
  line: Pick<Line, 'language'>,
  { number, country }: { readonly number: E164; readonly country: string },
  { before, after }: { readonly before: Phrase; readonly after: Phrase },
): readonly Sound[] {
  return [phrase(line, before), ...telephoneNumber(line, number, country), phrase(line, after)];
}

/** When something was: the day, where it is less than a week ago, and the time of day. */
export function time(
  line: Pick<Line, 'language'>,
  at: Instant,
  now: Instant,
  zone: string,
): readonly Sound[] {
  const then = localTime(at, zone);
  const hour = Math.floor(then.minute / 60);
  const minute = then.minute % 60;
  const minutes =
    minute === 0
      ? [phrase(line, 'oh-clock')]
      : [...(minute < 10 ? digits(line, '0') : []), ...count(line, minute)];
  return [
    day(line, then, localTime(now, zone)),
    ...count(line, hour % 12 === 0 ? 12 : hour % 12),
    ...minutes,
    phrase(line, hour < 12 ? 'am' : 'pm'),
  ];
}

function day(line: Pick<Line, 'language'>, then: LocalTime, now: LocalTime): Sound {
  const noon = ({ date }: LocalTime) => new Date(`${date}T12:00:00Z`).getTime();
  const daysAgo = Math.round((noon(now) - noon(then)) / DAY_MS);
  if (daysAgo <= 0) return phrase(line, 'today');
  return phrase(line, daysAgo === 1 ? 'yesterday' : (DAYS[then.day - 1] ?? 'today'));
}

function named({ language }: Pick<Line, 'language'>, name: string): Sound {
  return { type: 'prompt', name, ...(language === undefined ? {} : { language }) };
}
