// How strongly do the last seconds speak for a flood, against what is normal? A cumulative sum (Page, 1954) of
// log-likelihood ratios: each second adds how much likelier its count is where three times as much comes as usual
// than where it is as usual. Both are negative binomial: phones act in step more than Poisson's dice do.
//
//     evidence ▲            ╭──── most
//              │         ╭──╯
//     surely   ┼┄┄┄┄┄┄┄╭─╯          by chance once in e^surely seconds, so it is chosen by how often
//              │  ╭╮  ╭╯            one may be wrong, not by how much anybody sends
//            0 └──╯╰──╯
//
// No single second convinces: two do, however much comes. So a flood is found within three, counted from its first
// packet, which may come at the end of a second.

import type { Instant } from '../../base/time.ts';
import type { Normal } from './normal.ts';

/** Once in some 800 years for one number, were its seconds as independent as the model has them. */
export const SURELY = 24;
const MOST_OF_ONE_SECOND = SURELY / 2;
const MOST = SURELY * 1.5;
/** What a flood is: so many times as much as usual. */
const TIMES = 3;
/** Variance beyond Poisson's, as a share of the mean squared, that nobody has to learn. */
const DISPERSION_LEAST = 0.1;

/** Within these, what was learned is believed. */
export interface Belief {
  /** A second; so much is taken for usual at least, so that nobody is woken for a trifle. */
  readonly leastMean: number;
  /** And at most, so that nobody can teach it more, however patient he is. */
  readonly mostMean: number;
  readonly dispersionMost: number;
}

export class Evidence {
  readonly #belief: Belief;
  #sum = 0;
  #since: Instant | undefined;

  constructor(belief: Belief) {
    this.#belief = belief;
  }

  get sum(): number {
    return this.#sum;
  }

  /** When it began to speak for a flood, while it does. */
  get since(): Instant | undefined {
    return this.#since;
  }

  add(count: number, normal: Normal, now: Instant): void {
    const { leastMean, mostMean, dispersionMost } = this.#belief;
    const mean = Math.min(mostMean, Math.max(leastMean, normal.meanAt(now)));
    const learned = normal.excessVariance / (mean * mean);
    const dispersion = Math.min(dispersionMost, Math.max(DISPERSION_LEAST, learned));
    this.weigh(logLikelihoodRatio(count, mean, dispersion), now);
  }

  /** What speaks for it, or against it, by itself. */
  weigh(ratio: number, now: Instant): void {
    const bounded = Math.max(-MOST_OF_ONE_SECOND, Math.min(MOST_OF_ONE_SECOND, ratio));
    this.#sum = Math.max(0, Math.min(MOST, this.#sum + bounded));
    if (this.#sum === 0) this.#since = undefined;
    else this.#since ??= now;
  }
}

/** Of a count, under TIMES · mean against mean, each with variance m + dispersion · m². */
export function logLikelihoodRatio(count: number, mean: number, dispersion: number): number {
  const size = 1 / dispersion;
  const more = TIMES * mean;
  return (
    count * Math.log((more * (size + mean)) / (mean * (size + more))) +
    size * Math.log((size + mean) / (size + more))
  );
}
