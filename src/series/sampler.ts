// What a node observes of itself, as samples: calls as they end, and what it counts, looked at once in each step.

import type { Instant } from '../base/time.ts';
import type { LedgerEntry, LegStatistics } from '../ports/records.ts';
import type { Sample, SeriesSample } from '../ports/series.ts';
import type { LaneCounts } from '../ports/shield.ts';
import { estimateMos } from '../rtp/e-model.ts';
import type { OwnSeries } from './names.ts';
import { reachingOf, setUpMsOf } from './reaching.ts';
import { combined, sampleOf } from './sample.ts';

/** As the node counts them: `packetsBlocked` since it began. */
export interface Counts {
  readonly phonesRegistered: number;
  readonly packetsBlocked: number;
}

/** A second of audio; less says nothing of what it sounded like. */
const PACKETS_MIN = 50;

export class Sampler {
  #offered = 0;
  #reached = 0;
  readonly #values = new Map<OwnSeries, Sample>();
  #blockedBefore: number | undefined;

  ended(entry: LedgerEntry): void {
    const mos = mosOf(entry.legs);
    if (mos !== undefined) this.#observe('audio.mos', mos);
    const reaching = reachingOf(entry);
    if (reaching === 'not-counted') return;
    this.#offered++;
    if (reaching === 'not-reached') return;
    this.#reached++;
    const setUpMs = setUpMsOf(entry);
    if (setUpMs !== undefined) this.#observe('calls.setup_ms', setUpMs);
  }

  /** What was observed since it was last taken, as of the step that began then. */
  take({ phonesRegistered, packetsBlocked }: Counts, at: Instant): readonly SeriesSample[] {
    const samples: SeriesSample[] = [
      { series: 'calls.offered', ...sampleOf(this.#offered, at) },
      { series: 'calls.reached', ...sampleOf(this.#reached, at) },
      { series: 'phones.registered', ...sampleOf(phonesRegistered, at) },
    ];
    for (const [series, sample] of this.#values) samples.push({ series, ...sample, at });
    if (this.#blockedBefore !== undefined) {
      // A kernel that was told its rules anew counts from nothing.
      const since = packetsBlocked - this.#blockedBefore;
      const blocked = since < 0 ? packetsBlocked : since;
      samples.push({ series: 'packets.blocked', ...sampleOf(blocked, at) });
    }
    this.#blockedBefore = packetsBlocked;
    this.#offered = 0;
    this.#reached = 0;
    this.#values.clear();
    return samples;
  }

  #observe(series: OwnSeries, value: number): void {
    const before = this.#values.get(series);
    const sample = sampleOf(value, 0);
    this.#values.set(series, before === undefined ? sample : combined(before, sample));
  }
}

/** Of the worse direction: that is the one that people complain of. */
export function mosOf(legs: readonly LegStatistics[]): number | undefined {
  const heard = legs.filter(({ packetsReceived }) => packetsReceived >= PACKETS_MIN);
  if (heard.length === 0) return undefined;
  return Math.min(...heard.map(estimateMos));
}

/** All that the shield dropped, in the node and in the kernel before it. */
export function blockedOf(counts: { readonly node: LaneCounts; readonly kernel?: LaneCounts }): number {
  const lanes = [counts.node, ...(counts.kernel === undefined ? [] : [counts.kernel])];
  return lanes.flatMap((each) => Object.values(each)).reduce((sum, { dropped }) => sum + dropped, 0);
}
