import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printable } from './printable.ts';

describe('text from strangers', () => {
  test('cannot steer a terminal, break a line, or turn the reading direction', () => {
    assert.equal(
      printable('a\x1b[2J\r\nb\x9bc\u202ed\u2028e'),
      'a\\u001b[2J\\u000d\\u000ab\\u009bc\\u202ed\\u2028e',
    );
  });

  test('stays as it is where it is only text', () => {
    assert.equal(printable('Zürich 東京 📞 "x" <y>'), 'Zürich 東京 📞 "x" <y>');
  });
});
