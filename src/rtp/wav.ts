// Sound files: what people bring (WAV of the usual kinds, whatever recorded it) read into what telephones speak, and
// what is kept written as the WAV that every program plays. A telephone hears 300 to 3400 Hz, so that everything is
// brought to 8000 Hz here, through a filter, and a second at a time: two minutes of it would hold up calls.
//
//   RIFF size WAVE │ fmt  16 encoding channels rate bytes/s block bits … │ (other chunks) │ data size samples…

import { counted } from '../base/names.ts';
import { err, ok, type Result } from '../base/result.ts';
import { decodeG711, type G711Codec } from './g711.ts';

export const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;
const PCM = 1;
const ALAW = 6;
const MULAW = 7;
/** The encoding stands in the first two bytes of a GUID further on (WAVE_FORMAT_EXTENSIBLE). */
const EXTENSIBLE = 0xfffe;
const RATES_HZ: readonly number[] = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const REMEDY = 'convert it with: sox in.wav -r 8000 -b 16 -c 1 -e signed-integer out.wav';

type Encoding = 'PCM' | G711Codec;

/** A file that can be played, not converted yet. */
export interface SoundFile {
  readonly encoding: Encoding;
  readonly rateHz: number;
  readonly channels: number;
  /** The samples as they stand in the file. */
  readonly data: Uint8Array;
  readonly lengthMs: number;
}

/** What a WAV file holds, or why it cannot be played, with what to do. */
export function readWav(bytes: Uint8Array): Result<SoundFile, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return err('is not a WAV file');
  let format: Result<Format, string> | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const start = at + 8;
    const size = view.getUint32(at + 4, true);
    if (start + size > bytes.length) return err('is cut off');
    if (tag(at) === 'fmt ' && size >= 16) format = formatOf(view, start, size);
    if (tag(at) === 'data') {
      if (format === undefined) return err('has no format before its data');
      return format.ok ? ok(fileOf(format.value, bytes.subarray(start, start + size))) : format;
    }
    // Chunks begin at even offsets.
    at = start + size + (size % 2);
  }
  return err('has no audio data');
}

/** Linear samples at 8000 Hz, a second at a time. */
export function* telephoneSamples(file: SoundFile): Generator<Int16Array> {
  const linear = linearSamples(file);
  if (file.rateHz === SAMPLE_RATE_HZ) {
    for (let at = 0; at < linear.length; at += SAMPLE_RATE_HZ) yield linear.subarray(at, at + SAMPLE_RATE_HZ);
    return;
  }
  const filter = new Filter(file.rateHz);
  const count = Math.floor((linear.length * SAMPLE_RATE_HZ) / file.rateHz);
  for (let at = 0; at < count; at += SAMPLE_RATE_HZ) {
    const length = Math.min(SAMPLE_RATE_HZ, count - at);
    yield Int16Array.from({ length }, (_, index) => filter.at(linear, at + index));
  }
}

/** All of them at once, where nobody waits. */
export function allSamples(file: SoundFile): Int16Array {
  const parts = [...telephoneSamples(file)];
  const samples = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}

/** 16-bit linear samples, though the half of that (G.711) is kept, which not every program plays. */
export function writeWav({ codec, samples }: { readonly codec: G711Codec; readonly samples: Uint8Array }) {
  const linear = decodeG711(codec, samples);
  const dataBytes = linear.length * SAMPLE_BYTES;
  const file = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(file.buffer);
  const tag = (at: number, name: string) => file.set(new TextEncoder().encode(name), at);
  tag(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  tag(8, 'WAVE');
  tag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE_HZ, true);
  view.setUint32(28, SAMPLE_RATE_HZ * SAMPLE_BYTES, true);
  view.setUint16(32, SAMPLE_BYTES, true);
  view.setUint16(34, SAMPLE_BYTES * 8, true);
  tag(36, 'data');
  view.setUint32(40, dataBytes, true);
  for (const [index, sample] of linear.entries())
    view.setInt16(HEADER_BYTES + index * SAMPLE_BYTES, sample, true);
  return file;
}

