import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AssertionFailure } from '../../base/assert.ts';
import { Headers } from './headers.ts';

type Row = readonly [name: string, value: string];

const HEADERS = Headers.of([
  ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
  ['v', 'SIP/2.0/UDP 192.0.2.2, SIP/2.0/TCP 192.0.2.3'],
  ['X-Colour', 'red'],
  ['t', '<sip:bob@example.com>'],
]);

describe('headers', () => {
  test('names are found in any case, long or compact', () => {
    for (const name of ['Via', 'via', 'VIA', 'v', 'V']) assert.equal(HEADERS.all(name).length, 2, name);
    assert.equal(HEADERS.get('x-colour'), 'red');
    assert.equal(HEADERS.get('To'), '<sip:bob@example.com>');
    assert.equal(HEADERS.has('From'), false);
  });

  test('values come from all rows of a list', () => {
    assert.deepEqual(HEADERS.values('Via'), [
      'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
      'SIP/2.0/UDP 192.0.2.2',
      'SIP/2.0/TCP 192.0.2.3',
    ]);
  });

  test('rows have their long names, and unknown ones the name that they came with', () => {
    assert.deepEqual(
      [...HEADERS.rows()].map(([name]) => name),
      ['Via', 'Via', 'X-Colour', 'To'],
    );
  });

  test('set puts the new rows in place of the first one', () => {
    const names = [...HEADERS.set('via', ['a', 'b', 'c']).rows()].map(([name, value]) => `${name}: ${value}`);
    assert.deepEqual(names, ['Via: a', 'Via: b', 'Via: c', 'X-Colour: red', 'To: <sip:bob@example.com>']);
  });

  test('prepend goes before the others of its name, and to the top without them', () => {
    assert.equal(HEADERS.prepend('Via', 'new').get('Via'), 'new');
    assert.deepEqual([...HEADERS.prepend('Route', '<sip:p>').rows()][0], ['Route', '<sip:p>']);
    assert.deepEqual([...HEADERS.prepend('To', 'x').rows()][3], ['To', 'x']);
  });

  test('a line end in a value is a bug of the caller', () => {
    for (const value of ['a\r\nVia: b', 'a\n', '\r']) {
      assert.throws(() => Headers.of([['Subject', value]]), AssertionFailure);
      assert.throws(() => HEADERS.set('Subject', value), AssertionFailure);
      assert.throws(() => HEADERS.append('Subject', value), AssertionFailure);
    }
  });

  test('a name that is no token is a bug of the caller', () => {
    assert.throws(() => Headers.of([['Bad Name', 'x']]), AssertionFailure);
  });

  test('every operation does what it would do to a plain list of rows, and changes nothing in place', () => {
    fc.assert(
      fc.property(
        fc.array(row(), { maxLength: 12 }),
        fc.array(operation(), { maxLength: 8 }),
        (rows, operations) => {
          let model: readonly Row[] = rows;
          let headers = Headers.of(rows);
          for (const { apply, expected } of operations) {
            const before = [...headers.rows()];
            const after = apply(headers);
            assert.deepEqual([...headers.rows()], before);
            headers = after;
            model = expected(model);
            assert.deepEqual([...headers.rows()], model);
            for (const [name] of model) {
              const values = model.filter((each) => same(each[0], name)).map((each) => each[1]);
              assert.deepEqual(headers.all(name), values);
              assert.equal(headers.get(name.toUpperCase()), values[0]);
            }
          }
        },
      ),
    );
  });
});

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function name(): fc.Arbitrary<string> {
  return fc.constantFrom('Via', 'Contact', 'To', 'Subject', 'X-One', 'X-Two');
}

function row(): fc.Arbitrary<Row> {
  return fc.tuple(name(), fc.constantFrom('', 'a', 'b, c', '<sip:x>'));
}

interface Operation {
  readonly apply: (headers: Headers) => Headers;
  readonly expected: (rows: readonly Row[]) => readonly Row[];
}

function operation(): fc.Arbitrary<Operation> {
  return fc
    .tuple(
      fc.constantFrom('set', 'append', 'prepend', 'remove', 'pick'),
      row(),
      fc.array(fc.constant('v'), { maxLength: 3 }),
    )
    .map(([kind, [field, value], values]) => {
      const of = (rows: readonly Row[]) => rows.findIndex((each) => same(each[0], field));
      switch (kind) {
        case 'append':
          return { apply: (h) => h.append(field, value), expected: (rows) => [...rows, [field, value]] };
        case 'prepend':
          return {
            apply: (h) => h.prepend(field, value),
            expected: (rows) => rows.toSpliced(Math.max(of(rows), 0), 0, [field, value]),
          };
        case 'remove':
          return {
            apply: (h) => h.remove(field),
            expected: (rows) => rows.filter((each) => !same(each[0], field)),
          };
        case 'pick':
          return {
            apply: (h) => h.pick([field, 'Via']),
            expected: (rows) => rows.filter((each) => same(each[0], field) || same(each[0], 'Via')),
          };
        default:
          return {
            apply: (h) => h.set(field, values),
            expected: (rows) => {
              const at = of(rows) < 0 ? rows.length : of(rows);
              const made = values.map((each): Row => [field, each]);
              const others = (part: readonly Row[]) => part.filter((each) => !same(each[0], field));
              return [...rows.slice(0, at), ...made, ...others(rows.slice(at))];
            },
          };
      }
    });
}
