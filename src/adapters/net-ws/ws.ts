// SIP over WebSockets (RFC 7118), with TLS or without, on node:http and `ws`: one listening socket and the
// connections of its clients. Nobody can be connected to that way: a flow whose connection is gone fails at once.
//
//   TCP ─▶ HTTP request ─▶ upgrade.ts: may it? ─▶ connection.ts, until either side closes
//    └── room? ──┴── whole within webUpgradeMs, else destroyed
//
// Ownership: the transport owns its sockets and connections and closes them all; each connection tells its own
// end once and is forgotten then. Batches: what all connections bring in one turn of the event loop is one.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { LIMITS } from '../../base/limits.ts';
import { listenFailure } from '../../base/listening.ts';
import { type Endpoint, type Flow, formatEndpoint } from '../../base/net.ts';
import { Places } from '../../base/places.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Listener,
  Packet,
  SignallingStats,
  SignallingTransport,
  StreamHandler,
} from '../../ports/signalling.ts';
import { CLOSE_GRACE_MS, type CloseCause, Connection, type ConnectionLimits } from './connection.ts';
import { createWebServer, type WebServer, type WebTls } from './server.ts';
import { answerOf, refusalOf, SUBPROTOCOL } from './upgrade.ts';

export interface WsLimits extends ConnectionLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly webUpgradeMs: number;
}

export interface WsOptions {
  /** An IP literal, IPv6 without brackets; `0.0.0.0` and `::` mean every address of that family. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Pages that may connect, such as `https://portal.example.net`; `*` stands for every page. */
  readonly origins: readonly string[];
  readonly handler: StreamHandler;
  /** Makes the names of connections unlike those of earlier runs, which stored bindings still hold. */
  readonly clock: Clock;
  /** With it the transport is `wss`, else `ws`. */
  readonly tls?: WebTls;
  readonly limits?: Partial<WsLimits>;
}

/** A TCP socket, from before it is a WebSocket, with the time that it has to become one. */
interface Place {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  connection: Connection | undefined;
}

const PLAIN_HTTP = answerOf({ status: 426, text: 'This is a SIP server; it speaks WebSocket only.' });
const WEB_SOCKETS = {
  noServer: true,
  clientTracking: false,
  handleProtocols: () => SUBPROTOCOL,
  maxPayload: LIMITS.messageBytesMax,
  maxFragments: LIMITS.webSocketPartsMax,
  maxBufferedChunks: LIMITS.webSocketPartsMax,
  // A small message that grows to megabytes when it is unpacked is a weapon, and SIP gains little.
  perMessageDeflate: false,
  // connection.ts does that, so that the bound on what waits to go out holds for it too.
  autoPong: false,
  closeTimeout: CLOSE_GRACE_MS,
};

/** Throws RingthroughError LISTEN_FAILED. */
export async function openWs(options: WsOptions): Promise<SignallingTransport> {
  const server = createWebServer(options.tls);
  const { http, transport } = server;
  const asked = { address: options.address, port: options.port };
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) => {
      server.forgetCertificates();
      reject(listenFailure(transport, asked, 'sip.listen', cause));
    });
    http.listen({ host: asked.address, port: asked.port, ipv6Only: true, exclusive: true }, resolve);
  });
  http.removeAllListeners('error');
  return new WsTransport(server, options);
}

