// What can be dialled on a phone to divert its number, as on every mobile (3GPP TS 22.030 §6.5.2, Annex B):
//
//   *21*07700900123#   all calls there       #21#  no more       *#21#  how is it?
//   *62*…#  when the phones cannot be reached   *61*…#  when nobody answers   *67*…#  when they are busy
//   *004*…#  all three of these                 #002#  nothing is sent on any more
//
// The last # is often not sent by telephones whose own end of dialling it is.

import type { ForwardWhen } from '../ports/desk.ts';

export interface FeatureCode {
  /** As dialled, without the number: `*21*`. */
  readonly code: string;
  readonly action: 'set' | 'clear' | 'query';
  /** What it is about: all calls, or those that the phones could not take. */
  readonly when: readonly ('always' | ForwardWhen)[];
  /** As typed. Only with `set`. */
  readonly number?: string;
}

const SERVICES: Readonly<Record<string, FeatureCode['when']>> = {
  '21': ['always'],
  '61': ['no-answer'],
  '62': ['unreachable'],
  '67': ['busy'],
  '002': ['always', 'unreachable', 'no-answer', 'busy'],
  '004': ['unreachable', 'no-answer', 'busy'],
};

/** `unknown`: it looks like a code, and is none. `undefined`: it does not look like one. */
export function parseFeatureCode(dialled: string): FeatureCode | 'unknown' | undefined {
  if (!/^[*#]/.test(dialled)) return undefined;
  const set = /^(\*{1,2}(\d{2,3})\*)(\+?\d{2,15})#?$/.exec(dialled);
  if (set !== null) return codeOf('set', set[1], set[2], set[3]);
  const clear = /^(#{1,2}(\d{2,3}))#?$/.exec(dialled);
  if (clear !== null) return codeOf('clear', clear[1], clear[2]);
  const query = /^(\*#(\d{2,3}))#?$/.exec(dialled);
  if (query !== null) return codeOf('query', query[1], query[2]);
  return 'unknown';
}

function codeOf(
  action: FeatureCode['action'],
  code = '',
  service = '',
  number?: string,
): FeatureCode | 'unknown' {
  const when = SERVICES[service];
  if (when === undefined) return 'unknown';
  return { code, action, when, ...(number === undefined ? {} : { number }) };
}
