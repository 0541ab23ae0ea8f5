// RTP packets (RFC 3550 §5.1).
//
//    0                   1                   2                   3
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |           synchronization source (SSRC) identifier            |
//   |        CC contributing sources, then the extension if X       |
//   |                            payload, padding if P              |

import { assert } from '../base/assert.ts';

export interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** The payload is bytes `payloadStart` up to, not including, `payloadEnd`. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

export const RTP_HEADER_BYTES = 12;

/** `undefined` for whatever is no RTP packet: another version, cut off, or RTCP (RFC 5761 §4). */
export function parseRtp(bytes: Uint8Array): RtpHeader | undefined {
  if (bytes.length < RTP_HEADER_BYTES) return undefined;
  const first = byteAt(bytes, 0);
  const second = byteAt(bytes, 1);
  if (first >> 6 !== 2 || (second >= 192 && second <= 223)) return undefined;
  let payloadStart = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (payloadStart + 4 > bytes.length) return undefined;
    payloadStart += 4 + 4 * uint16(bytes, payloadStart + 2);
  }
  const padding = (first & 0x20) === 0 ? 0 : byteAt(bytes, bytes.length - 1);
  const payloadEnd = bytes.length - padding;
  if (payloadStart > payloadEnd || ((first & 0x20) !== 0 && padding === 0)) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequenceNumber: uint16(bytes, 2),
    timestamp: uint32(bytes, 4),
    ssrc: uint32(bytes, 8),
    payloadStart,
    payloadEnd,
  };
}

/** A packet without contributing sources, extension or padding. */
export function serialiseRtp(
  header: Pick<RtpHeader, 'payloadType' | 'marker' | 'sequenceNumber' | 'timestamp' | 'ssrc'>,
  payload: Uint8Array,
): Uint8Array {
  assert(header.payloadType >= 0 && header.payloadType <= 127, 'an RTP payload type has seven bits');
  const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  bytes[0] = 0x80;
  bytes[1] = header.payloadType | (header.marker ? 0x80 : 0);
  writeUint16(bytes, 2, header.sequenceNumber);
  writeUint32(bytes, 4, header.timestamp);
  writeUint32(bytes, 8, header.ssrc);
  bytes.set(payload, RTP_HEADER_BYTES);
  return bytes;
}

export function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

export function uint16(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
}

export function uint32(bytes: Uint8Array, offset: number): number {
  return uint16(bytes, offset) * 65_536 + uint16(bytes, offset + 2);
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = (value >>> 8) & 0xff;
  bytes[offset + 1] = value & 0xff;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, value >>> 16);
  writeUint16(bytes, offset + 2, value & 0xffff);
}
