// What an owner may write to the node in a text message, forgiving of case, spacing and what phones make of dashes:
//
//   STATUS │ HELP
//   DIVERT [number] MOBILE│VOICEMAIL│number code
//   NORMAL [number] code
//
// The code is one of the account's one-time codes, ten digits, written as one word or in groups.

import type { E164 } from '../ports/records.ts';

export type TextCommand =
  | { readonly type: 'status' }
  | { readonly type: 'help' }
  | {
      readonly type: 'divert';
      readonly number?: string;
      readonly to: 'mobile' | 'voicemail' | { readonly number: string };
      readonly code: string;
    }
  | { readonly type: 'normal'; readonly number?: string; readonly code: string }
  /** It is one of those, but has no code. */
  | { readonly type: 'no-code' }
  | { readonly type: 'unknown' };

const CODE_DIGITS = 10;
const VERBS: Readonly<Record<string, 'status' | 'help' | 'divert' | 'normal'>> = {
  STATUS: 'status',
  HELP: 'help',
  '?': 'help',
  DIVERT: 'divert',
  FORWARD: 'divert',
  NORMAL: 'normal',
  CLEAR: 'normal',
};
const CHARACTERS_READ = 200;

export function parseText(text: string): TextCommand {
  const words = text
    .slice(0, CHARACTERS_READ)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}"'`.,:;!/]/gu, ' ')
    .trim()
    .split(/\s+/);
  const [first = '', ...rest] = words;
  const verb = VERBS[first];
  if (verb === undefined) return { type: 'unknown' };
  if (verb === 'status' || verb === 'help') return { type: verb };
  const { before, code } = codeOf(rest);
  if (code === undefined) return { type: 'no-code' };
  return verb === 'normal' ? normal(before, code) : divert(before, code);
}

/** The last ten digits, where they are whole words. */
function codeOf(words: readonly string[]): { readonly before: readonly string[]; readonly code?: string } {
  let code = '';
  for (let at = words.length - 1; at >= 0; at--) {
    const word = words[at] ?? '';
    if (!/^\d+$/.test(word)) break;
    code = word + code;
    if (code.length === CODE_DIGITS) return { before: words.slice(0, at), code };
    if (code.length > CODE_DIGITS) break;
  }
  return { before: words };
}

function normal(words: readonly string[], code: string): TextCommand {
  if (words.length === 0) return { type: 'normal', code };
  const number = numberOf(words);
  return number === undefined ? { type: 'unknown' } : { type: 'normal', number, code };
}

/** `MOBILE`, `VOICEMAIL` and `TO` part two numbers; without one of them there is one number, which is the target. */
function divert(words: readonly string[], code: string): TextCommand {
  const at = words.findIndex((word) => word === 'MOBILE' || word === 'VOICEMAIL' || word === 'TO');
  const head = at < 0 ? [] : words.slice(0, at);
  const number = head.length === 0 ? undefined : numberOf(head);
  if (head.length > 0 && number === undefined) return { type: 'unknown' };
  const of = number === undefined ? {} : { number };
  const word = words[at];
  const tail = words.slice(at + 1);
  if (word === 'MOBILE' || word === 'VOICEMAIL') {
    return tail.length > 0
      ? { type: 'unknown' }
      : { type: 'divert', ...of, to: word === 'MOBILE' ? 'mobile' : 'voicemail', code };
  }
  const [only] = tail;
  if (tail.length === 1 && (only === 'MOBILE' || only === 'VOICEMAIL'))
    return { type: 'divert', ...of, to: only === 'MOBILE' ? 'mobile' : 'voicemail', code };
  const target = numberOf(tail);
  return target === undefined ? { type: 'unknown' } : { type: 'divert', ...of, to: { number: target }, code };
}

/** As it was written, without spaces; which number that is, its country says. */
function numberOf(words: readonly string[]): E164 | undefined {
  const joined = words.join('');
  return /^\+?\d{3,17}$/.test(joined) ? joined : undefined;
}
