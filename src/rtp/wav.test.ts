import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sineSamples, toneShare } from './tone.ts';
import { allSamples, readWav, telephoneSamples, writeWav } from './wav.ts';

interface Written {
  readonly encoding?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  readonly samples?: ArrayLike<number>;
  readonly bytes?: Uint8Array;
  readonly extensible?: boolean;
}

/** A WAV file with one chunk that nobody reads before its data. */
function wav({ encoding = 1, channels = 1, rate = 8_000, bits = 16, extensible, ...rest }: Written = {}) {
  const data = rest.bytes ?? new Uint8Array(Int16Array.from(rest.samples ?? [1, -2, 3]).buffer);
  const format = Buffer.alloc(extensible === true ? 48 : 24);
  format.write('fmt ');
  format.writeUInt32LE(format.length - 8, 4);
  format.writeUInt16LE(extensible === true ? 0xfffe : encoding, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rate, 12);
  format.writeUInt16LE(bits, 22);
  if (extensible === true) format.writeUInt16LE(encoding, 32);
  const head = Buffer.from('RIFF\0\0\0\0WAVE');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([head, format, Buffer.from('odd \x01\0\0\0x\0'), Buffer.from('data'), size, data]);
}

function samplesOf(bytes: Uint8Array): Int16Array {
  const read = readWav(bytes);
  assert.ok(read.ok, read.ok ? '' : read.error);
  return allSamples(read.value);
}

function reasonOf(bytes: Uint8Array): string {
  const result = readWav(bytes);
  return result.ok ? 'playable' : result.error;
}

describe('a WAV file', () => {
  test('of 8000 Hz is its samples', () => {
    assert.deepEqual(samplesOf(wav({ samples: [0, 32_767, -32_768] })), Int16Array.of(0, 32_767, -32_768));
    assert.deepEqual(samplesOf(wav({ samples: [7], extensible: true })), Int16Array.of(7));
  });

  test('of G.711 is decoded, under either law', () => {
    for (const [encoding, silence] of [
      [6, 0xd5],
      [7, 0xff],
    ] as const) {
      const decoded = samplesOf(wav({ encoding, bits: 8, bytes: Uint8Array.of(silence, silence) }));
      assert.ok(decoded.every((sample) => Math.abs(sample) <= 8));
    }
  });

  test('of two channels is what both say', () => {
    assert.deepEqual(samplesOf(wav({ channels: 2, samples: [100, 300, -20, -40] })), Int16Array.of(200, -30));
  });

  test('tells how long it is', () => {
    const read = readWav(wav({ rate: 16_000, samples: new Int16Array(24_000) }));
    assert.equal(read.ok && read.value.lengthMs, 1_500);
  });

  for (const rate of [11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]) {
    test(`of ${rate} Hz keeps a tone's pitch and level, and nothing of what a telephone cannot carry`, () => {
      const tone = (frequencyHz: number) =>
        samplesOf(
          wav({
            rate,
            samples: sineSamples({ frequencyHz, sampleRate: rate, count: 2 * rate, amplitude: 0.5 }),
          }),
        );
      for (const frequencyHz of [300, 1_000, 3_200]) {
        const heard = tone(frequencyHz);
        assert.equal(heard.length, 16_000);
        const within = heard.subarray(400, -400);
        assert.ok(toneShare(within, frequencyHz, 8_000) > 0.999, `${frequencyHz} Hz`);
        assert.ok(Math.abs(level(within) + 6.02 + 3.01) < 0.5, `${frequencyHz} Hz at ${level(within)} dB`);
      }
      const above = rate / 2 > 5_600 ? 5_000 : 4_900;
      assert.ok(level(tone(above).subarray(400, -400)) < -60, `${above} Hz comes back`);
    });
  }

  test('comes a second at a time', () => {
    const read = readWav(wav({ rate: 16_000, samples: new Int16Array(40_000) }));
    assert.ok(read.ok);
    assert.deepEqual(
      [...telephoneSamples(read.value)].map(({ length }) => length),
      [8_000, 8_000, 4_000],
    );
  });

  test('that cannot be played is refused with what is wrong and what to do', () => {
    assert.match(
      reasonOf(wav({ channels: 3 })),
      /^is PCM, 8000 Hz, 16 bit, 3 channels; convert it with: sox /,
    );
    assert.match(reasonOf(wav({ rate: 96_000 })), /96000 Hz/);
    assert.match(reasonOf(wav({ bits: 8 })), /PCM, 8000 Hz, 8 bit/);
    assert.match(reasonOf(wav({ encoding: 17 })), /encoding 17/);
    assert.equal(reasonOf(wav().subarray(0, -1)), 'is cut off');
    assert.equal(reasonOf(wav().subarray(0, 36)), 'has no audio data');
    assert.equal(reasonOf(Buffer.from('RIFF\0\0\0\0WAVEdata\0\0\0\0')), 'has no format before its data');
    assert.equal(reasonOf(Buffer.from('ID3 an MP3 file')), 'is not a WAV file');
    assert.equal(reasonOf(new Uint8Array(0)), 'is not a WAV file');
  });

  test('that is written is read again', () => {
    const read = readWav(writeWav({ codec: 'PCMA', samples: new Uint8Array(1_600).fill(0xd5) }));
    assert.ok(read.ok);
    assert.equal(read.value.lengthMs, 200);
    assert.equal(read.value.rateHz, 8_000);
  });
});

/** RMS, in dB of full scale. */
function level(samples: Int16Array): number {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  return 10 * Math.log10(Math.max(1e-9, sum / samples.length / 32_767 ** 2));
}
