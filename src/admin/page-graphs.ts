// The graphs of the status page. Each is drawn over a day, a week and ninety days; the longer ones change slowly and
// cost the most to read, so they are read anew only every few minutes, however often the page is rendered.
//
// They are those of the node's own calls. A node that has none, because it is there for watching alone, tells instead
// what the calls of its probes found: whether they succeeded, how soon, and how they sounded.

import { assertNever } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Sample } from '../ports/series.ts';
import type { Store } from '../ports/store.ts';
import { OWN_SERIES } from '../series/names.ts';
import {
  GRAPHS,
  type Graph,
  type GraphName,
  type GraphPoint,
  type GraphRange,
  RANGES,
  type Range,
} from '../status-page/view.ts';
import { readSeries } from './series.ts';

/** Of each graph: steps of a quarter of an hour, two hours, a day. */
const POINTS = 100;
const SPANS: Readonly<Record<Range, { readonly lengthMs: number; readonly keptMs: number }>> = {
  '24h': { lengthMs: DAY_MS, keptMs: 0 },
  '7d': { lengthMs: 7 * DAY_MS, keptMs: 2 * MINUTE_MS },
  '90d': { lengthMs: 90 * DAY_MS, keptMs: 10 * MINUTE_MS },
};
/** Of probes that make calls. */
const PROBE_MOS = /^probe\.([^.]+)\.(.*[^a-z])?mos$/;

interface Drawn extends Omit<GraphRange, 'points'> {
  readonly readAt: Instant;
  readonly series: ReadonlyMap<string, readonly Sample[]>;
}

export class PageGraphs {
  readonly #store: Store;
  readonly #drawn = new Map<Range, Drawn>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Those of which there is anything at all. */
  async read(now: Instant): Promise<readonly Graph[]> {
    const drawn = await Promise.all(RANGES.map((range) => this.#range(range, now)));
    const graphs = GRAPHS.map((name) => ({ name, ranges: drawn.map((one) => rangeOf(name, one)) }));
    return graphs.filter(({ ranges }) => ranges.some(({ points }) => points.length > 0));
  }

  async #range(range: Range, now: Instant): Promise<Drawn> {
    const known = this.#drawn.get(range);
    if (known !== undefined && now - known.readAt < SPANS[range].keptMs && now >= known.readAt) return known;
    const own = await this.#read(range, OWN_SERIES, now);
    const hasCalls = (own.series.get('calls.offered') ?? []).some(({ sum }) => sum > 0);
    const drawn = hasCalls ? own : await this.#withProbes(own, now);
    this.#drawn.set(range, drawn);
    return drawn;
  }

  async #withProbes(own: Drawn, now: Instant): Promise<Drawn> {
    const mos = (await this.#store.seriesNames()).filter((name) => PROBE_MOS.test(name));
    const probes = [...new Set(mos.map((name) => PROBE_MOS.exec(name)?.[1]))];
    const names = probes.flatMap((probe) => {
      const own = mos.filter((name) => name.startsWith(`probe.${probe}.`));
      return [`probe.${probe}.up`, `probe.${probe}.setup_ms`, ...own];
    });
    if (names.length === 0) return own;
    const { series } = await this.#read(own.range, names.slice(0, LIMITS.seriesAskedMax), now);
    return { ...own, series: new Map([...own.series, ...series]) };
  }

  async #read(range: Range, names: readonly string[], now: Instant): Promise<Drawn> {
    const request = { names, from: now - SPANS[range].lengthMs, to: now, points: POINTS };
    const { series, ...stretch } = await readSeries(request, {
      store: this.#store,
      clock: { now: () => now },
    });
    const byName = new Map(series.map(({ name, points }) => [name, points]));
    return { range, ...stretch, readAt: now, series: byName };
  }
}

function rangeOf(name: GraphName, { readAt, series, ...drawn }: Drawn): GraphRange {
  const own = (of: (typeof OWN_SERIES)[number]) => series.get(of) ?? [];
  const hasCalls = own('calls.offered').some(({ sum }) => sum > 0);
  const ofProbes = (what: RegExp) => {
    return combined(
      [...series].flatMap(([of, points]) => (of.startsWith('probe.') && what.test(of) ? points : [])),
    );
  };
  const pointsOf = (): readonly GraphPoint[] => {
    switch (name) {
      case 'reached':
        return hasCalls ? shares(own('calls.reached'), own('calls.offered')) : averages(ofProbes(/\.up$/));
      case 'setup':
        return averages(hasCalls ? own('calls.setup_ms') : ofProbes(/\.setup_ms$/));
      case 'quality':
        return averages(hasCalls ? own('audio.mos') : ofProbes(PROBE_MOS));
      case 'phones':
        return averages(own('phones.registered'));
      case 'blocked':
        return rates(own('packets.blocked'), drawn.stepMs, readAt);
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
  return whole.flatMap(({ at, sum }) => {
    return sum > 0 ? [{ at, value: Math.min(1, (parts.get(at) ?? 0) / sum) }] : [];
  });
}

/** A second; the last step is not over yet. */
function rates(samples: readonly Sample[], stepMs: number, now: Instant): readonly GraphPoint[] {
  return samples.map(({ at, sum }) => {
    const lengthMs = Math.max(SECOND_MS, Math.min(stepMs, now - at));
    return { at, value: (sum * SECOND_MS) / lengthMs };
  });
}

/** Of several series, in the order of time. */
function combined(samples: readonly Sample[]): readonly Sample[] {
  const byTime = [...Map.groupBy(samples, ({ at }) => at)];
  return byTime
    .sort(([a], [b]) => a - b)
    .map(([at, those]) => ({
      at,
      count: those.reduce((sum, { count }) => sum + count, 0),
      sum: those.reduce((sum, sample) => sum + sample.sum, 0),
      min: Math.min(...those.map(({ min }) => min)),
      max: Math.max(...those.map(({ max }) => max)),
    }));
}
