import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeG711, encodeG711, G711_SILENCE, isAudible } from './g711.ts';
import { sineSamples, toneShare } from './tone.ts';

const CODECS = ['PCMU', 'PCMA'] as const;

for (const codec of CODECS) {
  describe(codec, () => {
    test('decodes and encodes every byte to itself, its second zero to the first', () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const again = encodeG711(codec, decodeG711(codec, bytes));
      assert.deepEqual(
        [...again],
        [...bytes].map((byte) => (codec === 'PCMU' && byte === 0x7f ? 0xff : byte)),
      );
    });

    test('keeps every sample within half a step of its segment', () => {
      fc.assert(
        fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
          const [decoded = 0] = decodeG711(codec, encodeG711(codec, Int16Array.of(sample)));
          assert.ok(Math.abs(decoded - sample) <= Math.max(8, Math.abs(sample) / 30) + 4);
        }),
      );
    });

    test('is silent at its silence, and audible at the level of speech', () => {
      const silence = new Uint8Array(160).fill(G711_SILENCE[codec]);
      assert.equal(isAudible(codec, silence, 0, 160), false);
      const tone = (amplitude: number) =>
        encodeG711(codec, sineSamples({ frequencyHz: 440, sampleRate: 8000, count: 160, amplitude }));
      assert.equal(isAudible(codec, tone(0.1), 0, 160), true);
      assert.equal(isAudible(codec, tone(0.001), 0, 160), false);
      assert.equal(isAudible(codec, tone(0.1), 0, 0), false);
    });
  });
}

describe('G.711 agrees with the standard', () => {
  // ITU-T G.711 tables 1 and 2, and what other implementations give for the same bytes.
  const levels: readonly (readonly ['PCMU' | 'PCMA', number, number])[] = [
    ['PCMU', 0x00, -32_124],
    ['PCMU', 0x80, 32_124],
    ['PCMU', 0xff, 0],
    ['PCMU', 0xfe, 8],
    ['PCMU', 0x70, -120],
    ['PCMA', 0xd5, 8],
    ['PCMA', 0x55, -8],
    ['PCMA', 0xaa, 32_256],
    ['PCMA', 0x2a, -32_256],
    ['PCMA', 0xc5, 264],
  ];
  for (const [codec, byte, sample] of levels) {
    test(`${codec} 0x${byte.toString(16)} is ${sample}`, () => {
      assert.deepEqual([...decodeG711(codec, Uint8Array.of(byte))], [sample]);
    });
  }
});

describe('a tone', () => {
  const tone = (frequencyHz: number) =>
    sineSamples({ frequencyHz, sampleRate: 8000, count: 800, amplitude: 0.3 });

  test('is found at its own pitch and at no other', () => {
    assert.ok(toneShare(tone(440), 440, 8000) > 0.99);
    assert.ok(toneShare(tone(440), 880, 8000) < 0.01);
    assert.ok(toneShare(tone(440), 620, 8000) < 0.01);
  });

  test('is found after G.711 and beside another', () => {
    const both = tone(440).map((sample, index) => sample + (tone(1_000)[index] ?? 0));
    const heard = decodeG711('PCMA', encodeG711('PCMA', both));
    assert.ok(toneShare(heard, 440, 8000) > 0.4);
    assert.ok(toneShare(heard, 1_000, 8000) > 0.4);
  });

  test('is not found in silence', () => {
    assert.equal(toneShare(new Int16Array(800), 440, 8000), 0);
  });
});
