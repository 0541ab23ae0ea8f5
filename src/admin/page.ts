// What the status page shows, put together from what is known: the components as they are shown now, their last ninety
// days, the graphs, incidents and maintenance. A state that nothing is known of is `unknown`; a day or a graph without
// figures stays empty, and is never filled with something better.

import { assertNever } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, type Instant, SECOND_MS } from '../base/time.ts';
import type { Sample } from '../ports/series.ts';
import type { ShownState } from '../ports/status.ts';
import type { Store } from '../ports/store.ts';
import type { ComponentDay, Day } from '../ports/uptime.ts';
import {
  type ComponentOnPage,
  type DayOnPage,
  GRAPHS,
  type Graph,
  type GraphName,
  type GraphPoint,
  type GraphRange,
  type PageView,
  RANGES,
  type Range,
  type Site,
} from '../status-page/view.ts';
import { readSeries } from './series.ts';

export interface ShownComponent {
  readonly name: string;
  readonly group?: string | undefined;
  readonly state: ShownState;
  readonly since: Instant;
}

export interface PageSources {
  readonly store: Store;
  readonly site: Site;
  /** As they are shown now, and the worst of them. */
  readonly shown: () => { readonly state: ShownState; readonly components: readonly ShownComponent[] };
  readonly staleAfterMs: number;
}

export const DAYS_SHOWN = 90;
/** Of each graph: a quarter of an hour, two hours, a day. */
const POINTS = 100;
const RANGE_MS: Readonly<Record<Range, number>> = { '24h': DAY_MS, '7d': 7 * DAY_MS, '90d': 90 * DAY_MS };
const OWN = [
  'calls.offered',
  'calls.reached',
  'calls.setup_ms',
  'audio.mos',
  'phones.registered',
  'packets.blocked',
];

export async function pageView(
  { store, site, shown, staleAfterMs }: PageSources,
  now: Instant,
): Promise<PageView> {
  const [days, graphs, incidents, maintenance] = await Promise.all([
    store.componentDays({ from: dayOf(now - (DAYS_SHOWN - 1) * DAY_MS) }),
    readGraphs(store, now),
    store.incidents({ limit: LIMITS.pageIncidentsMax }),
    store.maintenance({ limit: LIMITS.pageMaintenanceMax }),
  ]);
  const byComponent = Map.groupBy(days, ({ component }) => component);
  const { state, components } = shown();
  return {
    at: now,
    site,
    state,
    components: components.map((one) => onPage(one, byComponent.get(one.name) ?? [], now)),
    graphs,
    incidents,
    maintenance,
    staleAfterMs,
  };
}

function onPage(one: ShownComponent, rows: readonly ComponentDay[], now: Instant): ComponentOnPage {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  const days = Array.from({ length: DAYS_SHOWN }, (_, index) => {
    const row = byDay.get(dayOf(now - (DAYS_SHOWN - 1 - index) * DAY_MS));
    return row && dayOnPage(row);
  });
  const of = (name: 'day' | 'week' | 'quarter', count: number) => {
    const share = uptimeOf(days.slice(-count).filter((day) => day !== undefined));
    return share === undefined ? {} : { [name]: share };
  };
  const { name, group, state, since } = one;
  return {
    name,
    group,
    state,
    since,
    days,
    uptime: { ...of('day', 1), ...of('week', 7), ...of('quarter', DAYS_SHOWN) },
  };
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

/** Of the time of which something is known: how much was not an outage. */
function uptimeOf(days: readonly DayOnPage[]): number | undefined {
  const knownMs = days.reduce((sum, day) => sum + day.knownMs, 0);
  const downMs = days.reduce((sum, day) => sum + day.downMs, 0);
  return knownMs === 0 ? undefined : 1 - downMs / knownMs;
}

function dayOf(at: Instant): Day {
  return new Date(at).toISOString().slice(0, 10);
}

interface Drawn {
  readonly range: Range;
  readonly from: Instant;
  readonly to: Instant;
  readonly stepMs: number;
  readonly series: ReadonlyMap<string, readonly Sample[]>;
}

async function readGraphs(store: Store, now: Instant): Promise<readonly Graph[]> {
  const names = await store.seriesNames();
  const asked = [...OWN, ...probesOf(names)].slice(0, LIMITS.seriesAskedMax);
  const ranges = await Promise.all(
    RANGES.map(async (range): Promise<Drawn> => {
      const request = { names: asked, from: now - RANGE_MS[range], to: now, points: POINTS };
      const { series, ...stretch } = await readSeries(request, { store, clock: { now: () => now } });
      return { range, ...stretch, series: new Map(series.map(({ name, points }) => [name, points])) };
    }),
  );
  return GRAPHS.map((name) => ({ name, ranges: ranges.map((drawn) => graphRange(name, drawn, now)) })).filter(
    ({ ranges: drawn }) => drawn.some(({ points }) => points.length > 0),
  );
}

/** Series of probes that measure what customers would: where a node has no calls of its own, these tell of them. */
function probesOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => /^probe\..+\.(setup_ms|mos)$/.test(name));
}

function graphRange(name: GraphName, { series, ...drawn }: Drawn, now: Instant): GraphRange {
  const own = (of: string) => series.get(of) ?? [];
  const ofProbes = (end: string) => {
    return combined(
      [...series].filter(([of]) => of.startsWith('probe.') && of.endsWith(end)).map(([, points]) => points),
    );
  };
  const pointsOf = (): readonly GraphPoint[] => {
    switch (name) {
      case 'reached':
        return shares(own('calls.reached'), own('calls.offered'));
      case 'setup':
        return averages(own('calls.setup_ms').length > 0 ? own('calls.setup_ms') : ofProbes('.setup_ms'));
      case 'quality':
        return averages(own('audio.mos').length > 0 ? own('audio.mos') : ofProbes('.mos'));
      case 'phones':
        return averages(own('phones.registered'));
      case 'blocked':
        return rates(own('packets.blocked'), drawn.stepMs, now);
      default:
        return assertNever(name);
    }
  };
  return { ...drawn, points: pointsOf() };
}

function averages(samples: readonly Sample[]): readonly GraphPoint[] {
  return samples.map(({ at, sum, count }) => ({ at, value: sum / count }));
}

/** Where nobody called there is nothing to tell. */
function shares(part: readonly Sample[], whole: readonly Sample[]): readonly GraphPoint[] {
  const parts = new Map(part.map(({ at, sum }) => [at, sum]));
  return whole.flatMap(({ at, sum }) =>
    sum > 0 ? [{ at, value: Math.min(1, (parts.get(at) ?? 0) / sum) }] : [],
  );
}

/** A second; the last step is not over yet. */
function rates(samples: readonly Sample[], stepMs: number, now: Instant): readonly GraphPoint[] {
  return samples.map(({ at, sum }) => {
    const lengthMs = Math.max(SECOND_MS, Math.min(stepMs, now - at));
    return { at, value: (sum * SECOND_MS) / lengthMs };
  });
}

/** Several series as one. */
function combined(all: readonly (readonly Sample[])[]): readonly Sample[] {
  const byTime = Map.groupBy(all.flat(), ({ at }) => at);
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([at, samples]) => ({
      at,
      count: samples.reduce((sum, sample) => sum + sample.count, 0),
      sum: samples.reduce((sum, sample) => sum + sample.sum, 0),
      min: Math.min(...samples.map(({ min }) => min)),
      max: Math.max(...samples.map(({ max }) => max)),
    }));
}
