// DNS messages (RFC 1035 §4) as questions go out and answers come in. The wire format is dns-packet's; whether an
// answer is one to our question, and what it says, is decided here. Nothing that arrives can make it throw.

import packet, {
  type DecodedPacket,
  type Answer as PacketAnswer,
  type RecordType as PacketRecordType,
} from 'dns-packet';
import { SECOND_MS } from '../../base/time.ts';
import type { Reply } from '../../ports/dns.ts';
import { type DnsRecord, type DnsRow, normalName, type Question } from '../../sip/location/records.ts';

/** Fits into one unfragmented datagram on any path (DNS Flag Day 2020). */
const UDP_PAYLOAD_BYTES = 1_232;
const OPT = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_PAYLOAD_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
} as const;

type NotOurs =
  /** Not an answer to this question: a forger's, or of another time. */
  | { readonly type: 'foreign' }
  /** To be asked again over TCP (RFC 7766 §5). */
  | { readonly type: 'truncated' };

export type Decoded = NotOurs | { readonly type: 'reply'; readonly reply: Reply };

/** As it came, with what its server says of it: `NOERROR`, `NXDOMAIN`, … */
export interface WholeAnswer {
  readonly type: 'answer';
  readonly message: DecodedPacket;
  readonly code: string;
}

/** Any kind of record, where `Question` has those that lead to a SIP server. */
export interface AnyQuestion {
  readonly type: PacketRecordType;
  readonly name: string;
}

/** `edns`: RFC 6891, which servers of long ago answer with FORMERR. `recursion`: for those that ask others in turn. */
export function encodeQuestion(
  id: number,
  { type, name }: AnyQuestion,
  edns: boolean,
  recursion = true,
): Uint8Array {
  return packet.encode({
    type: 'query',
    id,
    flags: recursion ? packet.RECURSION_DESIRED : 0,
    questions: [{ type, name, class: 'IN' }],
    additionals: edns ? [{ ...OPT, options: [] }] : [],
  });
}

export function decodeAnswer(bytes: Uint8Array, id: number, question: Question): Decoded {
  const decoded = decodeWhole(bytes, id, question);
  return decoded.type === 'answer' ? { type: 'reply', reply: replyOf(decoded) } : decoded;
}

export function decodeWhole(bytes: Uint8Array, id: number, question: AnyQuestion): NotOurs | WholeAnswer {
  const message = canHoldWhatItCounts(bytes) && idOf(bytes) === id ? decode(bytes) : undefined;
  if (message === undefined || message.type !== 'response') return { type: 'foreign' };
  const [asked, ...more] = message.questions ?? [];
  const same = asked?.type === question.type && normalName(asked.name) === question.name;
  // An answer that could not be understood need not repeat the question (RFC 1035 §4.1.1, FORMERR).
  const code = rcodeOf(message);
  if ((!same || more.length > 0) && !(asked === undefined && code === 'FORMERR')) return { type: 'foreign' };
  if (message.flag_tc) return { type: 'truncated' };
  return { type: 'answer', message, code };
}

const HEADER_BYTES = 12;
/** A root name, a type and a class. */
const QUESTION_BYTES_MIN = 5;
/** The same, a TTL and a length. */
const RECORD_BYTES_MIN = 11;

function idOf(bytes: Uint8Array): number {
  return uint16(bytes, 0);
}

/**
 * The header counts questions and records (RFC 1035 §4.1.1), up to 65,535 of each, and dns-packet believes it: without
 * this look, a few bytes that count hundreds of thousands of records would keep it busy for a tenth of a second.
 */
function canHoldWhatItCounts(bytes: Uint8Array): boolean {
  const records = uint16(bytes, 6) + uint16(bytes, 8) + uint16(bytes, 10);
  const bytesMin = HEADER_BYTES + QUESTION_BYTES_MIN * uint16(bytes, 4) + RECORD_BYTES_MIN * records;
  return bytes.length >= bytesMin;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function decode(bytes: Uint8Array): DecodedPacket | undefined {
  try {
    return packet.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    return undefined;
  }
}

export function replyOf({ message, code }: WholeAnswer): Reply {
  if (code !== 'NOERROR' && code !== 'NXDOMAIN') return { type: 'failed', reason: `answered ${code}` };
  const rows = (message.answers ?? []).flatMap(rowOf);
  if (rows.length > 0) return { type: 'rows', rows };
  const ttlMs = negativeTtlMs(message.authorities ?? []);
  return ttlMs === undefined ? { type: 'none' } : { type: 'none', ttlMs };
}

function rowOf(answer: PacketAnswer): readonly DnsRow[] {
  const record = recordOf(answer);
  if (record === undefined || !('ttl' in answer)) return [];
  return [{ name: answer.name, ttlMs: (answer.ttl ?? 0) * SECOND_MS, record }];
}

function recordOf(answer: PacketAnswer): DnsRecord | undefined {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return { type: answer.type, address: answer.data };
    case 'CNAME':
      return { type: 'CNAME', target: answer.data };
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return { type: 'SRV', priority, weight, port, target };
    }
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = answer.data;
      return { type: 'NAPTR', order, preference, flags, service: services, regexp, replacement };
    }
    default:
      return undefined;
  }
}

/** The lesser of the SOA's own TTL and its minimum (RFC 2308 §5). */
function negativeTtlMs(authorities: readonly PacketAnswer[]): number | undefined {
  const soa = authorities.find((answer) => answer.type === 'SOA');
  if (soa?.type !== 'SOA') return undefined;
  return Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) * SECOND_MS;
}

/** dns-packet decodes it, and its types do not know. */
function rcodeOf(message: DecodedPacket): string {
  const { rcode } = message as DecodedPacket & { readonly rcode?: unknown };
  return typeof rcode === 'string' ? rcode : 'no code';
}
