// The basic rules of RFC 3261 §25.1 that every header value shares: tokens, quoted strings, comments, comma
// lists. All scanners walk the text once, forward, so no input makes them slow; there is no regular
// expression in here on purpose.

import {
  BACKSLASH,
  CLOSE_PARENTHESIS,
  COMMA,
  CR,
  DELETE,
  isDigit,
  isLinearSpace,
  isSpace,
  LESS,
  LF,
  OPEN_PARENTHESIS,
  QUOTE,
  SPACE,
  TAB,
} from './octets.ts';

const TOKEN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~";

/** `TOKEN[byte]` is 1 for the characters of a token. */
export const TOKEN: Uint8Array = new Uint8Array(256);
for (const character of TOKEN_CHARACTERS) TOKEN[character.charCodeAt(0)] = 1;

export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (TOKEN[text.charCodeAt(at)] !== 1) return false;
  }
  return text.length > 0;
}

/** The first position at or after `at` that is no white space. */
export function skipSpace(text: string, at: number): number {
  let position = at;
  while (position < text.length && isSpace(text.charCodeAt(position))) position++;
  return position;
}

/** The text between `from` and `to` without white space at its ends. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The position after the quoted string that opens at `at`, or -1 when it is never closed. */
export function endOfQuoted(text: string, at: number): number {
  for (let position = at + 1; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === BACKSLASH) position++;
    else if (code === QUOTE) return position + 1;
  }
  return -1;
}

/** The position after the comment that opens at `at` (comments nest), or -1 when it is never closed. */
function endOfComment(text: string, at: number): number {
  let depth = 0;
  for (let position = at; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === BACKSLASH) position++;
    else if (code === OPEN_PARENTHESIS) depth++;
    else if (code === CLOSE_PARENTHESIS && --depth === 0) return position + 1;
  }
  return -1;
}

/**
 * The values of a comma list, trimmed. Commas in quoted strings, in `<>` and in comments do not separate.
 * An empty element stays an empty string, so that `a,,b` can be told from `a,b`. What is never closed runs
 * to the end: half a quoted string must not become two values. The last of `valuesMax` is all the rest, unsplit.
 */
export function splitList(text: string, valuesMax: number = Number.POSITIVE_INFINITY): string[] {
  if (text.indexOf(',') < 0) return [trimmed(text, 0, text.length)];
  const values: string[] = [];
  let start = 0;
  let position = 0;
  // A parenthesis that is never closed is a character like any other: it may stand in a SIP URI.
  let comments = true;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === COMMA) {
      if (values.length + 1 >= valuesMax) break;
      values.push(trimmed(text, start, position));
      start = position + 1;
      position++;
    } else if (code === QUOTE || code === LESS) {
      const end = code === QUOTE ? endOfQuoted(text, position) : text.indexOf('>', position) + 1;
      position = end > 0 ? end : text.length;
    } else if (code === OPEN_PARENTHESIS && comments) {
      const end = endOfComment(text, position);
      comments = end > 0;
      position = comments ? end : position + 1;
    } else {
      position++;
    }
  }
  values.push(trimmed(text, start, text.length));
  return values;
}

/** The position of the first `<` outside quoted strings; -1: none; -2: a quoted string is never closed. */
export function findAngle(text: string): number {
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === LESS) return position;
    if (code === QUOTE) {
      const end = endOfQuoted(text, position);
      if (end < 0) return -2;
      position = end - 1;
    }
  }
  return -1;
}

/**
 * `text` as a quoted string (RFC 3261 §25.1): `\`, `"` and control characters escaped. CR and LF cannot be
 * written, not even escaped: each becomes a space.
 */
export function quote(text: string): string {
  let out = '"';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isControl = (code < SPACE && code !== TAB) || code === DELETE;
    if (code === CR || code === LF) out += ' ';
    else if (isControl || code === QUOTE || code === BACKSLASH) out += `\\${text[at]}`;
    else out += text[at];
  }
  return `${out}"`;
}

/** The content of a quoted string; any other text as it is. */
export function unquote(text: string): string {
  if (text.charCodeAt(0) !== QUOTE || endOfQuoted(text, 0) !== text.length) return text;
  if (text.indexOf('\\') < 0) return text.slice(1, -1);
  let out = '';
  for (let position = 1; position < text.length - 1; position++) {
    if (text.charCodeAt(position) === BACKSLASH) position++;
    out += text[position];
  }
  return out;
}

/** A decimal number of 1 to `digitsMax` digits that fills the whole text; undefined for anything else. */
export function parseDecimal(text: string, digitsMax: number): number | undefined {
  if (text.length === 0 || text.length > digitsMax) return undefined;
  let value = 0;
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (!isDigit(code)) return undefined;
    value = value * 10 + (code - 0x30);
  }
  return value;
}

/** Replaces each line fold (RFC 3261 §7.3.1) with the white space around it by one space. */
export function unfold(text: string): string {
  let out = '';
  let start = 0;
  for (let position = 0; position < text.length; position++) {
    if (text.charCodeAt(position) !== LF) continue;
    let end = position;
    while (end > start && isLinearSpace(text.charCodeAt(end - 1))) end--;
    out += text.slice(start, end);
    while (position + 1 < text.length && isLinearSpace(text.charCodeAt(position + 1))) position++;
    out += ' ';
    start = position + 1;
  }
  return out + text.slice(start);
}

/** Whether the text would break out of its line on the wire. */
export function hasLineEnd(text: string): boolean {
  return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
}
