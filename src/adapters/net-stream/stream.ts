// SIP over streams (RFC 3261 §18) on node:net: one listening socket and all its connections, in both directions.
// Batches both ways: what all connections bring in one turn of the event loop arrives as one. tcp.ts and tls.ts
// say how a connection is made; everything else is the same for both.
//
//   send(flow with connectionId)      that connection, or `failed`
//   send(flow without)                an open connection to its remote, else a new one (RFC 3261 §18.1.1)
//
// Ownership: the transport owns its connections and closes them all; each tells its own end once and is
// forgotten then. A flow without connectionId that used a connection fails when that goes, so that no client
// transaction waits 32 s for a peer that is known to be gone.

import { createServer, isIP, type Server, type Socket } from 'node:net';
import { LIMITS } from '../../base/limits.ts';
import { listenFailure } from '../../base/listening.ts';
import { type Endpoint, type Flow, flowKey, formatEndpoint } from '../../base/net.ts';
import { Places } from '../../base/places.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Listener,
  Packet,
  SignallingStats,
  SignallingTransport,
  StreamHandler,
} from '../../ports/signalling.ts';
import { type CloseCause, Connection, type ConnectionLimits, type Line } from './connection.ts';

export interface StreamLimits extends ConnectionLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly handshakeMs: number;
}

export interface StreamOptions {
  /** An IP literal, IPv6 without brackets; `0.0.0.0` and `::` mean every address of that family. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly handler: StreamHandler;
  /** Makes the names of connections unlike those of earlier runs, which stored bindings still hold. */
  readonly clock: Clock;
  readonly limits?: Partial<StreamLimits>;
}

/** What differs between TCP alone and TLS over it. */
export interface StreamKind {
  readonly transport: 'tcp' | 'tls';
  /** Makes what was accepted able to carry SIP; a handshake that fails destroys the socket and tells nobody else. */
  accept(socket: Socket, remote: Endpoint, done: (line: Line) => void): void;
  /** `localAddress` is the one to connect from, so that the peer sees the address that it knows us by. */
  open(flow: Flow, localAddress: string | undefined): Line;
  /** The name under which a connection is shared that serves flows like this one. */
  shareName(flow: Flow): string;
  /** The names under which a connection that a peer opened may be shared for requests to it, from its first message. */
  acceptedShareNames(flow: Flow, first: Uint8Array): readonly string[];
  counters(): Readonly<Record<string, number>>;
  close(): void;
}

/** A connection's place, from before it is one. */
interface Place {
  /** What was accepted; of connections that we open there is none. */
  readonly socket: Socket | undefined;
  connection: Connection | undefined;
}

/** How long `close` waits for what was written to go out. */
const CLOSE_GRACE_MS = 500;
export const PROBE_DELAY_MS = 60_000;

/** Throws RingthroughError LISTEN_FAILED. */
export async function openStream(options: StreamOptions, kind: StreamKind): Promise<SignallingTransport> {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_DELAY_MS });
  const asked = { address: options.address, port: options.port };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailure(kind.transport, asked, 'sip.listen', cause)));
    server.listen({ host: asked.address, port: asked.port, ipv6Only: true, exclusive: true }, resolve);
  });
  server.removeAllListeners('error');
  return new StreamTransport(server, options, kind);
}

