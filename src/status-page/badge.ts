// `badge.svg`: the state in a line, for other people's pages. Nobody can tell a badge that it is old, so it carries its
// time, and whoever sees it can; and it is never green, for what is kept of it somewhere would stay so.
//
//   ┌──────────────┬──────────────────────────────────┐
//   │ Example Tel  │ Operational · 26 Nov, 09:30 UTC  │
//   └──────────────┴──────────────────────────────────┘

import type { Instant } from '../base/time.ts';
import type { ShownState } from '../ports/status.ts';
import { escaped } from './instants.ts';
import { STATE_WORDS } from './told.ts';
import type { PageFile, PageView } from './view.ts';

/** White text on each has a contrast of 4.5 or more (WCAG 2.2 §1.4.3); the words say it too. */
const COLOURS: Readonly<Record<ShownState, string>> = {
  operational: '#44546a',
  degraded: '#8a5a00',
  maintenance: '#2459b3',
  unknown: '#5c6370',
  'partial-outage': '#b3440f',
  'major-outage': '#b3141d',
};
const LABEL_COLOUR = '#33373d';
const HEIGHT = 20;
const PADDING = 6;
/** Widths of letters at 11 px, as Verdana and DejaVu Sans have them; `textLength` makes good what is wrong. */
const NARROW = /[ijltfrI.,:;'|! ()]/;
const WIDE = /[mwMW@%]/;

export function badge({ site, state, at }: PageView): PageFile {
  const [label, said] = [shortened(site.name), `${STATE_WORDS[state]} · ${shownTime(at)}`];
  const [labelWidth, saidWidth] = [widthOf(label), widthOf(said)];
  const width = labelWidth + saidWidth + 4 * PADDING;
  const split = labelWidth + 2 * PADDING;
  const title = escaped(`${site.name}: ${said}`);
  const body = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<clipPath id="r"><rect width="${width}" height="${HEIGHT}" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${split}" height="${HEIGHT}" fill="${LABEL_COLOUR}"/>`,
    `<rect x="${split}" width="${width - split}" height="${HEIGHT}" fill="${COLOURS[state]}"/></g>`,
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true">',
    `<text x="${PADDING}" y="14" textLength="${labelWidth}">${escaped(label)}</text>`,
    `<text x="${split + PADDING}" y="14" textLength="${saidWidth}">${escaped(said)}</text>`,
    '</g></svg>\n',
  ];
  return { path: 'badge.svg', type: 'image/svg+xml', body: body.join('') };
}

/** In UTC: a badge stands on pages of others, who may be anywhere. */
function shownTime(at: Instant): string {
  const time = Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO('UTC');
  const written = time.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  return `${written} UTC`;
}

function shortened(name: string): string {
  const letters = [...name];
  return letters.length > 40 ? `${letters.slice(0, 39).join('')}…` : name;
}

function widthOf(text: string): number {
  const width = [...text].reduce((sum, letter) => {
    return sum + (NARROW.test(letter) ? 4.2 : WIDE.test(letter) ? 10 : 7);
  }, 0);
  return Math.ceil(width);
}
