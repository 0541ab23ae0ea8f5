// The vocabulary that configuration files, provisioning files and the API share: sections that refuse keys
// they don't know (a typing slip in `outbond: true` must not go unnoticed until the worst day), and durations
// with their unit. These schemas check what people write and leave it as it is; what it means is worked out
// afterwards, where a second look over the whole file is possible. So one schema serves a file, an API
// request, an API response and the OpenAPI document.

import { z } from 'zod';
import { present } from '../../base/assert.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/time.ts';

/** An object with these keys and no other; an unknown one is a mistake that names the nearest known one. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, Object.keys(shape));
      return issue.code === 'invalid_type' ? expectedSection(issue.input, Object.keys(shape)) : undefined;
    },
  });
}

/** What people write ends up in headers, logs and terminals, where these mean something else. */
const NO_CONTROLS = /^[^\p{Cc}\u2028\u2029]*$/u;

/**
 * Text of a limited length. A number where text belongs (a password of digits) is told to be put in quotes; where that
 * would not help either, `wanted` says what would.
 */
export function words(lengthMax: number, wanted?: string) {
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : wanted) ?? expectedText(input) })
    .min(1, 'must not be empty')
    .max(lengthMax, `must not be longer than ${lengthMax} characters`)
    .regex(NO_CONTROLS, 'must not contain line ends or other control characters');
}

/** A list of at most `lengthMax`; `example` is shown to whoever wrote something else. */
export function list<Item extends z.ZodType>(item: Item, lengthMax: number, example: string) {
  return z
    .array(item, { error: `expected a list, such as ${example}` })
    .max(lengthMax, `must not have more than ${lengthMax} ${lengthMax === 1 ? 'entry' : 'entries'}`);
}

/** A whole number from `min` to `max`. */
export function count(min: number, max: number) {
  const wanted = `expected a whole number from ${min} to ${max}`;
  return z.int({ error: wanted }).min(min, wanted).max(max, wanted);
}

/** The same where it comes as text, as in the query of a request. */
export function countInText(min: number, max: number) {
  const wanted = `expected a whole number from ${min} to ${max}`;
  return z.coerce.number({ error: wanted }).int(wanted).min(min, wanted).max(max, wanted);
}

/** `true` or `false`, not `yes` or `"true"`. */
export const flag = z.boolean({ error: 'expected true or false' });

const DURATION = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: 24 * HOUR_MS,
};
const DURATION_WANTED = 'expected a time with its unit, such as 20s, 5m or 1h';

/** `20s`, `5m`, `1h`, `2d`, `500ms`. Its length is read by `durationMs`. */
export const duration = z
  .string({ error: DURATION_WANTED })
  .regex(DURATION, DURATION_WANTED)
  .meta({ description: 'A time with its unit', examples: ['20s', '5m', '1h'] });

/** The same, no longer than this. `reason` is told of longer ones, and not of what is no duration at all. */
export function durationAtMost(maxMs: number, reason: string) {
  return duration.refine((text) => !DURATION.test(text) || durationMs(text) <= maxMs, reason);
}

/** Milliseconds of a text that `duration` accepted. */
export function durationMs(text: string): number {
  const [, amount, unit = ''] = present(DURATION.exec(text), `duration in ${text}`);
  return Math.round(Number(amount) * present(UNITS_MS[unit], `unit ${unit}`));
}

/** The shortest text for a duration: 90000 → `90s`, 300000 → `5m`. */
export function formatDuration(lengthMs: number): string {
  for (const [unit, unitMs] of [
    ['h', HOUR_MS],
    ['m', MINUTE_MS],
    ['s', SECOND_MS],
  ] as const) {
    if (lengthMs >= unitMs && lengthMs % unitMs === 0) return `${lengthMs / unitMs}${unit}`;
  }
  return `${lengthMs}ms`;
}

/** Nobody slips on the keyboard for so long; and the comparison takes time by the length of both. */
const WORD_LENGTH_MAX = 100;

/** The known word nearest to what was written, if it is near enough to be a slip of the keyboard. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (written.length > WORD_LENGTH_MAX) return undefined;
  let best: { word: string; distance: number } | undefined;
  for (const word of known) {
    const distance = editDistance(written.toLowerCase(), word.toLowerCase());
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  const slipsMax = Math.max(1, Math.floor(written.length / 3));
  return best !== undefined && best.distance <= slipsMax ? best.word : undefined;
}

/** One line for each key, in their order: document.ts makes one mistake of each. */
function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  const reasonOf = (key: string) => {
    const guess = nearest(key, known);
    return guess === undefined ? `known here: ${known.join(', ')}` : `did you mean "${guess}"?`;
  };
  return keys.map((key) => `unknown key; ${reasonOf(key)}`).join('\n');
}

function expectedSection(input: unknown, known: readonly string[]): string {
  const missing = input === undefined || input === null;
  return `${missing ? 'is missing' : 'is not a section'}; expected keys: ${known.join(', ')}`;
}

function expectedText(input: unknown): string {
  if (input === undefined) return 'is missing';
  const quotable = typeof input === 'number' || typeof input === 'boolean';
  // What was written may be a password of digits, and mistakes are shown and logged.
  return quotable ? 'expected text; put it in quotes' : 'expected text';
}

/** Slips (a letter too many, missing, wrong, or two swapped) between two words; one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const added = (current[column - 1] ?? 0) + 1;
      const removed = (previous[column] ?? 0) + 1;
      const swappable = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = swappable ? (beforePrevious[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, added, removed, swapped));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
