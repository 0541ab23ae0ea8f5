// The signalling transports: batches of whole SIP messages in and out, over UDP and streams alike.
//
// Batches both ways, so that a native transport over recvmmsg/sendmmsg can take the place of `dgram`
// (docs/decisions/0005). A stream transport frames messages (RFC 3261 §18.3) and answers keepalives
// (RFC 5626 §3.5.1: CRLFCRLF with CRLF) by itself, so what arrives here is one message per packet.

import type { Endpoint, Flow, TransportName } from '../base/net.ts';

export interface Packet {
  readonly flow: Flow;
  readonly bytes: Uint8Array;
}

/** What a transport tells its owner. Callbacks are called from the event loop, never from within `send`. */
export interface SignallingHandler {
  received(batch: readonly Packet[]): void;
  /** Packets could not be sent (connection refused, closed, too large, ICMP error where the system tells). */
  failed(flow: Flow, reason: string): void;
  /** A stream connection that had carried traffic is gone. Nothing can be sent on it any more. */
  closed(flow: Flow): void;
}

/** What a transport tells and asks to which anybody may connect. */
export interface StreamHandler extends SignallingHandler {
  /**
   * Does this connection carry a registered phone, a carrier or a call? Asked, at any time, of connections that peers
   * opened: those that carry none give way when there are too many, and last no longer than a stranger may stay.
   */
  knows(flow: Flow): boolean;
}

export interface SignallingStats {
  readonly connections: number;
  /** Counted since the start, by a closed set of names, such as `oversized`, `idle_closed`, `refused_connections`. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Listener {
  readonly transport: TransportName;
  /** The address that is really bound, with the real port where 0 was asked for. */
  readonly local: Endpoint;
}

export interface SignallingTransport {
  readonly listener: Listener;
  send(batch: readonly Packet[]): void;
  /**
   * Keeps what this peer sends in a queue of its own from now on, or no longer; where the transport can, and nothing
   * depends on it.
   */
  keepApart?(remote: Endpoint): void;
  letGo?(remote: Endpoint): void;
  stats(): SignallingStats;
  /** Stops accepting, closes what is open. Safe to call twice. */
  close(): Promise<void>;
}
