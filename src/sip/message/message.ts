// SIP messages (RFC 3261 §7), immutable. What is in the headers is read when it is asked for, and kept.

import { EMPTY_BYTES } from '../../base/bytes.ts';
import { type NameAddress, parseNameAddress } from './address.ts';
import { isDigit, parseDecimal, skipSpace, trimmed } from './grammar.ts';
import type { Headers } from './headers.ts';
import { parseVia, type Via } from './via.ts';

export type SipMessage = SipRequest | SipResponse;

export interface CSeq {
  /** Less than 2^31 (RFC 3261 §8.1.1.5). */
  readonly number: number;
  readonly method: string;
}

const CSEQ_LIMIT = 2 ** 31;
/** Leading zeros are legal, so more digits than the largest number has; yet not without end. */
const CSEQ_DIGITS_MAX = 15;
const MAX_FORWARDS_MAX = 255;

/** The accessors that requests and responses share. In their memory `null` means "absent or malformed". */
abstract class MessageBase {
  readonly headers: Headers;
  /** Empty when there is none. */
  readonly body: Uint8Array;
  /** One entry for each value, `null` where it is malformed. */
  #vias: readonly (Via | null)[] | undefined;
  #from: NameAddress | null | undefined;
  #to: NameAddress | null | undefined;
  #cseq: CSeq | null | undefined;
  #contacts: readonly NameAddress[] | undefined;
  #routes: readonly NameAddress[] | undefined;
  #recordRoutes: readonly NameAddress[] | undefined;

  constructor(headers: Headers, body: Uint8Array) {
    this.headers = headers;
    this.body = body;
  }

  /** The topmost. */
  get via(): Via | undefined {
    return this.#readVias()[0] ?? undefined;
  }

  /** All well-formed ones, topmost first. */
  get vias(): readonly Via[] {
    return this.#readVias().filter((via) => via !== null);
  }

  #readVias(): readonly (Via | null)[] {
    this.#vias ??= this.headers.values('Via').map(readVia);
    return this.#vias;
  }

  get from(): NameAddress | undefined {
    this.#from ??= readAddress(this.headers.get('From'));
    return this.#from ?? undefined;
  }

  get to(): NameAddress | undefined {
    this.#to ??= readAddress(this.headers.get('To'));
    return this.#to ?? undefined;
  }

  get callId(): string | undefined {
    return this.headers.get('Call-ID');
  }

  get cseq(): CSeq | undefined {
    this.#cseq ??= readCseq(this.headers.get('CSeq'));
    return this.#cseq ?? undefined;
  }

  /** All well-formed ones. `*` is not one: see `headers.get('Contact')`. */
  get contacts(): readonly NameAddress[] {
    this.#contacts ??= readAddresses(this.headers.values('Contact'));
    return this.#contacts;
  }

  /** 0 to 255. */
  get maxForwards(): number | undefined {
    const value = parseDecimal(this.headers.get('Max-Forwards') ?? '', CSEQ_DIGITS_MAX);
    return value !== undefined && value <= MAX_FORWARDS_MAX ? value : undefined;
  }

  get routes(): readonly NameAddress[] {
    this.#routes ??= readAddresses(this.headers.values('Route'));
    return this.#routes;
  }

  get recordRoutes(): readonly NameAddress[] {
    this.#recordRoutes ??= readAddresses(this.headers.values('Record-Route'));
    return this.#recordRoutes;
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

function readVia(text: string): Via | null {
  const via = parseVia(text);
  return via.ok ? via.value : null;
}

function readAddress(text: string | undefined): NameAddress | null {
  if (text === undefined) return null;
  const address = parseNameAddress(text);
  return address.ok ? address.value : null;
}

function readAddresses(values: readonly string[]): readonly NameAddress[] {
  const addresses: NameAddress[] = [];
  for (const value of values) {
    const address = readAddress(value);
    if (address !== null) addresses.push(address);
  }
  return addresses;
}

/** `1826 REGISTER`; white space may be any. */
function readCseq(text: string | undefined): CSeq | null {
  if (text === undefined) return null;
  let end = 0;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  const number = parseDecimal(text.slice(0, end), CSEQ_DIGITS_MAX);
  const methodStart = skipSpace(text, end);
  const method = trimmed(text, methodStart, text.length);
  if (number === undefined || number >= CSEQ_LIMIT || methodStart === end || method === '') return null;
  return { number, method };
}
