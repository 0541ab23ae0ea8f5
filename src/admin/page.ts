// What the status page shows, put together from what is known: the components as they are shown now, their last ninety
// days, the graphs, incidents and maintenance. A state that nothing is known of is `unknown`; a day or a graph without
// figures stays empty, and is never filled with something better.

import { LIMITS } from '../base/limits.ts';
import { DAY_MS, type Instant } from '../base/time.ts';
import type { ShownState } from '../ports/status.ts';
import type { Store } from '../ports/store.ts';
import type { ComponentDay } from '../ports/uptime.ts';
import type { ComponentOnPage, DayOnPage, PageView, Site } from '../status-page/view.ts';
import { dayOf, firstOf, uptimeOf } from '../watch/history.ts';
import type { PageGraphs } from './page-graphs.ts';

export interface ShownComponent {
  readonly name: string;
  readonly group?: string | undefined;
  readonly state: ShownState;
  readonly since: Instant;
}

/** What of the page the store has to tell. */
export interface PageRecords extends Pick<PageView, 'graphs' | 'incidents' | 'maintenance'> {
  readonly days: readonly ComponentDay[];
}

/** What it is made of beside that. */
export interface PageSources {
  readonly site: Site;
  /** As they are shown now, and the worst of them. */
  readonly shown: { readonly state: ShownState; readonly components: readonly ShownComponent[] };
  readonly staleAfterMs: number;
}

const DAYS_SHOWN = 90;

export async function readPageRecords(
  store: Pick<Store, 'componentDays' | 'incidents' | 'maintenance'>,
  drawn: PageGraphs,
  now: Instant,
): Promise<PageRecords> {
  const [days, graphs, incidents, maintenance] = await Promise.all([
    store.componentDays({ from: firstOf(DAYS_SHOWN, now) }),
    drawn.read(now),
    store.incidents({ limit: LIMITS.pageIncidentsMax }),
    store.maintenance({ limit: LIMITS.pageMaintenanceMax }),
  ]);
  return { days, graphs, incidents, maintenance };
}

export function pageView(
  { days, ...records }: PageRecords,
  { site, shown: { state, components }, staleAfterMs }: PageSources,
  now: Instant,
): PageView {
  const byComponent = Map.groupBy(days, ({ component }) => component);
  return {
    at: now,
    site,
    state,
    components: components.map((one) => onPage(one, byComponent.get(one.name) ?? [], now)),
    ...records,
    staleAfterMs,
  };
}

function onPage(one: ShownComponent, rows: readonly ComponentDay[], now: Instant): ComponentOnPage {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  const days = Array.from({ length: DAYS_SHOWN }, (_, index) => {
    const row = byDay.get(dayOf(now - (DAYS_SHOWN - 1 - index) * DAY_MS));
    return row && dayOnPage(row);
  });
  const { name, group, state, since } = one;
  return { name, group, state, since, days, uptime: uptimeOf(rows, now) };
}

function dayOnPage({ day, ms }: ComponentDay): DayOnPage {
  const downMs = ms['partial-outage'] + ms['major-outage'];
  const [degradedMs, maintenanceMs] = [ms.degraded, ms.maintenance];
  return {
    day,
    downMs,
    degradedMs,
    maintenanceMs,
    knownMs: ms.operational + degradedMs + maintenanceMs + downMs,
  };
}
