// The header fields of a message, immutable. Edits copy the list of rows, not the rows (see rows.ts), so
// what was decoded, and what was read from it, stays with the row.

import { type Field, fieldOf } from './fields.ts';
import { splitList } from './grammar.ts';
import { type HeaderRow, textRow } from './rows.ts';

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
    for (const [name, value] of rows) made.push(textRow(fieldOf(name), value));
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
    return this.all(name).flatMap((value) => splitList(value));
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
    const readings: (readonly T[])[] = [];
    for (const row of this.#rows) {
      if (row.is(field)) readings.push(row.read(reader));
    }
    return readings.length > 1 ? readings.flat() : (readings[0] ?? []);
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
    const made = added.map((text) => textRow(field, text));
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
    return new Headers(this.#rows.toSpliced(Math.max(at, 0), 0, textRow(field, value)));
  }

  append(name: string, value: string): Headers {
    return new Headers([...this.#rows, textRow(fieldOf(name), value)]);
  }

  appendAll(rows: Iterable<readonly [name: string, value: string]>): Headers {
    const made = [...this.#rows];
    for (const [name, value] of rows) made.push(textRow(fieldOf(name), value));
    return new Headers(made);
  }

  remove(name: string): Headers {
    const field = fieldOf(name);
    return new Headers(this.#rows.filter((row) => !row.is(field)));
  }
}
