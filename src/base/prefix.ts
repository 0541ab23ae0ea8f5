// IP prefixes: which addresses belong to a carrier, or to whom a rule is about.
// IPv4 and IPv6, told apart by the bytes of an address.

import { parseAddress } from './ip.ts';
import { err, ok, type Result } from './result.ts';

export interface Prefix {
  /** Network byte order: 4 bytes for IPv4, 16 for IPv6. */
  readonly bytes: Uint8Array;
  /** Leading bits that must agree. */
  readonly bits: number;
}

/** Reads `198.51.100.0/24`, `2001:db8::/32` or a single address. The error is a sentence for people. */
export function parsePrefix(text: string): Result<Prefix, string> {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (bytes === undefined) return err(`"${text}" is neither an IP address nor a CIDR range`);
  if (slash === -1) return ok({ bytes, bits: bytes.length * 8 });
  const digits = text.slice(slash + 1);
  const bits = Number(digits);
  if (!/^\d{1,3}$/.test(digits) || bits > bytes.length * 8) {
    return err(`"${text}" needs a prefix length from 0 to ${bytes.length * 8} behind the slash`);
  }
  return ok({ bytes, bits });
}

export function contains(prefix: Prefix, address: Uint8Array): boolean {
  if (prefix.bytes.length !== address.length) return false;
  const whole = prefix.bits >> 3;
  for (let i = 0; i < whole; i++) if (prefix.bytes[i] !== address[i]) return false;
  const rest = prefix.bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((prefix.bytes[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask);
}

/** The same for an IPv4 address as `ipv4Number` gives it: for where each packet asks. */
export function containsIpv4({ bytes, bits }: Prefix, number: number): boolean {
  if (bytes.length !== 4) return false;
  if (bits === 0) return true;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const network = ((a << 24) | (b << 16) | (c << 8) | d) >>> (32 - bits);
  return network === number >>> (32 - bits);
}
