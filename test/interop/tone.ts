// Tones to tell voices apart by: made as WAV files for phones to speak, and found again in what others recorded.
// A recording is judged by Goertzel's filter, which measures how much of a signal's energy is at one frequency,
// so that a test can say "this is 700 Hz, and next to nothing else".

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { until } from './rig.ts';

const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;

/** 16-bit mono samples at 8 kHz. */
export interface Recording {
  readonly samples: Int16Array;
  readonly seconds: number;
}

/** Writes a WAV file (8 kHz, 16 bit, mono) with a steady tone at half of full scale. */
export function writeTone(file: string, frequencyHz: number, seconds: number): void {
  const samples = new Int16Array(SAMPLE_RATE_HZ * seconds);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.round(16_383 * Math.sin((2 * Math.PI * frequencyHz * index) / SAMPLE_RATE_HZ));
  }
  const data = Buffer.from(samples.buffer);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0);
  header.writeUInt32LE(HEADER_BYTES - 8 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(2 * SAMPLE_RATE_HZ, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  writeFileSync(file, Buffer.concat([header, data]));
}

/** What a WAV file holds so far. Its header may still say 0: the writer fills it in when it closes the file. */
export function readRecording(file: string): Recording {
  return recordingOf(existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
}

/** What a whole WAV file holds, which says what it is: 8 kHz, 16 bit, mono. */
export function readWav(bytes: Buffer): Recording {
  assert.equal(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 16), 'RIFFWAVEfmt ');
  const format = [
    bytes.readUInt16LE(20),
    bytes.readUInt16LE(22),
    bytes.readUInt32LE(24),
    bytes.readUInt16LE(34),
  ];
  assert.deepEqual(format, [1, 1, SAMPLE_RATE_HZ, 16]);
  assert.equal(bytes.toString('latin1', 36, 40), 'data');
  assert.equal(bytes.readUInt32LE(40), bytes.length - HEADER_BYTES);
  return recordingOf(bytes);
}

function recordingOf(bytes: Buffer): Recording {
  const samples = new Int16Array(Math.max(0, (bytes.length - HEADER_BYTES) >> 1));
  for (let index = 0; index < samples.length; index++)
    samples[index] = bytes.readInt16LE(HEADER_BYTES + 2 * index);
  return { samples, seconds: samples.length / SAMPLE_RATE_HZ };
}

/**
 * The share of a signal's energy that is at a frequency, from 0 to 1: a pure tone gives nearly 1 at its own
 * pitch, silence 0 everywhere. Measured over blocks of 50 ms, so that a pause does not hide a tone.
 */
export function shareAt({ samples }: Recording, frequencyHz: number): number {
  const block = SAMPLE_RATE_HZ / 20;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
  let atFrequency = 0;
  let total = 0;
  for (let start = 0; start + block <= samples.length; start += block) {
    let [last, beforeLast] = [0, 0];
    for (const sample of samples.subarray(start, start + block)) {
      total += sample * sample;
      [last, beforeLast] = [sample + coefficient * last - beforeLast, last];
    }
    const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
    atFrequency += (2 * power) / block;
  }
  // A few least significant bits of noise are silence.
  return total < samples.length * 100 ? 0 : atFrequency / total;
}

/** The last part of a recording. */
export function tail(recording: Recording, seconds: number): Recording {
  const samples = recording.samples.subarray(-Math.round(seconds * SAMPLE_RATE_HZ));
  return { samples, seconds: samples.length / SAMPLE_RATE_HZ };
}

/** Waits until the last second of a growing recording is this tone and nothing else. */
export async function heardTone(
  file: () => string | undefined,
  frequencyHz: number,
  withinMs: number,
): Promise<void> {
  await until(`a second of ${frequencyHz} Hz in a recording`, withinMs, () => {
    const name = file();
    const last = tail(
      name === undefined ? { samples: new Int16Array(0), seconds: 0 } : readRecording(name),
      1,
    );
    return last.seconds >= 1 && shareAt(last, frequencyHz) > 0.9 ? true : undefined;
  });
}
