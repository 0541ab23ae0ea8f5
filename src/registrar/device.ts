// Which device a contact belongs to, and which of its flows it is (RFC 5626 §4.1, §4.2).
//
//   Contact: <sip:bob@192.0.2.2>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"
//                                ^ flow 1                ^ of this device
//
// Two contacts with one instance are two ways to one telephone, not two telephones: it counts once, and a call
// takes one of its flows at a time. A contact without an instance is a device of its own.

import type { Binding } from '../ports/records.ts';
import { equalHosts } from '../sip/message/host.ts';
import { type Parameters, parseParameters, unquote } from '../sip/message/parameters.ts';
import { formatUri, parseUri } from '../sip/message/uri.ts';

export interface Identity {
  /** `urn:uuid:…`, lower-case; absent where the contact has none that can be used. */
  readonly instance: string | undefined;
  /** 1 to 2^31 - 1. Ignored without an instance (RFC 5626 §6). */
  readonly regId: number | undefined;
}

const NOBODY: Identity = { instance: undefined, regId: undefined };
const REG_ID_MAX = 2 ** 31 - 1;

/** Of a Contact's header parameters, as text. */
export function identityOf(text: string): Identity {
  if (!text.includes('+sip.instance')) return NOBODY;
  const parameters = parseParameters(text);
  return parameters.ok ? identityIn(parameters.value) : NOBODY;
}

/** Of a Contact's header parameters. */
export function identityIn(parameters: Parameters): Identity {
  const written = parameters.get('+sip.instance');
  const urn = written === undefined ? undefined : /^<(urn:[!-;=?-~]+)>$/i.exec(unquote(written))?.[1];
  if (urn === undefined) return NOBODY;
  const regId = parameters.get('reg-id') ?? '';
  const number = /^\d{1,10}$/.test(regId) ? Number(regId) : 0;
  return { instance: urn.toLowerCase(), regId: number >= 1 && number <= REG_ID_MAX ? number : undefined };
}

/** Contacts with the same key are one flow, whatever their URI is (RFC 5626 §6). */
export function flowKeyOf({ instance, regId }: Identity): string | undefined {
  return instance === undefined || regId === undefined ? undefined : `${regId} ${instance}`;
}

/** RFC 5627 §3.1.1: the address of one device of a phone, the same for as long as the device exists. */
export function publicGruu(binding: Binding, instance: string, domain: string): string {
  const parameters = new Map([['gr', instance]]);
  return formatUri({ scheme: 'sip', user: binding.user, host: domain, parameters, headers: '' });
}

/** The instance that a URI means when it is a public GRUU of this domain (RFC 5627 §3.3); '' for `gr` alone. */
export function instanceOfGruu(uri: string, domain: string): string | undefined {
  if (!/;gr[=;?]|;gr$/i.test(uri)) return undefined;
  const parsed = parseUri(uri);
  if (!parsed.ok || (parsed.value.scheme !== 'sip' && parsed.value.scheme !== 'sips')) return undefined;
  const { host, parameters } = parsed.value;
  return parameters.has('gr') && equalHosts(host, domain)
    ? (parameters.get('gr') ?? '').toLowerCase()
    : undefined;
}
