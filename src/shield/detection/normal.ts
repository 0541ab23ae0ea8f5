// What is normal for one number that comes once a second, such as newcomers' REGISTERs. Learned, never set:
//
//   60 seconds ─▶ a minute's mean and variance ─▶ the median of 15 minutes    robust: bad minutes don't count
//                                             └─▶ its hours of the last week  what yesterday had is no surprise
//
// A median forgives a burst, but somebody patient could teach it a flood. So it learns no more than three times as
// much in an hour, and while it is not calm a second counts for no more than is usual. Only the next day's memory takes
// things as they were. At first it knows nothing, and says so; what must be found even then is judged by what the node
// can bear (judge.ts).

import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../../base/time.ts';

const MINUTES = 15;
/** Before so many minutes nothing is known; until all of them, any level is believed. */
const MINUTES_TO_KNOW = 5;
const GROWTH_PER_MINUTE = 3 ** (1 / 60);
const HOURS_OF_WEEK = (7 * DAY_MS) / HOUR_MS;
/** So many deviations above the mean are a usual second. */
const USUAL_DEVIATIONS = 4;

export class Normal {
  #mean = 0;
  #excess = 0;
  readonly #means: number[] = [];
  readonly #variances: number[] = [];
  /** Of the same minutes, as they were. */
  readonly #levels: number[] = [];
  readonly #hours = new Float32Array(HOURS_OF_WEEK);
  #hour = -1;
  #minute = -1;
  #count = 0;
  #sum = 0;
  #squares = 0;
  #all = 0;

  get isKnown(): boolean {
    return this.#means.length >= MINUTES_TO_KNOW;
  }

  /** A second: what is usual now, or was at this time of the day yesterday or a week ago. */
  meanAt(now: Instant): number {
    return Math.max(this.#mean, this.#remembered(now));
  }

  /** Variance beyond what the dice of Poisson have for this mean: phones act in step. */
  get excessVariance(): number {
    return this.#excess;
  }

  /** `isCalm`: nothing is going on. Then all of it is learned; else no more than is usual. */
  learn(count: number, isCalm: boolean, now: Instant): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#closeMinute(now);
      this.#minute = minute;
    }
    const seen = isCalm ? count : Math.min(count, this.#usualMost());
    this.#count++;
    this.#sum += seen;
    this.#squares += seen * seen;
    this.#all += count;
  }

  #usualMost(): number {
    const mean = Math.max(1, this.#mean);
    return mean + USUAL_DEVIATIONS * Math.sqrt(mean + this.#excess);
  }

  #closeMinute(now: Instant): void {
    // Less than half a minute says little: the node slept, or has just begun.
    if (this.#count >= 30) {
      const mean = this.#sum / this.#count;
      keepLast(this.#means, mean);
      keepLast(this.#levels, this.#all / this.#count);
      keepLast(this.#variances, Math.max(0, this.#squares / this.#count - mean * mean));
      this.#settle(now);
    }
    this.#count = 0;
    this.#sum = 0;
    this.#squares = 0;
    this.#all = 0;
  }

  #settle(now: Instant): void {
    const level = quantile(this.#means, 0.5);
    const isNew = this.#means.length < MINUTES;
    // From nearly nothing it may grow to a little at once.
    this.#mean = isNew ? level : Math.min(level, Math.max(1, this.#mean) * GROWTH_PER_MINUTE);
    const between =
      1.48 *
      quantile(
        this.#means.map((mean) => Math.abs(mean - level)),
        0.5,
      );
    // Within most minutes, and from minute to minute: a burst that comes every few minutes is no surprise.
    const variance = quantile(this.#variances, 0.75) + between * between;
    this.#excess = Math.max(0, variance - level);
    this.#remember(now);
  }

  /** Each hour of the week keeps the highest level of it. */
  #remember(now: Instant): void {
    const hour = hourOfWeek(now, 0);
    const level = quantile(this.#levels, 0.5);
    const most = hour === this.#hour ? Math.max(level, this.#hours[hour] ?? 0) : level;
    this.#hour = hour;
    this.#hours[hour] = most;
  }

  /** Yesterday around this time, and an hour from now a week ago: the hour itself is being written. */
  #remembered(now: Instant): number {
    let most = 0;
    for (const hours of [-25, -24, -23, 1]) {
      most = Math.max(most, this.#hours[hourOfWeek(now, hours)] ?? 0);
    }
    return most;
  }
}

function hourOfWeek(now: Instant, later: number): number {
  return (Math.floor(now / HOUR_MS) + later + HOURS_OF_WEEK) % HOURS_OF_WEEK;
}

function keepLast(values: number[], value: number): void {
  values.push(value);
  if (values.length > MINUTES) values.shift();
}

/** Of at least one value. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
