// Via (RFC 3261 §20.42): the way that a request has come, and that its responses go back.
//
//     SIP / 2.0 / UDP  192.0.2.7 : 5060 ;branch=z9hG4bK77;rport
//     ^protocol   ^transport ^host  ^port ^parameters
//
// White space may stand around each slash and the colon.

import { err, ok, type Result } from '../../base/result.ts';
import { isSpace, isToken, skipSpace, trimmed } from './grammar.ts';
import { formatHostPort, parseHostPort } from './host.ts';
import { formatParameters, type Parameters, parseParameters } from './parameters.ts';

export interface Via {
  readonly protocol: 'SIP/2.0';
  /** Upper-case: `UDP`, `TCP`, or any token. */
  readonly transport: string;
  /** Lower-case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly parameters: Parameters;
}

/** One value, not a list. The error is a reason for people. */
export function parseVia(text: string): Result<Via, string> {
  const transportStart = text.startsWith('SIP/2.0/') ? 8 : endOfProtocol(text);
  if (transportStart < 0) return err('Via does not begin with SIP/2.0/');
  let transportEnd = transportStart;
  while (transportEnd < text.length && !isSpace(text.charCodeAt(transportEnd))) transportEnd++;
  const transport = text.slice(transportStart, transportEnd);
  if (!isToken(transport)) return err(`bad transport "${transport}" in Via`);

  const semicolon = text.indexOf(';', transportEnd);
  const sentByEnd = semicolon < 0 ? text.length : semicolon;
  const sentBy = parseHostPort(trimmed(text, transportEnd, sentByEnd));
  if (!sentBy.ok) return sentBy;
  const parameters = parseParameters(text, sentByEnd);
  if (!parameters.ok) return parameters;
  const { host, port } = sentBy.value;
  const via = {
    protocol: 'SIP/2.0',
    transport: transport.toUpperCase(),
    host,
    parameters: parameters.value,
  } as const;
  return ok(port === undefined ? via : { ...via, port });
}

/** The position of the transport, wherever white space stands; -1 for another protocol. */
function endOfProtocol(text: string): number {
  const firstSlash = text.indexOf('/');
  const secondSlash = text.indexOf('/', firstSlash + 1);
  if (firstSlash < 0 || secondSlash < 0) return -1;
  const name = trimmed(text, 0, firstSlash).toUpperCase();
  const version = trimmed(text, firstSlash + 1, secondSlash);
  return name === 'SIP' && version === '2.0' ? skipSpace(text, secondSlash + 1) : -1;
}

export function formatVia(via: Via): string {
  return `${via.protocol}/${via.transport} ${formatHostPort(via.host, via.port)}${formatParameters(via.parameters)}`;
}
