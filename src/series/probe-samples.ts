// What probes find, as samples: for each probe one series of whether it passed, one of how long it took, and one of
// each thing that it measures, of all watchers together. So the average of `probe.main.up` over an hour is the share of
// all attempts that succeeded, and its least and greatest tell whether watchers disagreed.
//
//   probe.sip-main.up   probe.sip-main.latency_ms   probe.certificate.days_left   probe.voice_example_net.serial_spread
//
// A dot of a probe's name becomes `_`, which no name of a probe has.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Measures, ProbeEnd } from '../ports/probes.ts';
import type { SeriesSample } from '../ports/series.ts';
import { isSeriesName } from './names.ts';
import { sampleOf } from './sample.ts';

export interface Probed {
  readonly probe: string;
  readonly at: Instant;
  readonly outcome: ProbeEnd['outcome'];
  readonly latencyMs?: number | undefined;
  readonly measures?: Measures | undefined;
}

export class ProbeSamples {
  readonly #names = new Set<string>();

  /** `left`: how many are of one series too many. Whoever measures under ever new names fills no more than that. */
  of({ probe, at, outcome, latencyMs, measures = {} }: Probed): {
    readonly samples: readonly SeriesSample[];
    readonly left: number;
  } {
    const named = [
      ['up', outcome === 'failed' ? 0 : 1] as const,
      ...(latencyMs === undefined ? [] : [['latency_ms', latencyMs] as const]),
      ...Object.entries(measures).map(([measure, value]) => [partOf(measure), value] as const),
    ];
    const found = named.map(([measure, value]) => {
      return { series: `probe.${probe.replaceAll('.', '_')}.${measure}`, ...sampleOf(value, at) };
    });
    const samples = found.filter(({ series }) => isSeriesName(series) && this.#hasRoom(series));
    return { samples, left: found.length - samples.length };
  }

  #hasRoom(series: string): boolean {
    if (this.#names.has(series)) return true;
    if (this.#names.size >= LIMITS.probeSeriesMax) return false;
    this.#names.add(series);
    return true;
  }
}

/** `lossShare` → `loss_share` */
function partOf(measure: string): string {
  return measure
    .replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-');
}
