// The fuzzing loop: draws cases from a seed, tries them against the targets in turn, and watches for three
// things: exceptions (and broken promises, which targets throw as such), calls that hold the event loop for
// longer than 20 ms, and memory that grows.
//
//   seed + target + number of the case ──draw──▶ input ──attempt──▶ finding ──minimise──▶ what is kept
//
// A machine that is busy makes calls slow that are not. So a stall counts only if it is one again each time that
// the same input is tried again: each call's fastest time is what is judged.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SeededRandom } from '../simulation/world.ts';
import { minimise } from './minimise.ts';
import type { Input, Lap, Target } from './target.ts';

export const STALL_MS = 20;
const STALL_RETRIES = 6;
/** What the heap may gain between the second quarter of the samples and the last. */
const GROWTH_MAX_BYTES = 16 * 2 ** 20;
const SLICE_MS = 250;
const SAMPLE_EVERY_MS = 2_000;
/** Findings of one kind that are told; the others are counted. */
const KINDS_MAX = 50;
/** Those that are made smaller, which takes seconds each. */
const MINIMISED_MAX = 8;

export interface Finding {
  readonly target: string;
  /** Draws it again: `--target … --seed … --case …`. */
  readonly seed: number;
  readonly number: number;
  readonly what: string;
  readonly input: Input;
  times: number;
}

export interface Tally {
  readonly target: string;
  cases: number;
  messages: number;
  busyMs: number;
  slowestMs: number;
}

export interface FuzzReport {
  readonly seed: number;
  readonly tallies: readonly Tally[];
  readonly findings: readonly Finding[];
  /** Bytes of the heap after collection, one each two seconds. */
  readonly heap: readonly number[];
  readonly grownBytes: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly lengthMs: number;
  /** Tries this case alone. */
  readonly only?: number;
  readonly progress?: (tallies: readonly Tally[], elapsedMs: number, heapBytes: number) => void;
}

const collect = exposedCollector();

/** Runs all targets, each for its share of the time. */
export async function fuzz(targets: readonly Target[], options: FuzzOptions): Promise<FuzzReport> {
  const tallies = targets.map(({ name }) => ({
    target: name,
    cases: 0,
    messages: 0,
    busyMs: 0,
    slowestMs: 0,
  }));
  const findings = new Map<string, Finding>();
  const heap: number[] = [];
  const beganMs = performance.now();
  let sampledMs = beganMs;
  do {
    for (const [index, target] of targets.entries()) {
      const tally = tallies[index];
      if (tally !== undefined) await slice(target, tally, options, findings);
      // Sockets and timers of a target have their turn between slices.
      await new Promise(setImmediate);
    }
    const nowMs = performance.now();
    if (nowMs - sampledMs >= SAMPLE_EVERY_MS) {
      sampledMs = nowMs;
      heap.push(heapBytes());
      options.progress?.(tallies, nowMs - beganMs, heap.at(-1) ?? 0);
    }
  } while (options.only === undefined && performance.now() - beganMs < options.lengthMs);
  for (const target of targets) await target.close?.();
  return { seed: options.seed, tallies, findings: [...findings.values()], heap, grownBytes: growth(heap) };
}

async function slice(
  target: Target,
  tally: Tally,
  { seed, only }: FuzzOptions,
  findings: Map<string, Finding>,
): Promise<void> {
  const beganMs = performance.now();
  const endMs = beganMs + SLICE_MS * target.weight;
  do {
    const number = only ?? tally.cases;
    tally.cases += 1;
    const input = target.draw(caseRandom(seed, target.name, number));
    const outcome = await attempt(target, input);
    tally.messages += outcome.messages;
    tally.slowestMs = Math.max(tally.slowestMs, outcome.slowestMs);
    if (outcome.wrong !== undefined) await note(target, input, outcome.wrong, { seed, number }, findings);
  } while (only === undefined && performance.now() < endMs);
  tally.busyMs += performance.now() - beganMs;
}

/** Each case has a source of chance of its own, so that it can be drawn again alone. */
function caseRandom(seed: number, target: string, number: number): SeededRandom {
  let hash = seed | 0;
  for (let i = 0; i < target.length; i++) hash = Math.imul(hash ^ target.charCodeAt(i), 0x01000193);
  return new SeededRandom(hash + number * 0x1_0000_0000);
}

async function note(
  target: Target,
  input: Input,
  wrong: string,
  where: { readonly seed: number; readonly number: number },
  findings: Map<string, Finding>,
): Promise<void> {
  const kind = `${target.name}: ${kindOf(wrong)}`;
  const known = findings.get(kind);
  if (known !== undefined) known.times += 1;
  else if (findings.size < KINDS_MAX) {
    const smaller =
      findings.size >= MINIMISED_MAX
        ? input
        : await minimise(input, async (candidate) => {
            const again = (await attempt(target, candidate)).wrong;
            return again !== undefined && kindOf(again) === kindOf(wrong);
          });
    findings.set(kind, { target: target.name, ...where, what: wrong, input: smaller, times: 1 });
  }
}

/** What distinguishes one bug from another: the words, and where in the product it was thrown. */
function kindOf(wrong: string): string {
  const frame = /\(?(\/[^\s()]*\/(?:src|test)\/[^\s():]+):\d+/.exec(wrong)?.[1] ?? '';
  const [line = ''] = wrong.split('\n');
  return `${line.replace(/"(?:[^"\\]|\\.)*"|\d+/g, '#').slice(0, 100)} ${frame}`;
}

export interface Outcome {
  readonly messages: number;
  readonly slowestMs: number;
  /** Undefined where all is well. */
  readonly wrong: string | undefined;
}

/** Tries one input; where it stalls, again and again, until it is sure. */
export async function attempt(target: Target, input: Input): Promise<Outcome> {
  const stallMs = target.stallMs?.(input) ?? STALL_MS;
  const laps: number[] = [];
  const first = await attemptOnce(target, input, laps);
  if (first.wrong !== undefined || first.slowestMs <= stallMs) return first;
  for (let i = 0; i < STALL_RETRIES; i++) {
    const again: number[] = [];
    await attemptOnce(target, input, again);
    for (const [index, ms] of again.entries()) laps[index] = Math.min(laps[index] ?? ms, ms);
    if (Math.max(...laps) <= stallMs) break;
  }
  const slowestMs = Math.max(...laps);
  const wrong = slowestMs <= stallMs ? undefined : `stall: one call takes ${slowestMs.toFixed(0)} ms`;
  return { ...first, slowestMs, wrong };
}

async function attemptOnce(target: Target, input: Input, laps: number[]): Promise<Outcome> {
  const lap: Lap = (act) => {
    const beganMs = performance.now();
    try {
      return act();
    } finally {
      laps.push(performance.now() - beganMs);
    }
  };
  let messages = 0;
  let wrong: string | undefined;
  try {
    const given = target.attempt(input, lap);
    messages = typeof given === 'number' ? given : await given;
  } catch (thrown) {
    wrong = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  let slowestMs = 0;
  for (const ms of laps) if (ms > slowestMs) slowestMs = ms;
  return { messages, slowestMs, wrong };
}

/** From the least of the second quarter, when all code is warm, to the least of the last. */
function growth(heap: readonly number[]): number {
  if (heap.length < 8) return 0;
  const quarter = Math.floor(heap.length / 4);
  return Math.min(...heap.slice(-quarter)) - Math.min(...heap.slice(quarter, 2 * quarter));
}

export function grows({ grownBytes }: FuzzReport): boolean {
  return grownBytes > GROWTH_MAX_BYTES;
}

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  return typeof found === 'function' ? () => void found() : () => undefined;
}
