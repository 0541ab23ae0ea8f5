// The header fields of a message, immutable. A parsed message's rows point into its bytes:
//
//     Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK77⏎
//     ^name            ^value                    ^end
//
// A name that we know is recognised in the bytes; a value becomes a string when somebody asks for it, once,
// and most never do. Edits copy the list of rows, not the rows, so what was decoded, and what was read from
// it, stays with the row.

import { assert } from '../../base/assert.ts';
import { type Field, fieldOf } from './fields.ts';
import { hasLineEnd, isToken, splitList, trimmed, unfold } from './grammar.ts';
import { decodeText } from './octets.ts';

/** One header row. Internal to this folder; the world outside sees names and values. */
export class HeaderRow {
  /** Undefined until an unknown name is decoded. */
  #field: Field | undefined;
  #value: string | undefined;
  /** The last reader, and what it made of the value. */
  #reader: unknown;
  #reading: unknown;
  readonly #bytes: Buffer | undefined;
  readonly #nameStart: number;
  readonly #nameEnd: number;
  readonly #valueStart: number;
  readonly #valueEnd: number;

  private constructor(
    field: Field | undefined,
    value: string | undefined,
    bytes: Buffer | undefined,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ) {
    this.#field = field;
    this.#value = value;
    this.#bytes = bytes;
    this.#nameStart = nameStart;
    this.#nameEnd = nameEnd;
    this.#valueStart = valueStart;
    this.#valueEnd = valueEnd;
  }

  static ofText(field: Field, value: string): HeaderRow {
    assert(isToken(field.name), `header name is no token: ${field.name}`);
    assert(!hasLineEnd(value), `line end in header ${field.name}`);
    return new HeaderRow(field, trimmed(value, 0, value.length), undefined, 0, 0, 0, 0);
  }

  /** `field` is undefined for a name that is not known. The bytes must not change any more. */
  static ofBytes(
    field: Field | undefined,
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): HeaderRow {
    return new HeaderRow(field, undefined, bytes, nameStart, nameEnd, valueStart, valueEnd);
  }

  get field(): Field {
    this.#field ??= fieldOf(this.#bytes?.toString('latin1', this.#nameStart, this.#nameEnd) ?? '');
    return this.#field;
  }

  is(field: Field): boolean {
    if (this.#field === field) return true;
    return !field.known && this.field.key === field.key;
  }

  get value(): string {
    this.#value ??= decodeValue(this.#bytes, this.#valueStart, this.#valueEnd);
    return this.#value;
  }

  /** What `reader` makes of the value, made once. Each field has one reader: it must be the same function. */
  read<T>(reader: (value: string) => T): T {
    if (this.#reader !== reader) {
      this.#reading = reader(this.value);
      this.#reader = reader;
    }
    return this.#reading as T;
  }
}

function decodeValue(bytes: Buffer | undefined, start: number, end: number): string {
  if (bytes === undefined) return '';
  const text = decodeText(bytes, start, end);
  return text.indexOf('\n') >= 0 ? unfold(text) : text;
}

const CONTENT_LENGTH = fieldOf('Content-Length');

export class Headers {
  readonly #rows: readonly HeaderRow[];

  private constructor(rows: readonly HeaderRow[]) {
    this.#rows = rows;
  }

  static readonly EMPTY: Headers = new Headers([]);

  /** Names in any case, long or compact. A line end in a value, or a name that is no token, is a bug. */
  static of(rows: Iterable<readonly [name: string, value: string]>): Headers {
    const made: HeaderRow[] = [];
    for (const [name, value] of rows) made.push(HeaderRow.ofText(fieldOf(name), value));
    return new Headers(made);
  }

  /** Internal to this folder. */
  static ofRows(rows: readonly HeaderRow[]): Headers {
    return new Headers(rows);
  }

  get size(): number {
    return this.#rows.length;
  }

