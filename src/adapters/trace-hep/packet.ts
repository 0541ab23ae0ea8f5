// HEP3 packets, in which Homer and its like take SIP messages (https://github.com/sipcapture/HEP, rev. 36).
//
//   "HEP3" │ total length 16 │ chunk …        chunk: vendor 16 (0) │ type 16 │ length 16, these six included │ value
//
// Types used: 1 family, 2 protocol, 3/4 or 5/6 addresses, 7/8 ports, 9/10 time, 11 what the payload is, 12 the node,
// 14 the collector's password, 15 the payload, 17 what it belongs to: our call's id, so that the legs of a call,
// which have Call-IDs of their own, are found together.

import { utf8 } from '../../base/bytes.ts';
import { parseAddress } from '../../base/ip.ts';
import { isStream } from '../../base/net.ts';
import type { TracedMessage } from '../../ports/trace.ts';

export interface HepIdentity {
  /** By which the collector tells its nodes apart; 32 bits. */
  readonly captureId: number;
  readonly password?: string;
}

const HEADER_BYTES = 6;
const CHUNK_HEADER_BYTES = 6;
const AF_INET = 2;
const AF_INET6 = 10;
const TCP = 6;
const UDP = 17;
const SIP = 1;

/** `undefined`: lengths have 16 bits, and the message is too long. */
export function hepPacket(
  message: TracedMessage,
  { captureId, password }: HepIdentity,
): Uint8Array | undefined {
  const { at, direction, transport, local, remote, bytes, callId } = message;
  const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
  const [source, target] = sameFamily(parseAddress(from.address), parseAddress(to.address));
  const isV6 = source.length === 16;
  const microseconds = Math.round(at * 1_000);
  const chunks: (readonly [type: number, value: Uint8Array])[] = [
    [1, Uint8Array.of(isV6 ? AF_INET6 : AF_INET)],
    [2, Uint8Array.of(isStream(transport) ? TCP : UDP)],
    [isV6 ? 5 : 3, source],
    [isV6 ? 6 : 4, target],
    [7, unsigned16(from.port)],
    [8, unsigned16(to.port)],
    [9, unsigned32(Math.floor(microseconds / 1_000_000))],
    [10, unsigned32(microseconds % 1_000_000)],
    [11, Uint8Array.of(SIP)],
    [12, unsigned32(captureId)],
  ];
  if (password !== undefined) chunks.push([14, utf8(password)]);
  if (callId !== undefined) chunks.push([17, utf8(callId)]);
  chunks.push([15, bytes]);
  return packetOf(chunks);
}

function packetOf(chunks: readonly (readonly [number, Uint8Array])[]): Uint8Array | undefined {
  const length = chunks.reduce((sum, [, value]) => sum + CHUNK_HEADER_BYTES + value.length, HEADER_BYTES);
  if (length > 0xffff) return undefined;
  const packet = new Uint8Array(length);
  const view = new DataView(packet.buffer);
  packet.set(utf8('HEP3'));
  view.setUint16(4, length);
  let at = HEADER_BYTES;
  for (const [type, value] of chunks) {
    view.setUint16(at + 2, type);
    view.setUint16(at + 4, CHUNK_HEADER_BYTES + value.length);
    packet.set(value, at + CHUNK_HEADER_BYTES);
    at += CHUNK_HEADER_BYTES + value.length;
  }
  return packet;
}

/** A flow has literals at both ends; where a dual-stack socket mixes them, IPv4 goes as an IPv6 address. */
function sameFamily(
  source: Uint8Array = new Uint8Array(4),
  target: Uint8Array = new Uint8Array(4),
): readonly [Uint8Array, Uint8Array] {
  return source.length === target.length ? [source, target] : [asIpv6(source), asIpv6(target)];
}

function asIpv6(address: Uint8Array): Uint8Array {
  return address.length === 16
    ? address
    : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address);
}

function unsigned16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function unsigned32(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
