// G.711, µ-law (PCMU) and A-law (PCMA): one byte per sample at 8000 Hz (RFC 3551 §4.5.14). Linear samples
// are 16-bit. Tables, computed once from the standard's segments: a byte decodes by one look-up, and a sample
// encodes to the byte that decodes nearest to it.

export type G711Codec = 'PCMU' | 'PCMA';

const MULAW_BIAS = 0x84;
const SAMPLE_MAX = 32_767;

function decodeMulawByte(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + MULAW_BIAS) << ((bits & 0x70) >> 4)) - MULAW_BIAS;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
}

function decodeAlawByte(byte: number): number {
  const bits = byte ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const mantissa = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}

function decodeTable(decodeByte: (byte: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => decodeByte(byte));
}

/** 65,536 bytes, indexed by `sample + 32768`. */
function encodeTable(decoded: Int16Array): Uint8Array {
  const levels = [...decoded.entries()].sort(([, a], [, b]) => a - b);
  const table = new Uint8Array(65_536);
  let at = 0;
  for (let sample = -SAMPLE_MAX - 1; sample <= SAMPLE_MAX; sample += 1) {
    for (let next = levels[at + 1]; next !== undefined; next = levels[at + 1]) {
      if (Math.abs(next[1] - sample) > Math.abs((levels[at]?.[1] ?? 0) - sample)) break;
      at += 1;
    }
    table[sample + 32_768] = levels[at]?.[0] ?? 0;
  }
  return table;
}

const DECODE: Readonly<Record<G711Codec, Int16Array>> = {
  PCMU: decodeTable(decodeMulawByte),
  PCMA: decodeTable(decodeAlawByte),
};

const ENCODE: Readonly<Record<G711Codec, Uint8Array>> = {
  PCMU: encodeTable(DECODE.PCMU),
  PCMA: encodeTable(DECODE.PCMA),
};

/** The byte of digital silence. */
export const G711_SILENCE: Readonly<Record<G711Codec, number>> = {
  PCMU: ENCODE.PCMU[32_768] ?? 0xff,
  PCMA: ENCODE.PCMA[32_768] ?? 0xd5,
};

export function encodeG711(codec: G711Codec, samples: Int16Array): Uint8Array {
  const table = ENCODE[codec];
  const bytes = new Uint8Array(samples.length);
  for (const [index, sample] of samples.entries()) bytes[index] = table[sample + 32_768] ?? 0;
  return bytes;
}

export function decodeG711(codec: G711Codec, bytes: Uint8Array): Int16Array {
  const table = DECODE[codec];
  const samples = new Int16Array(bytes.length);
  for (const [index, byte] of bytes.entries()) samples[index] = table[byte] ?? 0;
  return samples;
}

/** Power of a part of a payload: the mean square of its samples. */
export function meanSquare(codec: G711Codec, bytes: Uint8Array, start: number, end: number): number {
  const table = DECODE[codec];
  let sum = 0;
  for (let index = start; index < end; index += 1) {
    const sample = table[bytes[index] ?? 0] ?? 0;
    sum += sample * sample;
  }
  return end > start ? sum / (end - start) : 0;
}

/** The same sound under the other law; the very same bytes where it is the same. */
export function transcodeG711(from: G711Codec, to: G711Codec, bytes: Uint8Array): Uint8Array {
  return from === to ? bytes : encodeG711(to, decodeG711(from, bytes));
}

/**
 * Whether a payload is louder than line noise: RMS above -45 dB of full scale. Speech is about -25 dB, a
 * quiet line below -60 dB.
 */
export function isAudible(codec: G711Codec, bytes: Uint8Array, start: number, end: number): boolean {
  return meanSquare(codec, bytes, start, end) > AUDIBLE_MEAN_SQUARE;
}

const AUDIBLE_MEAN_SQUARE = (32_768 * 10 ** (-45 / 20)) ** 2;
