// One WebSocket that carries SIP (RFC 7118): each of its messages is one SIP message, text or binary, or a
// keepalive. Bounds what comes in and goes out, and knows when it has been open, slow or idle for too long.
//
//   opened ──► carrying ──► closed        exactly one `closed`, with the reason for people
//      └── first message, message arrival, idle: whichever time runs out first closes it
//
// What it is closed with: 1001 when the listener goes, 1002, 1007, 1008 or 1009 for broken, endless or too large
// frames (`ws` does that), 1003 for a message that is not SIP. None of these gets a SIP answer.

import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { utf8 } from '../../base/bytes.ts';
import type { Flow } from '../../base/net.ts';
import { looksLikeSip } from '../../sip/message/parse.ts';

/** From base/limits.ts; smaller ones in tests. */
export interface ConnectionLimits {
  readonly connectionIdleMs: number;
  readonly firstMessageMs: number;
  readonly strangerConnectionMs: number;
  readonly messageArrivalMs: number;
  readonly connectionQueueBytesMax: number;
}

/** Why a connection ended, as a counter's name. */
export type CloseCause =
  | 'peer_closed'
  | 'connection_errors'
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

/** How long a peer has to answer our close frame. */
export const CLOSE_GRACE_MS = 500;

const PING = Buffer.from('\r\n\r\n');
const PONG = utf8('\r\n');
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;

export class Connection {
  /** Names this connection and no other. */
  readonly flow: Flow;
  /** True once a message came or was sent: then its end is worth telling. */
  carried = false;
  /** Fulfilled when it is gone. */
  readonly ended: Promise<void>;
  readonly #ws: WebSocket;
  readonly #limits: ConnectionLimits;
  readonly #handler: ConnectionHandler;
  /** Runs towards the one deadline that matters now: first message, a message's arrival, the end. */
  #timer: NodeJS.Timeout | undefined;
  /** Asks again and again whether its peer is known by now, and still. */
  readonly #strangerTimer: NodeJS.Timeout;
  /** What the bytes that are being read have completed. */
  #completed: 'nothing' | 'control' | 'message' = 'nothing';
  #end: { readonly cause: CloseCause; readonly reason: string } | undefined;

  constructor(
    ws: WebSocket,
    socket: Socket,
    flow: Flow,
    limits: ConnectionLimits,
    handler: ConnectionHandler,
  ) {
    this.#ws = ws;
    this.flow = flow;
    this.#limits = limits;
    this.#handler = handler;
    this.ended = new Promise((resolve) => ws.once('close', () => resolve()));
    socket.setTimeout(limits.connectionIdleMs, () => this.close('idle_closed', 'it was idle for too long'));
    // Behind the listener of `ws`, which has told by then what these bytes completed.
    socket.on('data', () => this.#watchArrival());
    this.#listen();
    this.#startTimer(limits.firstMessageMs, 'idle_closed', 'no message came');
    this.#strangerTimer = setInterval(() => this.#askWhetherProven(), limits.strangerConnectionMs);
  }

  /** False where the peer is leaving, or does not read: nothing was sent, and it is being closed. */
  send(bytes: Uint8Array): boolean {
    if (!this.#write(bytes)) return false;
    this.carried = true;
    return true;
  }

  /** Says so to the peer, lets what was written go out, and waits for nobody longer than a moment. */
  finish(cause: CloseCause, reason: string, code = GOING_AWAY): void {
    this.#end ??= { cause, reason };
    this.#ws.close(code, reason);
    this.#startTimer(CLOSE_GRACE_MS, cause, reason);
  }

  /** At once: a peer that has to go is not waited for. */
  close(cause: CloseCause, reason: string): void {
    this.#end ??= { cause, reason };
    this.#ws.terminate();
  }

  get #open(): boolean {
    return this.#end === undefined && this.#ws.readyState === this.#ws.OPEN;
  }

  #listen(): void {
    const ws = this.#ws;
    ws.on('message', (data) => this.#message(data));
    ws.on('ping', (data) => {
      this.#control();
      if (this.#hasRoomFor(data)) ws.pong(data);
    });
    ws.on('pong', () => this.#control());
    // The first reason is the true one; what follows from it says less.
    ws.on('error', (error) => {
      const ofFrames = 'code' in error && String(error.code).startsWith('WS_ERR_');
      this.#end ??= { cause: ofFrames ? 'framing_closed' : 'connection_errors', reason: error.message };
    });
    ws.on('close', (code) => {
      this.#stopTimer();
      clearInterval(this.#strangerTimer);
      const end = this.#end ?? { cause: 'peer_closed', reason: `the peer closed the connection (${code})` };
      this.#handler.closed(this, end.cause, end.reason);
    });
  }

  #message(data: RawData): void {
    if (!this.#open || !Buffer.isBuffer(data)) return;
    this.#completed = 'message';
    if (data.equals(PING)) {
      this.#handler.keepalive();
      this.#write(PONG);
    } else if (data.equals(PONG)) {
      this.#handler.keepalive();
    } else if (looksLikeSip(data)) {
      this.carried = true;
      this.#handler.message(this, data);
    } else {
      this.finish('framing_closed', 'not SIP', UNSUPPORTED_DATA);
    }
  }

  #control(): void {
    this.#handler.keepalive();
    if (this.#completed === 'nothing') this.#completed = 'control';
  }

  /**
   * A message that has begun must end in time, whatever pings come in between. Of bytes that complete one and
   * begin the next, the beginning is noticed when more of it comes; the idle time bounds what stays silent.
   */
  #watchArrival(): void {
    const completed = this.#completed;
    this.#completed = 'nothing';
    if (!this.#open || completed === 'control') return;
    if (completed === 'message') {
      if (this.carried) this.#stopTimer();
    } else if (this.#timer === undefined) {
      this.#startTimer(this.#limits.messageArrivalMs, 'slow_closed', 'a message took too long to arrive');
    }
  }

  /** As text, which every client reads, unless a message from elsewhere holds what is no text (RFC 7118 §5). */
  #write(bytes: Uint8Array): boolean {
    if (!this.#open || !this.#hasRoomFor(bytes)) return false;
    this.#ws.send(bytes, { binary: !isUtf8(bytes) });
    return true;
  }

  /** Bounded, for keepalives and answers too: a peer that asks and never reads must not fill our memory. */
  #hasRoomFor(bytes: Uint8Array): boolean {
    if (this.#ws.bufferedAmount + bytes.length <= this.#limits.connectionQueueBytesMax) return true;
    this.close('queue_full_closed', 'the peer does not read what is sent to it');
    return false;
  }

  #askWhetherProven(): void {
    if (!this.#handler.isProven()) this.close('stranger_closed', 'nobody who is known uses it');
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
