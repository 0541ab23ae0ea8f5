// Hosts of URIs and Via: names, IPv4, and IPv6 references in brackets (RFC 3261 §25.1, RFC 5118).
// Inside the program a host is lower-case and an IPv6 address has no brackets.

import { err, ok, type Result } from '../../base/result.ts';
import { parseDecimal, trimmed } from './grammar.ts';
import { CLOSE_BRACKET, hexDigit, isDigit, OPEN_BRACKET } from './octets.ts';

export interface HostPort {
  readonly host: string;
  readonly port?: number;
}

const PORT_MAX = 65_535;

/** Parses `host [":" port]`; white space around the colon and at the ends is tolerated, as Via allows it. */
export function parseHostPort(text: string): Result<HostPort, string> {
  const bracket = text.charCodeAt(0) === OPEN_BRACKET ? text.indexOf(']') : 0;
  if (bracket < 0) return err('IPv6 reference without its closing bracket');
  const colon = text.indexOf(':', bracket);
  const hostText = trimmed(text, 0, colon < 0 ? text.length : colon);
  const host = bracket > 0 ? parseIpv6Reference(hostText) : parseName(hostText);
  if (host === undefined) return err(`bad host "${hostText}"`);
  if (colon < 0) return ok({ host });
  const portText = trimmed(text, colon + 1, text.length);
  const port = parseDecimal(portText, 5);
  if (port === undefined || port > PORT_MAX) return err(`bad port "${portText}"`);
  return ok({ host, port });
}

/** The host with brackets where it needs them, and its port. */
export function formatHostPort(host: string, port: number | undefined): string {
  const bracketed = host.indexOf(':') >= 0 ? `[${host}]` : host;
  return port === undefined ? bracketed : `${bracketed}:${port}`;
}

/** Case does not matter, and IPv6 addresses are compared as 128 bits (RFC 5954 §4.2). */
export function equalHosts(a: string, b: string): boolean {
  if (a === b || a.toLowerCase() === b.toLowerCase()) return true;
  if (a.indexOf(':') < 0 || b.indexOf(':') < 0) return false;
  const groupsOfA = ipv6Groups(a);
  return groupsOfA !== undefined && groupsOfA.join() === ipv6Groups(b)?.join();
}

/** Deviation: underscores are accepted in names, because private networks have such hosts. */
function parseName(text: string): string | undefined {
  if (text.length === 0) return undefined;
  let upper = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 0x61 && code <= 0x7a) || isDigit(code)) continue;
    if (code >= 0x41 && code <= 0x5a) upper = true;
    else if (code !== 0x2d && code !== 0x2e && code !== 0x5f) return undefined;
  }
  return upper ? text.toLowerCase() : text;
}

/**
 * `[2001:db8::1]` → `2001:db8::1`. The grammar of RFC 3261 let `[2001:db8:::192.0.2.1]` through; RFC 5118
 * §4.10 asks us to tolerate it, so it is read as what was meant.
 */
function parseIpv6Reference(text: string): string | undefined {
  if (text.charCodeAt(text.length - 1) !== CLOSE_BRACKET) return undefined;
  const address = text.slice(1, -1).toLowerCase();
  const repaired = address.indexOf('.') >= 0 ? address.replace(':::', '::') : address;
  return ipv6Groups(repaired) === undefined ? undefined : repaired;
}

/** The eight 16-bit groups of an IPv6 address without brackets (RFC 4291 §2.2); undefined if it is none. */
export function ipv6Groups(text: string): number[] | undefined {
  if (text.length > 45) return undefined;
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = readGroups(text);
    return groups?.length === 8 ? groups : undefined;
  }
  if (text.indexOf('::', gap + 1) >= 0) return undefined;
  const head = gap === 0 ? [] : readGroups(text.slice(0, gap));
  const tail = gap + 2 === text.length ? [] : readGroups(text.slice(gap + 2));
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function readGroups(text: string): number[] | undefined {
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.indexOf('.') >= 0) {
      const octets = ipv4Octets(part);
      if (octets === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      groups.push(a * 256 + b, c * 256 + d);
    } else {
      const group = readHex(part);
      if (group === undefined) return undefined;
      groups.push(group);
    }
  }
  return groups;
}

function ipv4Octets(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const octets: number[] = [];
  for (const part of parts) {
    const octet = parseDecimal(part, 3);
    if (octet === undefined || octet > 255) return undefined;
    octets.push(octet);
  }
  return octets;
}

function readHex(text: string): number | undefined {
  if (text.length === 0 || text.length > 4) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}
