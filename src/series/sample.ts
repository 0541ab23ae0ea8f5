// Samples: how one is made of a value, and several become one.

import type { Instant } from '../base/time.ts';
import type { Sample } from '../ports/series.ts';

/** When the step begins that holds this moment. */
export function stepOf(at: Instant, stepMs: number): Instant {
  return Math.floor(at / stepMs) * stepMs;
}

export function sampleOf(value: number, at: Instant): Sample {
  return { at, count: 1, sum: value, min: value, max: value };
}

/** Both together; of the step of the first. */
export function combined(one: Sample, other: Sample): Sample {
  return {
    at: one.at,
    count: one.count + other.count,
    sum: one.sum + other.sum,
    min: Math.min(one.min, other.min),
    max: Math.max(one.max, other.max),
  };
}

/** All of them as one of the step that begins then; nothing of nothing. */
export function addedUp(samples: Iterable<Sample>, at: Instant): Sample | undefined {
  let total: Sample | undefined;
  for (const sample of samples) total = total === undefined ? sample : combined(total, sample);
  return total && { ...total, at };
}
