// Reports of time series as another node brings them, once their signature was right: whatever stands in them is taken
// whole or refused, and what is taken is what was written, of steps that may be there.

import { readReport, type SeriesReport, writeReport } from '../../../src/admin/series-report.ts';
import { RESOLUTION_MS, RESOLUTIONS } from '../../../src/ports/series.ts';
import { OWN_SERIES } from '../../../src/series/names.ts';
import type { SeededRandom } from '../../simulation/world.ts';
import { mutateValue, type Value } from '../document-grammar.ts';
import { mutateBytes } from '../mutate.ts';
import { expect, type Input, type Target } from '../target.ts';
import { documentStallMs } from './documents.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

function drawReport(random: SeededRandom): SeriesReport {
  const resolution = random.pick(RESOLUTIONS);
  const samples = Array.from({ length: random.between(0, 20) }, () => {
    const at = NOON - RESOLUTION_MS[resolution] * random.between(0, 1_000);
    const min = random.between(0, 100);
    return { series: random.pick(OWN_SERIES), at, count: random.between(1, 9), sum: 7.5, min, max: min + 1 };
  });
  return { watcher: 'edge-1', at: NOON, resolution, samples };
}

function draw(random: SeededRandom): Input {
  const value: Value = JSON.parse(writeReport(drawReport(random)));
  const bytes = Buffer.from(JSON.stringify(random.chance(0.6) ? mutateValue(value, random) : value));
  return [random.chance(0.3) ? mutateBytes(bytes, random, [bytes]) : bytes];
}

export const seriesReportTarget: Target = {
  name: 'series-report',
  weight: 1,
  stallMs: documentStallMs,
  draw,
  attempt: ([bytes = new Uint8Array(0)], lap) => {
    const text = Buffer.from(bytes).toString('utf8');
    const read = lap(() => readReport(text, NOON));
    if (!read.ok) return 1;
    const { resolution, samples } = read.value;
    for (const { at, count, sum, min, max } of samples) {
      expect(
        at % RESOLUTION_MS[resolution] === 0 && at <= NOON + 60_000,
        'a sample is of a step that may be',
      );
      expect(count >= 1 && [sum, min, max].every(Number.isFinite) && min <= max, 'a sample is of something');
    }
    const again = readReport(writeReport(read.value), NOON);
    expect(
      again.ok && JSON.stringify(again) === JSON.stringify(read),
      'what is read can be written and read',
    );
    return 1;
  },
};
