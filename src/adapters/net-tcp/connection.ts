// One TCP connection that carries SIP, whichever side opened it: frames what comes in, bounds what goes out,
// and knows when it has been open, slow or idle for too long. It decides nothing else; tcp.ts owns it.
//
//   opened ──► carrying ──► closed        exactly one `closed`, with the reason for people
//      └── connect, first message, message arrival, idle: whichever time runs out first closes it

import type { Socket } from 'node:net';
import { utf8 } from '../../base/bytes.ts';
import type { Flow } from '../../base/net.ts';
import { StreamFramer, type StreamItem } from '../../sip/message/framing.ts';
import { refusalOf } from './refusal.ts';

/** From base/limits.ts; smaller ones in tests. */
export interface ConnectionLimits {
  readonly connectionIdleMs: number;
  readonly firstMessageMs: number;
  readonly messageArrivalMs: number;
  readonly connectMs: number;
  readonly connectionQueueBytesMax: number;
}

/** Why a connection ended, as a counter's name. */
export type CloseCause =
  | 'peer_closed'
  | 'connection_errors'
  | 'connect_timeouts'
  | 'idle_closed'
  | 'slow_closed'
  | 'framing_closed'
  | 'queue_full_closed'
  | 'listener_closed';

export interface ConnectionHandler {
  message(connection: Connection, bytes: Uint8Array): void;
  keepalive(): void;
  closed(connection: Connection, cause: CloseCause, reason: string): void;
}

const PONG = utf8('\r\n');

export class Connection {
  /** Names this connection and no other. */
  readonly flow: Flow;
  readonly openedByUs: boolean;
  connected: boolean;
  /** True once a message was framed or sent: then its end is worth telling. */
  carried = false;
  /** True once something was sent on it for its remote, not by its id. */
  sharedByRemote = false;
  /** Fulfilled when it is gone. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #handler: ConnectionHandler;
  readonly #framer = new StreamFramer();
  /** Runs towards the one deadline that matters now: connect, first message, a message's arrival, the end. */
  #timer: NodeJS.Timeout | undefined;
  #end: { readonly cause: CloseCause; readonly reason: string } | undefined;

  constructor(
    socket: Socket,
    flow: Flow,
    openedByUs: boolean,
    limits: ConnectionLimits,
    handler: ConnectionHandler,
  ) {
    this.#socket = socket;
    this.flow = flow;
    this.openedByUs = openedByUs;
    this.connected = !openedByUs;
    this.#limits = limits;
    this.#handler = handler;
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#listen();
    if (!openedByUs) this.#startTimer(limits.firstMessageMs, 'idle_closed', 'no message came');
    else this.#startTimer(limits.connectMs, 'connect_timeouts', 'the connection was not established in time');
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
    this.#socket.destroy();
  }

  /** Lets what was written go out, but waits for nobody longer than `graceMs`. */
  finish(graceMs: number, cause: CloseCause, reason: string): void {
    this.#end ??= { cause, reason };
    this.#socket.end();
    this.#startTimer(graceMs, cause, reason);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#limits.connectionIdleMs, () =>
      this.close('idle_closed', 'it was idle for too long'),
    );
    socket.on('connect', () => {
      this.connected = true;
      this.#stopTimer();
    });
    socket.on('data', (bytes: Buffer) => this.#data(bytes));
    // The first reason is the true one; errors that follow from it say less.
    socket.on('end', () => {
      this.#end ??= { cause: 'peer_closed', reason: 'the peer closed the connection' };
    });
    socket.on('error', (error) => {
      this.#end ??= { cause: 'connection_errors', reason: error.message };
    });
    socket.on('close', () => {
      this.#stopTimer();
      const end = this.#end ?? { cause: 'peer_closed', reason: 'the connection was closed' };
      this.#handler.closed(this, end.cause, end.reason);
    });
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
    if (this.#socket.writableLength + bytes.length > this.#limits.connectionQueueBytesMax) {
      this.close('queue_full_closed', 'the peer does not read what is sent to it');
      return false;
    }
    this.#socket.write(bytes);
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
