// Time series from one node to another. Whoever has telephones brings its own to nodes that judge by its probes; one
// that only watches takes them from one watcher that is named, and writes them as they come. Each step replaces what
// was there, so that what is brought twice, or late, does no harm.
//
//   every minute: what is new since the last time that it was taken; at first ninety days of hours, two of minutes

import { readReport, type SeriesIntake, writeReport } from '../admin/series-report.ts';
import { messageOf } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { err, ok } from '../base/result.ts';
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Reports } from '../ports/reports.ts';
import { RESOLUTION_MS, RESOLUTIONS, type Resolution } from '../ports/series.ts';
import type { Signing, Verifying } from '../ports/signing.ts';
import type { Store } from '../ports/store.ts';
import { OWN_SERIES } from '../series/names.ts';
import { stepOf } from '../series/sample.ts';
import type { KnownWatcher } from '../watch/intake.ts';

const SERIES_PATH = '/v1/watch/series';

/** As far back as the graphs of a page go. */
const BACK_MS: Readonly<Record<Resolution, number>> = { raw: HOUR_MS, minute: 2 * DAY_MS, hour: 91 * DAY_MS };
const STEPS_AT_ONCE = Math.floor(LIMITS.seriesReportedMax / OWN_SERIES.length);

export interface SeriesReportingOptions {
  readonly watcher: string;
  /** Where the APIs of the others are. */
  readonly nodes: readonly string[];
  readonly store: Pick<Store, 'samples'>;
  readonly signing: Signing;
  readonly reports: Reports;
  readonly clock: Clock;
  readonly log: Log;
}

interface Destination {
  readonly node: string;
  /** Until when it has them. */
  readonly has: Map<Resolution, Instant>;
  trouble: string | undefined;
}

export class SeriesReporting {
  readonly #options: SeriesReportingOptions;
  readonly #destinations: readonly Destination[];
  readonly #closing = new AbortController();
  #lastAt: Instant = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SeriesReportingOptions) {
    this.#options = options;
    this.#destinations = options.nodes.map((node) => ({ node, has: new Map(), trouble: undefined }));
  }

  /** Resolves when each has what it lacks, or has failed. Again in a minute. */
  async bring(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#destinations.length === 0) return;
    await Promise.all(this.#destinations.map((destination) => this.#deliver(destination)));
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => void this.bring(), MINUTE_MS);
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  async #deliver(destination: Destination): Promise<void> {
    const { log } = this.#options;
    const { node, trouble: before } = destination;
    let trouble: string | undefined;
    for (const resolution of RESOLUTIONS) trouble ??= await this.#catchUp(destination, resolution);
    if (this.#closing.signal.aborted || trouble === before) return;
    destination.trouble = trouble;
    if (trouble === undefined) log.info('time series are taken again', { node });
    else log.warn('time series are not taken', { node, reason: trouble });
  }

  /** What went wrong. */
  async #catchUp({ node, has }: Destination, resolution: Resolution): Promise<string | undefined> {
    const stepMs = RESOLUTION_MS[resolution];
    const end = stepOf(this.#options.clock.now(), stepMs) + stepMs;
    let from = has.get(resolution) ?? end - BACK_MS[resolution];
    while (from < end) {
      const to = Math.min(end, from + STEPS_AT_ONCE * stepMs);
      const trouble = await this.#send(node, resolution, from, to);
      if (trouble !== undefined) return trouble;
      // The step that goes on is brought again.
      has.set(resolution, Math.min(to, end - stepMs));
      from = to;
    }
    return undefined;
  }

  async #send(node: string, resolution: Resolution, from: Instant, to: Instant): Promise<string | undefined> {
    const { store, watcher, signing, reports, clock } = this.#options;
    const stepMs = RESOLUTION_MS[resolution];
    try {
      const samples = await store.samples({ names: OWN_SERIES, from, to, resolution, stepMs });
      if (samples.length === 0) return undefined;
      this.#lastAt = Math.max(this.#lastAt + 1, Math.floor(clock.now()));
      const text = writeReport({ watcher, at: this.#lastAt, resolution, samples });
      const body = JSON.stringify({ text, signature: signing.sign(text) });
      const answer = await reports.send(node, SERIES_PATH, body, this.#closing.signal);
      return answer.ok ? undefined : answer.error;
    } catch (error) {
      return messageOf(error);
    }
  }
}

export interface SeriesTakingOptions {
  /** Whose they are; absent: nobody's are taken. */
  readonly from: KnownWatcher | undefined;
  readonly verifying: Verifying;
  readonly store: Pick<Store, 'write'>;
  readonly clock: Clock;
}

/** What counts of them is what counts of results (watch/intake.ts): of now, once, and not of before the start. */
export function takeSeries({ from, verifying, store, clock }: SeriesTakingOptions): SeriesIntake {
  const startedAt = clock.now();
  let lastAt = 0;
  return async (text, signature) => {
    if (from === undefined || !verifying.verify(from.publicKey, text, signature)) return undefined;
    const now = clock.now();
    const read = readReport(text, now);
    if (!read.ok) return read;
    const { watcher, at, resolution, samples } = read.value;
    if (watcher !== from.name) return undefined;
    if (at - now > LIMITS.watcherAheadMaxMs) return err('from-the-future');
    if (now - at > LIMITS.resultAgeMaxMs) return err('too-old');
    if (at < startedAt + LIMITS.watcherAheadMaxMs) return err('before-start');
    if (at <= lastAt) return err('replayed');
    lastAt = at;
    await store.write([{ type: 'samples', resolution, samples }]);
    return ok(samples.length);
  };
}