interface Format {
  readonly encoding: Encoding;
  readonly rateHz: number;
  readonly channels: number;
}

function formatOf(view: DataView, start: number, size: number): Result<Format, string> {
  const written = view.getUint16(start, true);
  const code = written === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, true) : written;
  const channels = view.getUint16(start + 2, true);
  const rateHz = view.getUint32(start + 4, true);
  const bits = view.getUint16(start + 14, true);
  const encoding = encodingOf(code, bits);
  const isMono = channels === 1 || (channels === 2 && encoding === 'PCM');
  if (encoding !== undefined && isMono && RATES_HZ.includes(rateHz))
    return ok({ encoding, rateHz, channels });
  const name = { [PCM]: 'PCM', [ALAW]: 'A-law', [MULAW]: 'µ-law' }[code] ?? `encoding ${code}`;
  return err(`is ${name}, ${rateHz} Hz, ${bits} bit, ${counted(channels, 'channel')}; ${REMEDY}`);
}

function encodingOf(code: number, bits: number): Encoding | undefined {
  if (code === PCM && bits === 16) return 'PCM';
  if (code === ALAW && bits === 8) return 'PCMA';
  return code === MULAW && bits === 8 ? 'PCMU' : undefined;
}

function fileOf(format: Format, data: Uint8Array): SoundFile {
  const frameBytes = format.encoding === 'PCM' ? SAMPLE_BYTES * format.channels : 1;
  const frames = Math.floor(data.length / frameBytes);
  return { ...format, data, lengthMs: (frames * 1_000) / format.rateHz };
}

/** Both sides of a stereo recording are one voice to a telephone. */
function linearSamples({ encoding, channels, data }: SoundFile): Int16Array {
  if (encoding !== 'PCM') return decodeG711(encoding, data);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const frames = new Int16Array(Math.floor(data.length / (SAMPLE_BYTES * channels)));
  for (let index = 0; index < frames.length; index += 1) {
    const at = index * SAMPLE_BYTES * channels;
    const left = view.getInt16(at, true);
    frames[index] = channels === 1 ? left : (left + view.getInt16(at + SAMPLE_BYTES, true)) >> 1;
  }
  return frames;
}

/** Zero crossings of the sinc on each side: the more, the steeper. */
const LOBES = 16;
/** Where the pass band ends, of half the sample rate: the rest is for the filter's slope. */
const PASS = 0.9;

/**
 * A band-limited look at samples of another rate: a sinc, windowed (Blackman), at each of the few distances that there
 * are between samples of the two rates. What lies above 4000 Hz would come back as noise and is left out.
 */
class Filter {
  readonly #rateHz: number;
  /** By phase, the weights of the samples around. */
  readonly #weights = new Map<number, Float64Array>();
  readonly #reach: number;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#reach = Math.ceil((LOBES * rateHz) / SAMPLE_RATE_HZ);
  }

  /** The sample `index` at 8000 Hz of what is at the other rate. */
  at(samples: Int16Array, index: number): number {
    const middle = Math.floor((index * this.#rateHz) / SAMPLE_RATE_HZ);
    const phase = (index * this.#rateHz) % SAMPLE_RATE_HZ;
    const weights = this.#weightsOf(phase);
    const first = middle - this.#reach;
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap += 1)
      sum += (samples[first + tap] ?? 0) * (weights[tap] ?? 0);
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }

  #weightsOf(phase: number): Float64Array {
    const known = this.#weights.get(phase);
    if (known !== undefined) return known;
    const width = this.#reach + 1;
    const cutoff = (PASS * SAMPLE_RATE_HZ) / this.#rateHz;
    const weights = Float64Array.from({ length: 2 * width }, (_, tap) => {
      const distance = tap - this.#reach - phase / SAMPLE_RATE_HZ;
      const angle = Math.PI * cutoff * distance;
      const sinc = distance === 0 ? 1 : Math.sin(angle) / angle;
      const turn = (Math.PI * distance) / width;
      return cutoff * sinc * (0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
    });
    this.#weights.set(phase, weights);
    return weights;
  }
}
