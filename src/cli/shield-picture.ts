// The shield's view as a page of text, for somebody who was woken by it: what it is, whether customers feel it, what
// comes in, from where, and what was before. The first lines are those that are needed first.

import { stripVTControlCharacters } from 'node:util';
import type { z } from 'zod';
import type { shieldView } from '../admin/shield-wire.ts';
import type { Instant } from '../base/time.ts';
import type { Lane, Posture } from '../ports/shield.ts';
import { beside, type Cell, type Colour, type Column, padded, paint, table } from './table.ts';
import { formatLength, formatTime } from './times.ts';

export type Shield = z.output<typeof shieldView>;
type LaneRate = Shield['lanes'][number];
type Newcomers = Shield['newcomers'];

export interface Surroundings {
  readonly columns: number;
  /** Rows of each list at most. */
  readonly listed: number;
  readonly colour: boolean;
  readonly now: Instant;
  /** Of the lanes, their packets a second lately; where the picture moves. */
  readonly history?: ReadonlyMap<Lane, readonly number[]>;
}

const POSTURE_COLOURS: Readonly<Record<Posture, Colour>> = {
  calm: 'green',
  elevated: 'yellow',
  attack: 'red',
};
const LANE_WORDS: Readonly<Record<Lane, string>> = {
  emergency: 'emergency',
  carrier: 'carriers',
  known: 'known',
  refused: 'refused',
  newcomer: 'strangers',
};
/** As they are looked at: who matters most is first. */
const LANE_ORDER: readonly Lane[] = ['emergency', 'carrier', 'known', 'newcomer', 'refused'];
/** Read later than that, a phone sends again (RFC 3261, T1). */
const SLOW_MS = 500;
const GAP = 4;

