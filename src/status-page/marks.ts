// The mark of each state: a shape that is told from the others without its colour. A circle with a tick works, which
// is seen only on a page that is fresh; a triangle warns, a square with a cross is down, a circle with a bar is in
// maintenance, and one with a question mark is not known.

import type { ShownState } from '../ports/status.ts';
import { type Html, html, markup } from './html.ts';

const LINE = 'fill="none" stroke="var(--k)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
const CIRCLE = '<circle cx="10" cy="10" r="9" fill="currentColor"/>';

const SHAPES: Readonly<Record<string, string>> = {
  ok: `${CIRCLE}<path ${LINE} d="M6 10.5l2.8 2.8L14 7.5"/>`,
  warn: `<path fill="currentColor" d="M10 1.2 19.4 18.6H.6z"/><path ${LINE} d="M10 7.5v5M10 15.6v0"/>`,
  down: `<rect x="1" y="1" width="18" height="18" rx="3" fill="currentColor"/><path ${LINE} d="M6.5 6.5l7 7M13.5 6.5l-7 7"/>`,
  work: `${CIRCLE}<path ${LINE} d="M10 5v5.5l3.5 2"/>`,
  ask: `${CIRCLE}<path ${LINE} d="M7.6 7.8a2.4 2.4 0 1 1 3.6 2.1c-.9.5-1.2.9-1.2 1.8M10 14.8v0"/>`,
};

const SHAPE_OF: Readonly<Record<ShownState, string>> = {
  operational: 'ok',
  degraded: 'warn',
  maintenance: 'work',
  unknown: 'ask',
  'partial-outage': 'warn',
  'major-outage': 'down',
};

/** To stand once in a page, before its marks. */
export const SYMBOLS: Html = markup(
  `<svg class="none">${Object.entries(SHAPES)
    .map(([name, shape]) => `<symbol id="${name}" viewBox="0 0 20 20">${shape}</symbol>`)
    .join('')}</svg>`,
);

/** Beside a word that says the same, so that nobody needs it. */
export function mark(state: ShownState): Html {
  return html`<svg class="mark" aria-hidden="true"><use href="#${SHAPE_OF[state]}"/></svg>`;
}
