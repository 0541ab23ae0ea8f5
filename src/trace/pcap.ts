// Messages as a capture file, for Wireshark and its like: classic pcap, link type RAW, each message a UDP
// datagram between the two ends.
//
//   file header 24 │ record header 16 │ IPv4 20 or IPv6 40 │ UDP 8 │ message │ record header …
//
// Messages that went over TCP, TLS or WebSocket are written as datagrams as well, in the clear: the file tells what
// was said, not how it travelled. Datagrams are never fragmented, whatever a network would have done.

import { parseAddress } from '../base/ip.ts';
import type { Endpoint } from '../base/net.ts';
import type { TracedMessage } from '../ports/trace.ts';

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const SNAPLEN = 262_144;
const UDP = 17;
const HOP_LIMIT = 64;
const UDP_HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
/** An IPv4 packet's length has 16 bits, headers included. The end of a longer message, from a stream, is cut. */
const PAYLOAD_BYTES_MAX = 65_535 - IPV4_HEADER_BYTES - UDP_HEADER_BYTES;

/** The file of these records. */
export function pcapFile(records: readonly Uint8Array[]): Uint8Array {
  const parts = [fileHeader(), ...records];
  const file = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, MAGIC_MICROSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPLEN, true);
  view.setUint32(20, LINKTYPE_RAW, true);
  return new Uint8Array(view.buffer);
}

export function pcapRecord(message: TracedMessage): Uint8Array {
  const { at, direction, local, remote } = message;
  const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
  const packet = ipPacket(from, to, message.bytes.subarray(0, PAYLOAD_BYTES_MAX));
  const bytes = new Uint8Array(16 + packet.length);
  const view = new DataView(bytes.buffer);
  const microseconds = Math.round(at * 1_000);
  view.setUint32(0, Math.floor(microseconds / 1_000_000), true);
  view.setUint32(4, microseconds % 1_000_000, true);
  view.setUint32(8, packet.length, true);
  view.setUint32(12, packet.length, true);
  bytes.set(packet, 16);
  return bytes;
}

/** One IP packet with one UDP datagram, checksums included. */
export function ipPacket(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const ends = [addressBytes(from), addressBytes(to)] as const;
  const isV6 = ends.some((address) => address.length === 16);
  const [source, target] = isV6 ? [mapped(ends[0]), mapped(ends[1])] : ends;
  const udp = datagram(from.port, to.port, payload);
  new DataView(udp.buffer).setUint16(6, udpChecksum(source, target, udp));
  const header = isV6 ? ipv6Header(source, target, udp.length) : ipv4Header(source, target, udp.length);
  const packet = new Uint8Array(header.length + udp.length);
  packet.set(header);
  packet.set(udp, header.length);
  return packet;
}

/** A flow has literals at both ends; anything else would be a bug, and is no reason to lose a capture. */
function addressBytes({ address }: Endpoint): Uint8Array {
  return parseAddress(address) ?? new Uint8Array(4);
}

/** An IPv4 address in a packet with an IPv6 one (RFC 4291 §2.5.5.2). */
function mapped(address: Uint8Array): Uint8Array {
  return address.length === 16
    ? address
    : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address);
}

function datagram(fromPort: number, toPort: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint16(4, bytes.length);
  bytes.set(payload, UDP_HEADER_BYTES);
  return bytes;
}

function ipv4Header(source: Uint8Array, target: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(IPV4_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, IPV4_HEADER_BYTES + length);
  view.setUint8(8, HOP_LIMIT);
  view.setUint8(9, UDP);
  bytes.set(source, 12);
  bytes.set(target, 16);
  view.setUint16(10, checksumOf(sum(bytes)));
  return bytes;
}

function ipv6Header(source: Uint8Array, target: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(IPV6_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, length);
  view.setUint8(6, UDP);
  view.setUint8(7, HOP_LIMIT);
  bytes.set(source, 8);
  bytes.set(target, 24);
  return bytes;
}

/** Over a pseudo header and the datagram (RFC 768, RFC 8200 §8.1); zero would mean that there is none. */
function udpChecksum(source: Uint8Array, target: Uint8Array, udp: Uint8Array): number {
  const checksum = checksumOf(sum(source) + sum(target) + UDP + udp.length + sum(udp));
  return checksum === 0 ? 0xffff : checksum;
}

/** Of 16-bit words, an odd last byte filled up with zero (RFC 1071). */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  return total;
}

function checksumOf(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
