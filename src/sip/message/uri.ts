// URIs of SIP messages: sip and sips (RFC 3261 §19.1), tel (RFC 3966), and any other as its text.
//
//     sip:alice:secret@[2001:db8::9]:5060;transport=tcp?subject=hi
//     ^scheme ^password ^host        ^port ^parameters  ^headers

import { assertNever } from '../../base/assert.ts';
import { utf8 } from '../../base/bytes.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { equalHosts, formatHostPort, parseHostPort } from './host.ts';
import {
  COLON,
  DELETE,
  decodeText,
  GREATER,
  hexDigit,
  isDigit,
  LESS,
  PERCENT,
  QUOTE,
  SPACE,
} from './octets.ts';
import { NO_PARAMETERS, type Parameters } from './parameters.ts';

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Unescaped: `%40` has become `@`. */
  readonly user?: string;
  /** Unescaped. */
  readonly password?: string;
  /** Lower-case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port?: number;
  /** Names and values unescaped. */
  readonly parameters: Parameters;
  /** What stands after `?`, as written; empty without. */
  readonly headers: string;
}

export interface TelUri {
  readonly scheme: 'tel';
  /** Without visual separators: `+442079460000`. */
  readonly number: string;
  readonly parameters: Parameters;
}

export interface OtherUri {
  readonly scheme: 'other';
  /** The whole URI. */
  readonly text: string;
}

export type Uri = SipUri | TelUri | OtherUri;

/** The error is a reason for people. Nothing in angle brackets: a URI alone. */
export function parseUri(text: string): Result<Uri, string> {
  const stray = findStray(text);
  if (stray >= 0) return err(`a URI cannot hold ${JSON.stringify(text[stray])}`);
  const colon = text.indexOf(':');
  if (colon <= 0 || !isScheme(text, colon)) return err('a URI begins with a scheme and a colon');
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(text, colon + 1, scheme);
  if (scheme === 'tel') return parseTelUri(text, colon + 1);
  return colon + 1 < text.length ? ok({ scheme: 'other', text }) : err('the URI ends after its scheme');
}

function parseSipUri(text: string, start: number, scheme: 'sip' | 'sips'): Result<SipUri, string> {
  const at = text.indexOf('@', start);
  const hostStart = at < 0 ? start : at + 1;
  const question = text.indexOf('?', hostStart);
  const end = question < 0 ? text.length : question;
  const semicolon = text.indexOf(';', hostStart);
  const hostEnd = semicolon < 0 || semicolon > end ? end : semicolon;
  const hostPort = parseHostPort(text.slice(hostStart, hostEnd));
  if (!hostPort.ok) return hostPort;
  const user = at < 0 ? undefined : text.slice(start, at);
  if (user === '' || user?.charCodeAt(0) === COLON) return err('the user part is empty');
  const parameters = hostEnd < end ? readUriParameters(text.slice(hostEnd + 1, end)) : NO_PARAMETERS;
  if (parameters === undefined) return err('bad URI parameters');
  return ok({
    scheme,
    ...(user === undefined ? undefined : splitUser(user)),
    ...hostPort.value,
    parameters,
    headers: question < 0 ? '' : text.slice(question + 1),
  });
}

function splitUser(userInfo: string): { user: string; password?: string } {
  const colon = userInfo.indexOf(':');
  if (colon < 0) return { user: unescapeUri(userInfo) };
  return { user: unescapeUri(userInfo.slice(0, colon)), password: unescapeUri(userInfo.slice(colon + 1)) };
}

