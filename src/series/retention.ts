// For how long samples are kept, and which of them answer for a stretch of time: a graph of a day and one of two years
// have about as many points, and each is read from samples that are as coarse as it can bear, so that it is fast.
//
//   raw (10 s)  48 h        an hour is drawn from these, a day from minutes, a week and ninety days from hours
//   minute      30 days
//   hour        2 years

import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { RESOLUTION_MS, RESOLUTIONS, type Resolution } from '../ports/series.ts';
import { stepOf } from './sample.ts';

export const RETENTION_MS: Readonly<Record<Resolution, number>> = {
  raw: 48 * HOUR_MS,
  minute: 30 * DAY_MS,
  hour: 731 * DAY_MS,
};

/** Steps that people can read at an axis. None is between 20 minutes and an hour: it would read too many rows. */
const STEPS_MS = [
  ...[10, 20, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 20].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7].map((days) => days * DAY_MS),
];
const LONGEST_STEP_MS = 7 * DAY_MS;

export interface Stretch {
  /** Both at whole steps, so that every point is of a whole one; `to` is not included. */
  readonly from: Instant;
  readonly to: Instant;
  readonly stepMs: number;
  readonly resolution: Resolution;
}

/**
 * How to draw from `from` to `to` with no more than so many points: the shortest step that gives no more, of the
 * coarsest samples that it can be made of. Where fine ones are not kept as far back, the step is longer.
 */
export function stretchOf(from: Instant, to: Instant, pointsMax: number, now: Instant): Stretch {
  const stepMs =
    STEPS_MS.find((candidate) => {
      return (to - from) / candidate <= pointsMax && keptSince(resolutionFor(candidate), now) <= from;
    }) ?? LONGEST_STEP_MS;
  const end = stepOf(to, stepMs);
  return {
    from: stepOf(from, stepMs),
    to: end < to ? end + stepMs : end,
    stepMs,
    resolution: resolutionFor(stepMs),
  };
}

/** Samples of this kind before then are gone, or about to go. */
export function keptSince(resolution: Resolution, now: Instant): Instant {
  return stepOf(now - RETENTION_MS[resolution], RESOLUTION_MS.hour);
}

function resolutionFor(stepMs: number): Resolution {
  return RESOLUTIONS.findLast((resolution) => stepMs % RESOLUTION_MS[resolution] === 0) ?? 'raw';
}
