// Messages out of a byte stream (RFC 3261 §18.3), with the keepalives of RFC 5626 §3.5.1 between them:
//
//     CRLF CRLF | start line … CRLF CRLF body | CRLF | start line …
//     ping        message (Content-Length)      pong
//
// Pure: no timers, no sockets. Bytes of an incomplete message are gathered in one buffer that grows; what
// arrives whole is passed on without a copy. Messages are views: nothing writes into their bytes any more.

import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { TOKEN } from './grammar.ts';
import { Headers } from './headers.ts';
import { asBuffer, CR, LF } from './octets.ts';
import { readContentLength } from './parse.ts';
import { indexHeaders } from './rows.ts';

export type StreamItem =
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** CRLFCRLF: to be answered with CRLF. */
  | { readonly type: 'ping' }
  /** One CRLF. A ping that was cut in the middle gives a pong first and then its ping. */
  | { readonly type: 'pong' };

/** The stream cannot be read on: nobody knows where the next message begins. */
export interface FramingFailure {
  readonly code: 'not-sip' | 'too-large' | 'bad-content-length';
  readonly reason: string;
  /** What to answer before closing; undefined: close at once. */
  readonly status: 400 | 513 | undefined;
  /** Those that were whole before it. */
  readonly items: readonly StreamItem[];
  /** What has come of the message that it fails on: parseMessage reads from it what an answer needs. */
  readonly head: Uint8Array;
}

type Failure = Omit<FramingFailure, 'items' | 'head'>;

const EMPTY = Buffer.alloc(0);

export class StreamFramer {
  /** The bytes of the incomplete message; `#used` of them are filled. */
  #gathered: Buffer = EMPTY;
  #used = 0;
  /** Up to where the headers' end was looked for. */
  #searched = 0;
  /** Size of the incomplete message once its headers have said so. */
  #messageSize: number | undefined;
  /** A lone CRLF came last: another one makes it a ping. */
  #halfPing = false;
  #failure: FramingFailure | undefined;

  /** Bytes of the incomplete message. */
  get pendingBytes(): number {
    return this.#used;
  }

  /** The bytes must not change any more. After a failure every push fails. */
  push(bytes: Uint8Array): Result<readonly StreamItem[], FramingFailure> {
    if (this.#failure !== undefined) return err(this.#failure);
    const items: StreamItem[] = [];
    let data = this.#gather(bytes);
    while (data.length > 0) {
      const rest = this.#step(data, items);
      if ('code' in rest) {
        this.#failure = { ...rest, items: [], head: data };
        return err({ ...this.#failure, items });
      }
      if (rest.length === data.length) break;
      data = rest;
    }
    this.#keep(data);
    return ok(items);
  }

  /** Takes one item off the front, if there is a whole one. */
  #step(data: Buffer, items: StreamItem[]): Buffer | Failure {
    const first = data[0] ?? 0;
    if (first === CR || first === LF) return this.#keepalive(data, items);
    this.#halfPing = false;
    if (TOKEN[first] !== 1) return failure('not-sip', 'not SIP', undefined);
    if (this.#messageSize === undefined) {
      const headersEnd = findHeadersEnd(data, this.#searched);
      this.#searched = Math.max(0, data.length - 3);
      const headerBytes = headersEnd < 0 ? data.length : headersEnd;
      if (headerBytes > LIMITS.headerBytesMax) return failure('too-large', 'headers too large', 513);
      if (headersEnd < 0) return data;
      const length = findContentLength(data, headersEnd);
      if (length === undefined) return failure('bad-content-length', 'no clear Content-Length', 400);
      this.#messageSize = headersEnd + length;
      if (this.#messageSize > LIMITS.messageBytesMax) return failure('too-large', 'message too large', 513);
    }
    if (data.length < this.#messageSize) return data;
    items.push({ type: 'message', bytes: data.subarray(0, this.#messageSize) });
    const rest = data.subarray(this.#messageSize);
    this.#messageSize = undefined;
    this.#searched = 0;
    return rest;
  }

  /** CRLF between messages; a lone LF is passed over. */
  #keepalive(data: Buffer, items: StreamItem[]): Buffer | Failure {
    if (data[0] === LF) return data.subarray(1);
    if (data.length === 1) return data;
    if (data[1] !== LF) return failure('not-sip', 'CR without LF', undefined);
    // The first half of a ping was given as a pong; if that was in this same push, it is taken back.
    if (this.#halfPing) items.pop();
    items.push({ type: this.#halfPing ? 'ping' : 'pong' });
    this.#halfPing = !this.#halfPing;
    return data.subarray(2);
  }

  /** What is there to look at: the new bytes alone, or behind those that wait. */
  #gather(bytes: Uint8Array): Buffer {
    if (this.#used === 0) return asBuffer(bytes);
    const size = this.#used + bytes.length;
    if (size > this.#gathered.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(size, this.#gathered.length * 2));
      grown.set(this.#gathered.subarray(0, this.#used));
      this.#gathered = grown;
    }
    this.#gathered.set(bytes, this.#used);
    this.#used = size;
    return this.#gathered.subarray(0, size);
  }

  /** Messages are views of the gathered bytes, so a rest that follows one moves to a buffer of its own. */
  #keep(rest: Buffer): void {
    if (rest.length === this.#used) return;
    this.#gathered = rest.length === 0 ? EMPTY : Buffer.from(rest);
    this.#used = rest.length;
  }
}

function failure(code: Failure['code'], reason: string, status: Failure['status']): Failure {
  return { code, reason, status };
}

/** The position after the empty line, or -1. */
function findHeadersEnd(data: Buffer, from: number): number {
  for (let at = data.indexOf(LF, from); at >= 0; at = data.indexOf(LF, at + 1)) {
    if (data[at + 1] === LF) return at + 2;
    if (data[at + 1] === CR && data[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * Mandatory on streams (RFC 3261 §20.14). Read with the parser's own eyes, so that framer and parser cannot
 * differ in where a message ends. Undefined when it is missing or unclear.
 */
function findContentLength(data: Buffer, headersEnd: number): number | undefined {
  const index = indexHeaders(data, data.indexOf(LF) + 1, headersEnd);
  const length = index.end === headersEnd ? readContentLength(Headers.ofRows(index.rows)) : undefined;
  return length?.ok ? length.value : undefined;
}