/** Empty parameters, as in `sip:host;`, are passed over: phones send them. */
function readUriParameters(text: string): Parameters | undefined {
  const parameters = new Map<string, string | undefined>();
  for (const part of text.split(';')) {
    if (part.length === 0) continue;
    const equals = part.indexOf('=');
    const name = unescapeUri(equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    if (name.length === 0) return undefined;
    const value = equals < 0 ? undefined : unescapeUri(part.slice(equals + 1));
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

function parseTelUri(text: string, start: number): Result<TelUri, string> {
  const semicolon = text.indexOf(';', start);
  const digits = text.slice(start, semicolon < 0 ? text.length : semicolon);
  let number = '';
  for (let at = 0; at < digits.length; at++) {
    const character = digits.charAt(at);
    if (VISUAL_SEPARATORS.includes(character)) continue;
    const fits = character === '+' ? number === '' : TEL_DIGITS.includes(character);
    if (!fits) return err(`bad telephone number "${digits}"`);
    number += character;
  }
  if (number.length === 0 || number === '+') return err('the telephone number is empty');
  const parameters = semicolon < 0 ? NO_PARAMETERS : readUriParameters(text.slice(semicolon + 1));
  return parameters === undefined ? err('bad URI parameters') : ok({ scheme: 'tel', number, parameters });
}

const VISUAL_SEPARATORS = '-.()';
const TEL_DIGITS = '0123456789abcdefABCDEF*#';

export function formatUri(uri: Uri): string {
  switch (uri.scheme) {
    case 'other':
      return uri.text;
    case 'tel':
      return `tel:${uri.number}${formatUriParameters(uri.parameters)}`;
    case 'sip':
    case 'sips': {
      const password = uri.password === undefined ? '' : `:${escapeUri(uri.password, PASSWORD_UNRESERVED)}`;
      const userInfo = uri.user === undefined ? '' : `${escapeUri(uri.user, USER_UNRESERVED)}${password}@`;
      const headers = uri.headers === '' ? '' : `?${uri.headers}`;
      const hostPort = formatHostPort(uri.host, uri.port);
      return `${uri.scheme}:${userInfo}${hostPort}${formatUriParameters(uri.parameters)}${headers}`;
    }
    default:
      return assertNever(uri);
  }
}

function formatUriParameters(parameters: Parameters): string {
  let out = '';
  for (const [name, value] of parameters) {
    out += `;${escapeUri(name, PARAMETER_UNRESERVED)}`;
    if (value !== undefined) out += `=${escapeUri(value, VALUE_UNRESERVED)}`;
  }
  return out;
}

/** The user of a sip or sips URI, or the number of a tel URI; undefined when there is none. */
export function uriUser(text: string): string | undefined {
  const uri = parseUri(text);
  if (!uri.ok || uri.value.scheme === 'other') return undefined;
  return uri.value.scheme === 'tel' ? uri.value.number : uri.value.user;
}

/** Whether every hop to it must be over TLS (RFC 3261 §26.2.2, RFC 5630). */
export function isSips(uri: string): boolean {
  return /^sips:/i.test(uri);
}

/**
 * Whether two URIs mean the same (RFC 3261 §19.1.4; tel: RFC 3966 §4).
 * Deviation: a reserved character of the user part equals its escaped form (`;` and `%3B`), because both
 * have become the same when the URI was parsed and no known phone tells them apart.
 */
export function equalUris(a: Uri, b: Uri): boolean {
  if (a.scheme === 'other') return b.scheme === 'other' && a.text === b.text;
  if (a.scheme === 'tel') return b.scheme === 'tel' && equalTelUris(a, b);
  return b.scheme === a.scheme && equalSipUris(a, b);
}

function equalSipUris(a: SipUri, b: SipUri): boolean {
  return (
    a.user === b.user &&
    a.password === b.password &&
    a.port === b.port &&
    equalHosts(a.host, b.host) &&
    equalParameters(a.parameters, b.parameters, NEVER_IGNORED) &&
    equalUriHeaders(a.headers, b.headers)
  );
}

/** A URI with one of these never equals a URI without it; the other parameters may be absent on one side. */
const NEVER_IGNORED: readonly string[] = ['user', 'ttl', 'method', 'maddr', 'transport'];

function equalTelUris(a: TelUri, b: TelUri): boolean {
  const all = [...a.parameters.keys(), ...b.parameters.keys()];
  return (
    a.number.toLowerCase() === b.number.toLowerCase() && equalParameters(a.parameters, b.parameters, all)
  );
}

function equalParameters(a: Parameters, b: Parameters, neverIgnored: readonly string[]): boolean {
  for (const name of neverIgnored) {
    if (a.has(name) !== b.has(name)) return false;
  }
  for (const [name, value] of a) {
    if (b.has(name) && value?.toLowerCase() !== b.get(name)?.toLowerCase()) return false;
  }
  return true;
}

/** Headers are never ignored; their order does not matter. */
function equalUriHeaders(a: string, b: string): boolean {
  return a === b || normalHeaders(a) === normalHeaders(b);
}

function normalHeaders(headers: string): string {
  const pairs = headers.split('&').map((header) => {
    const equals = header.indexOf('=');
    const name = equals < 0 ? header : header.slice(0, equals);
    const value = equals < 0 ? '' : header.slice(equals + 1);
    return `${unescapeUri(name).toLowerCase()}=${unescapeUri(value)}`;
  });
  return JSON.stringify(pairs.sort());
}

/** Control characters, spaces, quotes and angle brackets stand in no URI; returns the first one's position. */
function findStray(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === DELETE || code === QUOTE || code === LESS || code === GREATER) return at;
  }
  return -1;
}

/** ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
function isScheme(text: string, end: number): boolean {
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
    if (!isLetter && (at === 0 || !(isDigit(code) || '+-.'.includes(text.charAt(at))))) return false;
  }
  return true;
}

/** Decodes `%HH`. A `%` that begins no escape stays. */
function unescapeUri(text: string): string {
  if (text.indexOf('%') < 0) return text;
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const high = bytes[at] === PERCENT ? hexDigit(bytes[at + 1] ?? 0) : -1;
    const low = high < 0 ? -1 : hexDigit(bytes[at + 2] ?? 0);
    bytes[length++] = low < 0 ? (bytes[at] ?? 0) : high * 16 + low;
    if (low >= 0) at += 2;
  }
  return decodeText(bytes, 0, length);
}

const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
const USER_UNRESERVED = allowed(`${UNRESERVED}&=+$,;?/`);
const PASSWORD_UNRESERVED = allowed(`${UNRESERVED}&=+$,`);
const PARAMETER_UNRESERVED = allowed(`${UNRESERVED}[]/:&+$`);
/** Beyond the grammar: cookies in Base64 end in `=`, and proxies that made them compare them as text. */
const VALUE_UNRESERVED = allowed(`${UNRESERVED}[]/:&+$=`);

function allowed(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

function escapeUri(text: string, unreserved: Uint8Array): string {
  let at = 0;
  while (at < text.length && unreserved[text.charCodeAt(at)] === 1) at++;
  if (at === text.length) return text;
  let out = '';
  for (const byte of utf8(text)) {
    if (unreserved[byte] === 1) out += String.fromCharCode(byte);
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
