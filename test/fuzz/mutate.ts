// Mutations: of a message as what it is (rows dropped, doubled, moved, swapped with another's, numbers blown up,
// tokens repeated ten thousand times) and of bytes as bytes. The corpus are the torture messages of RFC 4475 and
// RFC 5118, which have been through the mind of somebody who wanted to hurt parsers.

import { INVALID } from '../../src/sip/message/torture/rfc4475-invalid.ts';
import { SEMANTICS } from '../../src/sip/message/torture/rfc4475-semantics.ts';
import { VALID } from '../../src/sip/message/torture/rfc4475-valid.ts';
import { IPV6 } from '../../src/sip/message/torture/rfc5118.ts';
import type { SeededRandom } from '../simulation/world.ts';
import type { Draft } from './grammar.ts';
import { Words } from './words.ts';

export const CORPUS: readonly Uint8Array[] = [...VALID, ...INVALID, ...SEMANTICS, ...IPV6].map(
  ({ bytes }) => bytes,
);

/** How often the same thing comes again: ten thousand times now and then, for it costs time to try. */
const OFTEN = [2, 10, 10, 10, 100, 100, 1_000, 10_000];

type Row = readonly [name: string, value: string];

/** Changes the rows of a message in one to three ways. */
export function mutateDraft(draft: Draft, other: Draft, words: Words): Draft {
  let { start } = draft;
  let rows = [...draft.rows];
  for (let i = words.random.between(1, 3); i > 0; i--) rows = mutateRows(rows, other.rows, words);
  if (words.random.chance(0.05)) start = other.start;
  return { start, rows, body: words.random.chance(0.1) ? other.body : draft.body };
}

function mutateRows(rows: Row[], others: readonly Row[], words: Words): Row[] {
  const { random } = words;
  if (rows.length === 0) return [...others];
  const at = random.between(0, rows.length - 1);
  const [name, value] = rows[at] ?? ['', ''];
  const other = random.pick(others.length > 0 ? others : rows);
  return random.weighted<() => Row[]>([
    [12, () => rows.toSpliced(at, 1)],
    [12, () => rows.toSpliced(at, 0, [name, value])],
    [4, () => rows.toSpliced(at, 1).toSpliced(random.between(0, rows.length - 1), 0, [name, value])],
    [6, () => rows.with(at, other)],
    [6, () => rows.with(at, [name, other[1]])],
    [3, () => rows.with(at, [other[0], value])],
    [3, () => rows.toSorted(() => random.between(-1, 1))],
    [8, () => rows.with(at, [name, withNumber(value, words)])],
    [6, () => rows.with(at, [name, spoiled(value, random)])],
    [1, () => rows.with(at, [name, repeated(value, random)])],
    [1, () => rows.with(at, [name, nested(value, random)])],
    [1, () => [...rows, ...Array.from({ length: random.pick([10, 60, 256, 2_000]) }, (): Row => other)]],
  ])();
}

/** One number of the value becomes one at some boundary. */
function withNumber(value: string, words: Words): string {
  return value.replace(/\d+/, () => new Words(words.random, 1).number(0));
}

/** A character where none should be: line ends, NUL, quotes. */
function spoiled(value: string, random: SeededRandom): string {
  const at = random.between(0, value.length);
  const odd = random.pick([
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
    '\u0000',
    '"',
    '\\',
    '<',
    '>',
    ',',
    ';',
    '(',
    '\u007f',
    'é',
  ]);
  return value.slice(0, at) + odd + value.slice(at + random.between(0, 2));
}

function repeated(value: string, random: SeededRandom): string {
  const unit = value.slice(0, random.between(1, 12));
  return value + unit.repeat(random.pick(OFTEN));
}

function nested(value: string, random: SeededRandom): string {
  const [open, close] = random.pick([
    ['(', ')'],
    ['<', '>'],
    ['"', '"'],
    ['[', ']'],
    ['\\', ''],
  ] as const);
  const depth = random.pick(OFTEN);
  return open.repeat(depth) + value + (random.chance(0.5) ? close.repeat(depth) : '');
}

/** Changes bytes in one to four places. */
export function mutateBytes(source: Uint8Array, random: SeededRandom, corpus = CORPUS): Uint8Array {
  let bytes = source;
  for (let i = random.between(1, 4); i > 0; i--) bytes = mutateOnce(bytes, random, corpus);
  return bytes;
}

const ODD_BYTES = [0, 9, 10, 13, 32, 34, 37, 39, 40, 41, 44, 58, 59, 60, 61, 62, 64, 92, 127, 128, 192, 255];

function mutateOnce(bytes: Uint8Array, random: SeededRandom, corpus: readonly Uint8Array[]): Uint8Array {
  const at = random.between(0, Math.max(0, bytes.length - 1));
  const size = Math.min(bytes.length - at, random.pick([1, 1, 2, 4, 16, 64]));
  return random.weighted<() => Uint8Array>([
    [4, () => spliced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.between(0, 7))))],
    [6, () => spliced(bytes, at, 1, Uint8Array.of(random.pick(ODD_BYTES)))],
    [4, () => spliced(bytes, at, 0, Uint8Array.of(random.pick(ODD_BYTES)))],
    [4, () => spliced(bytes, at, size, new Uint8Array(0))],
    [2, () => bytes.slice(0, at)],
    [2, () => spliced(bytes, at, 0, bytes.slice(at, at + size))],
    [2, () => spliced(bytes, at, size, random.bytes(size))],
    [3, () => spliced(bytes, at, size, piece(random.pick(corpus), random))],
  ])();
}

function piece(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const from = random.between(0, Math.max(0, bytes.length - 1));
  return bytes.slice(from, from + random.pick([1, 8, 40, 200]));
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
}
