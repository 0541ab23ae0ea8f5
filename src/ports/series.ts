// Time series: what a graph is drawn from. A series is a name and samples, each of what was observed within one step
// of time. A sample keeps count, sum, smallest and greatest, so that samples of short steps add up to those of long
// ones without an error: an average is sum / count, whatever it is taken over. Where nothing was observed there is no
// sample at all, and a graph has a gap there; a zero is written by somebody who looked and saw none.

import type { Instant } from '../base/time.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';

/** How fine samples are kept; each has a time for which it is (src/series/retention.ts). */
export const RESOLUTIONS = ['raw', 'minute', 'hour'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export const RESOLUTION_MS: Readonly<Record<Resolution, number>> = {
  raw: 10 * SECOND_MS,
  minute: MINUTE_MS,
  hour: HOUR_MS,
};

export interface Sample {
  /** When its step begins: a whole multiple of the step since 1970. */
  readonly at: Instant;
  /** How many observations; 1 or more. */
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export interface SeriesSample extends Sample {
  readonly series: string;
}

export interface SeriesQuery {
  /** At most `LIMITS.seriesAskedMax`. */
  readonly names: readonly string[];
  readonly from: Instant;
  /** Not included. */
  readonly to: Instant;
  /** Which samples are read. */
  readonly resolution: Resolution;
  /** Into which steps they are added up: a whole multiple of the resolution's. */
  readonly stepMs: number;
}
