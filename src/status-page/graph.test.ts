import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { latest, picture, told } from './graph.ts';
import { milliseconds, quantity, subjectOf } from './subjects.ts';
import { Times } from './times.ts';
import type { GraphName, GraphRange } from './view.ts';

const TO = Date.parse('2026-11-26T14:00:00Z');
const times = new Times('UTC', TO);

/** `undefined`: nothing measured. */
function rangeOf(values: readonly (number | undefined)[], range: GraphRange['range'] = '24h'): GraphRange {
  const stepMs = 15 * MINUTE_MS;
  const from = TO - values.length * stepMs;
  const points = values.flatMap((value, index) =>
    value === undefined ? [] : [{ at: from + index * stepMs, value }],
  );
  return { range, from, to: TO, stepMs, points };
}

const drawn = (values: readonly (number | undefined)[], name: GraphName = 'reached'): string => {
  const range = rangeOf(values);
  return picture({ name, ranges: [range] }, range, times).text;
};
const lineOf = (svg: string): string => /class="l"[^>]* d="([^"]*)"/.exec(svg)?.[1] ?? '';

describe('a graph', () => {
  test('is a line of steps from level to level', () => {
    assert.equal(lineOf(drawn([1, 1, 0.9, 0.95])), 'M0 0l1 0 1 92 1-46');
  });

  test('has a gap where nothing was measured, and a dot for a point that is alone', () => {
    assert.equal(lineOf(drawn([1, 1, undefined, 0.9, undefined])), 'M0 0l1 0M3 92h0');
    assert.match(drawn([undefined, undefined]), /Nothing measured/);
  });

  test('of more points than can be told apart shows what they are on average', () => {
    assert.equal(
      lineOf(drawn(Array.from({ length: 256 }, (_, index) => (index < 2 ? index % 2 : 1)))).slice(0, 10),
      'M0 92l1-92',
    );
  });

  test('has an axis that says its values, and goes down as far as it must', () => {
    const labels = (svg: string) =>
      [...svg.matchAll(/text-anchor="end">([^<]*)</g)].map(([, label]) => label);
    assert.deepEqual(labels(drawn([0.99])), ['90 %', '95 %', '100 %']);
    assert.deepEqual(labels(drawn([0.4])), ['0 %', '50 %', '100 %']);
    assert.deepEqual(labels(drawn([3_100], 'setup')), ['0 ms', '2 s', '4 s']);
    assert.deepEqual(labels(drawn([4.2], 'quality')).filter(Boolean), ['good', 'fair', 'poor']);
    assert.deepEqual(labels(drawn([182_000], 'blocked')), ['0', '100k', '200k']);
  });

  test('has times below it that suit its range', () => {
    const of = (range: GraphRange['range'], spanMs: number): readonly (string | undefined)[] => {
      const given = { range, from: TO - spanMs, to: TO, stepMs: spanMs / 90, points: [] };
      const svg = picture({ name: 'phones', ranges: [] }, given, times).text;
      return [...svg.matchAll(/y="120" text-anchor="middle">([^<]*)</g)].map(([, label]) => label);
    };
    assert.deepEqual(of('24h', DAY_MS), ['18:00', '00:00', '06:00', '12:00']);
    assert.deepEqual(of('7d', 7 * DAY_MS), ['Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']);
    assert.deepEqual(of('90d', 90 * DAY_MS), ['1 Sep', '1 Oct', '1 Nov']);
  });

  test('says in words what it shows, and when it was worst', () => {
    const say = (name: GraphName, values: readonly number[], range?: GraphRange['range']): string =>
      told({ name, ranges: [] }, rangeOf(values, range), times);
    assert.equal(
      say('reached', [1, 0.62, 0.99]),
      'Calls that reached their number, last 24 hours: from 62.0 % to 100 %, lowest at 13:30',
    );
    assert.equal(
      say('setup', [400, 2_400, 500], '7d'),
      'Time until it rings, last 7 days: from 400 ms to 2.4 s, highest on 26 November',
    );
    assert.equal(say('phones', [12, 12]), 'Phones connected, last 24 hours: 12 throughout');
    assert.equal(say('blocked', []), 'Attack traffic blocked, last 24 hours: nothing measured');
  });

  test('has no latest value where nothing was measured lately', () => {
    const lately = (values: readonly (number | undefined)[]) =>
      latest({ name: 'phones', ranges: [rangeOf(values)] });
    assert.equal(lately([5, 7])?.value, 7);
    assert.equal(lately([5, undefined, undefined, undefined]), undefined);
    assert.equal(lately([]), undefined);
  });

  test('draws a day of hours that are all the same', () => {
    const range = {
      ...rangeOf([]),
      from: TO - DAY_MS,
      stepMs: HOUR_MS,
      points: [{ at: TO - DAY_MS, value: 0 }],
    };
    assert.match(picture({ name: 'blocked', ranges: [range] }, range, times).text, /d="M0 92h0"/);
  });
});

describe('values', () => {
  test('are written in units that people know', () => {
    assert.deepEqual([40, 999, 2_400, 31_000].map(milliseconds), ['40 ms', '999 ms', '2.4 s', '31 s']);
    assert.deepEqual([0, 7.26, 940, 1_200, 18_300, 999_700, 3.4e6].map(quantity), [
      '0',
      '7.3',
      '940',
      '1.2k',
      '18k',
      '1M',
      '3.4M',
    ]);
    assert.deepEqual([4.2, 3.5, 2].map(subjectOf('quality').format), [
      'good (4.2 of 5)',
      'fair (3.5 of 5)',
      'poor (2.0 of 5)',
    ]);
    assert.equal(subjectOf('phones').format(8_412), '8,412');
  });
});
