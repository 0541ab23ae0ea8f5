// Ninety days of a component as a row of bars, in a handful of SVG paths. States are told by shape and not by colour
// alone: a day with trouble stands out above the others, and the longer it lasted the deeper it cuts; maintenance is a
// dot above its day, for it was no trouble.
//
//     ▮     ▪      ▮ outage, from the top: the longer the deeper
//   ▮▮▮▮▮▮▮ ▮▮▮▮▮▮▮▮▮
//   ▮▮▮▮▮▮▮ ▮▮▮▮▮▮▮▮▮   . nothing known
//
// One unit of x is a day. All whole days are one dashed line, so that a good quarter is a few bytes.

import { counted } from '../base/names.ts';
import { DAY_MS, type Instant } from '../base/time.ts';
import { type Html, html, markup } from './html.ts';
import { lasting, type Times } from './times.ts';
import type { ComponentOnPage, DayOnPage } from './view.ts';

const HEIGHT = 32;
/** Where whole days begin; above it is room for trouble. */
const TOP = 8;
/** An outage that lasted a second is seen, too. */
const CUT_LEAST = 12;

export type DayKind = 'down' | 'degraded' | 'maintenance' | 'up' | 'unknown';

/** The worst that happened on a day. */
export function kindOf(day: DayOnPage | undefined): DayKind {
  if (day === undefined) return 'unknown';
  if (day.downMs > 0) return 'down';
  if (day.degradedMs > 0) return 'degraded';
  if (day.maintenanceMs > 0) return 'maintenance';
  return day.knownMs > 0 ? 'up' : 'unknown';
}

export function bars({ name, days }: ComponentOnPage, times: Times): Html {
  const kinds = days.map(kindOf);
  const marks = (kind: DayKind, cls: string, shape: (day: DayOnPage | undefined) => string) => {
    const path = days.flatMap((day, index) => (kinds[index] === kind ? [`M${index} ${shape(day)}`] : []));
    return path.length === 0 ? '' : `<path class="${cls}" d="${path.join('')}"/>`;
  };
  const paths = [
    `<path class="u" d="${wholeDays(kinds)}"/>`,
    marks('down', 'o', (day) => `0v${cut(day?.downMs ?? 0)}`),
    marks('degraded', 'w', (day) => `4v${cut(day?.degradedMs ?? 0) - 4}`),
    marks('maintenance', 'm', () => '1v4'),
    marks('unknown', 'x', () => `29v3`),
  ];
  return html`<svg class="days" viewBox="-.375 0 ${days.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${`${name}, day by day: ${summary(days, times)}`}">${markup(paths.join(''))}</svg>`;
}

/** What the bars show, for those who don't see them. */
export function summary(days: readonly (DayOnPage | undefined)[], times: Times): string {
  const of = (kind: DayKind) => days.filter((day): day is DayOnPage => kindOf(day) === kind);
  const [down, degraded, unknown] = [
    of('down'),
    of('degraded'),
    days.filter((day) => kindOf(day) === 'unknown'),
  ];
  const known = days.length - unknown.length;
  if (known === 0) return 'nothing is known yet';
  const parts: string[] = [];
  if (down.length > 0) {
    const worst = down.reduce((a, b) => (b.downMs > a.downMs ? b : a));
    const when = times.day(noonOf(worst.day));
    parts.push(
      `${counted(down.length, 'day')} with an outage, the longest on ${when} (${lasting(worst.downMs)})`,
    );
  }
  if (degraded.length > 0) parts.push(`${counted(degraded.length, 'day')} unreliable`);
  if (parts.length === 0) parts.push('no outage');
  return `${parts.join(', ')}, in ${counted(known, 'day')} that were watched`;
}

/** Of a day such as `2026-11-26`, UTC. */
export function noonOf(day: string): Instant {
  return new Date(`${day}T12:00:00Z`).getTime();
}

/** A dashed line through all days that are known; the dashes begin anew in each piece. */
function wholeDays(kinds: readonly DayKind[]): string {
  let path = '';
  let from: number | undefined;
  kinds.forEach((kind, index) => {
    if (kind !== 'unknown') from ??= index;
    const next = kinds[index + 1] ?? 'unknown';
    if (from === undefined || next !== 'unknown') return;
    path += `M${from - 0.375} ${(TOP + HEIGHT) / 2}H${index + 0.625}`;
    from = undefined;
  });
  return path;
}

/** How deep so long a time cuts into its day. By the square root: minutes are told from hours. */
function cut(durationMs: number): number {
  return Math.round(CUT_LEAST + (HEIGHT - CUT_LEAST) * Math.sqrt(Math.min(1, durationMs / DAY_MS)));
}
