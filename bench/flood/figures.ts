// What becomes of the reports: for each scenario a table, one column for each platform. What never ended counts as
// infinitely slow, so that a platform which answers the lucky ones at once does not look fast.

import { table } from '../../src/cli/table.ts';
import { quantile } from '../report.ts';
import { NEXT_DOOR_ADDRESSES } from './addresses.ts';
import type { EdgeReport } from './edge.ts';
import type { Attempt } from './phone.ts';
import type { PhonesReport } from './phones.ts';

export interface Measured {
  readonly platform: string;
  readonly edge: EdgeReport;
  readonly phones: PhonesReport;
  /** Of the bots; nothing where it is quiet. */
  readonly packetsPerSecond: number | undefined;
  /** Core seconds of the machine in which the kernel handled packets, and how long was measured. */
  readonly softirqSeconds: number;
  readonly seconds: number;
}

export const SOON_MS = 4_000;
export const NEWCOMER_SOON_MS = 8_000;
/** The time that a flood may take to be noticed. */
const ONSET_MS = 3_000;

export function tookMs(attempts: readonly Attempt[]): readonly number[] {
  return attempts.map(({ tookMs = Number.POSITIVE_INFINITY }) => tookMs);
}

/** NaN where there were none. */
export function shareWithin(attempts: readonly Attempt[], withinMs: number): number {
  return (
    attempts.filter(({ tookMs = Number.POSITIVE_INFINITY }) => tookMs <= withinMs).length / attempts.length
  );
}

export function firstTryShare(attempts: readonly Attempt[]): number {
  return (
    attempts.filter((attempt) => attempt.firstTry && attempt.tookMs !== undefined).length / attempts.length
  );
}

export function lostShare({ phones: { audio } }: Measured): number {
  return (audio.sent - audio.heard) / audio.sent;
}

