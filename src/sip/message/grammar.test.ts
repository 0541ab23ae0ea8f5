import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseDecimal, quote, splitList, unfold, unquote } from './grammar.ts';

describe('comma lists', () => {
  const cases: readonly (readonly [about: string, text: string, values: readonly string[]])[] = [
    ['one value', 'a', ['a']],
    ['white space around commas is not part of the values', ' a ,\tb ', ['a', 'b']],
    ['empty values stay, so that they can be objected to', 'a,,b,', ['a', '', 'b', '']],
    [
      'a comma in quotes separates nothing',
      '"Bell, A" <sip:a@b>, <sip:c@d>',
      ['"Bell, A" <sip:a@b>', '<sip:c@d>'],
    ],
    ['an escaped quote closes nothing', '"a\\", b", c', ['"a\\", b"', 'c']],
    ['a comma in angle brackets separates nothing', '<sip:a,b@c>,<sip:d@e>', ['<sip:a,b@c>', '<sip:d@e>']],
    ['a comma in a comment separates nothing', 'a (b, (c, d), e), f', ['a (b, (c, d), e)', 'f']],
    ['an open parenthesis alone is a character', 'sip:a(b@c, sip:d@e', ['sip:a(b@c', 'sip:d@e']],
    ['what is never closed runs to the end', '"a, b', ['"a, b']],
    ['and so does an open angle bracket', 'a, <b, c', ['a', '<b, c']],
  ];
  for (const [about, text, values] of cases) {
    test(about, () => assert.deepEqual(splitList(text), values));
  }

  test('the last of as many values as are asked for is all the rest', () => {
    assert.deepEqual(splitList('a, "b,c", d, e', 3), ['a', '"b,c"', 'd, e']);
    assert.deepEqual(splitList('a, b', 3), ['a', 'b']);
  });
});

describe('quoted strings', () => {
  test('unquote takes back what quote did', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/[\r\n]/.test(text));
        assert.equal(unquote(quote(text)), text);
      }),
    );
  });

  test('line ends become spaces, because no escape can hold them', () => {
    assert.equal(quote('a\r\nVia: b'), '"a  Via: b"');
  });

  test('other text is not unquoted', () => assert.equal(unquote('a"b"'), 'a"b"'));
});

describe('folds', () => {
  test('a fold and the white space around it read as one space', () => {
    assert.equal(unfold('a \r\n\t b\n c\r\n  \r\n d'), 'a b c d');
  });
});

describe('decimal numbers', () => {
  test('leading zeros are legal', () => assert.equal(parseDecimal('0068', 5), 68));
  for (const text of ['', '-1', '+1', '1.0', '0x1', ' 1', '123456']) {
    test(`${JSON.stringify(text)} is none of at most five digits`, () => {
      assert.equal(parseDecimal(text, 5), undefined);
    });
  }
});
