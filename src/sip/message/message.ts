// SIP messages (RFC 3261 §7), immutable. What is in the headers is read when it is asked for, and kept.

import { EMPTY_BYTES } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import { type NameAddress, parseNameAddress } from './address.ts';
import { fieldOf } from './fields.ts';
import { parseDecimal, skipSpace, splitList, trimmed } from './grammar.ts';
import type { Headers } from './headers.ts';
import { isDigit } from './octets.ts';
import { parseVia, type Via } from './via.ts';

export type SipMessage = SipRequest | SipResponse;

export interface CSeq {
  /** Less than 2^31 (RFC 3261 §8.1.1.5). */
  readonly number: number;
  readonly method: string;
}

const CSEQ_LIMIT = 2 ** 31;
const MAX_FORWARDS_MAX = 255;
/** Leading zeros are legal, so more digits than the largest number has; yet not without end. */
const DIGITS_MAX = 15;

const VIA = fieldOf('Via');
const FROM = fieldOf('From');
const TO = fieldOf('To');
const CSEQ = fieldOf('CSeq');
const CONTACT = fieldOf('Contact');
const MAX_FORWARDS = fieldOf('Max-Forwards');
const ROUTE = fieldOf('Route');
const RECORD_ROUTE = fieldOf('Record-Route');

/** The accessors that requests and responses share. What they read is kept with the header rows. */
abstract class MessageBase {
  readonly headers: Headers;
  /** Empty when there is none. */
  readonly body: Uint8Array;

  constructor(headers: Headers, body: Uint8Array) {
    this.headers = headers;
    this.body = body;
  }

  /** The topmost. */
  get via(): Via | undefined {
    return this.headers.readFirst(VIA, readVias)?.[0];
  }

  /** All well-formed ones, topmost first. */
  get vias(): readonly Via[] {
    return wellFormed(this.headers.readAll(VIA, readVias));
  }

  get from(): NameAddress | undefined {
    return this.headers.readFirst(FROM, readAddress);
  }

  get to(): NameAddress | undefined {
    return this.headers.readFirst(TO, readAddress);
  }

  get callId(): string | undefined {
    return this.headers.get('Call-ID');
  }

  get cseq(): CSeq | undefined {
    return this.headers.readFirst(CSEQ, readCseq);
  }

  /** All well-formed ones. `*` is not one: see `headers.get('Contact')`. */
  get contacts(): readonly NameAddress[] {
    return wellFormed(this.headers.readAll(CONTACT, readAddresses));
  }

  /** 0 to 255. */
  get maxForwards(): number | undefined {
    return this.headers.readFirst(MAX_FORWARDS, readMaxForwards);
  }

  get routes(): readonly NameAddress[] {
    return wellFormed(this.headers.readAll(ROUTE, readAddresses));
  }

  get recordRoutes(): readonly NameAddress[] {
    return wellFormed(this.headers.readAll(RECORD_ROUTE, readAddresses));
  }
}

export class SipRequest extends MessageBase {
  readonly kind = 'request';
  /** As sent; methods are case-sensitive (RFC 3261 §7.1). */
  readonly method: string;
  /** The Request-URI as sent. */
  readonly uri: string;

  constructor(method: string, uri: string, headers: Headers, body: Uint8Array = EMPTY_BYTES) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }

  with(changes: { uri?: string; headers?: Headers; body?: Uint8Array }): SipRequest {
    const { uri = this.uri, headers = this.headers, body = this.body } = changes;
    return new SipRequest(this.method, uri, headers, body);
  }
}

export class SipResponse extends MessageBase {
  readonly kind = 'response';
  /** 100 to 699. */
  readonly status: number;
  /** May be empty. */
  readonly reason: string;

  constructor(status: number, reason: string, headers: Headers, body: Uint8Array = EMPTY_BYTES) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }

  with(changes: { headers?: Headers; body?: Uint8Array }): SipResponse {
    const { headers = this.headers, body = this.body } = changes;
    return new SipResponse(this.status, this.reason, headers, body);
  }
}

/** The readers of header rows. What is malformed is `undefined`. */

/** More values than a message may have are not all read: who counts them sees that they are too many. */
const READ_MAX = LIMITS.viasMax + 1;

/** One entry for each value of the comma list. */
export function readVias(text: string): readonly (Via | undefined)[] {
  return text.indexOf(',') < 0 ? [readVia(text)] : splitList(text, READ_MAX).map(readVia);
}

function readVia(text: string): Via | undefined {
  const via = parseVia(text);
  return via.ok ? via.value : undefined;
}

/** One entry for each value of the comma list. */
export function readAddresses(text: string): readonly (NameAddress | undefined)[] {
  return text.indexOf(',') < 0 ? [readAddress(text)] : splitList(text, READ_MAX).map(readAddress);
}

function readAddress(text: string): NameAddress | undefined {
  const address = parseNameAddress(text);
  return address.ok ? address.value : undefined;
}

function wellFormed<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter((value) => value !== undefined);
}

/** `1826 REGISTER`; white space may be any. */
function readCseq(text: string): CSeq | undefined {
  let end = 0;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  const number = parseDecimal(text.slice(0, end), DIGITS_MAX);
  const methodStart = skipSpace(text, end);
  const method = trimmed(text, methodStart, text.length);
  if (number === undefined || number >= CSEQ_LIMIT || methodStart === end || method === '') return undefined;
  return { number, method };
}

function readMaxForwards(text: string): number | undefined {
  const value = parseDecimal(text, DIGITS_MAX);
  return value !== undefined && value <= MAX_FORWARDS_MAX ? value : undefined;
}
