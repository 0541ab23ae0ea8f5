// Parameters of headers and URIs: `;name`, `;name=value`, `;name="quoted value"` (RFC 3261 §7.3.1, §25.1).
//
// Names are lower-case. Values stay as written, quoted strings with their quotes, because it matters: a
// feature tag's value must be quoted (RFC 3840 §9), a tag's must not. `unquote` reads one.

import { err, ok, type Result } from '../../base/result.ts';
import { endOfQuoted, quote, skipSpace, TOKEN } from './grammar.ts';
import { DELETE, EQUALS, QUOTE, SEMICOLON, SPACE } from './octets.ts';

export { quote, unquote } from './grammar.ts';

/** Lower-case name → value as written; undefined for a parameter without `=`. In order. */
export type Parameters = ReadonlyMap<string, string | undefined>;

export const NO_PARAMETERS: Parameters = new Map();

/**
 * Parses `;a=b;c` from `from` to the end of the text; white space is allowed around each sign. Fails on
 * what is no parameter, such as `;;`. A name that comes twice keeps its first value.
 */
export function parseParameters(text: string, from = 0): Result<Parameters, string> {
  let at = skipSpace(text, from);
  if (at === text.length) return ok(NO_PARAMETERS);
  const parameters = new Map<string, string | undefined>();
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) return err(`expected ";" at "${text.slice(at, at + 20)}"`);
    const nameStart = skipSpace(text, at + 1);
    let nameEnd = nameStart;
    while (TOKEN[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameStart) return err(`no parameter name at "${text.slice(at, at + 20)}"`);
    const name = text.slice(nameStart, nameEnd);
    at = skipSpace(text, nameEnd);
    let value: string | undefined;
    if (text.charCodeAt(at) === EQUALS) {
      const valueStart = skipSpace(text, at + 1);
      const valueEnd =
        text.charCodeAt(valueStart) === QUOTE ? endOfQuoted(text, valueStart) : endOfWord(text, valueStart);
      if (valueEnd < 0) return err(`quoted string of parameter "${name}" is never closed`);
      if (valueEnd === valueStart) return err(`parameter "${name}" has no value`);
      value = text.slice(valueStart, valueEnd);
      at = skipSpace(text, valueEnd);
    }
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, value);
  }
  return ok(parameters);
}

/**
 * The end of a run without white space, `;`, `,` and quotes: tokens, hosts, IPv6 addresses in brackets or not.
 * Deviation: `=` may stand in a value, because Base64 does in the tags and branches of some elements.
 */
function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && ENDS_WORD[text.charCodeAt(at)] !== 1) at++;
  return at;
}

const ENDS_WORD = new Uint8Array(128);
for (const character of ' \t;,"') ENDS_WORD[character.charCodeAt(0)] = 1;

/** `;a=b;c`, or nothing. A value that could not stand alone is quoted. */
export function formatParameters(parameters: Parameters): string {
  let out = '';
  for (const [name, value] of parameters) {
    out += value === undefined ? `;${name}` : `;${name}=${canStand(value) ? value : quote(value)}`;
  }
  return out;
}

function canStand(value: string): boolean {
  if (value.charCodeAt(0) === QUOTE) return endOfQuoted(value, 0) === value.length;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code < SPACE || code === DELETE || NEEDS_QUOTES.includes(value.charAt(at))) return false;
  }
  return value.length > 0;
}

const NEEDS_QUOTES = ' ;,"()<>{}\\';
