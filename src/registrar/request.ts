// What a REGISTER asks for (RFC 3261 §10.2, §10.3 step 6): nothing (a query), the removal of everything
// (`Contact: *`), or an update of contacts. Read whole before anything is changed, so that a REGISTER with
// one bad contact changes nothing.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { SECOND_MS } from '../base/time.ts';
import { parseNameAddress } from '../sip/message/address.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { formatParameters, type Parameters } from '../sip/message/parameters.ts';
import { isSips, parseUri, type SipUri } from '../sip/message/uri.ts';
import { type Identity, identityIn } from './device.ts';

/** One contact of an update. */
export interface RequestedContact {
  /** The URI as written, and taken apart. */
  readonly contact: string;
  readonly uri: SipUri;
  /** Header parameters but q and expires, as written: `;+sip.instance="<urn:uuid:…>"`. */
  readonly parameters: string;
  readonly identity: Identity;
  /** In thousandths; 1000 where none was given. */
  readonly q: number;
  /** Within our bounds; 0 removes. */
  readonly expiresMs: number;
}

/** The identity and order of a REGISTER within its phone (§10.3 step 7). */
export interface Ordering {
  readonly callId: string;
  readonly cseq: number;
}

export type Registration =
  | { readonly type: 'query' }
  | ({ readonly type: 'remove-all' } & Ordering)
  | ({
      readonly type: 'update';
      readonly contacts: readonly RequestedContact[];
      /** RFC 3327, nearest hop first. */
      readonly path: readonly string[];
      readonly userAgent: string;
      /** The rules of RFC 5626 apply, and the phone is told so. */
      readonly outbound: boolean;
      /** The phone understands GRUUs (RFC 5627). */
      readonly gruu: boolean;
    } & Ordering);

/** An answer other than 200. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export interface ExpiryBounds {
  readonly minMs: number;
  readonly defaultMs: number;
  readonly maxMs: number;
  /** Of what is asked for, what is given; all by default, and `minMs` in any case. */
  readonly share?: number;
}

/** What a malformed interval counts as (RFC 3261 §20.10). */
const MALFORMED_EXPIRES_MS = 3_600 * SECOND_MS;
const CONTACT_TOO_LONG: Refusal = { status: 400, reason: 'Contact Too Long' };

export function readRegistration(request: SipRequest, bounds: ExpiryBounds): Result<Registration, Refusal> {
  const values = request.headers.values('Contact');
  if (values.length === 0) return ok({ type: 'query' });
  if (values.length > LIMITS.registerContactsMax)
    return err({ status: 400, reason: 'Too Many Contacts At Once' });
  const { callId, cseq } = request;
  if (callId === undefined || cseq === undefined) return err({ status: 400, reason: 'Bad Request' });
  const order = { callId, cseq: cseq.number };
  const expires = request.headers.get('Expires');
  if (values.includes('*')) {
    return values.length === 1 && expires !== undefined && intervalMs(expires) === 0
      ? ok({ type: 'remove-all', ...order })
      : err({ status: 400, reason: 'Wildcard Contact Needs Expires: 0 And No Other Contact' });
  }
  const contacts = readContacts(values, expires, bounds);
  if (!contacts.ok) return contacts;
  if (contacts.value.some(({ uri }) => uri.scheme === 'sips') && !isSecureAllTheWay(request)) {
    return err({ status: 400, reason: 'SIPS Contact Needs SIPS In Request-URI And Path' });
  }
  const path = readPath(request);
  if (!path.ok) return path;
  const outbound = readOutbound(request, contacts.value, path.value);
  if (!outbound.ok) return outbound;
  return ok({
    type: 'update',
    contacts: contacts.value,
    path: path.value.map(({ text }) => text),
    userAgent: (request.headers.get('User-Agent') ?? '').slice(0, LIMITS.userAgentCharactersMax),
    outbound: outbound.value,
    gruu: hasTag(request, 'Supported', 'gruu') || hasTag(request, 'Require', 'gruu'),
    ...order,
  });
}

/**
 * RFC 3327 §5.3. A Path is taken whether or not the phone says `Supported: path`: old phones behind an edge
 * proxy do not, and would be locked out. It leads nobody astray: requests go to the proxy that sent it.
 */
function readPath(
  request: SipRequest,
): Result<readonly { readonly text: string; readonly uri: SipUri }[], Refusal> {
  const values = request.headers.values('Path');
  if (values.length > LIMITS.pathValuesMax) return err({ status: 400, reason: 'Path Too Long' });
  const path: { text: string; uri: SipUri }[] = [];
  for (const text of values) {
    const address = text.length > LIMITS.tokenBytesMax ? undefined : parseNameAddress(text);
    const uri = address?.ok === true ? parseUri(address.value.uri) : undefined;
    if (uri?.ok !== true || (uri.value.scheme !== 'sip' && uri.value.scheme !== 'sips')) {
      return err({ status: 400, reason: 'Bad Path' });
    }
    path.push({ text, uri: uri.value });
  }
  return ok(path);
}

