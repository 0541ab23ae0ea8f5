// IP literals as bytes, which is how they are compared and written to the wire. An IPv4 address that a dual-stack
// socket reports as `::ffff:192.0.2.1` is the IPv4 address (RFC 4291 §2.5.5.2).

/** The bytes of an IP literal (IPv6 without brackets), or undefined where it is none, such as a host name. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  const bytes = parseIpv6(text);
  if (bytes === undefined) return undefined;
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.subarray(12) : bytes;
}

/** The 32 bits of an IPv4 literal, or of one that is mapped into IPv6; -1 for everything else. */
export function ipv4Number(text: string): number {
  const at = text.startsWith('::ffff:') ? 7 : 0;
  let number = 0;
  let part = -1;
  let parts = 0;
  for (let index = at; index < text.length; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit >= 0 && digit <= 9) {
      part = part < 0 ? digit : 10 * part + digit;
      if (part > 255) return -1;
    } else if (digit === DOT - ZERO && part >= 0) {
      number = number * 256 + part;
      parts++;
      part = -1;
    } else return -1;
  }
  return parts === 3 && part >= 0 ? number * 256 + part : -1;
}

const ZERO = 48;
const DOT = 46;

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const zoneless = text.split('%', 1)[0] ?? '';
  const halves = zoneless.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** Colon-separated groups, of which the last may be a dotted IPv4 address, as bytes. */
function parseGroups(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes('.')) {
      const dotted = parseIpv4(group);
      if (dotted === undefined) return undefined;
      bytes.push(...dotted);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}
