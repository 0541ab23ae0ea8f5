// Whom a certificate speaks for in SIP: RFC 5922 §7.1 (what it says) and §7.2 (whether that is who was wanted).
//
//   subjectAltName   URI:sip:example.com     is the domain example.com; and then DNS names count for nothing
//                    DNS:example.com         counts where there is no such URI
//                    IP Address:192.0.2.7    counts for who was asked for by address
//   asked for        example.com             equal, whatever the case: "*.example.com" speaks for nobody (§7.2)
//
// Only subjectAltName counts: the CN of a subject, which §7.1 lets one look at where there is none, is read by no
// browser any more either, because what is in it is not always a name.
// Deviation: addresses, of which §7.1 says nothing, because carriers that are known by address are many.

import { equalHosts } from '../message/host.ts';
import { parseUri } from '../message/uri.ts';

/**
 * The domains and addresses that the certificate speaks for, in lower case. `subjectAltName` as Node and OpenSSL
 * write it: `URI:sip:example.com, DNS:example.com, IP Address:192.0.2.7`, a value with unusual characters as a JSON
 * string.
 */
export function certificateDomains(subjectAltName: string | undefined): readonly string[] {
  const names = alternativeNames(subjectAltName ?? '');
  const byUri = names.flatMap(({ type, value }) => (type === 'URI' ? domainOfUri(value) : []));
  const byDns = names.flatMap(({ type, value }) => (type === 'DNS' ? domainOf(value) : []));
  const addresses = names.flatMap(({ type, value }) => (type === 'IP Address' ? [value.toLowerCase()] : []));
  return [...new Set([...(byUri.length > 0 ? byUri : byDns), ...addresses])];
}

/** Whether a certificate that speaks for `domains` speaks for the domain or address that was asked for. */
export function speaksFor(domains: readonly string[], wanted: string): boolean {
  const asked = wanted.replace(/\.$/, '');
  return domains.some((domain) => equalHosts(domain, asked));
}

/** Why a certificate with these names is not one of who was asked for; `undefined` where it is. */
export function misnamed(subjectAltName: string | undefined, wanted: string): string | undefined {
  const domains = certificateDomains(subjectAltName);
  if (speaksFor(domains, wanted)) return undefined;
  const hint = /DNS:\*/.test(subjectAltName ?? '') ? '; "*" counts for nobody in SIP (RFC 5922)' : '';
  return `speaks for ${domains.join(', ') || 'nobody'}, not for ${wanted}${hint}`;
}

/** A SIP URI without a user is a domain's; `sips:` is no identity (§7.1). */
function domainOfUri(value: string): readonly string[] {
  const uri = parseUri(value);
  if (!uri.ok || uri.value.scheme !== 'sip' || uri.value.user !== undefined) return [];
  return domainOf(uri.value.host);
}

/** A host name; not what only looks like an address, and not `*.example.com`. */
function domainOf(value: string): readonly string[] {
  const isName = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?\.?$/i.test(value) && !/^[0-9.]+$/.test(value);
  return isName ? [value.toLowerCase().replace(/\.$/, '')] : [];
}

interface AlternativeName {
  readonly type: string;
  readonly value: string;
}

/** One name: its type, then a JSON string or plain text up to the next comma. */
const NAME = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/** Text that is not written so speaks for nobody from there on: it might be made to look like another's name. */
function alternativeNames(text: string): readonly AlternativeName[] {
  const names: AlternativeName[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < text.length) {
    const [, type, value] = NAME.exec(text) ?? [];
    if (type === undefined || value === undefined) return names;
    names.push({ type, value: value.startsWith('"') ? unquoted(value) : value });
  }
  return names;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '';
  }
}
