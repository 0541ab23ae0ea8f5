// What each graph is about, in words that a customer understands, and how its values are written and scaled. Scales
// are honest ones: a line that dips a little looks little, and every mark of an axis says its value.

import { percent } from '../base/percent.ts';
import type { GraphName } from './view.ts';

export interface Mark {
  readonly value: number;
  readonly label: string;
  /** Stands for the band around its value, and has no line. */
  readonly between?: boolean;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly marks: readonly Mark[];
}

export interface Subject {
  readonly title: string;
  /** What is measured, in a sentence. */
  readonly about: string;
  readonly format: (value: number) => string;
  /** Whether a low value is the bad one. */
  readonly badIsLow: boolean;
  readonly scale: (values: readonly number[]) => Scale;
}

/** Bands of ITU-T G.109, as estimates of opinion (G.107 Annex B): "high" or better is good, "low" or worse is poor. */
const GOOD_MOS = 4.03;
const POOR_MOS = 3.1;
const MOS_HIGH = 4.5;
/** Estimates begin at 1, and are rarely below 2: the bands above are told apart more easily without that. */
const [MOS_LEAST, MOS_LOW] = [1, 2];

const SUBJECTS: Readonly<Record<GraphName, Subject>> = {
  reached: {
    title: 'Calls that reached their number',
    about:
      'Of all calls to our customers’ numbers: how many were answered, diverted, took a message, or rang.',
    format: (share) => percent(share, 1),
    badIsLow: true,
    scale: (values) => {
      const low = [0.9, 0.5].find((floor) => values.every((value) => value >= floor)) ?? 0;
      return evenly(low, 1, (share) => `${Math.round(share * 100)} %`);
    },
  },
  setup: {
    title: 'Time until it rings',
    about: 'From dialling until the caller hears it ring, on average.',
    format: milliseconds,
    badIsLow: false,
    scale: (values) => evenly(0, niceAbove(Math.max(500, ...values)), milliseconds),
  },
  quality: {
    title: 'Audio quality',
    about: 'Of all calls, on average: estimated from delay and loss on the way (ITU-T G.107).',
    format: (mos) => `${qualityWord(mos)} (${mos.toFixed(1)} of 5)`,
    badIsLow: true,
    scale: qualityScale,
  },
  phones: {
    title: 'Phones connected',
    about: 'Phones that calls can be brought to.',
    format: whole,
    badIsLow: true,
    scale: (values) => evenly(0, niceAbove(Math.max(4, ...values)), quantity),
  },
  blocked: {
    title: 'Attack traffic blocked',
    about: 'Packets a second that were turned away before they could disturb a call.',
    format: (rate) => `${quantity(rate)}/s`,
    badIsLow: false,
    scale: (values) => evenly(0, niceAbove(Math.max(10, ...values)), quantity),
  },
};

export function subjectOf(name: GraphName): Subject {
  return SUBJECTS[name];
}

export function qualityWord(mos: number): string {
  if (mos >= GOOD_MOS) return 'good';
  return mos >= POOR_MOS ? 'fair' : 'poor';
}

/** `180 ms`, `2.4 s`. */
export function milliseconds(durationMs: number): string {
  return durationMs < 1_000 ? `${Math.round(durationMs)} ms` : `${short(durationMs / 1_000)} s`;
}

/** `7`, `940`, `1.2k`, `18k`, `3.4M`. */
export function quantity(value: number): string {
  if (value < 999.5) return short(value);
  return value < 999_500 ? `${short(value / 1_000)}k` : `${short(value / 1_000_000)}M`;
}

/** `8,412`. */
function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

function qualityScale(values: readonly number[]): Scale {
  const low = values.some((mos) => mos < MOS_LOW) ? MOS_LEAST : MOS_LOW;
  const band = (label: string, from: number, to: number): Mark => {
    return { value: (from + to) / 2, label, between: true };
  };
  return {
    low,
    high: MOS_HIGH,
    marks: [
      ...[low, POOR_MOS, GOOD_MOS].map((value) => ({ value, label: '' })),
      band('good', GOOD_MOS, MOS_HIGH),
      band('fair', POOR_MOS, GOOD_MOS),
      band('poor', low, POOR_MOS),
    ],
  };
}

function short(value: number): string {
  return value < 9.95 ? `${+value.toFixed(1)}` : String(Math.round(value));
}

function evenly(low: number, high: number, format: (value: number) => string): Scale {
  const marks = [low, (low + high) / 2, high].map((value) => ({ value, label: format(value) }));
  return { low, high, marks };
}

/** The next of 1, 2, 4, 6, 8 and 10, times a power of ten: its half is a short number as well. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return digit * power;
}
