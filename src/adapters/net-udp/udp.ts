// SIP over UDP (RFC 3261 §18) on node:dgram: one socket, one listener, batches both ways.
//
//   poll phase    datagram, datagram, datagram …   each becomes a packet, or is a keepalive
//   check phase   handler.received([…all of them])
//
// `dgram` hands datagrams over one by one, so they are gathered until the event loop's turn ends: nothing
// waits longer than the turn, and the core is entered once for up to a whole burst. A native transport over
// recvmmsg can take this one's place without anyone noticing (docs/decisions/0005).

import { createSocket, type Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { utf8 } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import { listenFailure } from '../../base/listening.ts';
import type { Endpoint, Flow } from '../../base/net.ts';
import type {
  Listener,
  Packet,
  SignallingHandler,
  SignallingStats,
  SignallingTransport,
} from '../../ports/signalling.ts';
import { answerStun, looksLikeStun } from '../../sip/keepalive/stun.ts';
import { ApartSockets } from './apart-sockets.ts';

export interface UdpOptions {
  /** An IP literal, IPv6 without brackets; `0.0.0.0` and `::` mean every address of that family. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly handler: SignallingHandler;
  /** Peers can be kept apart: their sockets share the port, which other processes of this user then could as well. */
  readonly apart?: boolean;
  readonly limits?: { readonly messageBytesMax?: number };
}

/** Throws RingthroughError LISTEN_FAILED. */
export async function openUdp(options: UdpOptions): Promise<SignallingTransport> {
  const { apart = false } = options;
  const asked = { address: options.address, port: options.port };
  // A port that is shared is given to whoever shares it, so whether it is free is asked by one that does not.
  const alone = await bound(createFor(asked, false), asked);
  if (!apart) return new UdpTransport(alone, options);
  const local = alone.address();
  await new Promise<void>((resolve) => alone.close(resolve));
  return new UdpTransport(await bound(createFor(local, true), local), options);
}

function createFor({ address }: Endpoint, reusePort: boolean): Socket {
  const ipv6 = isIPv6(address);
  return createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    reusePort,
    recvBufferSize: LIMITS.udpReceiveBufferBytes,
    // Flows carry IP literals only. Without this, `dgram` would take each datagram through the resolver.
    lookup: (literal, _options, callback) => {
      const family = isIP(literal);
      callback(family === 0 ? new Error(`${literal} is not an IP address`) : null, literal, family);
    },
  });
}

async function bound(socket: Socket, { address, port }: Endpoint): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => reject(listenFailure('udp', { address, port }, 'sip.listen', cause)));
    socket.bind({ address, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  return socket;
}

/** No SIP message is this short: it is CRLFCRLF, CRLF, NUL or another of the keepalives that phones send. */
const KEEPALIVE_BYTES_MAX = 4;
const CR = 13;
const LF = 10;
const PONG = utf8('\r\n');

class UdpTransport implements SignallingTransport {
  readonly listener: Listener;
  readonly #socket: Socket;
  readonly #handler: SignallingHandler;
  readonly #messageBytesMax: number;
  readonly #counters = {
    received: 0,
    sent: 0,
    keepalives: 0,
    stun_answered: 0,
    stun_ignored: 0,
    oversized: 0,
    send_failed: 0,
    socket_errors: 0,
  };
  readonly #apart: ApartSockets | undefined;
  #batch: Packet[] = [];
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, options: UdpOptions) {
    const bound = socket.address();
    this.listener = { transport: 'udp', local: { address: bound.address, port: bound.port } };
    this.#socket = socket;
    this.#handler = options.handler;
    this.#messageBytesMax = options.limits?.messageBytesMax ?? LIMITS.messageBytesMax;
    socket.on('message', (bytes, source) => this.#datagram(bytes, source));
    // With a callback per datagram sent, what arrives here belongs to no flow and ends nothing.
    socket.on('error', () => this.#counters.socket_errors++);
    if (options.apart !== true) return;
    this.#apart = new ApartSockets({
      create: () => createFor(this.listener.local, true),
      local: this.listener.local,
      datagram: (bytes, source) => this.#datagram(bytes, source),
      trouble: () => this.#counters.socket_errors++,
    });
  }

  keepApart(remote: Endpoint): void {
    const isOfFamily = isIPv6(remote.address) === isIPv6(this.listener.local.address);
    if (this.#closing === undefined && isOfFamily) this.#apart?.open(remote);
  }

  letGo(remote: Endpoint): void {
    this.#apart?.close(remote);
  }

  send(batch: readonly Packet[]): void {
    if (this.#closing !== undefined) return;
    for (const { flow, bytes } of batch) {
      this.#counters.sent++;
      this.#transmit(bytes, flow.remote, (error) => {
        if (error) this.#fail(flow, error.message);
      });
    }
  }

  stats(): SignallingStats {
    return { connections: 0, counters: { ...this.#counters } };
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#batch = [];
      this.#apart?.closeAll();
      this.#socket.close(() => resolve());
    });
    return this.#closing;
  }

  #datagram(bytes: Uint8Array, source: Endpoint): void {
    if (bytes.length <= KEEPALIVE_BYTES_MAX) {
      this.#keepalive(bytes, source);
      return;
    }
    if (looksLikeStun(bytes)) {
      this.#stun(bytes, source);
      return;
    }
    if (bytes.length > this.#messageBytesMax) {
      this.#counters.oversized++;
      return;
    }
    const remote = { address: source.address, port: source.port };
    this.#counters.received++;
    if (this.#batch.length === 0) setImmediate(() => this.#deliver());
    this.#batch.push({ flow: { transport: 'udp', local: this.listener.local, remote }, bytes });
  }

  #deliver(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) this.#handler.received(batch);
  }

  /**
   * Only CRLFCRLF asks for an answer (RFC 5626 §3.5.1). The answer is half as long as the question, so a
   * forged source gains nothing by it.
   */
  #keepalive(bytes: Uint8Array, source: Endpoint): void {
    this.#counters.keepalives++;
    const isPing =
      bytes.length === 4 && bytes[0] === CR && bytes[1] === LF && bytes[2] === CR && bytes[3] === LF;
    if (isPing) this.#transmit(PONG, source, () => {});
  }

  /** Answered here, without memory and without the core. It proves no phone: its source may be forged. */
  #stun(bytes: Uint8Array, source: Endpoint): void {
    const answer = answerStun(bytes, source);
    if (answer === undefined) {
      this.#counters.stun_ignored++;
      return;
    }
    this.#counters.stun_answered++;
    this.#transmit(answer, source, () => {});
  }

  #transmit(bytes: Uint8Array, remote: Endpoint, done: (error: Error | null) => void): void {
    try {
      this.#socket.send(bytes, remote.port, remote.address, done);
    } catch (error) {
      // Such as port 0: dgram throws for what it would not even try.
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Later, never from within `send`; and never after `close`. */
  #fail(flow: Flow, reason: string): void {
    this.#counters.send_failed++;
    setImmediate(() => {
      if (this.#closing === undefined) this.#handler.failed(flow, reason);
    });
  }
}
