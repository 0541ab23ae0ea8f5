import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { html, markup } from './html.ts';

describe('HTML by template', () => {
  test('escapes what is put in, in text and attributes, and leaves HTML alone', () => {
    const name = `"><script>alert('&')</script>`;
    assert.equal(
      html`<b title="${name}">${[name, html`<i>${1}</i>`]}${undefined}${false}</b>`.text,
      `<b title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">` +
        `&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;<i>1</i></b>`,
    );
    assert.equal(html`${markup('<hr>')}`.text, '<hr>');
  });

  test('never lets a text end a tag, an attribute or an entity', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const made = html`${text}`.text;
        assert.doesNotMatch(made, /[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });
});
