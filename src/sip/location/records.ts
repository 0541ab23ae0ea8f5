// What DNS says, in the few kinds of record that lead to a SIP server (RFC 3263), and how an answer is read.
//
//   question   NAPTR example.net
//   rows       example.net    CNAME  voice.example.net      ← followed, within bounds
//              voice.example.net NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.net
//
// Rows come from strangers: those that answer another question are passed over, and so are all beyond the limit.

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';

export type RecordType = 'NAPTR' | 'SRV' | 'A' | 'AAAA';

export interface Question {
  readonly type: RecordType;
  /** Lower-case, without the final dot. */
  readonly name: string;
}

/** RFC 2915 §2, as far as RFC 3263 §4.1 uses it. */
export interface NaptrRecord {
  readonly type: 'NAPTR';
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** RFC 2782. The target `.` says that the service is decidedly not there; here it is the empty name. */
export interface SrvRecord {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface AddressRecord {
  readonly type: 'A' | 'AAAA';
  readonly address: string;
}

export interface AliasRecord {
  readonly type: 'CNAME';
  readonly target: string;
}

export type DnsRecord = NaptrRecord | SrvRecord | AddressRecord | AliasRecord;

/** One record as it stood in the answer section. */
export interface DnsRow {
  readonly name: string;
  readonly ttlMs: number;
  readonly record: DnsRecord;
}

/** What is known about a question, and until when. */
export type Answer = { readonly until: Instant } & (
  | { readonly type: 'records'; readonly records: readonly DnsRecord[]; readonly trouble?: string }
  /** The name is another's alias, whose records were not in the same answer. */
  | { readonly type: 'alias'; readonly name: string; readonly trouble?: string }
  | { readonly type: 'none' }
  | { readonly type: 'failed'; readonly trouble: string }
);

/** What the rows of an answer section say to the question. */
export type Reading =
  | { readonly type: 'records'; readonly records: readonly DnsRecord[]; readonly ttlMs: number }
  | { readonly type: 'alias'; readonly name: string; readonly ttlMs: number }
  | { readonly type: 'none' };

export function readAnswer(question: Question, rows: readonly DnsRow[]): Reading {
  const heeded = rows.slice(0, LIMITS.dnsRowsMax);
  let name = question.name;
  let ttlMs = Number.POSITIVE_INFINITY;
  for (let aliases = 0; aliases <= LIMITS.dnsAliasesMax; aliases++) {
    const own = heeded.filter((row) => normalName(row.name) === name);
    const found = own.filter(({ record }) => record.type === question.type);
    if (found.length > 0) {
      ttlMs = Math.min(ttlMs, ...found.map((row) => row.ttlMs));
      return { type: 'records', records: found.map(({ record }) => record), ttlMs };
    }
    const alias = own.find(({ record }) => record.type === 'CNAME');
    if (alias?.record.type !== 'CNAME') break;
    ttlMs = Math.min(ttlMs, alias.ttlMs);
    name = normalName(alias.record.target);
  }
  return name === question.name || name === '' ? { type: 'none' } : { type: 'alias', name, ttlMs };
}

/** Lower-case and without the final dot: equal names have equal text (RFC 4343). */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Equal questions have equal keys. */
export function questionKey({ type, name }: Question): string {
  return `${type} ${name}`;
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/;

/** Worth a question at all: labels of letters, digits, hyphens and underscores, of lengths that DNS can carry. */
export function isDomainName(name: string): boolean {
  return NAME.test(name);
}
