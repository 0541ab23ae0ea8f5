// Name-addr and addr-spec with their header parameters: the values of From, To, Contact, Route,
// Record-Route, P-Asserted-Identity, Diversion and their like (RFC 3261 §20.10, §25.1).
//
//     "Bob \"B.\" Smith" <sip:bob@example.com;lr>;tag=77
//     ^displayName        ^uri                    ^parameters
//
// The URI stays text: most are only passed on. parseUri takes it apart.

import { err, ok, type Result } from '../../base/result.ts';
import { endOfQuoted, findAngle, isToken, quote, skipSpace, TOKEN, trimmed, unquote } from './grammar.ts';
import { DELETE, GREATER, LESS, QUOTE, SPACE } from './octets.ts';
import { formatParameters, NO_PARAMETERS, type Parameters, parseParameters } from './parameters.ts';

export interface NameAddress {
  /** Unquoted; absent when there is none or it is empty. */
  readonly displayName?: string;
  readonly uri: string;
  /** Of the header, not of the URI. Values as written (see parameters.ts). */
  readonly parameters: Parameters;
}

/**
 * One value, not a list. Liberal where RFC 4475 allows it: spaces inside `<>` (§3.1.2.14) and display names
 * with characters that should have been quoted (§3.1.2.15). The error is a reason for people.
 */
export function parseNameAddress(text: string): Result<NameAddress, string> {
  const open = findAngle(text);
  if (open === -2) return err('a quoted string is never closed');
  if (open < 0) return parseAddrSpec(text);
  const close = text.indexOf('>', open);
  if (close < 0) return err('"<" is never closed');
  const uri = trimmed(text, open + 1, close);
  if (!looksLikeUri(uri)) return err(`bad URI "${uri}"`);
  const display = trimmed(text, 0, open);
  if (display.charCodeAt(0) === QUOTE && endOfQuoted(display, 0) !== display.length) {
    return err('text between the quoted display name and "<"');
  }
  const parameters = parseParameters(text, close + 1);
  if (!parameters.ok) return parameters;
  const displayName = unquote(display);
  return ok(
    displayName === ''
      ? { uri, parameters: parameters.value }
      : { displayName, uri, parameters: parameters.value },
  );
}

/** Without `<>` a semicolon begins the header's parameters, and `,` or `?` cannot be in the URI (§20.10). */
function parseAddrSpec(text: string): Result<NameAddress, string> {
  const semicolon = text.indexOf(';');
  const uri = trimmed(text, 0, semicolon < 0 ? text.length : semicolon);
  if (!looksLikeUri(uri)) return err(`bad URI "${uri}"`);
  if (uri.indexOf('?') >= 0 || uri.indexOf(',') >= 0) return err('a URI with "?" or "," must stand in "<>"');
  if (semicolon < 0) return ok({ uri, parameters: NO_PARAMETERS });
  const parameters = parseParameters(text, semicolon);
  return parameters.ok ? ok({ uri, parameters: parameters.value }) : parameters;
}

/** A scheme, a colon, something after it, and nothing that ends a URI. */
function looksLikeUri(uri: string): boolean {
  const colon = uri.indexOf(':');
  if (colon <= 0 || colon === uri.length - 1) return false;
  for (let at = 0; at < colon; at++) {
    if (TOKEN[uri.charCodeAt(at)] !== 1) return false;
  }
  for (let at = colon + 1; at < uri.length; at++) {
    const code = uri.charCodeAt(at);
    if (code <= SPACE || code === DELETE || code === QUOTE || code === LESS || code === GREATER) return false;
  }
  return true;
}

/** Always with `<>`, so that nothing of the URI can be taken for a header parameter. */
export function formatNameAddress(address: NameAddress): string {
  const display = address.displayName;
  const shown =
    display === undefined || display === '' ? '' : `${isPlain(display) ? display : quote(display)} `;
  return `${shown}<${address.uri}>${formatParameters(address.parameters)}`;
}

/** Tokens with single spaces between them may stand without quotes. */
function isPlain(display: string): boolean {
  let at = 0;
  while (at < display.length) {
    const end = display.indexOf(' ', at);
    const word = display.slice(at, end < 0 ? display.length : end);
    if (!isToken(word)) return false;
    if (end < 0) return true;
    if (skipSpace(display, end) !== end + 1 || end + 1 === display.length) return false;
    at = end + 1;
  }
  return display.length > 0;
}

/** The `tag` parameter of From or To (RFC 3261 §19.3). */
export function tagOf(address: NameAddress | undefined): string | undefined {
  return address?.parameters.get('tag');
}