/** How often each status refused somebody who has a right to be served. */
export function refusals({ phones }: Measured): string {
  const statuses = new Map<number, number>();
  for (const { refused } of [...phones.registrations, ...phones.calls, ...phones.newcomers]) {
    if (refused !== undefined) statuses.set(refused, (statuses.get(refused) ?? 0) + 1);
  }
  if (statuses.size === 0) return 'none';
  return [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ');
}

function isFlood({ packetsPerSecond }: Measured): boolean {
  return packetsPerSecond !== undefined;
}

type Row = readonly [label: string, figure: (measured: Measured, quiet: Measured | undefined) => string];

function rowsOf(what: string, list: (measured: Measured) => readonly Attempt[]): readonly Row[] {
  const p99 = (measured: Measured, fromMs = 0): number => {
    const begun = list(measured).filter(({ atMs }) => atMs - measured.phones.startMs >= fromMs);
    return quantile(tookMs(begun), 0.99);
  };
  return [
    [`${what}: attempts`, (measured) => String(list(measured).length)],
    ['… done at the first try', (measured) => percent(firstTryShare(list(measured)))],
    [`… done within ${SOON_MS / 1_000} s`, (measured) => percent(shareWithin(list(measured), SOON_MS))],
    ['… median', (measured) => milliseconds(quantile(tookMs(list(measured)), 0.5))],
    ['… 99 of 100 within', (measured) => milliseconds(p99(measured))],
    [
      '… times the quiet one',
      (measured, quiet) => (quiet && isFlood(measured) ? times(p99(measured) / p99(quiet)) : ''),
    ],
    [
      `… 99 of 100 within, begun after ${ONSET_MS / 1_000} s`,
      (measured) => (isFlood(measured) ? milliseconds(p99(measured, ONSET_MS)) : ''),
    ],
    [
      '… times the quiet one',
      (measured, quiet) => (quiet && isFlood(measured) ? times(p99(measured, ONSET_MS) / p99(quiet)) : ''),
    ],
  ];
}

const ROWS: readonly Row[] = [
  [
    'packets of the flood',
    ({ packetsPerSecond }) => (packetsPerSecond ? `${count(packetsPerSecond)}/s` : ''),
  ],
  ...rowsOf('REGISTER of known phones', ({ phones }) => phones.registrations),
  ...rowsOf('calls, INVITE to 200', ({ phones }) => phones.calls),
  ['audio: packets spoken', ({ phones }) => count(phones.audio.sent)],
  ['… lost on the way', (measured) => percent(lostShare(measured))],
  ['newcomers', ({ phones }) => count(phones.newcomers.length)],
  [
    `… registered within ${NEWCOMER_SOON_MS / 1_000} s`,
    ({ phones: { newcomers } }) =>
      newcomers.length > 0 ? percent(shareWithin(newcomers, NEWCOMER_SOON_MS)) : '',
  ],
  [
    '… of those next door to bots',
    ({ phones: { newcomers } }) => {
      const neighbours = newcomers.filter(({ index }) => index < NEXT_DOOR_ADDRESSES.length);
      return neighbours.length > 0 ? percent(shareWithin(neighbours, NEWCOMER_SOON_MS)) : '';
    },
  ],
  [
    '… the last of them after',
    ({ phones: { newcomers } }) => (newcomers.length > 0 ? milliseconds(quantile(tookMs(newcomers), 1)) : ''),
  ],
  ['refused, though they may', refusals],
  ['datagrams that found no room', ({ edge }) => count(edge.overflowed)],
  ['dropped of known flows and carriers', ({ edge: { shield } }) => (shield ? told(shield.dropped) : '')],
  ['unusual, as it said, after', ({ edge: { shield } }) => after(shield?.noticedMs.elevated)],
  ['an attack, as it said, after', ({ edge: { shield } }) => after(shield?.noticedMs.attack)],
  ['99 of 100 of the known were read within', ({ edge: { shield } }) => after(shield?.waitMs)],
  ['its timers late by, at most', ({ edge: { shield } }) => after(shield?.lateMs)],
  ['CPU, cores', ({ edge, seconds }) => cores(edge.cpu, seconds)],
  [
    'CPU in the kernel’s packet handling',
    ({ softirqSeconds, seconds }) => (softirqSeconds / seconds).toFixed(2),
  ],
  ['the bench itself late by, at most', ({ phones }) => milliseconds(phones.lateMs)],
];

export function scenarioTable(all: readonly Measured[], quiet: ReadonlyMap<string, Measured>): string {
  const columns = all.map((measured) => ({
    heading: measured.platform,
    cell: ([, figure]: Row) => figure(measured, quiet.get(measured.platform)),
  }));
  return table<Row>(ROWS, [{ heading: '', cell: ([label]) => label }, ...columns], false);
}

/** How often known phones and callers got what they wanted at the first try, and how many times the last one’s. */
export function firstTries(all: readonly Measured[]): string {
  const share = ({ phones }: Measured) => firstTryShare([...phones.registrations, ...phones.calls]);
  const last = all.at(-1);
  return all
    .map((measured) => {
      const ratio =
        last === undefined || measured === last ? '' : ` (${times(share(measured) / share(last))} times)`;
      return `${measured.platform} ${percent(share(measured))}${ratio}`;
    })
    .join(', ');
}

function cores(cpu: Readonly<Record<string, number>>, seconds: number): string {
  const programs = Object.entries(cpu);
  const figures = programs.map(([name, used]) => {
    const text = (used / seconds).toFixed(2);
    return programs.length === 1 ? text : `${name} ${text}`;
  });
  return figures.join(', ');
}

function told(dropped: Readonly<Record<string, number>>): string {
  const some = Object.entries(dropped).filter(([, packets]) => packets > 0);
  return some.length === 0 ? 'none' : some.map(([lane, packets]) => `${count(packets)} ${lane}`).join(', ');
}

function after(sinceMs: number | undefined): string {
  return sinceMs === undefined ? '' : milliseconds(sinceMs);
}

function percent(share: number): string {
  const isNearAnEnd = (share > 0 && share < 0.01) || (share > 0.99 && share < 1);
  return Number.isNaN(share) ? 'none' : `${(share * 100).toFixed(isNearAnEnd ? 2 : 1)} %`;
}

function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return 'never';
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en-GB')} ms`;
}

function times(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(1) : '∞';
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
