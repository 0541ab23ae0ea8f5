// IP literals as they stand in `c=` lines (RFC 8866 §9). Only literals are understood: a name in a session
// description would let its writer make this node resolve, and send media to, whatever he likes.

export type IpFamily = 'ipv4' | 'ipv6';

/** The family of an IP literal (IPv6 without brackets or zone), or `undefined` for anything else. */
export function ipFamily(address: string): IpFamily | undefined {
  if (isIpv4(address)) return 'ipv4';
  return isIpv6(address) ? 'ipv6' : undefined;
}

/** 0.0.0.0 and ::, which RFC 2543 used for hold (RFC 3264 §8.4). */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || (isIpv6(address) && /^[0:]*$/.test(address));
}

/** An IP literal that media may be sent to: neither unspecified, multicast nor broadcast. */
export function isUnicast(address: string): boolean {
  const family = ipFamily(address);
  if (family === undefined || isUnspecified(address)) return false;
  if (family === 'ipv6') return !/^ff/i.test(address);
  const first = Number.parseInt(address, 10);
  return first > 0 && (first < 224 || first >= 240) && address !== '255.255.255.255';
}

function isIpv4(address: string): boolean {
  const parts = address.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(address: string): boolean {
  if (address.length < 2 || address.length > 45) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  let count = groups.length;
  if (last.includes('.')) {
    // The last 32 bits may be written as IPv4; nothing may follow them, not even `::`.
    if (!isIpv4(last) || address.endsWith('::')) return false;
    groups.pop();
    count += 1;
  }
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? count <= 7 : count === 8;
}
