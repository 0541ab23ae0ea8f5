// Via (RFC 3261 §20.42): the way that a request has come, and that its responses go back.
//
//     SIP / 2.0 / UDP  192.0.2.7 : 5060 ;branch=z9hG4bK77;rport
//     ^protocol   ^transport ^host  ^port ^parameters
//
// White space may stand around each slash and the colon.

import { err, ok, type Result } from '../../base/result.ts';
import { isToken, skipSpace, trimmed } from './grammar.ts';
import { formatHostPort, parseHostPort } from './host.ts';
import { isSpace } from './octets.ts';
import { formatParameters, type Parameters, parseParameters } from './parameters.ts';

/** RFC 3261 §8.1.1.7: a branch that begins so is unique. */
export const MAGIC_COOKIE = 'z9hG4bK';

export interface Via {
  /** `SIP/2.0`; upper-case. Others can be read, so that 505 finds its way back; inspect.ts objects to them. */
  readonly protocol: string;
  /** Upper-case: `UDP`, `TCP`, or any token. */
  readonly transport: string;
  /** Lower-case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly parameters: Parameters;
}

/** One value, not a list. The error is a reason for people. */
export function parseVia(text: string): Result<Via, string> {
  const head = text.startsWith(USUAL_HEAD.text) ? USUAL_HEAD : readHead(text);
  if (head === undefined) return err('Via does not begin with a protocol and its version');
  let transportEnd = head.transportStart;
  while (transportEnd < text.length && !isSpace(text.charCodeAt(transportEnd))) transportEnd++;
  const transport = text.slice(head.transportStart, transportEnd);
  if (!isToken(transport)) return err(`bad transport "${transport}" in Via`);

  const semicolon = text.indexOf(';', transportEnd);
  const sentByEnd = semicolon < 0 ? text.length : semicolon;
  const sentBy = parseHostPort(trimmed(text, transportEnd, sentByEnd));
  if (!sentBy.ok) return sentBy;
  const parameters = parseParameters(text, sentByEnd);
  if (!parameters.ok) return parameters;
  const via = {
    protocol: head.protocol,
    transport: transport.toUpperCase(),
    host: sentBy.value.host,
    parameters: parameters.value,
  };
  return ok(sentBy.value.port === undefined ? via : { ...via, port: sentBy.value.port });
}

interface Head {
  readonly protocol: string;
  readonly transportStart: number;
}

const USUAL_HEAD = { text: 'SIP/2.0/', protocol: 'SIP/2.0', transportStart: 8 } as const;

/** `SIP  /  2.0 /` with white space anywhere. */
function readHead(text: string): Head | undefined {
  const firstSlash = text.indexOf('/');
  const secondSlash = text.indexOf('/', firstSlash + 1);
  if (firstSlash < 0 || secondSlash < 0) return undefined;
  const name = trimmed(text, 0, firstSlash).toUpperCase();
  const version = trimmed(text, firstSlash + 1, secondSlash);
  if (!isToken(name) || !isToken(version)) return undefined;
  return { protocol: `${name}/${version}`, transportStart: skipSpace(text, secondSlash + 1) };
}

export function formatVia(via: Via): string {
  return `${via.protocol}/${via.transport} ${formatHostPort(via.host, via.port)}${formatParameters(via.parameters)}`;
}

/** A branch of the cookie alone names nothing (RFC 4475 §3.2.1): the old rules tell such requests apart. */
export function isUniqueBranch(branch: string): boolean {
  return (
    branch.length > MAGIC_COOKIE.length &&
    branch.slice(0, MAGIC_COOKIE.length).toLowerCase() === MAGIC_COOKIE.toLowerCase()
  );
}
