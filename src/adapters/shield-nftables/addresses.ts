// Addresses as nftables writes them, and as the lanes count them: an IPv4 customer is one address, an IPv6 customer a
// /64, a network a /24 or a /56. IPv4 addresses that a dual-stack socket reports as `::ffff:192.0.2.1` are IPv4.

import { parseAddress } from '../../base/ip.ts';
import type { Endpoint } from '../../base/net.ts';
import { contains, type Prefix, parsePrefix } from '../../base/prefix.ts';
import { ONE_CUSTOMER, ONE_NETWORK } from '../../base/source.ts';

/** Sets hold one family each; their names end in it. */
export const FAMILIES = ['4', '6'] as const;
export type Family = (typeof FAMILIES)[number];

/** What a flow is known by, as an expression. */
export function flowKey(family: Family): string {
  return `${family === '4' ? 'ip' : 'ip6'} saddr . udp sport`;
}

export interface Place {
  readonly family: Family;
  /** The literal in one spelling, so that equal places are equal texts. */
  readonly text: string;
}

/** Undefined where the text is no IP literal. */
export function placeOf(address: string): Place | undefined {
  const bytes = parseAddress(address);
  return bytes === undefined ? undefined : { family: familyOf(bytes), text: written(bytes) };
}

/** The customer that an address is of: itself, or its /64. */
export function customerOf(address: string): Place | undefined {
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  const family = familyOf(bytes);
  return { family, text: family === '4' ? written(bytes) : written(masked(bytes, ONE_CUSTOMER.ipv6)) };
}

/** `192.0.2.1 . 5060`, as a key of a set. */
export function endpointKey({ address, port }: Endpoint): Place | undefined {
  const place = placeOf(address);
  return place === undefined ? undefined : { family: place.family, text: `${place.text} . ${port}` };
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || parseAddress(address)?.every((byte) => byte === 0) === true;
}

export function isLoopback(address: string): boolean {
  const bytes = parseAddress(address);
  if (bytes === undefined) return false;
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

/** Of each family, without those that lie within others: nftables takes no ranges that overlap. */
export function disjoint(ranges: readonly string[]): Readonly<Record<Family, readonly string[]>> {
  const prefixes = ranges.flatMap((range) => {
    const prefix = parsePrefix(range);
    return prefix.ok ? [normal(prefix.value)] : [];
  });
  const widest = prefixes.filter((prefix, index) => {
    return !prefixes.some((other, position) => {
      if (position === index || !contains(other, prefix.bytes)) return false;
      return other.bits < prefix.bits || (other.bits === prefix.bits && position < index);
    });
  });
  const of = (family: Family) =>
    widest.filter(({ bytes }) => familyOf(bytes) === family).map((prefix) => rangeText(prefix));
  return { '4': of('4'), '6': of('6') };
}

/** The expression for a packet's source as its customer, or as its network. */
export function sourceExpression(family: Family, of: 'customer' | 'network'): string {
  const bits = of === 'customer' ? ONE_CUSTOMER : ONE_NETWORK;
  if (family === '6') return `ip6 saddr and ${maskText(16, bits.ipv6)}`;
  return bits.ipv4 === 32 ? 'ip saddr' : `ip saddr and ${maskText(4, bits.ipv4)}`;
}

function familyOf(bytes: Uint8Array): Family {
  return bytes.length === 4 ? '4' : '6';
}

function written(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
}

function normal({ bytes, bits }: Prefix): Prefix {
  return { bytes: masked(bytes, bits), bits };
}

function rangeText({ bytes, bits }: Prefix): string {
  return bits === bytes.length * 8 ? written(bytes) : `${written(bytes)}/${bits}`;
}

function maskText(length: number, bits: number): string {
  return written(masked(new Uint8Array(length).fill(0xff), bits));
}
