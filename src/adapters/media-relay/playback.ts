// What can be played, encoded once for all listeners, and how far one listener has come in it.

import { encodeG711, G711_SILENCE, type G711Codec } from '../../rtp/g711.ts';
import { sineSamples } from '../../rtp/tone.ts';
import { STEP_MS } from './pacer.ts';

/** One byte per sample of 8000 Hz. */
export type EncodedSound = Readonly<Record<G711Codec, Uint8Array>>;

const SAMPLE_RATE = 8_000;
const STEP_BYTES = (SAMPLE_RATE / 1_000) * STEP_MS;
/** Of full scale: about -14 dB, as loud as speech. */
const TONE_AMPLITUDE = 0.2;

export function encodeSound(samples: Int16Array): EncodedSound {
  return { PCMU: encodeG711('PCMU', samples), PCMA: encodeG711('PCMA', samples) };
}

/** One second, which joins without a click when repeated. */
export function encodeTone(frequencyHz: number): EncodedSound {
  const whole = Math.round(frequencyHz);
  return encodeSound(
    sineSamples({
      frequencyHz: whole,
      sampleRate: SAMPLE_RATE,
      count: SAMPLE_RATE,
      amplitude: TONE_AMPLITUDE,
    }),
  );
}

export class Playback {
  readonly #sound: EncodedSound;
  readonly #repeat: boolean;
  #position = 0;

  constructor(sound: EncodedSound, repeat: boolean) {
    this.#sound = sound;
    this.#repeat = repeat;
  }

  /** The next 20 ms, the last one filled up with silence; `undefined` at the end. */
  next(codec: G711Codec): Uint8Array | undefined {
    const bytes = this.#sound[codec];
    if (this.#position >= bytes.length) {
      if (!this.#repeat || bytes.length === 0) return undefined;
      this.#position = 0;
    }
    const start = this.#position;
    this.#position += STEP_BYTES;
    if (this.#position <= bytes.length) return bytes.subarray(start, this.#position);
    const last = new Uint8Array(STEP_BYTES).fill(G711_SILENCE[codec]);
    last.set(bytes.subarray(start));
    return last;
  }
}
