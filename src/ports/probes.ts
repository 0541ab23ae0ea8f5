// Probes: what a watcher asks of the outside, as a customer would, to see whether it is there.

import type { Endpoint } from '../base/net.ts';
import type { Prefix } from '../base/prefix.ts';
import type { Target } from '../sip/location/target.ts';

export type ProbeTarget = PlainTarget | CustomerTarget;

/** Whether somebody answers. */
export type PlainTarget =
  /** A SIP server, over a connection or a socket of its own. */
  | {
      readonly type: 'sip-options';
      readonly transport: 'udp' | 'tcp' | 'tls';
      readonly host: string;
      readonly port: number;
    }
  | HttpTarget
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | DnsTarget
  /** Everything that leads from a SIP domain to its servers (RFC 3263). */
  | { readonly type: 'sip-domain'; readonly scheme: 'sip' | 'sips'; readonly domain: string }
  | CertificateTarget;

/** A page or an API, over http or https. */
export interface HttpTarget {
  readonly type: 'http';
  readonly url: string;
  /** Absent: any from 200 to 399. */
  readonly status?: number;
  /** What its text must hold. */
  readonly contains?: string;
  /** By JSON Pointer (RFC 6901): what must stand there. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>>;
  /** For the header `Authorization: Bearer`. */
  readonly token?: string;
}

export const DNS_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NAPTR', 'NS', 'SRV', 'TXT'] as const;
export type DnsType = (typeof DNS_TYPES)[number];

/** A record set, as each of several servers has it. */
export interface DnsTarget {
  readonly type: 'dns';
  readonly name: string;
  readonly record: DnsType;
  /** Empty: those that the zone names. */
  readonly servers: readonly { readonly host: string; readonly port?: number }[];
  /** Answers must come from whoever has the zone itself; otherwise it is a resolver that is asked. */
  readonly authoritative: boolean;
  /** What it must be, each as a zone file has it; absent: whatever all of them say. */
  readonly expect?: readonly string[];
  /** For how long servers may differ, while a change is on its way from one to the other. */
  readonly graceMs: number;
}

/** What a TLS server shows that it is. */
export interface CertificateTarget {
  readonly type: 'certificate';
  readonly host: string;
  readonly port: number;
  /** Whom it must speak for; a SIP domain by the rules of RFC 5922, in which a wildcard speaks for nobody. */
  readonly name: string;
  readonly isSip: boolean;
  /** It warns when the first certificate of the chain to end has no longer than this. */
  readonly warnMs: number;
}

/** What was measured, by name, such as `lossShare`. */
export type Measures = Readonly<Record<string, number>>;

/** The reason is for people. */
export type ProbeEnd =
  | { readonly outcome: 'passed'; readonly latencyMs: number; readonly measures?: Measures }
  /** It works, and something about it needs to be seen to: it is slow, or a certificate is about to end. */
  | {
      readonly outcome: 'warned';
      readonly latencyMs: number;
      readonly reason: string;
      readonly measures?: Measures;
    }
  | { readonly outcome: 'failed'; readonly reason: string; readonly measures?: Measures };

/** What an attempt that succeeds has found beside. One that fails rejects with why. */
export interface Found {
  readonly measures?: Measures;
  /** What needs to be seen to though it works. */
  readonly warning?: string;
}

/** What OpenSSL says of a certificate, in words for people. */
const UNTRUSTED: ReadonlyMap<unknown, string> = new Map([
  ['CERT_HAS_EXPIRED', 'it has expired, or one that it comes with has'],
  ['CERT_NOT_YET_VALID', 'it is not yet valid, or one that it comes with is not'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is signed by nobody but itself'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its authority is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'an intermediate is missing, or its authority is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'an intermediate is missing, or its authority is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'an intermediate is missing, or its authority is not known here'],
]);

/** Why an attempt failed, for people; where several addresses were tried, why the first did. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [first] = cause instanceof AggregateError ? cause.errors : [];
  const error = first instanceof Error ? first : cause;
  const untrusted = 'code' in error ? UNTRUSTED.get(error.code) : undefined;
  return untrusted === undefined ? error.message : `the certificate is not trusted: ${untrusted}`;
}

export const OUTCOMES = ['passed', 'warned', 'failed'] as const satisfies readonly ProbeEnd['outcome'][];

export interface Prober<T extends ProbeTarget = ProbeTarget> {
  /** Never rejects. Fails after `timeoutMs` whatever is awaited, and at once when the signal is aborted. */
  probe(target: T, timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd>;
}

/** What a customer does, over SIP and RTP. */
export type CustomerTarget =
  /** A phone registers, and gives it back. */
  | { readonly type: 'register'; readonly account: PhoneAccount }
  /** A call to a number, from one end that is the watcher's own to another, each of which listens to the other. */
  | {
      readonly type: 'call';
      /** As the caller dials it. */
      readonly number: string;
      readonly caller: CallerEnd;
      readonly answerer: AnsweringEnd;
    };

/** What a phone is told to register with. */
export interface PhoneAccount {
  /** Where port or transport are left open, DNS says them (RFC 3263). */
  readonly server: Target;
  /** Of its address of record. */
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}

export type CallerEnd =
  | { readonly type: 'phone'; readonly account: PhoneAccount }
  /** Where a carrier would be: known to the server by its address alone. */
  | {
      readonly type: 'carrier';
      readonly server: Target;
      /** Of ours, that it calls from; absent: whichever leads to the server. */
      readonly address: string | undefined;
      /** Who calls. */
      readonly callerId: string | undefined;
    };

export type AnsweringEnd =
  | { readonly type: 'phone'; readonly account: PhoneAccount }
  /** Waits for the call where a carrier would, over UDP; what comes from elsewhere is not heard, where that is said. */
  | { readonly type: 'carrier'; readonly local: Endpoint; readonly from: readonly Prefix[] };