class StreamTransport implements SignallingTransport {
  readonly listener: Listener;
  readonly #server: Server;
  readonly #kind: StreamKind;
  readonly #handler: StreamHandler;
  readonly #limits: StreamLimits;
  readonly #places: Places<Place>;
  /** What was accepted and is not a connection yet. */
  readonly #handshakes = new Set<Socket>();
  readonly #connections = new Map<string, Connection>();
  /** By the name that the kind gives; of several, the newest. */
  readonly #shared = new Map<string, Connection>();
  readonly #idPrefix: string;
  #opened = 0;
  readonly #counters = {
    received: 0,
    sent: 0,
    keepalives: 0,
    accepted: 0,
    connected: 0,
    refused_connections: 0,
    gave_way: 0,
    stranger_closed: 0,
    send_failed: 0,
    listener_errors: 0,
    peer_closed: 0,
    connection_errors: 0,
    connect_timeouts: 0,
    certificate_refused: 0,
    idle_closed: 0,
    slow_closed: 0,
    framing_closed: 0,
    queue_full_closed: 0,
    listener_closed: 0,
  };
  #batch: Packet[] = [];
  #closing: Promise<void> | undefined;

  constructor(server: Server, options: StreamOptions, kind: StreamKind) {
    const bound = server.address();
    const local =
      bound === null || typeof bound === 'string'
        ? { address: options.address, port: options.port }
        : { address: bound.address, port: bound.port };
    this.listener = { transport: kind.transport, local };
    this.#server = server;
    this.#kind = kind;
    this.#handler = options.handler;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#places = new Places({
      max: this.#limits.connectionsMax,
      perAddressMax: this.#limits.connectionsPerAddressMax,
      isKnown: (place) => this.#isKnown(place),
      giveWay: (place) => this.#giveWay(place),
    });
    this.#idPrefix = Math.floor(options.clock.now()).toString(36);
    server.on('connection', (socket) => this.#accept(socket));
    // Such as no file descriptors left: this connection is lost, the next may come through.
    server.on('error', () => this.#counters.listener_errors++);
  }

  send(batch: readonly Packet[]): void {
    if (this.#closing !== undefined) return;
    for (const { flow, bytes } of batch) {
      const connection =
        flow.connectionId === undefined ? this.#anyFor(flow) : this.#connections.get(flow.connectionId);
      if (connection === undefined) this.#fail(flow, 'the connection is gone');
      else if (typeof connection === 'string') this.#fail(flow, connection);
      else if (!connection.send(bytes)) this.#fail(flow, 'the peer does not read what is sent to it');
      else this.#counters.sent++;
    }
  }

  stats(): SignallingStats {
    const counters = { ...this.#counters, ...this.#kind.counters() };
    return { connections: this.#connections.size, counters };
  }

  /** Gives what was written half a second to go out. Nothing is told to the handler from here on. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#handshakes) socket.destroy();
    const connections = [...this.#connections.values()];
    for (const connection of connections) {
      connection.finish(CLOSE_GRACE_MS, 'listener_closed', 'the listener was closed');
    }
    await Promise.all([stopped, ...connections.map((connection) => connection.ended)]);
    this.#kind.close();
  }

  /** Counted from here on, handshake or not, until the socket is gone. */
  #accept(socket: Socket): void {
    const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const place: Place = { socket, connection: undefined };
    socket.on('error', () => {});
    // A peer that reset before it was accepted has no address any more.
    const isHere = remote.port !== 0 && this.#closing === undefined;
    if (!isHere || !this.#places.take(place, remote.address)) {
      this.#counters.refused_connections++;
      socket.destroy();
      return;
    }
    this.#counters.accepted++;
    this.#handshakes.add(socket);
    socket.once('close', () => {
      this.#handshakes.delete(socket);
      this.#places.leave(place);
    });
    this.#kind.accept(socket, remote, (line) => {
      this.#handshakes.delete(socket);
      const { transport, local } = this.listener;
      this.#adopt(line, { transport, local, remote }, place);
    });
  }

  /** Those that we open lead to carriers and phones that we chose. */
  #isKnown({ socket, connection }: Place): boolean {
    return socket === undefined || (connection !== undefined && this.#handler.knows(connection.flow));
  }

  #giveWay({ socket, connection }: Place): void {
    if (connection !== undefined) return connection.close('gave_way', 'it gave way to a newer one');
    this.#counters.gave_way++;
    socket?.destroy();
  }

  /** The connection for a flow that names none: an open one that serves it, else a new one, else why not. */
  #anyFor(flow: Flow): Connection | string {
    const known = this.#shared.get(this.#kind.shareName(flow));
    const connection = known?.open ? known : this.#connect(flow);
    if (typeof connection !== 'string') connection.servedFlows.set(flowKey(flow), flow);
    return connection;
  }

  #connect(flow: Flow): Connection | string {
    const { remote } = flow;
    if (isIP(remote.address) === 0 || remote.port < 1 || remote.port > 65_535) {
      return `${formatEndpoint(remote)} is not an address that can be connected to`;
    }
    const place: Place = { socket: undefined, connection: undefined };
    if (!this.#places.take(place)) return 'too many connections are open';
    const { address } = this.listener.local;
    const isWildcard = address === '0.0.0.0' || address === '::';
    this.#counters.connected++;
    const line = this.#kind.open(flow, isWildcard ? undefined : address);
    const { transport, local } = this.listener;
    const { domain } = flow;
    const opened: Flow = { transport, local, remote, ...(domain === undefined ? {} : { domain }) };
    const connection = this.#adopt(line, opened, place);
    void connection.ended.then(() => this.#places.leave(place));
    this.#share(connection, [this.#kind.shareName(flow)]);
    return connection;
  }

  #adopt(line: Line, ends: Flow, place: Place): Connection {
    const connectionId = `${this.#idPrefix}-${++this.#opened}`;
    const flow: Flow = { ...ends, connectionId };
    const openedByUs = place.socket === undefined;
    const connection = new Connection(line, flow, openedByUs, this.#limits, {
      message: (from, bytes) => this.#message(from, bytes),
      keepalive: () => this.#counters.keepalives++,
      isProven: () => this.#places.isProven(place),
      closed: (which, cause, reason) => this.#closed(which, cause, reason),
    });
    place.connection = connection;
    this.#connections.set(connectionId, connection);
    return connection;
  }

  #share(connection: Connection, names: readonly string[]): void {
    for (const name of names) {
      this.#shared.set(name, connection);
      connection.sharedAs.add(name);
    }
  }

  // What a connection tells its transport.

  #message(connection: Connection, bytes: Uint8Array): void {
    this.#counters.received++;
    if (!connection.openedByUs && !connection.carried) {
      this.#share(connection, this.#kind.acceptedShareNames(connection.flow, bytes));
    }
    if (this.#batch.length === 0) setImmediate(() => this.#deliver());
    this.#batch.push({ flow: connection.flow, bytes });
  }

  #closed(connection: Connection, cause: CloseCause, reason: string): void {
    this.#counters[cause]++;
    this.#forget(connection);
    if (this.#closing !== undefined) return;
    // Its last messages may still be waiting for the end of this turn; they come before its end.
    this.#deliver();
    for (const flow of connection.servedFlows.values()) this.#handler.failed(flow, reason);
    if (connection.connected && connection.carried) this.#handler.closed(connection.flow);
  }

  #forget(connection: Connection): void {
    const { connectionId } = connection.flow;
    if (connectionId !== undefined) this.#connections.delete(connectionId);
    for (const name of connection.sharedAs) {
      if (this.#shared.get(name) === connection) this.#shared.delete(name);
    }
  }

  #deliver(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0 && this.#closing === undefined) this.#handler.received(batch);
  }

  /** Later, never from within `send`; and never after `close`. */
  #fail(flow: Flow, reason: string): void {
    this.#counters.send_failed++;
    setImmediate(() => {
      if (this.#closing === undefined) this.#handler.failed(flow, reason);
    });
  }
}
