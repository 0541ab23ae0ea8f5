// The text of challenges and credentials (RFC 7616 §3.3 and §3.4; RFC 3261 §20.7, §20.27, §20.28, §20.44).
//
//   WWW-Authenticate: Digest realm="voice.example.net", nonce="…", algorithm=SHA-256, qop="auth"
//   Authorization:    Digest username="reception", realm="…", nonce="…", uri="sip:…", response="…", …
//
// One header row holds one challenge: a comma separates parameters here, never header values (§7.3.1).

import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** What a server asks for. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly stale: boolean;
  /** As written; see `algorithmOf`. */
  readonly algorithm?: string;
  /** Options offered, lower case; empty for an RFC 2069 server. */
  readonly qop: readonly string[];
}

/** What a client gives. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm?: string;
  readonly opaque?: string;
  readonly qop?: string;
  /** Eight hex digits. */
  readonly nc?: string;
  readonly cnonce?: string;
}

const SCHEME = /^\s*([^\s,="]+)(?:\s+|$)/;
// name = token | "quoted string"; a token may be empty, because some clients print `algorithm=`.
const PARAMETER = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s,"]*))\s*(?:,|$)/y;
const EMPTY_ELEMENT = /\s*,/y;

export function parseChallenge(value: string): Result<DigestChallenge, string> {
  const parsed = parseParameters(value);
  if (!parsed.ok) return parsed;
  const parameters = parsed.value;
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  if (realm === undefined || nonce === undefined) return err('a challenge without realm or nonce');
  const qop = (parameters.get('qop') ?? '').split(',').map((option) => option.trim().toLowerCase());
  return ok({
    realm,
    nonce,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
    qop: qop.filter((option) => option !== ''),
    ...optional(parameters, 'opaque'),
    ...optional(parameters, 'algorithm'),
  });
}

export function parseCredentials(value: string): Result<DigestCredentials, string> {
  const parsed = parseParameters(value);
  if (!parsed.ok) return parsed;
  const parameters = parsed.value;
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map(
    (name) => parameters.get(name),
  );
  if (
    username === undefined ||
    realm === undefined ||
    nonce === undefined ||
    uri === undefined ||
    response === undefined
  ) {
    return err('credentials without username, realm, nonce, uri or response');
  }
  return ok({
    username,
    realm,
    nonce,
    uri,
    response,
    ...optional(parameters, 'algorithm'),
    ...optional(parameters, 'opaque'),
    ...optional(parameters, 'qop'),
    ...optional(parameters, 'nc'),
    ...optional(parameters, 'cnonce'),
  });
}

export function formatChallenge(challenge: DigestChallenge): string {
  return formatParameters([
    ['realm', quote(challenge.realm)],
    ['nonce', quote(challenge.nonce)],
    ['opaque', challenge.opaque === undefined ? undefined : quote(challenge.opaque)],
    ['stale', challenge.stale ? 'true' : undefined],
    ['algorithm', challenge.algorithm],
    ['qop', challenge.qop.length === 0 ? undefined : quote(challenge.qop.join(','))],
  ]);
}

export function formatCredentials(credentials: DigestCredentials): string {
  return formatParameters([
    ['username', quote(credentials.username)],
    ['realm', quote(credentials.realm)],
    ['nonce', quote(credentials.nonce)],
    ['uri', quote(credentials.uri)],
    ['response', quote(credentials.response)],
    ['algorithm', credentials.algorithm],
    ['cnonce', credentials.cnonce === undefined ? undefined : quote(credentials.cnonce)],
    ['opaque', credentials.opaque === undefined ? undefined : quote(credentials.opaque)],
    ['qop', credentials.qop],
    ['nc', credentials.nc],
  ]);
}

function formatParameters(parameters: readonly (readonly [string, string | undefined])[]): string {
  const given = parameters.filter(([, value]) => value !== undefined);
  return `Digest ${given.map(([name, value]) => `${name}=${value}`).join(', ')}`;
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Names in lower case, values without quotes and escapes. Errors name the scheme or the fault. */
function parseParameters(value: string): Result<ReadonlyMap<string, string>, string> {
  const scheme = SCHEME.exec(value);
  if (scheme?.[1]?.toLowerCase() !== 'digest')
    return err(`scheme ${scheme?.[1] ?? 'missing'} instead of Digest`);
  const parameters = new Map<string, string>();
  let position = scheme[0].length;
  while (position < value.length) {
    EMPTY_ELEMENT.lastIndex = position;
    PARAMETER.lastIndex = position;
    const match = PARAMETER.exec(value);
    if (match === null) {
      if (!EMPTY_ELEMENT.test(value))
        return value.slice(position).trim() === '' ? ok(parameters) : malformed();
      position = EMPTY_ELEMENT.lastIndex;
      continue;
    }
    position = PARAMETER.lastIndex;
    const name = (match[1] ?? '').toLowerCase();
    if (parameters.has(name)) return err(`parameter ${name} given twice`);
    if (parameters.size === LIMITS.digestParametersMax) return err('too many parameters');
    parameters.set(name, match[2] === undefined ? (match[3] ?? '') : match[2].replace(/\\([\s\S])/g, '$1'));
  }
  return ok(parameters);
}

function malformed(): Result<never, string> {
  return err('parameters that are not name=value or name="value"');
}

function optional<Name extends string>(
  parameters: ReadonlyMap<string, string>,
  name: Name,
): Partial<Record<Name, string>> {
  const value = parameters.get(name);
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}
