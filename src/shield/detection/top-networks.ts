// From which networks comes the most, in a table that never grows? Space-saving (Metwally et al., 2005), cut into
// sets: a network's hash chooses its set, and within it a newcomer takes the place of the smallest, with its count,
// so that whatever really sends much is in. Eight places are looked at for a packet.
//
// Counts fade, so that the table tells what comes now: about the last ten seconds.

import { LIMITS } from '../../base/limits.ts';
import { formatNetwork, mix } from './source-words.ts';

const WAYS = 8;
/** What is left of a count after a second: it adds up to ten seconds of a steady rate. */
const FADING = 0.9;
/** Fainter ones are forgotten. */
const FAINT = 0.05;

export interface NetworkRate {
  /** `192.0.2.0/24`, `2001:db8:0:ab00::/56` */
  readonly network: string;
  /** Over its last ten seconds: at least so much, for what another network left at its place is taken off. */
  readonly perSecond: number;
  /** Of all packets that were counted: 0 to 1. */
  readonly share: number;
}

export class TopNetworks {
  readonly #seed: number;
  readonly #sets: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #counts: Float64Array;
  /** Of each count, what another network left behind. */
  readonly #inherited: Float64Array;
  #total = 0;

  constructor(seed: number, places: number = LIMITS.shieldNetworksMax) {
    this.#seed = seed;
    this.#sets = Math.max(1, Math.floor(places / WAYS));
    const size = this.#sets * WAYS;
    this.#high = new Uint32Array(size);
    this.#low = new Uint32Array(size);
    this.#counts = new Float64Array(size);
    this.#inherited = new Float64Array(size);
  }

  /** `weight`: packets that it stands for. */
  add(high: number, networkLow: number, weight = 1): void {
    this.#total += weight;
    const low = networkLow >>> 0;
    const start = (mix(high, low, this.#seed) % this.#sets) * WAYS;
    let smallest = start;
    let least = Number.POSITIVE_INFINITY;
    for (let place = start; place < start + WAYS; place++) {
      const count = this.#counts[place] ?? 0;
      if (this.#low[place] === low && this.#high[place] === high && count > 0) {
        this.#counts[place] = count + weight;
        return;
      }
      if (count < least) {
        least = count;
        smallest = place;
      }
    }
    this.#high[smallest] = high;
    this.#low[smallest] = low;
    this.#counts[smallest] = least + weight;
    this.#inherited[smallest] = least;
  }

  /** Once a second. */
  fade(): void {
    this.#total *= FADING;
    for (let place = 0; place < this.#counts.length; place++) {
      const left = (this.#counts[place] ?? 0) * FADING;
      this.#counts[place] = left < FAINT ? 0 : left;
      this.#inherited[place] = (this.#inherited[place] ?? 0) * FADING;
    }
  }

  /** Those that surely send the most, first. */
  top(count: number): readonly NetworkRate[] {
    return [...this.#counts.keys()]
      .map((place) => ({ place, sure: this.#sure(place) }))
      .filter(({ sure }) => sure >= 1)
      .sort((a, b) => b.sure - a.sure)
      .slice(0, count)
      .map(({ place, sure }) => ({
        network: formatNetwork(this.#high[place] ?? 0, this.#low[place] ?? 0),
        perSecond: sure * (1 - FADING),
        share: sure / this.#total,
      }));
  }

  #sure(place: number): number {
    return (this.#counts[place] ?? 0) - (this.#inherited[place] ?? 0);
  }
}
