// What RFC 3261 §8.1.1, §8.2 and §16.3 ask of a message before anyone acts on it: the mandatory headers are
// there, once, and well-formed. parse.ts has found that it is a message; here we see whether it makes sense.
// A request with a Defect is answered with its status, unless it is an ACK or its top Via cannot be read;
// a response with one is dropped.

import { LIMITS } from '../../base/limits.ts';
import { tagOf } from './address.ts';
import { fieldOf } from './fields.ts';
import { readAddresses, readVias, type SipMessage, type SipRequest, type SipResponse } from './message.ts';
import { parseUri } from './uri.ts';

export interface Defect {
  readonly status: 400 | 414;
  /** For people; fits a Reason-Phrase. */
  readonly reason: string;
}

/**
 * Undefined when there is nothing to object to. What only the core can judge passes: unknown methods,
 * schemes (416), extensions (420), Max-Forwards of 0 (483).
 * Deviation: Max-Forwards may be missing, as in requests of RFC 2543 elements (RFC 3261 §16.3 step 3).
 */
export function inspectRequest(request: SipRequest): Defect | undefined {
  if (request.uri.length > LIMITS.tokenBytesMax) return { status: 414, reason: 'Request-URI Too Long' };
  const reason =
    (request.method.length > LIMITS.tokenBytesMax ? 'Method Too Long' : requestUriDefect(request.uri)) ??
    commonDefect(request) ??
    (request.cseq?.method === request.method ? undefined : 'CSeq Method Differs From Request Line') ??
    maxForwardsDefect(request);
  return reason === undefined ? undefined : { status: 400, reason };
}

/** A Defect of a response has no status that could be sent: it is there to say why it was dropped. */
export function inspectResponse(response: SipResponse): Defect | undefined {
  const reason = commonDefect(response);
  return reason === undefined ? undefined : { status: 400, reason };
}

function requestUriDefect(text: string): string | undefined {
  const uri = parseUri(text);
  if (!uri.ok) return 'Bad Request-URI';
  const headers = uri.value.scheme === 'sip' || uri.value.scheme === 'sips' ? uri.value.headers : '';
  return headers === '' ? undefined : 'Request-URI With Headers';
}

function commonDefect(message: SipMessage): string | undefined {
  return viaDefect(message) ?? singleDefect(message) ?? tokenDefect(message) ?? listDefect(message);
}

function viaDefect(message: SipMessage): string | undefined {
  const vias = message.headers.readAll(VIA, readVias);
  const [top] = vias;
  if (vias.length === 0) return 'Missing Via';
  if (vias.length > LIMITS.viasMax) return 'Too Many Via Values';
  if (vias.includes(undefined) || top?.protocol !== 'SIP/2.0') return 'Bad Via';
  const branch = top.parameters.get('branch');
  return branch !== undefined && branch.length > LIMITS.tokenBytesMax ? 'Branch Too Long' : undefined;
}

const VIA = fieldOf('Via');
const CONTACT = fieldOf('Contact');
const LISTS = [CONTACT, fieldOf('Route'), fieldOf('Record-Route')];
const SINGLE = ['From', 'To', 'Call-ID', 'CSeq'] as const;

function singleDefect(message: SipMessage): string | undefined {
  for (const name of SINGLE) {
    const count = message.headers.count(name);
    if (count !== 1) return count === 0 ? `Missing ${name}` : `More Than One ${name}`;
  }
  if (message.from === undefined) return 'Bad From';
  if (message.to === undefined) return 'Bad To';
  return message.cseq === undefined ? 'Bad CSeq' : undefined;
}

function tokenDefect(message: SipMessage): string | undefined {
  const callId = message.callId ?? '';
  if (callId === '' || callId.indexOf(' ') >= 0 || callId.indexOf('\t') >= 0) return 'Bad Call-ID';
  if (callId.length > LIMITS.tokenBytesMax) return 'Call-ID Too Long';
  for (const address of [message.from, message.to]) {
    if ((tagOf(address)?.length ?? 0) > LIMITS.tokenBytesMax) return 'Tag Too Long';
    if ((address?.uri.length ?? 0) > LIMITS.tokenBytesMax) return 'URI Too Long';
  }
  return undefined;
}

function listDefect(message: SipMessage): string | undefined {
  for (const field of LISTS) {
    const addresses = message.headers.readAll(field, readAddresses);
    if (addresses.length > LIMITS.viasMax) return `Too Many ${field.name} Values`;
    const isStar = field === CONTACT && addresses.length === 1 && message.headers.get('Contact') === '*';
    if (addresses.includes(undefined) && !isStar) return `Bad ${field.name}`;
  }
  return undefined;
}

function maxForwardsDefect(request: SipRequest): string | undefined {
  const count = request.headers.count('Max-Forwards');
  if (count > 1) return 'More Than One Max-Forwards';
  return count === 1 && request.maxForwards === undefined ? 'Bad Max-Forwards' : undefined;
}
