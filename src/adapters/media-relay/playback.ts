// What can be played, encoded once for all listeners, and how far one listener has come in it.

import type { Recorded } from '../../ports/recordings.ts';
import { encodeG711, G711_SILENCE, type G711Codec, transcodeG711 } from '../../rtp/g711.ts';
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

/** One second, which joins without a click when repeated, unless another length is asked for. */
export function encodeTone(frequencyHz: number, lengthMs = 1_000): EncodedSound {
  const whole = Math.round(frequencyHz);
  const count = Math.round((lengthMs * SAMPLE_RATE) / 1_000);
  return encodeSound(
    sineSamples({ frequencyHz: whole, sampleRate: SAMPLE_RATE, count, amplitude: TONE_AMPLITUDE }),
  );
}

/** Under both laws; the one that it was recorded under stays as it is. */
export function encodeRecorded({ codec, samples }: Recorded): EncodedSound {
  return { PCMU: transcodeG711(codec, 'PCMU', samples), PCMA: transcodeG711(codec, 'PCMA', samples) };
}

export function encodeSilence(lengthMs: number): EncodedSound {
  return encodeSound(new Int16Array(Math.round((lengthMs * SAMPLE_RATE) / 1_000)));
}

/** Sounds one after another, without a gap between them. */
export class Playback {
  readonly #sounds: readonly EncodedSound[];
  readonly #repeat: boolean;
  #sound = 0;
  #position = 0;

  constructor(sounds: readonly EncodedSound[], repeat: boolean) {
    this.#sounds = sounds.filter(({ PCMA }) => PCMA.length > 0);
    this.#repeat = repeat;
  }

  /** The next 20 ms, the last one filled up with silence; `undefined` at the end. */
  next(codec: G711Codec): Uint8Array | undefined {
    const step = new Uint8Array(STEP_BYTES).fill(G711_SILENCE[codec]);
    let filled = 0;
    while (filled < STEP_BYTES) {
      const bytes = this.#current()?.[codec];
      if (bytes === undefined) break;
      if (filled === 0 && this.#position + STEP_BYTES <= bytes.length) {
        this.#position += STEP_BYTES;
        return bytes.subarray(this.#position - STEP_BYTES, this.#position);
      }
      const part = bytes.subarray(this.#position, this.#position + STEP_BYTES - filled);
      step.set(part, filled);
      filled += part.length;
      this.#position += part.length;
    }
    return filled === 0 ? undefined : step;
  }

  /** The sound that is played now. */
  #current(): EncodedSound | undefined {
    const sound = this.#sounds[this.#sound];
    if (sound === undefined || this.#position < sound.PCMA.length) return sound;
    this.#position = 0;
    this.#sound += 1;
    if (this.#repeat && this.#sound === this.#sounds.length) this.#sound = 0;
    return this.#sounds[this.#sound];
  }
}
