// What customers read of an incident that opened by itself: plain words, what fails first, then since when, then what
// they can do. No name of a machine, no code, no apology.
//
//   Since 14:05 GMT, calls to your numbers may not arrive; the website does not work. Your numbers ring your mobiles …

import { wallClock, wallTime } from '../base/local-time.ts';
import { counted, isPlural, listed } from '../base/names.ts';
import { DAY_MS, HOUR_MS, type Instant, inTwoUnits, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Affected, Impact, Maintenance } from '../ports/incidents.ts';
import { worst } from '../ports/status.ts';
import type { Rules } from './known.ts';

/** Parts that a sentence names; the others are counted. */
const NAMED = 5;

const TITLES: Readonly<Record<Impact, string>> = {
  'major-outage': 'Outage of',
  'partial-outage': 'Partial outage of',
  degraded: 'Trouble with',
};

/** Of one and of many. */
const FAILS: Readonly<Record<Impact, readonly [string, string]>> = {
  'major-outage': ['does not work', 'do not work'],
  'partial-outage': ['works only in part', 'work only in part'],
  degraded: ['does not work reliably', 'do not work reliably'],
};

/** `Outage of Inbound calls and Website` */
export function titleOf(affected: readonly Affected[]): string {
  const how = worst(affected.map((row) => row.worst)) ?? 'degraded';
  const names = [...new Set(affected.map(({ component }) => component))];
  return `${TITLES[how]} ${enumerated(names)}`;
}

/** Of those rows that go on, since the first of them. */
export function failingText(rows: readonly Affected[], rules: Rules): string {
  const since = Math.min(...rows.map((row) => row.since));
  return withAdvice(`Since ${wallClock(since, rules.timeZone)}, ${failures(rows, rules)}.`, rules);
}

export function againText(rows: readonly Affected[], at: Instant, rules: Rules): string {
  const text = `It fails again: since ${wallClock(at, rules.timeZone)}, ${failures(rows, rules)}.`;
  return withAdvice(text, rules);
}

export function worksText(since: Instant, { timeZone, resolveAfterMs }: Rules): string {
  const clock = wallClock(since, timeZone);
  return `All of it works again since ${clock}. This is over when that has lasted ${lengthOf(resolveAfterMs)}.`;
}

/** From the first failure until the last part worked. */
export function resolvedText(from: Instant, until: Instant, { timeZone }: Rules): string {
  const clock = wallClock(until, timeZone);
  return `This is over. It lasted ${lengthOf(until - from)}, until ${clock}.`;
}

export const UNWATCHED_TEXT = 'This is closed: what it was about is not a part of this status page any more.';

export function dueText({ from }: Maintenance, now: Instant, { timeZone }: Rules): string {
  return `Reminder: this begins in ${lengthOf(from - now)}, at ${wallTime(from, timeZone)}.`;
}

export function movedText({ from, until }: Maintenance, { timeZone }: Rules): string {
  return `Moved: it is now from ${wallTime(from, timeZone)} to ${wallTime(until, timeZone)}.`;
}

export function extendedText({ until }: Maintenance, { timeZone }: Rules): string {
  return `It now ends at ${wallTime(until, timeZone)}.`;
}

/** `{components}`, `{since}` and `{advice}` filled in. */
export function fromTemplate(
  text: string,
  affected: readonly Affected[],
  now: Instant,
  rules: Rules,
): string {
  const rows = affected.filter(({ until }) => until === undefined);
  const told = rows.length === 0 ? affected : rows;
  const since = Math.min(now, ...told.map((row) => row.since));
  const names = enumerated([...new Set(told.map(({ component }) => component))]);
  return text
    .replaceAll('{components}', () => (names === '' ? 'the service' : names))
    .replaceAll('{since}', () => wallClock(since, rules.timeZone))
    .replaceAll('{advice}', () => rules.advice)
    .trim();
}

/** `45 seconds`, `7 minutes`, `2 hours 5 minutes`, `3 days`: two units at most. */
export function lengthOf(lengthMs: number): string {
  const seconds = Math.max(1, Math.round(lengthMs / SECOND_MS)) * SECOND_MS;
  const rounded = seconds < 10 * MINUTE_MS ? seconds : Math.round(seconds / MINUTE_MS) * MINUTE_MS;
  const units = [
    ['day', DAY_MS],
    ['hour', HOUR_MS],
    ['minute', MINUTE_MS],
    ['second', SECOND_MS],
  ] as const;
  return inTwoUnits(rounded, units, counted);
}

function failures(rows: readonly Affected[], { components }: Rules): string {
  const told = rows.slice(0, NAMED).map((row) => {
    const fails = components.find(({ name }) => name === row.component)?.fails;
    return fails ?? `${row.component} ${FAILS[row.worst][isPlural(row.component) ? 1 : 0]}`;
  });
  const rest = rows.length - told.length;
  const more = rest === 1 ? ['one more part is affected'] : [`${rest} more parts are affected`];
  return [...new Set(told), ...(rest === 0 ? [] : more)].join('; ');
}

function withAdvice(text: string, { advice }: Rules): string {
  return advice === '' ? text : `${text} ${advice}`;
}

/** `A`, `A and B`, `A, B and C`, `A, B, C, D, E and 3 more`. */
function enumerated(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return listed(rest > 1 ? [...names.slice(0, NAMED), `${rest} more`] : names);
}
