// SIP messages as they were on the wire, for people and collectors that watch. Whatever is of this type has had
// its secrets struck out (trace/redact.ts): it may leave the node.

import type { Endpoint, TransportName } from '../base/net.ts';
import type { Instant } from '../base/time.ts';

export interface TracedMessage {
  readonly at: Instant;
  readonly direction: 'in' | 'out';
  readonly transport: TransportName;
  /** The node's end, as others know it. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** As long as the message on the wire, secrets overwritten. */
  readonly bytes: Uint8Array;
  readonly sipCallId?: string;
  /** The call that it belongs to: the ledger's id, or a test call's. */
  readonly callId?: string;
  /** Who is at the other end, where that is known: a phone's user or a trunk's name. */
  readonly peer?: string;
}

/** Where all messages are copied to, such as a Homer server. */
export interface TraceCollector {
  /** Never waits, never throws: what cannot be sent at once is dropped and counted. */
  send(messages: readonly TracedMessage[]): void;
  /** Counted since the start. */
  stats(): { readonly sent: number; readonly dropped: number };
  close(): Promise<void>;
}
