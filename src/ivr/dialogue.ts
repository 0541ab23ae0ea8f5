// A conversation of a caller with the node itself, as a generator: it yields what is to be done and is resumed with
// what happened. So a dialogue reads like its script, top to bottom, and is as pure as a state machine: no clock, no
// socket, nothing but happenings in and acts out.
//
//   attendant ─next(happening)─▶ dialogue ─yield {acts, forMs}─▶ attendant: does the acts, waits for the next happening
//
// The verbs (play, collect, record …) are generators too, one to a file, and are called with `yield*`.

import { LIMITS } from '../base/limits.ts';
import type { Answer, Question } from '../ports/desk.ts';
import type { Key, Sound } from '../ports/media.ts';
import type { RecordingId } from '../ports/recordings.ts';
import type { Account, PlanStep } from '../ports/records.ts';

export type Act =
  /** Instead of what is being played. */
  | { readonly type: 'play'; readonly sounds: readonly Sound[] }
  | { readonly type: 'stop-playing' }
  | {
      readonly type: 'record';
      readonly recording: RecordingId;
      readonly maxMs: number;
      readonly silenceMs: number;
    }
  | { readonly type: 'stop-recording' }
  /** Answered by `answer`, sometime or never. A new question makes the answer to an older one void. */
  | { readonly type: 'ask'; readonly question: Question }
  /** For the call's timeline: a sentence for people. Never with what was typed as a secret. */
  | { readonly type: 'note'; readonly text: string };

export type Happening =
  | { readonly type: 'begin' }
  /** It is among the line's typed keys already. */
  | { readonly type: 'key' }
  | { readonly type: 'played' }
  | {
      readonly type: 'recorded';
      readonly lengthMs: number;
      readonly speechMs: number;
      readonly why: RecordedWhy;
    }
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'time-up' }
  /** The last thing that a caller does. What is being recorded or asked still comes to its end. */
  | { readonly type: 'hung-up' };

export type RecordedWhy = 'stopped' | 'silence' | 'limit' | 'closed' | 'failed';

export interface Wait {
  readonly acts: readonly Act[];
  /** `time-up` comes after so long without anything else. Absent: it never comes. */
  readonly forMs?: number;
}

export type Dialogue<T> = Generator<Wait, T, Happening>;

/** What becomes of the call when its dialogue is over. */
export interface DialogueEnd {
  /** What the ledger says if the call ends here. */
  readonly outcome: 'voicemail' | 'announced';
  /** Why, in a sentence. */
  readonly text: string;
  /** The call goes on with these. Absent: it is hung up. */
  readonly next?: readonly PlanStep[];
}

/** The caller is not there any more: it unwinds a dialogue from wherever it was. */
export class HungUp extends Error {}

/** As the dialogue ends; where the caller hangs up in the middle of it, as this says. */
export function* orHungUp<T>(dialogue: Dialogue<T>, otherwise: () => T): Dialogue<T> {
  try {
    return yield* dialogue;
  } catch (error) {
    if (error instanceof HungUp) return otherwise();
    throw error;
  }
}

/** A caller whom nothing is said to for so long is told something (law 1: nobody waits in silence for 4 s). */
export const PATIENCE_MS = 3_500;

/** The caller's end, as dialogues see it. The attendant puts in what is typed. */
export class Line {
  /** An id that nobody can guess, for a recording. */
  readonly newId: () => string;
  hungUp = false;
  /** Done with the next wait, or at the dialogue's end. */
  readonly #pending: Act[] = [];
  #keys: Key[] = [];
  #unneeded: Key | undefined;
  #language: string | undefined;

  constructor(newId: () => string, language?: string) {
    this.newId = newId;
    this.#language = language;
  }

  /** Of the prompts; absent: the node's own. */
  get language(): string | undefined {
    return this.#language;
  }

  /** It is known by now who calls: what is said from here on is in their language. */
  speakAs({ language }: Pick<Account, 'language'>): void {
    this.#language = language;
  }

  typedKey(key: Key): void {
    const unneeded = this.#unneeded === key;
    this.#unneeded = undefined;
    if (!unneeded && this.#keys.length < LIMITS.keysTypedAheadMax) this.#keys.push(key);
  }

  /** Something was typed that nobody has used yet. */
  get typed(): boolean {
    return this.#keys.length > 0;
  }

  takeKey(): Key | undefined {
    return this.#keys.shift();
  }

  /** What was typed ahead does not fit what is asked now. */
  forgetTyped(): void {
    this.#keys = [];
    this.#unneeded = undefined;
  }

  /** If this key comes next it belongs to what was typed before: `#` after the last digit that fits. */
  dropNext(key: Key): void {
    if (this.#keys[0] === key) this.#keys.shift();
    else if (this.#keys.length === 0) this.#unneeded = key;
  }

  do(act: Act): void {
    this.#pending.push(act);
  }

  takePending(): readonly Act[] {
    return this.#pending.splice(0);
  }
}

/** Does this, and waits for what happens next. Throws HungUp where the caller is gone. */
export function* wait(line: Line, acts: readonly Act[], forMs?: number): Dialogue<Happening> {
  if (line.hungUp) throw new HungUp();
  const happened = yield* waitEvenAlone(line, acts, forMs);
  if (line.hungUp) throw new HungUp();
  return happened;
}

/** The same for what goes on without the caller: a recording or a question. */
export function* waitEvenAlone(line: Line, acts: readonly Act[], forMs?: number): Dialogue<Happening> {
  const all = [...line.takePending(), ...acts];
  const happened = yield forMs === undefined ? { acts: all } : { acts: all, forMs };
  if (happened.type === 'hung-up') line.hungUp = true;
  return happened;
}
