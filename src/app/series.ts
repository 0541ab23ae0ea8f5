// Keeps the node's time series: once in each step it looks at what the node counts, rolls that up with the calls that
// have ended, and writes it in one batch. What the store does not take waits and goes with the next one.
//
//   calls end ─▶ Sampler ─ every 10 s ─▶ RollUp ─▶ one batch: raw, minute and hour rows; hourly, what is old goes
//
// Nothing is pruned in the first hour: a clock that is wrong when the machine starts is mostly right by then, and a
// clock that is years ahead would empty all graphs.

import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { NodeEvent } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { RESOLUTION_MS, RESOLUTIONS, type SeriesSample } from '../ports/series.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { keptSince } from '../series/retention.ts';
import { keyOf, neededSince, RollUp, type Row } from '../series/roll-up.ts';
import { stepOf } from '../series/sample.ts';
import { type Counts, Sampler } from '../series/sampler.ts';
import { Trouble } from './trouble.ts';

export interface SeriesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** What the node counts of itself; absent where it has no telephones. */
  readonly read?: (() => Counts) | undefined;
  /** Their calls are probes, which would make the figures of customers' calls better than they are. */
  readonly probeAccounts?: readonly string[] | undefined;
}

const STEP_MS = RESOLUTION_MS.raw;

export class Series {
  readonly #options: SeriesOptions;
  readonly #sampler = new Sampler();
  readonly #rollUp: RollUp;
  #waiting = new Map<string, Row>();
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #began: Instant;
  #prunedAt: Instant;
  readonly #trouble: Trouble;
  #open = true;

  private constructor(options: SeriesOptions, rollUp: RollUp) {
    this.#options = options;
    this.#rollUp = rollUp;
    this.#trouble = new Trouble((reason) => options.log.warn('time series cannot be written', { reason }));
    this.#began = options.clock.now();
    this.#prunedAt = this.#began;
    this.#arm();
  }

  /** Goes on where the store's samples end. */
  static async open(options: SeriesOptions): Promise<Series> {
    const { store, clock } = options;
    const now = clock.now();
    const needed = neededSince(now);
    const names = await store.seriesNames();
    const keptOf = (resolution: 'raw' | 'minute', from: Instant) =>
      store.samples({ names, from, to: now + HOUR_MS, resolution, stepMs: RESOLUTION_MS[resolution] });
    const [raw, minutes] = await Promise.all([keptOf('raw', needed.raw), keptOf('minute', needed.minutes)]);
    return new Series(options, new RollUp({ names, raw, minutes }));
  }

  readonly heard = (event: NodeEvent): void => {
    if (event.type !== 'call-ended') return;
    const isProbe = this.#options.probeAccounts?.includes(event.entry.account) ?? false;
    if (!isProbe) this.#sampler.ended(event.entry);
  };

  /** Samples of others, such as probes; written with the next batch. Gives how many were not taken. */
  record(samples: readonly SeriesSample[], again: 'combine' | 'replace'): number {
    const { rows, refused } = this.#rollUp.add(samples, this.#now(), again);
    for (const row of rows) this.#waiting.set(keyOf(row), row);
    return refused;
  }

  /** What there is of the present step is written. */
  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    await this.#writing;
    this.#take(stepOf(this.#now(), STEP_MS));
    await this.#write();
  }

  #arm(): void {
    if (!this.#open) return;
    const now = this.#now();
    this.#timer = setTimeout(() => this.#tick(), stepOf(now, STEP_MS) + STEP_MS - now);
    this.#timer.unref();
  }

  /** At the end of each step, or soon after. */
  #tick(): void {
    this.#take(stepOf(this.#now() - STEP_MS / 2, STEP_MS));
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    this.#arm();
  }

  #take(at: Instant): void {
    const { read } = this.#options;
    if (read !== undefined) this.record(this.#sampler.take(read(), at), 'combine');
  }

  async #write(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = new Map();
    const prunes = this.#prunes();
    try {
      await this.#options.store.write([...writesOf([...rows.values()]), ...prunes]);
      if (prunes.length > 0) this.#prunedAt = this.#now();
      this.#trouble.now(undefined);
    } catch (error) {
      this.#trouble.now(String(error));
      this.#keep(rows);
    }
  }

  /** What came meanwhile is newer, and is worked out of all that was there. */
  #keep(rows: ReadonlyMap<string, Row>): void {
    const all = [...new Map([...rows, ...this.#waiting])];
    this.#waiting = new Map(all.slice(-LIMITS.seriesWaitingMax));
  }

  #prunes(): readonly StoreWrite[] {
    const now = this.#now();
    if (now - this.#began < HOUR_MS || now - this.#prunedAt < HOUR_MS) return [];
    return RESOLUTIONS.map((resolution) => {
      return { type: 'samples-pruned', resolution, before: keptSince(resolution, now) };
    });
  }

  #now(): Instant {
    return this.#options.clock.now();
  }
}

function writesOf(rows: readonly Row[]): readonly StoreWrite[] {
  const byResolution = Map.groupBy(rows, ({ resolution }) => resolution);
  return [...byResolution].map(([resolution, those]) => {
    return { type: 'samples', resolution, samples: those.map(({ sample }) => sample) };
  });
}
