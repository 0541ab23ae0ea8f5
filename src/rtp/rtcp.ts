// Sender and receiver reports (RFC 3550 §6.4) in compound packets (§6.1); other RTCP is stepped over.
//
//   |V=2|P|   RC    |   PT=SR=200   |      length in words - 1      |
//   |                        SSRC of sender                         |
//   |  SR only: NTP timestamp (8), RTP timestamp, packets, octets   |
//   |  RC report blocks: SSRC, fraction lost, lost, highest         |
//   |  sequence, jitter, last SR, delay since last SR (24 bytes)    |

import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import type { Instant } from '../base/time.ts';
import { byteAt, uint16, uint32, writeUint16, writeUint32 } from './packet.ts';

export interface ReportBlock {
  readonly ssrc: number;
  /** Since the last report, in 256ths. */
  readonly fractionLost: number;
  /** In total; negative when duplicates outnumber losses. */
  readonly lost: number;
  readonly highestSequence: number;
  /** In units of the timestamp. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  /** In 65536ths of a second. */
  readonly delaySinceLastSenderReport: number;
}

export interface SenderInfo {
  readonly at: Instant;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export interface RtcpReport {
  readonly ssrc: number;
  /** Present in a sender report, absent in a receiver report. */
  readonly sender?: SenderInfo;
  readonly blocks: readonly ReportBlock[];
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const CNAME = 1;
const BLOCK_BYTES = 24;
/** From 1900, where NTP begins, to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** A valid compound packet's head: version 2, a report first, whole words (§A.2). Cheap enough for every packet. */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = byteAt(bytes, 1);
  return (
    bytes.length >= 8 && bytes.length % 4 === 0 && byteAt(bytes, 0) >> 6 === 2 && type >= 200 && type <= 207
  );
}

/** All reports of a compound packet, in order; `undefined` when it is malformed. */
export function parseRtcp(bytes: Uint8Array): readonly RtcpReport[] | undefined {
  if (!isRtcp(bytes)) return undefined;
  const reports: RtcpReport[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 * (uint16(bytes, at + 2) + 1);
    if (byteAt(bytes, at) >> 6 !== 2 || end > bytes.length) return undefined;
    const type = byteAt(bytes, at + 1);
    if (type === SENDER_REPORT || type === RECEIVER_REPORT) {
      const report = parseReport(bytes.subarray(at, end), type === SENDER_REPORT);
      if (report === undefined) return undefined;
      reports.push(report);
    }
    at = end;
  }
  return reports;
}

/** A compound packet: the report, then the SDES with the CNAME that §6.1 demands. At most 31 blocks. */
export function serialiseRtcp(report: RtcpReport, cname: string): Uint8Array {
  assert(report.blocks.length <= 31, 'a report has at most 31 blocks');
  const { sender } = report;
  const reportBytes = (sender === undefined ? 8 : 28) + BLOCK_BYTES * report.blocks.length;
  const name = utf8(cname);
  assert(name.length <= 255, 'a CNAME has at most 255 bytes');
  // Header, SSRC, item header and text, then at least one zero byte up to the next word (§6.5).
  const descriptionBytes = 4 * Math.ceil((4 + 4 + 2 + name.length + 1) / 4);
  const bytes = new Uint8Array(reportBytes + descriptionBytes);
  writeHead(
    bytes,
    0,
    report.blocks.length,
    sender === undefined ? RECEIVER_REPORT : SENDER_REPORT,
    reportBytes,
  );
  writeUint32(bytes, 4, report.ssrc);
  if (sender !== undefined) writeSender(bytes, 8, sender);
  for (const [index, block] of report.blocks.entries()) {
    writeBlock(bytes, (sender === undefined ? 8 : 28) + BLOCK_BYTES * index, block);
  }
  writeHead(bytes, reportBytes, 1, SOURCE_DESCRIPTION, descriptionBytes);
  writeUint32(bytes, reportBytes + 4, report.ssrc);
  bytes[reportBytes + 8] = CNAME;
  bytes[reportBytes + 9] = name.length;
  bytes.set(name, reportBytes + 10);
  return bytes;
}

function parseReport(bytes: Uint8Array, isSender: boolean): RtcpReport | undefined {
  const count = byteAt(bytes, 0) & 0x1f;
  const start = isSender ? 28 : 8;
  if (bytes.length < start + BLOCK_BYTES * count) return undefined;
  const blocks = Array.from({ length: count }, (_, index) => parseBlock(bytes, start + BLOCK_BYTES * index));
  const ssrc = uint32(bytes, 4);
  if (!isSender) return { ssrc, blocks };
  const seconds = uint32(bytes, 8) - NTP_EPOCH_SECONDS + uint32(bytes, 12) / 2 ** 32;
  const sender = {
    at: seconds * 1_000,
    timestamp: uint32(bytes, 16),
    packets: uint32(bytes, 20),
    octets: uint32(bytes, 24),
  };
  return { ssrc, sender, blocks };
}

function parseBlock(bytes: Uint8Array, at: number): ReportBlock {
  return {
    ssrc: uint32(bytes, at),
    fractionLost: byteAt(bytes, at + 4),
    lost: (uint32(bytes, at + 4) << 8) >> 8,
    highestSequence: uint32(bytes, at + 8),
    jitter: uint32(bytes, at + 12),
    lastSenderReport: uint32(bytes, at + 16),
    delaySinceLastSenderReport: uint32(bytes, at + 20),
  };
}

function writeHead(bytes: Uint8Array, at: number, count: number, type: number, lengthBytes: number): void {
  bytes[at] = 0x80 | count;
  bytes[at + 1] = type;
  writeUint16(bytes, at + 2, lengthBytes / 4 - 1);
}

function writeSender(
  bytes: Uint8Array,
  at: number,
  { at: instant, timestamp, packets, octets }: SenderInfo,
): void {
  const seconds = Math.floor(instant / 1_000);
  writeUint32(bytes, at, seconds + NTP_EPOCH_SECONDS);
  writeUint32(bytes, at + 4, Math.floor(((instant / 1_000) % 1) * 2 ** 32));
  writeUint32(bytes, at + 8, timestamp);
  writeUint32(bytes, at + 12, packets);
  writeUint32(bytes, at + 16, octets);
}

function writeBlock(bytes: Uint8Array, at: number, block: ReportBlock): void {
  writeUint32(bytes, at, block.ssrc);
  writeUint32(bytes, at + 4, block.lost & 0xff_ff_ff);
  bytes[at + 4] = block.fractionLost;
  writeUint32(bytes, at + 8, block.highestSequence);
  writeUint32(bytes, at + 12, block.jitter);
  writeUint32(bytes, at + 16, block.lastSenderReport);
  writeUint32(bytes, at + 20, block.delaySinceLastSenderReport);
}
