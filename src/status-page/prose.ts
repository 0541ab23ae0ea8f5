// What an operator writes, as HTML: paragraphs at empty lines, lines as they are broken, and addresses of the web as
// links. There is no markup in it, and nothing that could become some: all else is text.

import { type Html, html, type Value } from './html.ts';

const ADDRESS = /https?:\/\/[^\s<>"'`]+/g;
/** What ends a sentence or closes a bracket is not a part of the address before it. */
const AFTER = /[.,;:!?)\]}»”’]+$/;

export function prose(text: string): Html {
  const paragraphs = text
    .replaceAll('\r\n', '\n')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
  return html`${paragraphs.map((paragraph) => html`<p>${linesOf(paragraph)}</p>`)}`;
}

/** A text of one line. */
export function linked(text: string): Html {
  const pieces: Value[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(AFTER, '');
    if (!URL.canParse(address)) continue;
    pieces.push(text.slice(end, match.index), link(address));
    end = match.index + address.length;
  }
  return html`${pieces}${text.slice(end)}`;
}

function linesOf(paragraph: string): readonly Value[] {
  return paragraph.split('\n').map((line, index) => html`${index > 0 && html`<br>`}${linked(line.trim())}`);
}

function link(address: string): Html {
  return html`<a href="${address}" rel="nofollow noopener">${address}</a>`;
}
