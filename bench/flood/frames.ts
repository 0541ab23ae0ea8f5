// Datagrams as Ethernet frames, and frames as a capture file that a packet generator plays (classic pcap, link type
// Ethernet). Checksums are those of the wire: no hardware between two namespaces would put them right.
//
//   file header 24 │ record header 16 │ Ethernet 14 │ IPv4 20 │ UDP 8 │ payload │ record header …

import { writeFileSync } from 'node:fs';
import type { Endpoint } from '../../src/base/net.ts';
import { ipPacket } from '../../src/trace/pcap.ts';

export interface Datagram {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
}

export interface Wire {
  readonly fromMac: string;
  readonly toMac: string;
}

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
const SNAPLEN = 65_535;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERNET_HEADER_BYTES = 14;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** Without a fragment; the wire between namespaces takes no more. */
const PACKET_BYTES_MAX = 1_500;

export function ethernetFrame({ from, to, payload }: Datagram, wire: Wire): Uint8Array {
  const packet = ipPacket(from, to, payload);
  if (packet.length > PACKET_BYTES_MAX) throw new Error(`a packet of ${packet.length} bytes is too large`);
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + packet.length);
  frame.set(macBytes(wire.toMac), 0);
  frame.set(macBytes(wire.fromMac), 6);
  new DataView(frame.buffer).setUint16(12, ETHERTYPE_IPV4);
  frame.set(packet, ETHERNET_HEADER_BYTES);
  return frame;
}

/** Writes frames as a capture; all at one time, so that whoever plays it chooses the pace. */
export function writeCapture(file: string, frames: readonly Uint8Array[]): void {
  const length = frames.reduce(
    (total, frame) => total + RECORD_HEADER_BYTES + frame.length,
    FILE_HEADER_BYTES,
  );
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC_MICROSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPLEN, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  let at = FILE_HEADER_BYTES;
  for (const frame of frames) {
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    bytes.set(frame, at + RECORD_HEADER_BYTES);
    at += RECORD_HEADER_BYTES + frame.length;
  }
  writeFileSync(file, bytes);
}

function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));
}
