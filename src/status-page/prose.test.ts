import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { prose } from './prose.ts';

describe('what an operator writes', () => {
  test('has paragraphs, lines and links', () => {
    assert.equal(
      prose('First\r\nline.\n\n  \nSee https://example.net/a?b=1&c=2.\n').text,
      '<p>First<br>line.</p><p>See <a href="https://example.net/a?b=1&amp;c=2" rel="nofollow noopener">' +
        'https://example.net/a?b=1&amp;c=2</a>.</p>',
    );
  });

  test('links to the web only, and not to what merely looks like an address', () => {
    for (const text of [
      'javascript:alert(1)',
      'data:text/html,hi',
      'https://',
      'http://[x',
      'ftp://example.net/',
    ]) {
      assert.equal(prose(text).text, `<p>${text}</p>`);
    }
  });

  test('never becomes markup', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '<script>',
        '"',
        "'",
        '&',
        'https://a.example/',
        'http://"><b>',
        '\n\n',
        '\n',
        '<!--',
        ']]>',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const ours = /<\/?p>|<br>|<a href="https?:\/\/[^"<>]*" rel="nofollow noopener">|<\/a>/g;
        assert.doesNotMatch(
          prose(pieces.join('')).text.replaceAll(ours, ''),
          /[<>"']|&(?!(amp|lt|gt|quot|#39);)/,
        );
      }),
    );
  });
});