/** Ends with a line end. */
export function shieldPicture(shield: Shield, around: Surroundings): string {
  return [
    headline(shield, around),
    facts(factsOf(shield, around), around),
    lanes(shield, around),
    strangers(shield, around),
    facts(history(shield, around), around),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

// ── what it is ──

function headline(shield: Shield, around: Surroundings): string {
  const { posture, since, why, sure, attack, knowsNormal } = shield;
  const { now, colour, columns } = around;
  const word = posture === 'calm' ? 'calm' : posture.toUpperCase();
  const details = [
    `for ${formatLength(Math.max(0, now - since))}`,
    ...(posture === 'elevated' ? [`an attack is ${sure.words}`] : []),
    ...(attack === undefined ? [] : [`${sure.words}`, sourcesWords(attack.forged.words)]),
  ].join(' · ');
  const clock = formatTime(now).slice(11);
  const left = `${word}  ${details}`;
  const title = `${paint(word, POSTURE_COLOURS[posture], colour)}  ${details}`;
  const room = columns - left.length - clock.length;
  const right = room < 2 ? '' : ' '.repeat(room) + paint(clock, 'dim', colour);
  const lines = [title + right, ...wrapped(why, columns)];
  if (!knowsNormal) lines.push(...wrapped(LEARNING, columns).map((line) => paint(line, 'dim', colour)));
  return `${lines.join('\n')}\n`;
}

const LEARNING =
  'The node has not seen enough yet to know what is normal here; until then it judges by what it can bear.';

function sourcesWords(forged: string): string {
  return forged.startsWith('nobody') ? 'forged or not, nobody can tell' : `sources are ${forged}`;
}

// ── whether customers feel it ──

interface Fact {
  readonly name: string;
  readonly text: string;
  readonly colour?: Colour;
}

function factsOf(shield: Shield, around: Surroundings): readonly Fact[] {
  const { kernel, brownout } = shield;
  const engaged = brownout.rungs.filter((rung) => rung.engaged !== undefined);
  const { storm } = brownout;
  const shed = engaged.map(
    ({ rung, engaged: how }) => `${rung} for ${formatLength(around.now - (how?.since ?? 0))}`,
  );
  return [
    customers(shield),
    ...(shed.length === 0 ? [] : [{ name: 'Shedding', text: shed.join(', '), colour: 'yellow' as const }]),
    ...(storm.governing
      ? [
          {
            name: 'Storm',
            text: `phones come back at ${count(storm.perSecond)} a second; ${count(storm.waiting)} were told to wait`,
            colour: 'yellow' as const,
          },
        ]
      : []),
    kernelFact(kernel),
  ];
}

function customers({ lanes: rates, lateMs, waitMs }: Shield): Fact {
  const theirs = rates.filter(({ lane }) => lane !== 'newcomer' && lane !== 'refused');
  const beyond = theirs.reduce((sum, { droppedPerSecond }) => sum + droppedPerSecond, 0);
  const served = `read within ${Math.round(waitMs)} ms, timers ${Math.round(lateMs)} ms late`;
  const name = 'Customers';
  if (waitMs >= SLOW_MS || lateMs >= SLOW_MS)
    return { name, text: `wait too long: ${served}`, colour: 'red' };
  if (beyond >= 0.1) {
    const text = `${count(beyond)} packets a second beyond the budgets of known flows; ${served}`;
    return { name, text, colour: 'yellow' };
  }
  return { name, text: `feel nothing: nothing dropped, ${served}`, colour: 'green' };
}

function kernelFact(kernel: Shield['kernel']): Fact {
  const name = 'Kernel';
  if (kernel === undefined) return { name, text: 'does not help; the node does all of it' };
  if (kernel.trouble !== undefined) return { name, text: kernel.trouble, colour: 'red' };
  const fullest = [...kernel.tables].sort((a, b) => b.used / b.size - a.used / a.size)[0];
  const fill =
    fullest === undefined || fullest.used === 0
      ? ''
      : `; fullest table: ${fullest.name}, ${percent(fullest.used / fullest.size)}`;
  return { name, text: `${kernel.place}${fill}` };
}

function history({ attack, attacks }: Shield, { now }: Surroundings): readonly Fact[] {
  const last = attacks[0];
  return [
    ...(attack === undefined ? [] : [{ name: 'This attack', text: attackWords(attack, now) }]),
    ...(last === undefined ? [] : [{ name: 'Last attack', text: attackWords(last, now) }]),
  ];
}

function attackWords(attack: Shield['attacks'][number], now: Instant): string {
  const length = formatLength((attack.ended ?? now) - attack.began);
  const begun = `${formatTime(attack.began)}, ${length}`;
  const size = `${count(attack.packets)} packets, ${percent(attack.dropped / Math.max(1, attack.packets))} dropped`;
  const peak = `at most ${count(attack.peakPerSecond)} a second`;
  return `${begun}: ${size}, ${peak}; ${count(attack.sources)} addresses, ${attack.forged.words}`;
}

function facts(all: readonly Fact[], { columns, colour }: Surroundings): string {
  if (all.length === 0) return '';
  const width = Math.max(...all.map(({ name }) => name.length)) + 2;
  const lines = all.flatMap(({ name, text, colour: shade }) =>
    wrapped(text, columns - width).map((line, index) => {
      const head = paint(padded(index === 0 ? name : '', width), 'dim', colour);
      return head + (shade === undefined || index > 0 ? line : firstWords(line, shade, colour));
    }),
  );
  return `${lines.join('\n')}\n`;
}

/** In colour up to the first colon: a whole line of it would shout. */
function firstWords(line: string, shade: Colour, colour: boolean): string {
  const end = line.indexOf(':');
  return end < 0 ? paint(line, shade, colour) : paint(line.slice(0, end), shade, colour) + line.slice(end);
}

// ── what comes in ──

function lanes({ lanes: rates }: Shield, around: Surroundings): string {
  const columns: readonly Column<LaneRate>[] = [
    { heading: 'LANE', cell: ({ lane }) => LANE_WORDS[lane] },
    { heading: 'IN/S', right: true, cell: ({ admittedPerSecond }) => count(admittedPerSecond) },
    { heading: 'DROPPED/S', right: true, cell: dropped },
    { heading: 'NORMAL/S', right: true, cell: ({ normalPerSecond }) => normal(normalPerSecond) },
    { heading: 'MBIT/S', right: true, cell: ({ bytesPerSecond }) => megabits(bytesPerSecond) },
    { heading: 'LAST MINUTE', cell: ({ lane }) => sparks(around.history?.get(lane)) },
  ];
  const ordered = LANE_ORDER.flatMap((lane) => rates.filter((rate) => rate.lane === lane));
  return table(ordered, columns, around.colour);
}

function dropped({ lane, droppedPerSecond }: LaneRate): Cell {
  const text = count(droppedPerSecond);
  if (droppedPerSecond < 0.1) return { text, colour: 'dim' };
  return lane === 'newcomer' || lane === 'refused' ? { text } : { text, colour: 'yellow' };
}

const SPARKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const SPARK_SECONDS = 3;

/** Its own height is its own most: lanes differ too much to share one. */
function sparks(rates: readonly number[] | undefined): string | undefined {
  if (rates === undefined || !rates.some((rate) => rate > 0)) return undefined;
  const bins: number[] = [];
  for (let end = rates.length; end > 0; end -= SPARK_SECONDS) {
    bins.unshift(Math.max(...rates.slice(Math.max(0, end - SPARK_SECONDS), end)));
  }
  const most = Math.max(...bins, 10);
  return bins.map((bin) => SPARKS[Math.min(7, Math.floor((8 * bin) / most))]).join('');
}

// ── from where ──

function strangers({ newcomers, attack }: Shield, around: Surroundings): string {
  const { listed, colour, columns } = around;
  const lists = [
    table(loudest(newcomers).slice(0, listed), NETWORK_COLUMNS, colour),
    newcomers.kinds.length > 0
      ? table(newcomers.kinds.slice(0, listed), KIND_COLUMNS, colour)
      : table((attack?.kinds ?? []).slice(0, listed), PAST_KIND_COLUMNS, colour),
    table(newcomers.userAgents.slice(0, listed), wordColumns('THEY CALL THEMSELVES'), colour),
    table(newcomers.malformations.slice(0, listed), wordColumns('MALFORMED'), colour),
  ].filter((list) => list.trim() !== '');
  if (lists.length === 0) return '';
  return `${rows(lists, columns)}${spread(newcomers, columns)}`;
}

/** Where none stands out, a few show that. */
function loudest({ networks }: Newcomers): Newcomers['networks'] {
  const loud = networks.filter(({ share }) => share >= 0.01);
  return loud.length > 0 ? loud : networks.slice(0, 3);
}

/** As many lists beside each other as there is room for. */
function rows(lists: readonly string[], columns: number): string {
  const placed: string[] = [];
  let row: string[] = [];
  for (const list of lists) {
    const wider = beside([...row, list], GAP);
    const isTooWide = Math.max(...wider.split('\n').map((line) => visible(line))) > columns;
    if (row.length > 0 && isTooWide) {
      placed.push(beside(row, GAP));
      row = [];
    }
    row.push(list);
  }
  return [...placed, beside(row, GAP)].join('\n');
}

function spread(newcomers: Newcomers, columns: number): string {
  const { sourcesPerSecond, evenNetworks, challengedPerSecond, provedShare } = newcomers;
  if (sourcesPerSecond === 0) return '';
  const proved =
    provedShare === undefined
      ? 'nobody was challenged'
      : `${percent(provedShare)} of ${count(challengedPerSecond)} challenges a second were answered rightly`;
  const text =
    `${count(sourcesPerSecond)} addresses a second, spread as evenly as over ` +
    `${count(evenNetworks)} networks; ${proved}.`;
  return `${wrapped(text, columns).join('\n')}\n`;
}

const NETWORK_COLUMNS: readonly Column<Newcomers['networks'][number]>[] = [
  { heading: 'STRANGERS FROM', cell: ({ network }) => network },
  { heading: '/S', right: true, cell: ({ perSecond }) => count(perSecond) },
  { heading: 'SHARE', right: true, cell: ({ share }) => percent(share) },
];

const KIND_COLUMNS: readonly Column<Newcomers['kinds'][number]>[] = [
  { heading: 'THEY SEND', cell: ({ kind }) => kind },
  { heading: '/S', right: true, cell: ({ perSecond }) => count(perSecond) },
  { heading: 'NORMAL/S', right: true, cell: ({ normalPerSecond }) => normal(normalPerSecond) },
];

/** Where the kernel drops all of them now: what they were as long as some came through. */
const PAST_KIND_COLUMNS: readonly Column<NonNullable<Shield['attack']>['kinds'][number]>[] = [
  { heading: 'THEY SENT', cell: ({ kind }) => kind },
  { heading: 'SHARE', right: true, cell: ({ share }) => percent(share) },
];

function wordColumns(heading: string): readonly Column<Newcomers['userAgents'][number]>[] {
  return [
    { heading, cell: ({ text }) => (text === '' ? { text: 'nothing', colour: 'dim' } : cut(text)) },
    { heading: 'SHARE', right: true, cell: ({ share }) => percent(share) },
  ];
}

// ── words and numbers ──

const WORD_LENGTH = 28;

function cut(text: string): string {
  return text.length > WORD_LENGTH ? `${text.slice(0, WORD_LENGTH - 1)}…` : text;
}

function normal(rate: number | undefined): Cell {
  return rate === undefined ? { text: '?', colour: 'dim' } : { text: count(rate), colour: 'dim' };
}

function count(number: number): string {
  if (number === 0) return '0';
  return number < 10 ? number.toFixed(1) : Math.round(number).toLocaleString('en-GB');
}

function percent(share: number): string {
  return `${share > 0 && share < 0.1 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
}

function megabits(bytesPerSecond: number): string {
  return ((8 * bytesPerSecond) / 1e6).toFixed(1);
}

function visible(line: string): number {
  return stripVTControlCharacters(line).length;
}

/** At spaces; a word that is too long stands alone. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
