// What probes find goes on into the time series, of every watcher whose results count. Where there is no room for more,
// that is said once: graphs that are missing are looked for at their probe first.

import { LIMITS } from '../base/limits.ts';
import type { Log } from '../ports/log.ts';
import { type Probed, ProbeSamples } from '../series/probe-samples.ts';
import type { Series } from './series.ts';

export function keepProbes(series: Pick<Series, 'record'>, log: Log): (result: Probed) => void {
  const samples = new ProbeSamples();
  let told = false;
  return (result) => {
    const taken = samples.of(result);
    const refused = taken.left + series.record(taken.samples, 'combine');
    if (refused === 0 || told) return;
    told = true;
    const { probe } = result;
    log.warn('not all that probes measure is kept as time series', { probe, max: LIMITS.probeSeriesMax });
  };
}
