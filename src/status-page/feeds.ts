// `feed.atom` (RFC 4287) and `feed.rss` (RSS 2.0): one entry for each incident and each maintenance, which stays the
// same entry while updates are added to it: its id is its permanent address. The newest change comes first. A page that
// does not know its own address has no feeds, for everything in them is an address.
//
// Written here and not by a library: those that were tried write control characters that no XML parser takes, and
// titles with white space around them; what is needed is two lists of elements, and text escaped.

import { rfc1123Date } from '../base/rfc1123-date.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import { escaped, timestamp } from './instants.ts';
import {
  incidentChangedAt,
  MAINTENANCE_WORDS,
  maintenanceChangedAt,
  PHASE_WORDS,
  STATE_WORDS,
} from './told.ts';
import type { PageFile, PageView } from './view.ts';

interface Entry {
  readonly address: string;
  readonly title: string;
  readonly published: Instant;
  readonly updated: Instant;
  readonly category: 'incident' | 'maintenance';
  /** HTML. */
  readonly content: string;
}

/** Readers keep what they have seen; nobody needs more of what was long ago. */
const ENTRIES = 50;
/** How often a reader of RSS should come, in minutes. */
const TTL_MINUTES = 5;

export function feeds(view: PageView): readonly PageFile[] {
  const { url } = view.site;
  if (url === undefined) return [];
  const entries = [
    ...view.incidents.map((incident) => incidentEntry(incident, url)),
    ...view.maintenance.map((one) => maintenanceEntry(one, url)),
  ];
  const newest = entries.toSorted((a, b) => b.updated - a.updated).slice(0, ENTRIES);
  return [atom(view, url, newest), rss(view, url, newest)];
}

function atom({ site, at }: PageView, url: string, entries: readonly Entry[]): PageFile {
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
    element('id', url),
    element('title', titleOf(site.name)),
    element('updated', timestamp(changedAt(entries, at))),
    `<link rel="self" type="application/atom+xml" href="${escaped(`${url}feed.atom`)}"/>`,
    `<link rel="alternate" type="text/html" href="${escaped(url)}"/>`,
    `<author>${element('name', site.name)}</author>`,
    ...entries.flatMap(({ address, title, published, updated, category, content }) => [
      '<entry>',
      element('id', address),
      element('title', title),
      element('published', timestamp(published)),
      element('updated', timestamp(updated)),
      `<link rel="alternate" type="text/html" href="${escaped(address)}"/>`,
      `<category term="${category}"/>`,
      `<content type="html">${escaped(content)}</content>`,
      '</entry>',
    ]),
    '</feed>',
  ];
  return { path: 'feed.atom', type: 'application/atom+xml; charset=utf-8', body: `${lines.join('\n')}\n` };
}

function rss({ site, at }: PageView, url: string, entries: readonly Entry[]): PageFile {
  const self = escaped(`${url}feed.rss`);
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">',
    '<channel>',
    element('title', titleOf(site.name)),
    element('link', url),
    element('description', `Incidents and maintenance of ${site.name}`),
    element('language', 'en'),
    element('lastBuildDate', rfc1123Date(changedAt(entries, at))),
    element('ttl', `${TTL_MINUTES}`),
    `<atom:link rel="self" type="application/rss+xml" href="${self}"/>`,
    ...entries.flatMap(({ address, title, updated, category, content }) => [
      '<item>',
      element('title', title),
      element('link', address),
      `<guid isPermaLink="true">${escaped(address)}</guid>`,
      element('pubDate', rfc1123Date(updated)),
      element('category', category),
      element('description', content),
      '</item>',
    ]),
    '</channel>',
    '</rss>',
  ];
  return { path: 'feed.rss', type: 'application/rss+xml; charset=utf-8', body: `${lines.join('\n')}\n` };
}

function incidentEntry(incident: Incident, url: string): Entry {
  const { id, title, openedAt, resolvedAt, affected, updates, postMortem } = incident;
  const phase = updates.at(-1)?.phase ?? 'investigating';
  const told = updates.toReversed().map((update) => said(update.at, PHASE_WORDS[update.phase], update.text));
  const whole = affected.map(({ component, worst }) => `${component} (${STATE_WORDS[worst].toLowerCase()})`);
  return {
    address: `${url}incidents/${id}/`,
    title: `${PHASE_WORDS[resolvedAt === undefined ? phase : 'resolved']}: ${title}`,
    published: openedAt,
    updated: incidentChangedAt(incident),
    category: 'incident',
    content: [
      ...(postMortem === undefined ? [] : [said(postMortem.at, 'Post-mortem', postMortem.text)]),
      ...told,
      ...(whole.length === 0 ? [] : [paragraph(`Affected: ${whole.join(', ')}`)]),
    ].join('\n'),
  };
}

function maintenanceEntry(one: Maintenance, url: string): Entry {
  const { id, title, text, components, from, until, state, updates, createdAt } = one;
  const when = `From ${timestamp(from)} until ${timestamp(until)}`;
  return {
    address: `${url}maintenance/${id}/`,
    title: `Maintenance, ${MAINTENANCE_WORDS[state].toLowerCase()}: ${title}`,
    published: createdAt,
    updated: maintenanceChangedAt(one),
    category: 'maintenance',
    content: [
      ...updates.toReversed().map((update) => said(update.at, undefined, update.text)),
      ...(text.trim() === '' ? [] : [paragraph(text)]),
      paragraph(components.length === 0 ? when : `${when}: ${components.join(', ')}`),
    ].join('\n'),
  };
}

function titleOf(name: string): string {
  return `${name}: status`;
}

/** Of an empty feed, this hour: it must say something, and need not be sent anew each minute. */
function changedAt(entries: readonly Entry[], at: Instant): Instant {
  return entries[0]?.updated ?? at - (at % HOUR_MS);
}

function said(at: Instant, what: string | undefined, text: string): string {
  const shown = timestamp(at).replace('T', ' ').replace('Z', ' UTC');
  const time = `<time datetime="${timestamp(at)}">${shown}</time>`;
  return `<p>${what === undefined ? '' : `<strong>${what}</strong>, `}${time}</p>\n${paragraph(text)}`;
}

function paragraph(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((part) => `<p>${escaped(part).replaceAll('\n', '<br>')}</p>`)
    .join('');
}

function element(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`;
}