  /** The first row's value, unfolded and trimmed. */
  get(name: string): string | undefined {
    const field = fieldOf(name);
    for (const row of this.#rows) {
      if (row.is(field)) return row.value;
    }
    return undefined;
  }

  /** Every row's value in order, not split at commas. */
  all(name: string): readonly string[] {
    const field = fieldOf(name);
    const found: string[] = [];
    for (const row of this.#rows) {
      if (row.is(field)) found.push(row.value);
    }
    return found;
  }

  /**
   * The values of a comma list over all its rows (RFC 3261 §7.3.1). Only for fields that are lists: Via,
   * Contact, Route, Allow, …; not for Date, Subject, or challenges and credentials. Empty values are kept.
   */
  values(name: string): readonly string[] {
    return this.all(name).flatMap(splitList);
  }

  /** Internal to this folder: what `reader` makes of the first such row, kept with the row. */
  readFirst<T>(field: Field, reader: (value: string) => T): T | undefined {
    for (const row of this.#rows) {
      if (row.is(field)) return row.read(reader);
    }
    return undefined;
  }

  /** Internal to this folder: what `reader` makes of all such rows, one after the other. */
  readAll<T>(field: Field, reader: (value: string) => readonly T[]): readonly T[] {
    let all: readonly T[] | undefined;
    for (const row of this.#rows) {
      if (!row.is(field)) continue;
      const values = row.read(reader);
      all = all === undefined ? values : [...all, ...values];
    }
    return all ?? [];
  }

  has(name: string): boolean {
    return this.count(name) > 0;
  }

  /** How many rows have this name. */
  count(name: string): number {
    const field = fieldOf(name);
    let count = 0;
    for (const row of this.#rows) {
      if (row.is(field)) count++;
    }
    return count;
  }

  /** Canonical long names where they are known, names as written otherwise. */
  *rows(): Iterable<readonly [name: string, value: string]> {
    for (const row of this.#rows) yield [row.field.name, row.value];
  }

  /** All rows but Content-Length as they go out, each with its line end. */
  wire(): string {
    let out = '';
    for (const row of this.#rows) {
      const field = row.field;
      if (field !== CONTENT_LENGTH) out += `${field.name}: ${row.value}\r\n`;
    }
    return out;
  }

  /** Only the rows of these names, in the order in which they stand. */
  pick(names: readonly string[]): Headers {
    const fields = names.map(fieldOf);
    return new Headers(this.#rows.filter((row) => fields.some((field) => row.is(field))));
  }

  /** Replaces all rows of that name, in place of the first of them, else at the end. */
  set(name: string, value: string | readonly string[]): Headers {
    const field = fieldOf(name);
    const added = typeof value === 'string' ? [value] : value;
    const made = added.map((text) => HeaderRow.ofText(field, text));
    const at = this.#rows.findIndex((row) => row.is(field));
    if (at < 0) return new Headers([...this.#rows, ...made]);
    const before = this.#rows.slice(0, at);
    const after = this.#rows.slice(at + 1).filter((row) => !row.is(field));
    return new Headers([...before, ...made, ...after]);
  }

  /** Before the first row of that name; at the top if there is none. */
  prepend(name: string, value: string): Headers {
    const field = fieldOf(name);
    const at = this.#rows.findIndex((row) => row.is(field));
    return new Headers(this.#rows.toSpliced(Math.max(at, 0), 0, HeaderRow.ofText(field, value)));
  }

  append(name: string, value: string): Headers {
    return new Headers([...this.#rows, HeaderRow.ofText(fieldOf(name), value)]);
  }

  appendAll(rows: Iterable<readonly [name: string, value: string]>): Headers {
    const made = [...this.#rows];
    for (const [name, value] of rows) made.push(HeaderRow.ofText(fieldOf(name), value));
    return new Headers(made);
  }

  remove(name: string): Headers {
    const field = fieldOf(name);
    return new Headers(this.#rows.filter((row) => !row.is(field)));
  }
}
