// What somebody says, as one row of samples: packets are put in order by their timestamps, what is missing is silence,
// and what is speech is told from what is not, so that a recording ends when nobody says anything any more, and without
// the silence at its end.
//
//   packets ─▶ in order ─▶ frames of 20 ms ─▶ speech? ─┬─ yes: taken, with the silence before it
//                                                       └─ no: held back until there is speech again

import { G711_SILENCE, type G711Codec, meanSquare } from './g711.ts';

const SAMPLES_PER_MS = 8;
const FRAME = 160;
const FRAME_MS = FRAME / SAMPLES_PER_MS;
/** Packets that wait for an earlier one. */
const WAITING = 6;
/** A timestamp further away than that is of another stream: a sender that began anew. */
const JUMP = 10_000 * SAMPLES_PER_MS;
/** A break is not longer than by the clock, give or take that. */
const BREAK_SLACK_MS = 1_000;
/** Quieter than that is silence, whatever the line is like (mean square; -50 dB of full scale). */
const QUIET = (32_768 * 10 ** (-50 / 20)) ** 2;
/** Speech is so much louder than the quietest of the last seconds (power; 8 dB). */
const ABOVE_NOISE = 6.3;
const NOISE_WINDOWS = 12;
const FRAMES_IN_WINDOW = 25;
/** Kept after the last word. */
const TAIL_FRAMES = 15;

export interface RecorderOptions {
  readonly codec: G711Codec;
  readonly maxMs: number;
  /** Over after so long without speech, from the beginning too. */
  readonly silenceMs: number;
}

interface Waiting {
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #beganAt: number;
  #spokenAt: number;
  #expected: number | undefined;
  #ssrc: number | undefined;
  /** When the last packet was that came in its turn. */
  #lastAt: number;
  #waiting: Waiting[] = [];
  readonly #frame: Uint8Array;
  #filled = 0;
  /** Frames without speech since the last word. */
  #held: Uint8Array[] = [];
  #taken: Uint8Array[] = [];
  #frames = 0;
  #speechFrames = 0;
  #takenFrames = 0;
  readonly #quietest = new Array<number>(NOISE_WINDOWS).fill(0);

  /** `now` in milliseconds, as in all that follows. */
  constructor(options: RecorderOptions, now: number) {
    this.#options = options;
    this.#beganAt = now;
    this.#spokenAt = now;
    this.#lastAt = now;
    this.#frame = new Uint8Array(FRAME).fill(G711_SILENCE[options.codec]);
  }

  /** A packet of audio. The payload is copied. */
  receive(
    { timestamp, ssrc }: { readonly timestamp: number; readonly ssrc: number },
    payload: Uint8Array,
    now: number,
  ): void {
    const ahead = this.#expected === undefined ? 0 : (timestamp - this.#expected) | 0;
    if (this.#expected === undefined || ssrc !== this.#ssrc || Math.abs(ahead) > JUMP) {
      this.#flush(now);
      this.#ssrc = ssrc;
      this.#expected = timestamp;
    } else if (ahead < 0) return;
    if (this.#waiting.some((one) => one.timestamp === timestamp)) return;
    this.#waiting.push({ timestamp, payload: payload.slice() });
    this.#waiting.sort((a, b) => (a.timestamp - b.timestamp) | 0);
    this.#takeInOrder(now);
    if (this.#waiting.length > WAITING) this.#skip(now);
  }

  /** Whether it is over, and why. */
  over(now: number): 'silence' | 'limit' | undefined {
    if (now - this.#beganAt >= this.#options.maxMs || this.#frames * FRAME_MS >= this.#options.maxMs)
      return 'limit';
    return now - this.#spokenAt >= this.#options.silenceMs ? 'silence' : undefined;
  }

  /** No more comes. */
  finish(now: number): void {
    this.#flush(now);
    const tail = this.#held.splice(0).slice(0, this.#speechFrames > 0 ? TAIL_FRAMES : 0);
    this.#takenFrames += tail.length;
    this.#taken.push(...tail);
  }

  /** What is known to belong to the recording, since this was asked last. */
  take(): readonly Uint8Array[] {
    return this.#taken.splice(0);
  }

  /** Of what was taken. */
  get lengthMs(): number {
    return this.#takenFrames * FRAME_MS;
  }

  get speechMs(): number {
    return this.#speechFrames * FRAME_MS;
  }

  #takeInOrder(now: number): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#expected === undefined) return;
      const ahead = (next.timestamp - this.#expected) | 0;
      if (ahead > 0) return;
      this.#waiting.shift();
      if (ahead === 0) {
        this.#add(next.payload, now);
        this.#lastAt = now;
      }
      this.#expected = (next.timestamp + next.payload.length) >>> 0;
    }
  }

  /** What is missing will not come: a break, as long as the timestamps say and the clock allows. */
  #skip(now: number): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#expected === undefined) return;
    const missing = (next.timestamp - this.#expected) | 0;
    const allowed = (now - this.#lastAt + BREAK_SLACK_MS) * SAMPLES_PER_MS;
    const silence = new Uint8Array(Math.min(missing, allowed)).fill(G711_SILENCE[this.#options.codec]);
    this.#expected = next.timestamp;
    this.#add(silence, now);
    this.#takeInOrder(now);
  }

  #flush(now: number): void {
    while (this.#waiting.length > 0) this.#skip(now);
  }

  #add(payload: Uint8Array, now: number): void {
    for (let at = 0; at < payload.length; ) {
      const part = payload.subarray(at, at + FRAME - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < FRAME) return;
      this.#filled = 0;
      this.#judge(this.#frame.slice(), now);
    }
  }

  #judge(frame: Uint8Array, now: number): void {
    const level = meanSquare(this.#options.codec, frame, 0, FRAME);
    const isSpeech = level > QUIET && level > ABOVE_NOISE * this.#noise(level);
    this.#frames += 1;
    this.#held.push(frame);
    if (!isSpeech) return;
    this.#spokenAt = now;
    this.#speechFrames += 1;
    this.#takenFrames += this.#held.length;
    this.#taken.push(...this.#held.splice(0));
  }

  /** The quietest of the last six seconds; nothing, until there have been so many. */
  #noise(level: number): number {
    const window = Math.floor(this.#frames / FRAMES_IN_WINDOW) % NOISE_WINDOWS;
    const isNew = this.#frames % FRAMES_IN_WINDOW === 0;
    this.#quietest[window] = isNew ? level : Math.min(level, this.#quietest[window] ?? level);
    return Math.min(...this.#quietest);
  }
}
