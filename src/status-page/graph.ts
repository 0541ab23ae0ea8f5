// A graph as SVG: a line, the area below it, three lines to read it by, and what it shows in a sentence. Where nothing
// was measured there is a gap, and a lone point is a dot. Values are rounded to the picture's own pixels and written
// as steps from one to the next, so that a day of them is about two bytes a point.

import { DAY_MS, HOUR_MS } from '../base/time.ts';
import { type Html, html, markup } from './html.ts';
import { type Scale, subjectOf } from './subjects.ts';
import type { Times } from './times.ts';
import type { Graph, GraphPoint, GraphRange, Range } from './view.ts';

const WIDTH = 340;
const [LEFT, RIGHT] = [56, 336];
const [ABOVE, BELOW] = [10, 102];
const HEIGHT = 124;
const LEVELS = BELOW - ABOVE;
/** Points of one line: more cannot be told apart. */
const POINTS = 128;

export const RANGE_WORDS: Readonly<Record<Range, string>> = {
  '24h': '24 hours',
  '7d': '7 days',
  '90d': '90 days',
};

/** One step of the picture; `undefined`: nothing was measured in it. */
type Level = number | undefined;

/** The graph of one range. */
export function picture(graph: Graph, range: GraphRange, times: Times): Html {
  const subject = subjectOf(graph.name);
  const values = thinned(range);
  const scale = subject.scale(values.filter((value) => value !== undefined));
  const levels = values.map((value) => (value === undefined ? undefined : levelOf(value, scale)));
  const width = +((RIGHT - LEFT) / Math.max(1, levels.length - 1)).toFixed(3);
  const move = `transform="matrix(${width} 0 0 1 ${LEFT} ${ABOVE})"`;
  const drawn = levels.some((level) => level !== undefined)
    ? `<path class="a" ${move} d="${area(levels)}"/><path class="l" ${move} d="${line(levels)}"/>`
    : `<text x="${(LEFT + RIGHT) / 2}" y="60" text-anchor="middle">Nothing measured</text>`;
  return html`<svg class="g g${range.range}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${told(graph, range, times)}">${markup(frame(scale) + ticks(range, times) + drawn)}</svg>`;
}

/** The latest value, if it is one of the last few steps. */
export function latest(graph: Graph): GraphPoint | undefined {
  const range =
    graph.ranges.find((each) => each.points.length > 0 && each.range === '24h') ?? graph.ranges[0];
  const last = range?.points.at(-1);
  return last !== undefined && range !== undefined && range.to - last.at <= 3 * range.stepMs
    ? last
    : undefined;
}

/** What a picture shows, in words. */
export function told(graph: Graph, { range, points }: GraphRange, times: Times): string {
  const { title, format, badIsLow } = subjectOf(graph.name);
  const [first] = points;
  const span = `${title}, last ${RANGE_WORDS[range]}`;
  if (first === undefined) return `${span}: nothing measured`;
  const worst = points.reduce(
    (a, b) => (b.value < a.value === badIsLow && b.value !== a.value ? b : a),
    first,
  );
  const best = points.reduce(
    (a, b) => (b.value > a.value === badIsLow && b.value !== a.value ? b : a),
    first,
  );
  const when = range === '24h' ? times.brief(worst.at) : times.day(worst.at);
  if (format(worst.value) === format(best.value)) return `${span}: ${format(best.value)} throughout`;
  const [low, high] = badIsLow ? [worst, best] : [best, worst];
  return `${span}: from ${format(low.value)} to ${format(high.value)}, ${badIsLow ? 'lowest' : 'highest'} ${
    range === '24h' ? 'at' : 'on'
  } ${when}`;
}

/** Values in equal steps from end to end; several steps of the view become one where there are too many. */
function thinned({ from, to, stepMs, points }: GraphRange): readonly (number | undefined)[] {
  const steps = Math.max(1, Math.ceil((to - from) / stepMs));
  const together = Math.ceil(steps / POINTS);
  const groups = Map.groupBy(points, ({ at }) => Math.floor((at - from) / stepMs / together));
  return Array.from({ length: Math.ceil(steps / together) }, (_, index) => {
    const group = groups.get(index);
    return group === undefined ? undefined : group.reduce((sum, { value }) => sum + value, 0) / group.length;
  });
}

function levelOf(value: number, { low, high }: Scale): number {
  const share = (Math.min(Math.max(value, low), high) - low) / (high - low);
  return Math.round((1 - share) * LEVELS);
}

/** Runs of steps that follow each other. */
function runs(
  levels: readonly Level[],
): readonly { readonly at: number; readonly levels: readonly number[] }[] {
  const found: { at: number; levels: number[] }[] = [];
  levels.forEach((level, index) => {
    if (level === undefined) return;
    if (index === 0 || levels[index - 1] === undefined) found.push({ at: index, levels: [] });
    found.at(-1)?.levels.push(level);
  });
  return found;
}

function line(levels: readonly Level[]): string {
  return runs(levels)
    .map((run) => `M${run.at} ${run.levels[0]}${steps(run.levels)}`)
    .join('');
}

function area(levels: readonly Level[]): string {
  return runs(levels)
    .map((run) => `M${run.at} ${LEVELS}V${run.levels[0]}${steps(run.levels)}V${LEVELS}z`)
    .join('');
}

/** `l1-2 1 3 1 0`; a lone point is a line of no length, which its round ends make a dot. */
function steps(levels: readonly number[]): string {
  if (levels.length === 1) return 'h0';
  let path = 'l';
  for (let index = 1; index < levels.length; index++) {
    const step = (levels[index] ?? 0) - (levels[index - 1] ?? 0);
    path += `${index > 1 ? ' ' : ''}1${step < 0 ? '' : ' '}${step}`;
  }
  return path;
}

function frame({ low, high, marks }: Scale): string {
  return marks
    .map(({ value, label, between }) => {
      const y = ABOVE + ((high - value) / (high - low)) * LEVELS;
      const text = `<text x="${LEFT - 6}" y="${+(y + 4).toFixed(1)}" text-anchor="end">${label}</text>`;
      return between === true ? text : `<path class="r" d="M${LEFT} ${+y.toFixed(1)}H${RIGHT}"/>${text}`;
    })
    .join('');
}

/** Times below: clock times of a day, days of a week, months of a quarter. */
function ticks(range: GraphRange, times: Times): string {
  const { from, to } = range;
  return ticksOf(range, times)
    .map(({ at, label }) => ({ x: Math.round(LEFT + ((at - from) / (to - from)) * (RIGHT - LEFT)), label }))
    .filter(({ x }) => x > LEFT + 8 && x < RIGHT - 8)
    .map(
      ({ x, label }) =>
        `<path class="r" d="M${x} ${BELOW}v4"/><text x="${x}" y="120" text-anchor="middle">${label}</text>`,
    )
    .join('');
}

function ticksOf({ range, from, to }: GraphRange, times: Times): readonly { at: number; label: string }[] {
  const midnight = times.midnight(from);
  const found: { at: number; label: string }[] = [];
  if (range === '24h') {
    for (let at = midnight; at < to; at += 6 * HOUR_MS) found.push({ at, label: times.clock(at) });
    return found;
  }
  for (let noon = midnight + DAY_MS / 2; noon < to; noon += DAY_MS) {
    const at = times.midnight(noon);
    if (range === '7d') found.push({ at: noon, label: times.weekday(noon) });
    else if (times.day(at).startsWith('1 ')) found.push({ at, label: `1 ${times.month(at).slice(0, 3)}` });
  }
  return found;
}
