// Time series as the use-cases tell them, for tests of the surfaces: three calls within a step, and nobody spoke.

import type { SeriesView } from '../../src/admin/series.ts';
import type { Instant } from '../../src/base/time.ts';

export function seriesAt(at: Instant): SeriesView {
  const began = at - 60_000;
  return {
    from: began,
    to: at,
    stepMs: 10_000,
    series: [
      { name: 'calls.offered', points: [{ at: began, count: 1, sum: 3, min: 3, max: 3 }] },
      { name: 'audio.mos', points: [] },
    ],
  };
}
