import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type Column, table } from './table.ts';

interface Row {
  readonly name: string;
  readonly health?: 'up' | 'down';
  readonly note?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  {
    heading: 'HEALTH',
    cell: ({ health }) => health && { text: health, colour: health === 'up' ? 'green' : 'red' },
  },
  { heading: 'NOTE', cell: (row) => row.note },
];

describe('tables', () => {
  test('have aligned columns and no trailing spaces', () => {
    const rows: Row[] = [{ name: 'carrier-a', health: 'up', note: 'first' }, { name: 'b' }];
    assert.equal(table(rows, COLUMNS, false), 'NAME       HEALTH  NOTE\ncarrier-a  up      first\nb\n');
  });

  test('leave out columns that nobody fills', () => {
    assert.equal(table([{ name: 'a', health: 'up' }], COLUMNS, false), 'NAME  HEALTH\na     up\n');
  });

  test('colours do not move the columns', () => {
    const rows: Row[] = [{ name: 'a', health: 'down', note: 'x' }];
    const coloured = table(rows, COLUMNS, true);
    assert.equal(stripVTControlCharacters(coloured), table(rows, COLUMNS, false));
    assert.ok(coloured.includes('\x1b[31mdown\x1b[0m'));
  });

  test('what a reader sees counts for the width, and strangers cannot steer the terminal', () => {
    const rows: Row[] = [
      { name: 'Zu\u0308rich', note: 'x' },
      { name: 'a\x1b[2J', note: 'y' },
    ];
    assert.equal(table(rows, COLUMNS, false), 'NAME        NOTE\nZu\u0308rich      x\na\\u001b[2J  y\n');
  });
});
