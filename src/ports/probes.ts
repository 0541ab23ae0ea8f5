// Probes: what a watcher asks of the outside, as a customer would, to see whether it is there.

import type { Destination, Endpoint } from '../base/net.ts';
import type { Target } from '../sip/location/target.ts';

export type ProbeTarget =
  /** A SIP server, over a connection or a socket of its own. */
  | {
      readonly type: 'sip-options';
      readonly transport: 'udp' | 'tcp' | 'tls';
      readonly host: string;
      readonly port: number;
    }
  /** A page, over http or https. */
  | { readonly type: 'http'; readonly url: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number };

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

export const OUTCOMES = ['passed', 'warned', 'failed'] as const satisfies readonly ProbeEnd['outcome'][];

export interface Prober {
  /** Never rejects. Fails after `timeoutMs` whatever is awaited, and at once when the signal is aborted. */
  probe(target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd>;
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
      /** Whom it calls from; absent: whatever address leads to the server. */
      readonly local: Endpoint | undefined;
      /** Who calls. */
      readonly callerId: string | undefined;
    };

export type AnsweringEnd =
  | { readonly type: 'phone'; readonly account: PhoneAccount }
  /** Waits for the call where a carrier would. */
  | { readonly type: 'carrier'; readonly local: Destination };
