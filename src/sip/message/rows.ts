// The rows of headers, from bytes or from text. A row of a parsed message points into its bytes:
//
//     Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK77⏎
//     ^name            ^value                    ^end
//
// A name that we know is recognised in the bytes; a value becomes a string when somebody asks for it, once,
// and most never do. All of this is internal to the folder: the world outside sees names and values.

import { assert } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { endOfToken, type Field, fieldOf, knownField } from './fields.ts';
import { hasLineEnd, isToken, trimmed, unfold } from './grammar.ts';
import { COLON, CR, decodeText, isLinearSpace, isSpace, LF } from './octets.ts';

const NO_BYTES = Buffer.alloc(0);

export class HeaderRow {
  /** Undefined until an unknown name is decoded. */
  #field: Field | undefined;
  /** Undefined until it is decoded. */
  #value: string | undefined;
  /** The last reader, and what it made of the value. */
  #reader: unknown;
  #reading: unknown;
  readonly #bytes: Buffer;
  readonly #nameStart: number;
  readonly #nameEnd: number;
  readonly #valueStart: number;
  readonly #valueEnd: number;

  /** Either field and value, or the bytes that they are in, which must not change any more. */
  constructor(
    field: Field | undefined,
    value: string | undefined,
    bytes: Buffer = NO_BYTES,
    nameStart = 0,
    nameEnd = 0,
    valueStart = 0,
    valueEnd = 0,
  ) {
    this.#field = field;
    this.#value = value;
    this.#bytes = bytes;
    this.#nameStart = nameStart;
    this.#nameEnd = nameEnd;
    this.#valueStart = valueStart;
    this.#valueEnd = valueEnd;
  }

  get field(): Field {
    this.#field ??= fieldOf(this.#bytes.toString('latin1', this.#nameStart, this.#nameEnd));
    return this.#field;
  }

  is(field: Field): boolean {
    if (this.#field === field) return true;
    return !field.known && this.field.key === field.key;
  }

  get value(): string {
    if (this.#value === undefined) {
      const text = decodeText(this.#bytes, this.#valueStart, this.#valueEnd);
      this.#value = text.indexOf('\n') < 0 ? text : unfold(text);
    }
    return this.#value;
  }

  /** What `reader` makes of the value, made once: each field has one reader, always the same function. */
  read<T>(reader: (value: string) => T): T {
    if (this.#reader !== reader) {
      this.#reading = reader(this.value);
      this.#reader = reader;
    }
    return this.#reading as T;
  }
}

/** A row that we write. A line end in it, or a name that is no token, is a bug. */
export function textRow(field: Field, value: string): HeaderRow {
  assert(isToken(field.name), `header name is no token: ${field.name}`);
  assert(!hasLineEnd(value), `line end in header ${field.name}`);
  return new HeaderRow(field, trimmed(value, 0, value.length));
}

export interface HeaderIndex {
  readonly rows: readonly HeaderRow[];
  /** After the empty line. */
  readonly end: number;
  /** The first one found; rows after it are indexed all the same, so that the refusal can be addressed. */
  readonly defect: HeaderDefect | undefined;
}

export interface HeaderDefect {
  readonly code: 'bad-header' | 'too-many-headers' | 'too-large' | 'truncated-headers';
  readonly reason: string;
}

/** Finds the rows from `from` up to the empty line, which must not lie behind `endMax`. */
export function indexHeaders(bytes: Buffer, from: number, endMax: number): HeaderIndex {
  const rows: HeaderRow[] = [];
  let defect: HeaderDefect | undefined;
  let at = from;
  for (;;) {
    if (at >= bytes.length) return stopped(rows, at, 'truncated-headers', 'no empty line after the headers');
    if (at > endMax) return stopped(rows, at, 'too-large', 'the headers are too large');
    if (bytes[at] === LF) return { rows, end: at + 1, defect };
    if (bytes[at] === CR && bytes[at + 1] === LF) return { rows, end: at + 2, defect };
    if (rows.length === LIMITS.headerFieldsMax) return stopped(rows, at, 'too-many-headers', 'too many rows');
    const nameEnd = endOfToken(bytes, at);
    let colon = nameEnd;
    while (isSpace(bytes[colon])) colon++;
    const rowEnd = endOfRow(bytes, colon);
    if (nameEnd === at || bytes[colon] !== COLON || rowEnd < 0) {
      defect ??= { code: 'bad-header', reason: describeBadRow(bytes, at) };
    } else {
      rows.push(makeRow(bytes, at, nameEnd, colon + 1, rowEnd));
    }
    at = Math.abs(rowEnd);
  }
}

function stopped(rows: HeaderRow[], end: number, code: HeaderDefect['code'], reason: string): HeaderIndex {
  return { rows, end, defect: { code, reason } };
}

/**
 * The position after the line end of the row, folds included; at the bytes' end, there. Negated when the
 * row holds a CR that ends no line: elements differ in how they read that.
 */
function endOfRow(bytes: Uint8Array, from: number): number {
  let bare = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF) {
      if (!isSpace(bytes[at + 1])) return bare ? -(at + 1) : at + 1;
    } else if (byte === CR && bytes[at + 1] !== LF) {
      bare = true;
    }
  }
  return bare ? -bytes.length : bytes.length;
}

function makeRow(bytes: Buffer, nameStart: number, nameEnd: number, from: number, to: number): HeaderRow {
  let start = from;
  let end = to;
  while (start < end && isLinearSpace(bytes[start])) start++;
  while (end > start && isLinearSpace(bytes[end - 1])) end--;
  const field = knownField(bytes, nameStart, nameEnd);
  return new HeaderRow(field, undefined, bytes, nameStart, nameEnd, start, end);
}

function describeBadRow(bytes: Buffer, at: number): string {
  return `bad header row ${JSON.stringify(bytes.toString('latin1', at, Math.min(at + 40, bytes.length)))}`;
}
