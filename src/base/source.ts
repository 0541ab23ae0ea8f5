// Whose address is it? What is counted for each source must not be dodged by somebody who has many addresses: an
// IPv6 customer has at least a /64, an IPv4 customer mostly one address, and who forges addresses has all of them.
//
//     192.0.2.77     of 24 bits:  192.0.2        of 32 bits:  192.0.2.77
//     2001:db8::7    of 56 bits:  20010db8000000 of 64 bits:  20010db800000000

import { ipv4Number } from './ip.ts';

export interface SourceBits {
  /** 8, 16, 24 or 32. */
  readonly ipv4: number;
  /** A multiple of 4. */
  readonly ipv6: number;
}

/** One customer, as far as an address tells. */
export const ONE_CUSTOMER: SourceBits = { ipv4: 32, ipv6: 64 };
/** One network: who forges addresses to flood somebody forges those around it as well. */
export const ONE_NETWORK: SourceBits = { ipv4: 24, ipv6: 56 };

/** What a source is counted under: the bits of an IPv4 address as a number, which costs least; else a name. */
export type SourceKey = number | string;

/** The same as `sourceOf`, for where it is asked for each packet. Of one family and the same bits, equal means equal. */
export function sourceKey(address: string, bits: SourceBits): SourceKey {
  const number = ipv4Number(address);
  if (number < 0) return sourceOf(address, bits);
  return bits.ipv4 >= 32 ? number : number >>> (32 - bits.ipv4);
}

/** A name for the part of the address that these bits are. `address` is an IP literal as sockets give it. */
export function sourceOf(address: string, bits: SourceBits): string {
  if (!address.includes(':')) return ipv4Part(address, bits.ipv4);
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return ipv4Part(mapped, bits.ipv4);
  const [left = '', right] = (address.split('%')[0] ?? '').split('::');
  const before = groups(left);
  const after = right === undefined ? [] : groups(right);
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0000');
  return [...before, ...zeros, ...after].join('').slice(0, bits.ipv6 / 4);
}

function ipv4Part(address: string, bits: number): string {
  return bits >= 32 ? address : address.split('.', bits / 8).join('.');
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':').map((group) => group.toLowerCase().padStart(4, '0'));
}
