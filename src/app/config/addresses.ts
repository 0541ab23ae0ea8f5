// Addresses as people write them in the configuration: listeners, endpoints, CIDR ranges, port ranges. Each
// reader gives the value, or a reason that shows how it is written right.

import { parseAddress } from '../../base/ip.ts';
import type { Endpoint, TransportName } from '../../base/net.ts';
import { parsePrefix } from '../../base/prefix.ts';
import { err, ok, type Result } from '../../base/result.ts';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export const ENDPOINT_WANTED = 'expected address:port, such as 127.0.0.1:8080';
const DNS_PORT = 53;
const PORT_MAX = 65_535;
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/;

/** The family of an IP literal (IPv6 without brackets), or undefined where it is none, such as a host name. */
export function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (parseAddress(address) === undefined) return undefined;
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

export function isLoopback(address: string): boolean {
  return address === '::1' || (familyOf(address) === 'ipv4' && address.startsWith('127.'));
}

/** The address, or why it is none. */
export function ipLiteral(text: string): Result<string, string> {
  return familyOf(text) === undefined ? err(`"${text}" is not an IP address`) : ok(text);
}

/** The transports that this program can listen on. */
const LISTENABLE = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const satisfies readonly TransportName[];
export type ListenTransport = (typeof LISTENABLE)[number];

/** `udp:0.0.0.0:5060`, `tls:[::1]:5061` */
export function parseListener(text: string): Result<{ transport: ListenTransport } & Endpoint, string> {
  const wanted = 'expected transport:address:port, such as udp:0.0.0.0:5060 or tcp:[::1]:5060';
  const [, name = '', rest = ''] = /^([a-z]+):(.*)$/.exec(text) ?? [];
  const transport = LISTENABLE.find((known) => known === name);
  if (transport === undefined) return err(wanted);
  const endpoint = parseEndpoint(rest);
  if (endpoint.ok) return ok({ transport, ...endpoint.value });
  return err(endpoint.error === ENDPOINT_WANTED ? wanted : `${endpoint.error}; ${wanted}`);
}

/** `127.0.0.1:8080`, `[::1]:8080`. The address is a literal, for one listens on addresses, not on names. */
export function parseEndpoint(text: string): Result<Endpoint, string> {
  const { host, port } = splitHostPort(text);
  if (host === undefined || port === undefined) return err(ENDPOINT_WANTED);
  const literal = ipLiteral(host);
  if (!literal.ok) return literal;
  return port > PORT_MAX ? err(`there is no port ${port}`) : ok({ address: host, port });
}

/** `https://portal.example.net`, or `*` for every page: as browsers write an Origin (RFC 6454 §6.2). */
export function parseOrigin(text: string): Result<string, string> {
  if (text === '*') return ok(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/';
  return isOrigin && !/[?#@]/.test(text)
    ? ok(url.origin)
    : err('expected the origin of a page, such as https://portal.example.net, or * for every page');
}

/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`. A literal, for who would look up its name? */
export function parseDnsServer(text: string): Result<Endpoint, string> {
  const host = parseHost(text);
  if (!host.ok || familyOf(host.value.host) === undefined) {
    return err('expected an address, such as 192.0.2.53 or 192.0.2.53:53');
  }
  return ok({ address: host.value.host, port: host.value.port ?? DNS_PORT });
}

/** `sip.carrier.example`, `198.51.100.7:5070`, `[2001:db8::7]:5060`, `2001:db8::7`. The port where one is written. */
export function parseHost(text: string): Result<{ readonly host: string; readonly port?: number }, string> {
  if (familyOf(text) === 'ipv6') return ok({ host: text });
  const { host, port } = splitHostPort(text);
  const wanted = 'expected a host, or host:port, such as sip.carrier.example or 198.51.100.7:5060';
  if (host === undefined || (familyOf(host) === undefined && !isHostName(host))) return err(wanted);
  if (port === undefined) return ok({ host });
  return port < 1 || port > PORT_MAX ? err(`there is no port ${port}`) : ok({ host, port });
}

export function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && !/^[0-9.]+$/.test(text);
}

/** `198.51.100.0/24`, `2001:db8::/32`, or a single address. */
export function parseRange(text: string): Result<string, string> {
  const prefix = parsePrefix(text);
  return prefix.ok ? ok(text) : err(`${prefix.error}; expected such as 198.51.100.7 or 198.51.100.0/24`);
}

/** `20000-29999`: RTP takes the even ports, RTCP the odd one after each (RFC 3550 §11). */
export function parsePortRange(text: string): Result<PortRange, string> {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return err('expected a range of ports, such as 20000-29999');
  const range = { from: Number(first), to: Number(last) };
  if (range.from < 1_024 || range.to > PORT_MAX) return err(`must lie between 1024 and ${PORT_MAX}`);
  const firstEven = range.from + (range.from % 2);
  return firstEven + 3 > range.to
    ? err('has no room for the two legs of a call, which take four ports')
    : ok(range);
}

/** Host without brackets; the port only where one is written. */
function splitHostPort(text: string): { readonly host?: string; readonly port?: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,6}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && familyOf(bracketed) !== 'ipv6')) return {};
  return port === undefined ? { host } : { host, port: Number(port) };
}
