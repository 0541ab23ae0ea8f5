// Rolls samples up as they come: with each one, the minute and the hour that it belongs to are worked out anew from
// what they are made of. What is written are therefore whole rows that replace the ones before, all in one batch: it
// may be cut off anywhere, or be written twice, and nothing is lost or counted double.
//
//   sample ─▶ its 10 s ─▶ its minute, of six ─▶ its hour, of sixty minutes
//
// For that it holds what can still change: samples may come late, by `LIMITS.seriesLateMs` at most. It holds no more,
// so that many series cost little memory.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { RESOLUTION_MS, type Resolution, type Sample, type SeriesSample } from '../ports/series.ts';
import { isSeriesName } from './names.ts';
import { addedUp, combined, stepOf } from './sample.ts';

export interface Row {
  readonly resolution: Resolution;
  readonly sample: SeriesSample;
}

export interface RolledUp {
  /** To be written together, in place of what was there. */
  readonly rows: readonly Row[];
  /** Samples that were not taken: too late, too early, of no known name, or of one series too many. */
  readonly refused: number;
}

/** What a start reads from the store before anything is added. */
export interface Kept {
  readonly names: readonly string[];
  readonly raw: readonly SeriesSample[];
  readonly minutes: readonly SeriesSample[];
}

/** Since when what is kept of each resolution is needed to go on from there. */
export function neededSince(now: Instant): { readonly raw: Instant; readonly minutes: Instant } {
  const latest = now - LIMITS.seriesLateMs;
  return { raw: stepOf(latest, RESOLUTION_MS.minute), minutes: stepOf(latest, RESOLUTION_MS.hour) };
}

interface Held {
  readonly raw: Map<Instant, Sample>;
  readonly minutes: Map<Instant, Sample>;
}

export class RollUp {
  readonly #held = new Map<string, Held>();

  constructor({ names, raw, minutes }: Kept = { names: [], raw: [], minutes: [] }) {
    for (const name of names) this.#hold(name);
    for (const { series, ...sample } of raw) this.#hold(series).raw.set(sample.at, sample);
    for (const { series, ...sample } of minutes) this.#hold(series).minutes.set(sample.at, sample);
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * `again`: what a sample does to one of the same series and step that is there. Whoever may send the same one twice
   * replaces; whoever counts, and begins anew after a crash, combines.
   */
  add(samples: readonly SeriesSample[], now: Instant, again: 'combine' | 'replace' = 'combine'): RolledUp {
    this.#forget(now);
    const rows = new Map<string, Row>();
    let refused = 0;
    for (const sample of samples) {
      if (!this.#takes(sample, now)) refused++;
      else for (const row of this.#rollUp(sample, again)) rows.set(keyOf(row), row);
    }
    return { rows: [...rows.values()], refused };
  }

  #takes({ series, at, count, sum, min, max }: SeriesSample, now: Instant): boolean {
    if (at < now - LIMITS.seriesLateMs || at > now + LIMITS.seriesEarlyMs) return false;
    if (count < 1 || ![at, count, sum, min, max].every(Number.isFinite)) return false;
    return this.#held.has(series) || (this.#held.size < LIMITS.seriesMax && isSeriesName(series));
  }

  #rollUp({ series, ...sample }: SeriesSample, again: 'combine' | 'replace'): readonly Row[] {
    const { raw, minutes } = this.#hold(series);
    const at = stepOf(sample.at, RESOLUTION_MS.raw);
    const before = again === 'combine' ? raw.get(at) : undefined;
    const own = before === undefined ? { ...sample, at } : combined(before, sample);
    raw.set(at, own);
    const minute = within(raw, RESOLUTION_MS.minute, at) ?? own;
    minutes.set(minute.at, minute);
    const hour = within(minutes, RESOLUTION_MS.hour, at) ?? minute;
    return [
      { resolution: 'raw', sample: { series, ...own } },
      { resolution: 'minute', sample: { series, ...minute } },
      { resolution: 'hour', sample: { series, ...hour } },
    ];
  }

  #hold(series: string): Held {
    const held = this.#held.get(series) ?? { raw: new Map(), minutes: new Map() };
    this.#held.set(series, held);
    return held;
  }

  /** What nothing can change any more. */
  #forget(now: Instant): void {
    const since = neededSince(now);
    for (const { raw, minutes } of this.#held.values()) {
      for (const at of raw.keys()) if (at < since.raw) raw.delete(at);
      for (const at of minutes.keys()) if (at < since.minutes) minutes.delete(at);
    }
  }
}

/** What there is of the step that holds this moment. */
function within(samples: ReadonlyMap<Instant, Sample>, stepMs: number, moment: Instant): Sample | undefined {
  const at = stepOf(moment, stepMs);
  const those = [...samples.values()].filter((sample) => stepOf(sample.at, stepMs) === at);
  return addedUp(those, at);
}

/** Rows with the same one replace each other. */
export function keyOf({ resolution, sample }: Row): string {
  return `${resolution} ${sample.series} ${sample.at}`;
}
