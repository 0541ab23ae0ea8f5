// The top Via written anew, as whoever receives a request may do (RFC 3261 §18.2.1, RFC 3581 §4, RFC 7339 §4.3): what
// stands in it goes back to its sender in every response.

import { splitList } from './grammar.ts';
import type { SipRequest } from './message.ts';
import type { Parameters } from './parameters.ts';
import { formatVia } from './via.ts';

/** The request with these parameters in its top Via, in place of those it had. */
export function withTopVia(request: SipRequest, parameters: Parameters): SipRequest {
  const { via } = request;
  if (via === undefined) return request;
  const [first = '', ...others] = request.headers.all('Via');
  // Only the top one is written anew. What follows it in its row stays as it is, however much that may be.
  const [, rest] = splitList(first, 2);
  const top = formatVia({ ...via, parameters });
  return request.with({
    headers: request.headers.set('Via', [rest === undefined ? top : `${top}, ${rest}`, ...others]),
  });
}
