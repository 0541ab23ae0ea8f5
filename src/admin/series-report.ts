// Time series on their way from the node that has them to one that only watches, so that the page there has graphs, and
// keeps the last known ones when that node is gone. A report is one text, signed as it is:
//
//   ["ringthrough-series-1", watcher, at, resolution, [[series, at, count, sum, min, max] …]]

import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import { RESOLUTION_MS, RESOLUTIONS, type Resolution, type SeriesSample } from '../ports/series.ts';
import { OWN_SERIES } from '../series/names.ts';
import { keptSince } from '../series/retention.ts';
import { section } from './documents/section.ts';

export interface SeriesReport {
  readonly watcher: string;
  /** On the clock of whoever reports; rises with each of its reports. */
  readonly at: Instant;
  readonly resolution: Resolution;
  readonly samples: readonly SeriesSample[];
}

/** Takes what is reported; why not, where it does not count; `undefined` where it is nobody's that is known. */
export type SeriesIntake = (text: string, signature: string) => Promise<Result<number, string> | undefined>;

const FORMAT = 'ringthrough-series-1';

const row = z.tuple([z.enum(OWN_SERIES), z.int().min(0), z.int().min(1), z.number(), z.number(), z.number()]);
const report = z.tuple([
  z.literal(FORMAT),
  z.string(),
  z.int().min(0),
  z.enum(RESOLUTIONS),
  z.array(row).max(LIMITS.seriesReportedMax),
]);

export const seriesReportInput = section({
  text: z.string().max(LIMITS.resultsBytesMax),
  signature: z.string().length(86),
}).meta({ id: 'SeriesReport', description: 'Signed by the watcher that has the series: see docs/status.md' });

export function writeReport({ watcher, at, resolution, samples }: SeriesReport): string {
  const rows = samples.map((one) => [one.series, one.at, one.count, one.sum, one.min, one.max]);
  return JSON.stringify([FORMAT, watcher, at, resolution, rows]);
}

/** Of a text whose signature is right. Samples are of whole steps that may be there. */
export function readReport(text: string, now: Instant): Result<SeriesReport, string> {
  const read = report.safeParse(parsed(text));
  if (!read.success) return err('malformed');
  const [, watcher, at, resolution, rows] = read.data;
  const samples = rows.map(([series, sampleAt, count, sum, min, max]) => {
    return { series, at: sampleAt, count, sum, min, max };
  });
  const since = keptSince(resolution, now);
  const fits = samples.every((sample) => {
    const isStep = sample.at % RESOLUTION_MS[resolution] === 0;
    return (
      isStep && sample.at >= since && sample.at <= now + LIMITS.seriesEarlyMs && sample.min <= sample.max
    );
  });
  return fits ? ok({ watcher, at, resolution, samples }) : err('malformed');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
