// Times and names as programs read them in the files beside the page: RFC 3339 for JSON and Atom, and
// names that may stand in an address. Those for people are the page's own.

import type { Instant } from '../base/time.ts';

/** `2026-11-26T09:30:00Z`: to the second, which is finer than anything a reader of feeds asks for. */
export function timestamp(at: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toString({ smallestUnit: 'second' });
}

/** `2026-11-26T09:30:00.250Z`, by which one rendering is told from the next. */
export function exactTimestamp(at: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toString({ smallestUnit: 'millisecond' });
}

/** `Inbound calls (London)` → `inbound-calls-london`; of what has no letters at all, `x`. */
export function slug(name: string): string {
  const words =
    name
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, 60) || 'x';
}

/** Text that XML and iCalendar can carry at all: without control characters but tab and line feed (XML 1.0 §2.2). */
export function carriable(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .toWellFormed()
    .replaceAll(/[^\t\n\x20-\u{fffd}\u{10000}-\u{10ffff}]|\x7f/gu, '');
}

export function escaped(text: string): string {
  return carriable(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
