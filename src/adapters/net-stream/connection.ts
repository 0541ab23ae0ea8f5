// One connection that carries SIP, over TCP alone or TLS, whichever side opened it: frames what comes in, bounds
// what goes out, and knows when it has been open, slow or idle for too long. stream.ts owns it and decides.
//
//   opened ──► carrying ──► closed        exactly one `closed`, with the reason for people
//      └── connect, first message, message arrival, idle: whichever time runs out first closes it
//
// What is sent while it opens waits here, so that not a byte leaves before the peer of a TLS connection is known.

import type { Socket } from 'node:net';
import { utf8 } from '../../base/bytes.ts';
import type { Flow } from '../../base/net.ts';
import { StreamFramer, type StreamItem } from '../../sip/message/framing.ts';
import { refusalOf } from './refusal.ts';

/** From base/limits.ts; smaller ones in tests. */
export interface ConnectionLimits {
  readonly connectionIdleMs: number;
  readonly firstMessageMs: number;
  readonly strangerConnectionMs: number;
  readonly messageArrivalMs: number;
  readonly connectMs: number;
  readonly connectionQueueBytesMax: number;
}

/** Why a connection ended, as a counter's name. */
export type CloseCause =
  | 'peer_closed'
  | 'connection_errors'
  | 'connect_timeouts'
  | 'certificate_refused'
  | 'idle_closed'
  | 'slow_closed'
  | 'stranger_closed'
  | 'gave_way'
  | 'framing_closed'
  | 'queue_full_closed'
  | 'listener_closed';

export interface ConnectionHandler {
  message(connection: Connection, bytes: Uint8Array): void;
  keepalive(): void;
  /** Does it carry anything of somebody who is known? */
  isProven(): boolean;
  closed(connection: Connection, cause: CloseCause, reason: string): void;
}

/** What a connection runs over: how tcp.ts and tls.ts open theirs. */
export interface Line {
  readonly socket: Socket;
  /** The socket's event that says it may carry; none where it may already. */
  readonly readyOn?: 'connect' | 'secureConnect';
  /** What the peer's certificate proved; asked once it may carry. */
  peerDomains?(): readonly string[] | undefined;
  /** Why it could not be opened, better than the error says it. */
  explain?(error: Error): { readonly cause: CloseCause; readonly reason: string } | undefined;
}

const PONG = utf8('\r\n');

export class Connection {
  readonly openedByUs: boolean;
  connected: boolean;
  /** True once a message was framed or sent: then its end is worth telling. */
  carried = false;
  /** The flows without a connection's name that this one served, by key: its end is theirs. */
  readonly servedFlows = new Map<string, Flow>();
  /** Under which names its owner shares it. */
  readonly sharedAs = new Set<string>();
  /** Fulfilled when it is gone. */
  readonly ended: Promise<void>;
  readonly #line: Line;
  readonly #limits: ConnectionLimits;
  readonly #handler: ConnectionHandler;
  readonly #framer = new StreamFramer();
  #flow: Flow;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Runs towards the one deadline that matters now: connect, first message, a message's arrival, the end. */
  #timer: NodeJS.Timeout | undefined;
  /** Asks again and again whether a peer that opened it is known by now, and still. */
  #strangerTimer: NodeJS.Timeout | undefined;
  #end: { readonly cause: CloseCause; readonly reason: string } | undefined;

  constructor(
    line: Line,
    flow: Flow,
    openedByUs: boolean,
    limits: ConnectionLimits,
    handler: ConnectionHandler,
  ) {
    this.#line = line;
    this.#flow = flow;
    this.openedByUs = openedByUs;
    this.connected = line.readyOn === undefined;
    this.#limits = limits;
    this.#handler = handler;
    this.ended = new Promise((resolve) => line.socket.once('close', () => resolve()));
    if (this.connected) this.#learnPeer();
    this.#listen();
    if (!openedByUs) {
      this.#strangerTimer = setInterval(() => this.#askWhetherProven(), limits.strangerConnectionMs);
      this.#startTimer(limits.firstMessageMs, 'idle_closed', 'no message came');
    } else
      this.#startTimer(limits.connectMs, 'connect_timeouts', 'the connection was not established in time');
  }

  /** Names this connection and no other. */
  get flow(): Flow {
    return this.#flow;
  }