class WsTransport implements SignallingTransport {
  readonly listener: Listener;
  readonly #server: WebServer;
  readonly #handler: StreamHandler;
  readonly #origins: readonly string[];
  readonly #limits: WsLimits;
  readonly #webSockets = new WebSocketServer(WEB_SOCKETS);
  readonly #connections = new Map<string, Connection>();
  /** By remote end, which is what a socket and the TLS over it have in common. */
  readonly #sockets = new Map<string, Place>();
  readonly #places: Places<Place>;
  readonly #idPrefix: string;
  #opened = 0;
  readonly #counters = {
    received: 0,
    sent: 0,
    keepalives: 0,
    accepted: 0,
    upgraded: 0,
    refused_connections: 0,
    gave_way: 0,
    stranger_closed: 0,
    handshakes_failed: 0,
    refused_upgrades: 0,
    plain_requests: 0,
    upgrade_timeouts: 0,
    send_failed: 0,
    listener_errors: 0,
    peer_closed: 0,
    connection_errors: 0,
    idle_closed: 0,
    slow_closed: 0,
    framing_closed: 0,
    queue_full_closed: 0,
    listener_closed: 0,
  };
  #batch: Packet[] = [];
  #closing: Promise<void> | undefined;

  constructor(server: WebServer, options: WsOptions) {
    const { http, transport } = server;
    const bound = http.address();
    const local =
      bound === null || typeof bound === 'string'
        ? { address: options.address, port: options.port }
        : { address: bound.address, port: bound.port };
    this.listener = { transport, local };
    this.#server = server;
    this.#handler = options.handler;
    this.#origins = options.origins;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#places = new Places({
      max: this.#limits.connectionsMax,
      perAddressMax: this.#limits.connectionsPerAddressMax,
      isKnown: ({ connection }) => connection !== undefined && this.#handler.knows(connection.flow),
      giveWay: (place) => this.#giveWay(place),
    });
    this.#idPrefix = Math.floor(options.clock.now()).toString(36);
    http.on('connection', (socket) => this.#accept(socket));
    http.on('request', ({ socket }) => {
      this.#counters.plain_requests++;
      socket.end(PLAIN_HTTP);
    });
    http.on('upgrade', (request, _socket, head) => this.#upgrade(request, head));
    // Only with TLS. Node destroys the socket.
    http.on('tlsClientError', () => this.#counters.handshakes_failed++);
    // Such as no file descriptors left: this connection is lost, the next may come through.
    http.on('error', () => this.#counters.listener_errors++);
  }

  send(batch: readonly Packet[]): void {
    if (this.#closing !== undefined) return;
    for (const { flow, bytes } of batch) {
      if (flow.connectionId === undefined) {
        this.#fail(flow, `no connection can be opened to a client of ${flow.transport}`);
        continue;
      }
      const connection = this.#connections.get(flow.connectionId);
      if (connection === undefined) this.#fail(flow, 'the connection is gone');
      else if (!connection.send(bytes)) this.#fail(flow, 'the peer takes nothing on its connection any more');
      else this.#counters.sent++;
    }
  }

  stats(): SignallingStats {
    return { connections: this.#sockets.size, counters: { ...this.#counters } };
  }

  /** Gives what was written half a second to go out. Nothing is told to the handler from here on. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#server.forgetCertificates();
    const stopped = new Promise<void>((resolve) => this.#server.http.close(() => resolve()));
    const connections = [...this.#connections.values()];
    for (const connection of connections) connection.finish('listener_closed', 'the listener was closed');
    await Promise.all(connections.map((connection) => connection.ended));
    for (const { socket } of this.#sockets.values()) socket.destroy();
    await stopped;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {});
    const remote = remoteOf(socket);
    const timer = setTimeout(() => {
      this.#counters.upgrade_timeouts++;
      socket.destroy();
    }, this.#limits.webUpgradeMs);
    const place: Place = { socket, timer, connection: undefined };
    // A peer that reset before it was accepted has no address any more.
    const isHere = remote.port !== 0 && this.#closing === undefined;
    if (!isHere || !this.#places.take(place, remote.address)) {
      clearTimeout(timer);
      this.#counters.refused_connections++;
      socket.destroy();
      return;
    }
    this.#counters.accepted++;
    const key = formatEndpoint(remote);
    this.#sockets.set(key, place);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(key);
      this.#places.leave(place);
    });
  }

  #giveWay({ socket, timer, connection }: Place): void {
    if (connection !== undefined) return connection.close('gave_way', 'it gave way to a newer one');
    this.#counters.gave_way++;
    clearTimeout(timer);
    socket.destroy();
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const refusal = refusalOf(request, this.#origins);
    if (refusal !== undefined) {
      this.#counters.refused_upgrades++;
      socket.end(answerOf(refusal));
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (ws) => {
      const remote = remoteOf(socket);
      const place = this.#sockets.get(formatEndpoint(remote));
      if (place === undefined) return ws.terminate();
      clearTimeout(place.timer);
      this.#counters.upgraded++;
      const connectionId = `${this.#idPrefix}-${++this.#opened}`;
      const { transport, local } = this.listener;
      const flow: Flow = { transport, local, remote, connectionId };
      place.connection = new Connection(ws, socket, flow, this.#limits, {
        message: (from, bytes) => this.#message(from, bytes),
        keepalive: () => this.#counters.keepalives++,
        isProven: () => this.#places.isProven(place),
        closed: (which, cause) => this.#closed(which, cause),
      });
      this.#connections.set(connectionId, place.connection);
    });
  }

  // What a connection tells its transport.

  #message(connection: Connection, bytes: Uint8Array): void {
    this.#counters.received++;
    if (this.#batch.length === 0) setImmediate(() => this.#deliver());
    this.#batch.push({ flow: connection.flow, bytes });
  }

  #closed(connection: Connection, cause: CloseCause): void {
    this.#counters[cause]++;
    this.#connections.delete(connection.flow.connectionId ?? '');
    if (this.#closing !== undefined) return;
    // Its last messages may still be waiting for the end of this turn; they come before its end.
    this.#deliver();
    if (connection.carried) this.#handler.closed(connection.flow);
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

function remoteOf({ remoteAddress = '', remotePort = 0 }: Socket): Endpoint {
  return { address: remoteAddress, port: remotePort };
}
