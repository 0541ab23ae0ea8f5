// Time series as they are asked for: what a graph is drawn from.

import { LIMITS } from '../base/limits.ts';
import { DAY_MS, type Instant } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Sample, SeriesSample } from '../ports/series.ts';
import type { Store } from '../ports/store.ts';
import { isSeriesName, OWN_SERIES } from '../series/names.ts';
import { RETENTION_MS, stretchOf } from '../series/retention.ts';
import { invalid } from './demands.ts';

export interface SeriesRequest {
  /** Absent: all of the node's own. */
  readonly names?: readonly string[];
  /** Absent: a day before `to`. */
  readonly from?: Instant;
  /** Absent: now. */
  readonly to?: Instant;
  /** Of each series, at most; one more where the ends are not whole steps. */
  readonly points?: number;
}

export interface SeriesView {
  readonly from: Instant;
  /** Not included. */
  readonly to: Instant;
  readonly stepMs: number;
  readonly series: readonly { readonly name: string; readonly points: readonly Sample[] }[];
}

export const POINTS_DEFAULT = 400;

/** Each series that was asked for; where nothing was observed there is no point. */
export async function readSeries(
  { names = OWN_SERIES, points = POINTS_DEFAULT, ...when }: SeriesRequest,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<SeriesView> {
  const now = clock.now();
  const to = when.to ?? now;
  const from = Math.max(when.from ?? to - DAY_MS, now - RETENTION_MS.hour);
  if (from >= to) throw invalid([{ path: ['from'], reason: 'is not before `to`' }]);
  const asked = namesOf(names);
  const { resolution, ...stretch } = stretchOf(from, to, points, now);
  const samples = await store.samples({ names: asked, resolution, ...stretch });
  const byName = Map.groupBy(samples, ({ series }) => series);
  const series = asked.map((name) => ({ name, points: (byName.get(name) ?? []).map(pointOf) }));
  return { ...stretch, series };
}

function namesOf(names: readonly string[]): readonly string[] {
  const asked = [...new Set(names)];
  if (asked.length > LIMITS.seriesAskedMax) {
    throw invalid([{ path: ['names'], reason: `has more than ${LIMITS.seriesAskedMax} series` }]);
  }
  const strange = asked.find((name) => !isSeriesName(name));
  if (strange !== undefined) {
    const known = `${OWN_SERIES.join(', ')}, and those of probes: probe.NAME.…`;
    throw invalid([{ path: ['names'], reason: `has "${strange}", which is no series; there are ${known}` }]);
  }
  return asked;
}

function pointOf({ at, count, sum, min, max }: SeriesSample): Sample {
  return { at, count, sum, min, max };
}