  get open(): boolean {
    return this.#end === undefined;
  }

  /** False where the queue is full: nothing was sent, and the connection is being closed. */
  send(bytes: Uint8Array): boolean {
    if (!this.#write(bytes)) return false;
    this.carried = true;
    return true;
  }

  close(cause: CloseCause, reason: string): void {
    this.#end ??= { cause, reason };
    this.#line.socket.destroy();
  }

  /** Lets what was written go out, but waits for nobody longer than `graceMs`. */
  finish(graceMs: number, cause: CloseCause, reason: string): void {
    this.#end ??= { cause, reason };
    if (this.connected) this.#line.socket.end();
    this.#startTimer(graceMs, cause, reason);
  }

  #listen(): void {
    const { socket, readyOn } = this.#line;
    socket.setTimeout(this.#limits.connectionIdleMs, () =>
      this.close('idle_closed', 'it was idle for too long'),
    );
    if (readyOn !== undefined) socket.once(readyOn, () => this.#ready());
    socket.on('data', (bytes: Buffer) => this.#data(bytes));
    // The first reason is the true one; errors that follow from it say less.
    socket.on('end', () => {
      this.#end ??= { cause: 'peer_closed', reason: 'the peer closed the connection' };
    });
    socket.on('error', (error) => {
      this.#end ??= this.#line.explain?.(error) ?? { cause: 'connection_errors', reason: error.message };
    });
    socket.on('close', () => {
      this.#stopTimer();
      clearInterval(this.#strangerTimer);
      const end = this.#end ?? { cause: 'peer_closed', reason: 'the connection was closed' };
      this.#handler.closed(this, end.cause, end.reason);
    });
  }

  #ready(): void {
    this.connected = true;
    this.#learnPeer();
    if (this.open) this.#stopTimer();
    for (const bytes of this.#waiting) this.#line.socket.write(bytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    // Finished meanwhile: what had been written goes out yet.
    if (!this.open) this.#line.socket.end();
  }

  #askWhetherProven(): void {
    if (!this.#handler.isProven()) this.close('stranger_closed', 'nobody who is known uses it');
  }

  #learnPeer(): void {
    const peerDomains = this.#line.peerDomains?.();
    if (peerDomains !== undefined) this.#flow = { ...this.#flow, peerDomains };
  }

  #data(bytes: Uint8Array): void {
    if (!this.open) return;
    const framed = this.#framer.push(bytes);
    const messageEnded = this.#take(framed.ok ? framed.value : framed.error.items);
    if (framed.ok) {
      this.#watchArrival(messageEnded);
      return;
    }
    const refusal = refusalOf(framed.error, this.flow.connectionId ?? '');
    if (refusal !== undefined) this.#write(refusal);
    this.finish(this.#limits.connectMs, 'framing_closed', framed.error.reason);
  }

  /** True where a message was among them. */
  #take(items: readonly StreamItem[]): boolean {
    let messageEnded = false;
    for (const item of items) {
      if (item.type === 'message') {
        messageEnded = true;
        this.#handler.message(this, item.bytes);
      } else {
        this.#handler.keepalive();
        if (item.type === 'ping') this.#write(PONG);
      }
    }
    if (messageEnded) this.carried = true;
    return messageEnded;
  }

  /** A message that has begun must end in time; the end of one starts the time of the next. */
  #watchArrival(messageEnded: boolean): void {
    const pending = this.#framer.pendingBytes > 0;
    if (messageEnded || (this.carried && !pending)) this.#stopTimer();
    if (pending && this.#timer === undefined) {
      this.#startTimer(this.#limits.messageArrivalMs, 'slow_closed', 'a message took too long to arrive');
    }
  }

  /** Bounded, for keepalives and answers too: a peer that asks and never reads must not fill our memory. */
  #write(bytes: Uint8Array): boolean {
    if (!this.open) return false;
    const { socket } = this.#line;
    const queued = socket.writableLength + this.#waitingBytes;
    if (queued + bytes.length > this.#limits.connectionQueueBytesMax) {
      this.close('queue_full_closed', 'the peer does not read what is sent to it');
      return false;
    }
    if (this.connected) {
      socket.write(bytes);
    } else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
    return true;
  }

  #startTimer(delayMs: number, cause: CloseCause, reason: string): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => this.close(cause, reason), delayMs);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
