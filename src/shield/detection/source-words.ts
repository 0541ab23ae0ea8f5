// An address as numbers, for counting: read without making a string of any part of it, since it is done for each
// packet of a flood. What is too many bits for one customer is left out (base/source.ts says why).
//
//     192.0.2.77             high 00000000   low c000024d      its network: low c0000200  = 192.0.2.0/24
//     2001:db8:0:ab12::7     high 20010db8   low 0000ab12      its network: low 0000ab01  = 2001:db8:0:ab00::/56
//
// The last bit of a network's `low` tells IPv6 from IPv4, which both leave free.

import { ipv4Number } from '../../base/ip.ts';

const COLON = 0x3a;
const PERCENT = 0x25;
const NETWORK_MASK = 0xffffff00;
const IPV6 = 1;

/** One, used again for each address: `read`, then look. */
export class SourceWords {
  high = 0;
  low = 0;
  isIpv6 = false;
  readonly #groups = new Uint16Array(8);

  /** An IP literal as sockets give it, IPv6 without brackets. Of anything else comes some number. */
  read(address: string): void {
    const ipv4 = ipv4Number(address);
    this.isIpv6 = ipv4 < 0;
    this.high = 0;
    this.low = ipv4;
    if (this.isIpv6) this.#readIpv6(address);
  }

  get networkLow(): number {
    return (this.low & NETWORK_MASK) | (this.isIpv6 ? IPV6 : 0);
  }

  #readIpv6(address: string): void {
    const groups = this.#groups.fill(0);
    let count = 0;
    let gap = -1;
    let value = 0;
    let digits = 0;
    for (let at = 0; at <= address.length; at++) {
      const code = at === address.length ? PERCENT : address.charCodeAt(at);
      if (code !== COLON && code !== PERCENT) {
        value = (value << 4) | digitOf(code);
        digits++;
        continue;
      }
      if (digits > 0 && count < 8) groups[count++] = value;
      else if (code === COLON && at > 0) gap = count;
      value = 0;
      digits = 0;
      if (code === PERCENT) break;
    }
    if (gap >= 0) {
      groups.copyWithin(gap + 8 - count, gap, count);
      groups.fill(0, gap, gap + 8 - count);
    }
    this.high = wordOf(groups[0], groups[1]);
    this.low = wordOf(groups[2], groups[3]);
  }
}

function wordOf(left = 0, right = 0): number {
  return ((left << 16) | right) >>> 0;
}

function digitOf(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

/** `192.0.2.0/24`, `2001:db8:0:ab00::/56` */
export function formatNetwork(high: number, networkLow: number): string {
  const low = networkLow & NETWORK_MASK;
  if ((networkLow & IPV6) === 0) {
    return `${low >>> 24}.${(low >>> 16) & 0xff}.${(low >>> 8) & 0xff}.0/24`;
  }
  const groups = [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff];
  while (groups.at(-1) === 0) groups.pop();
  return `${groups.map((group) => group.toString(16)).join(':')}::/56`;
}

/** 32 bits that depend on all of both words; who does not know the seed cannot aim at one. */
export function mix(high: number, low: number, seed: number): number {
  let hash = Math.imul(high ^ seed, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ low, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
