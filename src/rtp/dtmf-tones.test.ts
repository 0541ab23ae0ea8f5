import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DtmfTones } from './dtmf-tones.ts';
import { decodeG711, encodeG711 } from './g711.ts';

const FREQUENCIES: Readonly<Record<string, readonly [number, number]>> = Object.fromEntries(
  [697, 770, 852, 941].flatMap((row, r) =>
    [1_209, 1_336, 1_477, 1_633].map((column, c) => [
      '123A456B789C*0#D'[4 * r + c] ?? '',
      [row, column] as const,
    ]),
  ),
);

interface Made {
  readonly ms?: number;
  readonly pauseMs?: number;
  /** Of full scale, each tone. */
  readonly amplitude?: number;
  /** Of the column over the row. */
  readonly twistDb?: number;
  /** Of both frequencies, in percent. */
  readonly off?: number;
  readonly noise?: number;
}

function dial(keys: string, made: Made = {}): Int16Array {
  const { ms = 60, pauseMs = 60, amplitude = 0.2, twistDb = 0, off = 0, noise = 0 } = made;
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return (seed / 2_147_483_647) * 2 - 1;
  };
  const samples: number[] = [];
  for (const key of keys) {
    const [row, column] = (FREQUENCIES[key] ?? [0, 0]).map((frequency) => frequency * (1 + off / 100));
    const high = amplitude * 10 ** (twistDb / 20);
    for (let index = 0; index < ms * 8; index += 1) {
      const at = (2 * Math.PI * index) / 8_000;
      const tone = amplitude * Math.sin((row ?? 0) * at) + high * Math.sin((column ?? 0) * at);
      samples.push((tone + noise * random()) * 32_767);
    }
    for (let index = 0; index < pauseMs * 8; index += 1) samples.push(noise * random() * 32_767);
  }
  return Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, sample)));
}

/** As it would be heard after G.711, in packets of 20 ms. */
function heard(samples: Int16Array): string {
  const tones = new DtmfTones();
  const coded = decodeG711('PCMA', encodeG711('PCMA', samples));
  let keys = '';
  for (let at = 0; at < coded.length; at += 160) keys += tones.receive(coded.subarray(at, at + 160)).join('');
  return keys;
}

const ALL = '1234567890*#ABCD';

describe('keys heard as tones', () => {
  test('are all sixteen', () => {
    assert.equal(heard(dial(ALL)), ALL);
  });

  test('are heard loud and quiet', () => {
    for (const amplitude of [0.45, 0.1, 0.04])
      assert.equal(heard(dial(ALL, { amplitude })), ALL, `${amplitude}`);
  });

  test('are heard where one tone is louder than the other', () => {
    for (const twistDb of [-6, -4, 4, 6]) assert.equal(heard(dial(ALL, { twistDb })), ALL, `${twistDb} dB`);
  });

  test('are heard 1.5 % beside their frequencies', () => {
    for (const off of [-1.5, 1.5]) assert.equal(heard(dial(ALL, { off })), ALL, `${off} %`);
  });

  test('are heard in noise 20 dB below them', () => {
    assert.equal(heard(dial(ALL, { noise: 0.02 })), ALL);
  });

  test('are heard when they are as brief as they may be', () => {
    assert.equal(heard(dial(ALL, { ms: 45, pauseMs: 45 })), ALL);
  });

  test('are two where the same one is pressed twice, and one where it is held', () => {
    assert.equal(heard(dial('55')), '55');
    assert.equal(heard(dial('5', { ms: 2_000 })), '5');
  });

  test('are none in anything that the node itself says', () => {
    const folder = new URL('../../assets/prompts/en/', import.meta.url);
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.wav')) continue;
      const wav = readFileSync(new URL(file, folder));
      const samples = new Int16Array(
        wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - (wav.length % 2)),
      );
      assert.equal(heard(samples), '', file);
    }
  });

  test('are none in a single tone, or in noise', () => {
    const tone = Int16Array.from(
      { length: 8_000 },
      (_, index) => 9_000 * Math.sin((index * 2 * Math.PI * 941) / 8_000),
    );
    assert.equal(heard(tone), '');
    assert.equal(heard(dial(' '.repeat(20), { amplitude: 0, noise: 0.3 })), '');
  });
});
