// All incidents and all maintenance by month, the newest first. A month without any says so, for that is news, too.

import { HOUR_MS, type Instant } from '../base/time.ts';
import { type Html, html } from './html.ts';
import type { Frame } from './layout.ts';
import { incidentRow, maintenanceRow } from './story.ts';
import type { PageFile } from './view.ts';

interface Entry {
  readonly at: number;
  readonly row: Html;
}

const ROOT = '../';

export function historyPage(frame: Frame): PageFile {
  const { times } = frame;
  const { at, incidents, maintenance } = frame.view;
  const entries: Entry[] = [
    ...incidents.map((each) => ({ at: each.openedAt, row: incidentRow(each, times, ROOT) })),
    ...maintenance.map((each) => ({ at: each.from, row: maintenanceRow(each, times, ROOT) })),
  ].sort((a, b) => b.at - a.at);
  const months = monthsOf(entries, at, (instant) => times.month(instant));
  const sections = months.map(([month, rows], index) => {
    const list = html`<ul class="list card">${rows.map(({ row }) => row)}</ul>`;
    const told = rows.length > 0 ? list : html`<p class="quiet">No incidents, no maintenance.</p>`;
    return html`<section aria-labelledby="h${index}"><h2 id="h${index}">${month}</h2>${told}</section>`;
  });
  const main = html`<h1>History</h1>
${frame.age()}
${sections}`;
  return frame.page({ folder: 'history/', title: 'History', main, living: true });
}

/** From the newest to the oldest that there is something of, those between included. */
function monthsOf(
  entries: readonly Entry[],
  now: Instant,
  monthOf: (at: Instant) => string,
): readonly (readonly [string, readonly Entry[]])[] {
  const byMonth = Map.groupBy(entries, (entry) => monthOf(entry.at));
  const newest = Math.max(now, entries[0]?.at ?? now);
  const oldest = Math.min(now, entries.at(-1)?.at ?? now);
  const found: (readonly [string, readonly Entry[]])[] = [];
  const last = monthOf(oldest);
  for (let offset = startOf(newest, monthOf); ; offset--) {
    const middle = fifteenth(newest, offset);
    const month = monthOf(middle);
    found.push([month, byMonth.get(month) ?? []]);
    if (month === last || middle < oldest) return found;
  }
}

/** How many months the zone is ahead of UTC at this instant: on the last night of a month it may be one, or behind. */
function startOf(at: Instant, monthOf: (at: Instant) => string): number {
  return [0, 1, -1].find((offset) => monthOf(fifteenth(at, offset)) === monthOf(at)) ?? 0;
}

/** Noon of the 15th, so many months later: it is in that month whatever the zone. */
function fifteenth(at: Instant, offset: number): Instant {
  const date = new Date(at);
  return new Date(12 * HOUR_MS).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + offset, 15);
}
