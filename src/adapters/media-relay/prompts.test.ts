import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { PHRASES } from '../../ivr/say.ts';
import { loadPrompts, parseWav } from './prompts.ts';

const SHIPPED = join(import.meta.dirname, '../../../assets/prompts/en');

/** A WAV file with one chunk that nobody reads before its data. */
function wav(
  options: { encoding?: number; channels?: number; rate?: number; bits?: number; samples?: number[] } = {},
) {
  const { encoding = 1, channels = 1, rate = 8_000, bits = 16, samples = [1, -2, 3] } = options;
  const data = Buffer.from(Int16Array.from(samples).buffer);
  const format = Buffer.alloc(24);
  format.write('fmt ');
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(encoding, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rate, 12);
  format.writeUInt16LE(bits, 22);
  const head = Buffer.from('RIFF\0\0\0\0WAVE');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([head, format, Buffer.from('odd \x01\0\0\0x\0'), Buffer.from('data'), size, data]);
}

function reasonOf(bytes: Uint8Array): string {
  const result = parseWav(bytes);
  return result.ok ? 'playable' : result.error;
}

describe('a prompt', () => {
  test('is the samples of its WAV file', () => {
    const result = parseWav(wav({ samples: [0, 32_767, -32_768] }));
    assert.deepEqual(result, { ok: true, value: Int16Array.of(0, 32_767, -32_768) });
  });

  test('is refused with what is wrong and what to do', () => {
    assert.match(
      reasonOf(wav({ channels: 2 })),
      /^is PCM, 8000 Hz, 16 bit, 2 channels; convert it with: sox /,
    );
    assert.match(reasonOf(wav({ rate: 44_100 })), /44100 Hz/);
    assert.match(reasonOf(wav({ bits: 8 })), /8 bit/);
    assert.match(reasonOf(wav({ encoding: 7 })), /encoding 7/);
    assert.equal(reasonOf(wav().subarray(0, -1)), 'is cut off');
    assert.equal(reasonOf(wav().subarray(0, 36)), 'has no audio data');
    assert.equal(reasonOf(Buffer.from('ID3 an MP3 file')), 'is not a WAV file');
    assert.equal(reasonOf(new Uint8Array(0)), 'is not a WAV file');
  });
});

describe('a folder of prompts', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringthrough-prompts-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('gives each WAV file by its name, and passes over the rest', async () => {
    await writeFile(join(folder, 'hello.wav'), wav({ samples: [7] }));
    await writeFile(join(folder, 'README'), 'not a prompt');
    assert.deepEqual(await loadPrompts(folder), new Map([['hello', Int16Array.of(7)]]));
  });

  test('is refused with every file that cannot be played', async () => {
    await writeFile(join(folder, 'stereo.wav'), wav({ channels: 2 }));
    await writeFile(join(folder, 'huge.wav'), new Uint8Array(LIMITS.promptBytesMax + 1));
    await assert.rejects(loadPrompts(folder), (error: Error & { code: string; mistakes: unknown[] }) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.match(error.message, /^prompt .*(huge|stereo)\.wav: is /);
      assert.equal(error.mistakes.length, 2);
      return true;
    });
  });

  test('that is not there is an error that names it', async () => {
    await assert.rejects(loadPrompts(join(folder, 'nowhere')), {
      code: 'CONFIG_UNREADABLE',
      message: /nowhere/,
    });
  });
});

describe('the prompts that ship', () => {
  test('are those that prompts.txt says, all of them', async () => {
    const said = (await readFile(join(SHIPPED, 'prompts.txt'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(0, line.indexOf(':')));
    assert.deepEqual([...(await loadPrompts(SHIPPED)).keys()].sort(), said.sort());
  });

  test('are loud enough, never clipped, short, and silent at both ends', async () => {
    const sentences = await sentencesOf(SHIPPED);
    for (const [name, samples] of await loadPrompts(SHIPPED)) {
      const isSentence = sentences.has(name);
      const seconds = samples.length / 8_000;
      assert.ok(seconds > (isSentence ? 1.2 : 0.2) && seconds < 20, `${name} lasts ${seconds} s`);
      const level = levelOf(samples);
      assert.ok(level.rms > -26 && level.rms < -13, `${name} has ${level.rms} dB`);
      assert.ok(level.peak < -3, `${name} peaks at ${level.peak} dB`);
      const [before, after] = isSentence ? [2_400, 3_200] : [240, 480];
      assert.ok(levelOf(samples.subarray(0, before)).peak < -60, `${name} begins with silence`);
      assert.ok(levelOf(samples.subarray(-after)).peak < -60, `${name} ends with silence`);
    }
  });

  test('have a file for everything that a dialogue may say', async () => {
    const shipped = await loadPrompts(SHIPPED);
    assert.deepEqual(
      PHRASES.filter((name) => !shipped.has(name)),
      [],
    );
  });
});

/** What is not only a part of one. */
async function sentencesOf(folder: string): Promise<ReadonlySet<string>> {
  const lines = (await readFile(join(folder, 'prompts.txt'), 'utf8')).split('\n');
  return new Set(lines.filter((line) => /[.?!]$/.test(line)).map((line) => line.slice(0, line.indexOf(':'))));
}

/** In dB of full scale. */
function levelOf(samples: Int16Array): { readonly rms: number; readonly peak: number } {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 1);
  return { rms: 10 * Math.log10(sum / samples.length / 32_768 ** 2), peak: 20 * Math.log10(peak / 32_768) };
}
