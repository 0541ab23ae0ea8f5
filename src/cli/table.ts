// Tables for people: aligned columns, two spaces apart, headings in capitals. Cells may hold what strangers
// wrote, so they are made printable here and nowhere else.

import { stripVTControlCharacters } from 'node:util';
import { printable } from '../base/printable.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'dim';

const CODES: Readonly<Record<Colour, string>> = { red: '31', green: '32', yellow: '33', dim: '2' };

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

export interface Column<Row> {
  readonly heading: string;
  /** Numbers, one below the other. */
  readonly right?: true;
  readonly cell: (row: Row) => string | Cell | undefined;
}

/** Ends with a line end. Columns that are empty in every row are left out. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], colour: boolean): string {
  const filled = columns
    .map(({ heading, right, cell }) => ({ heading, right, cells: rows.map((row) => cellOf(cell(row))) }))
    .filter(({ cells }) => cells.some(({ text }) => text !== ''));
  const widths = filled.map(({ heading, cells }) =>
    Math.max(heading.length, ...cells.map((cell) => widthOf(cell.text))),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, index) => {
        const spaces = padding(cell.text, widths[index] ?? 0);
        return filled[index]?.right ? spaces + painted(cell, '', colour) : painted(cell, spaces, colour);
      })
      .join('  ')
      .trimEnd();
  const lines = [line(filled.map(({ heading }) => ({ text: heading, colour: 'dim' })))];
  for (const index of rows.keys()) lines.push(line(filled.map(({ cells }) => cells[index] ?? { text: '' })));
  return `${lines.join('\n')}\n`;
}

/** The text in its colour, where colours are welcome. */
export function paint(text: string, colour: Colour, welcome: boolean): string {
  return welcome ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

function painted({ text, colour }: Cell, spaces: string, welcome: boolean): string {
  return (colour === undefined ? text : paint(text, colour, welcome)) + spaces;
}

function cellOf(value: string | Cell | undefined): Cell {
  if (value === undefined) return { text: '' };
  if (typeof value === 'string') return { text: printable(value) };
  return { ...value, text: printable(value.text) };
}

/** Characters as a reader counts them, not UTF-16 units. */
function widthOf(text: string): number {
  let width = 0;
  for (const _ of new Intl.Segmenter().segment(text)) width++;
  return width;
}

/** Filled up with spaces. */
export function padded(text: string, width: number): string {
  return text + padding(text, width);
}

/** Texts of several lines beside each other, as wide as each of them is. */
export function beside(blocks: readonly string[], gap: number): string {
  const all = blocks.map((block) => block.replace(/\n$/, '').split('\n'));
  const widths = all.map((lines) =>
    Math.max(...lines.map((line) => widthOf(stripVTControlCharacters(line)))),
  );
  const rows = Array.from({ length: Math.max(0, ...all.map(({ length }) => length)) }, (_, row) =>
    all
      .map((lines, index) => {
        const line = lines[row] ?? '';
        return line + padding(stripVTControlCharacters(line), (widths[index] ?? 0) + gap);
      })
      .join('')
      .trimEnd(),
  );
  return `${rows.join('\n')}\n`;
}

function padding(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text)));
}