/**
 * Whether this registers flows by the rules of RFC 5626 §6. The proxy nearest to the phone, whose Path value is
 * the last, must have said `ob`: only then does it keep the phone's flow.
 * Deviation: §6 answers 439 to whoever says `Supported: outbound`. That locks phones out behind the proxies of
 * today, most of which know no `ob`; so only `Require: outbound` gets it. The others are registered, and see in
 * the 200, which does not require `outbound`, that nobody promised them anything.
 */
function readOutbound(
  request: SipRequest,
  contacts: readonly RequestedContact[],
  path: readonly { readonly uri: SipUri }[],
): Result<boolean, Refusal> {
  const binding = contacts.filter(({ expiresMs }) => expiresMs > 0);
  const asksForFlow = binding.some(({ identity }) => identity.regId !== undefined);
  if (!asksForFlow) return ok(false);
  if (binding.length > 1) return err({ status: 400, reason: 'One Flow At A Time' });
  const requires = hasTag(request, 'Require', 'outbound');
  const firstHop = request.vias.length <= 1;
  if (!firstHop && path.at(-1)?.uri.parameters.has('ob') !== true) {
    return requires ? err({ status: 439, reason: 'First Hop Lacks Outbound Support' }) : ok(false);
  }
  return ok(requires || hasTag(request, 'Supported', 'outbound'));
}

function hasTag(request: SipRequest, header: 'Supported' | 'Require', tag: string): boolean {
  return request.headers.values(header).some((value) => value.toLowerCase() === tag);
}

/** RFC 5630 §5.2: else a secure contact would be reached over hops that are not. */
function isSecureAllTheWay(request: SipRequest): boolean {
  const path = request.headers.values('Path').map((value) => {
    const address = parseNameAddress(value);
    return address.ok ? address.value.uri : value;
  });
  return [request.uri, ...path].every(isSips);
}

function readContacts(
  values: readonly string[],
  expiresHeader: string | undefined,
  bounds: ExpiryBounds,
): Result<readonly RequestedContact[], Refusal> {
  const contacts: RequestedContact[] = [];
  for (const value of values) {
    if (value.length > LIMITS.tokenBytesMax) return err(CONTACT_TOO_LONG);
    const address = parseNameAddress(value);
    if (!address.ok) return err({ status: 400, reason: 'Bad Contact' });
    const { uri: contact, parameters } = address.value;
    const uri = parseUri(contact);
    if (!uri.ok) return err({ status: 400, reason: 'Bad Contact URI' });
    if (uri.value.scheme !== 'sip' && uri.value.scheme !== 'sips') {
      return err({ status: 400, reason: 'Contact Must Be A SIP URI' });
    }
    const wanted = intervalOf(parameters.get('expires') ?? expiresHeader, bounds);
    if (wanted > 0 && wanted < bounds.minMs) return err(tooBrief(bounds));
    contacts.push({
      contact,
      uri: uri.value,
      parameters: formatParameters(without(parameters, ['q', 'expires', 'pub-gruu', 'temp-gruu'])),
      identity: identityIn(parameters),
      q: preferenceOf(parameters.get('q')),
      expiresMs: granted(wanted, bounds),
    });
  }
  return ok(contacts);
}

function tooBrief(bounds: ExpiryBounds): Refusal {
  return {
    status: 423,
    reason: 'Interval Too Brief',
    headers: [['Min-Expires', String(Math.ceil(bounds.minMs / SECOND_MS))]],
  };
}

function intervalOf(text: string | undefined, bounds: ExpiryBounds): number {
  return text === undefined ? bounds.defaultMs : intervalMs(text);
}

/** The registrar may shorten what is asked for (RFC 3261 §10.3 step 7). */
function granted(wantedMs: number, { minMs, maxMs, share = 1 }: ExpiryBounds): number {
  return wantedMs === 0 ? 0 : Math.max(minMs, Math.floor(Math.min(wantedMs, maxMs) * share));
}

/** Delta-seconds in milliseconds; too many digits are only a long time. */
function intervalMs(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) * SECOND_MS : MALFORMED_EXPIRES_MS;
}

/** `q` in thousandths. A malformed one is no reason to keep a phone from its calls: it counts as absent. */
function preferenceOf(text: string | undefined): number {
  if (text === undefined || !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text)) return 1_000;
  return Math.round(Number(text) * 1_000);
}

function without(parameters: Parameters, names: readonly string[]): Parameters {
  return new Map([...parameters].filter(([name]) => !names.includes(name)));
}
