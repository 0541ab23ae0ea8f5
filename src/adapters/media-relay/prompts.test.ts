import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { PHRASES } from '../../ivr/say.ts';
import { writeWav } from '../../rtp/wav.ts';
import { loadPrompts, openPrompts, Prompts } from './prompts.ts';

const SHIPPED = join(import.meta.dirname, '../../../assets/prompts/en');

/** A WAV file of these samples at 8000 Hz. */
function wav(...samples: number[]): Uint8Array {
  const file = Buffer.from(writeWav({ codec: 'PCMA', samples: new Uint8Array(samples.length) }));
  for (const [index, sample] of samples.entries()) file.writeInt16LE(sample, 44 + 2 * index);
  return file;
}

function at96kHz(): Uint8Array {
  const file = Buffer.from(wav(1));
  file.writeUInt32LE(96_000, 24);
  return file;
}

describe('a folder of prompts', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringthrough-prompts-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('gives each WAV file by its name, and passes over the rest', async () => {
    await writeFile(join(folder, 'hello.wav'), wav(7));
    await writeFile(join(folder, 'README'), 'not a prompt');
    assert.deepEqual(await loadPrompts(folder), new Map([['hello', Int16Array.of(7)]]));
  });

  test('is refused with every file that cannot be played', async () => {
    await writeFile(join(folder, 'fast.wav'), at96kHz());
    await writeFile(join(folder, 'huge.wav'), new Uint8Array(LIMITS.soundFileBytesMax + 1));
    await assert.rejects(loadPrompts(folder), (error: Error & { code: string; mistakes: unknown[] }) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.match(error.message, /^prompt .*(huge|fast)\.wav: is /);
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

describe('prompts of several languages', () => {
  const [english, british, welsh, own] = [1, 2, 3, 4].map((sample) => Int16Array.of(sample)) as [
    Int16Array,
    Int16Array,
    Int16Array,
    Int16Array,
  ];
  const prompts = new Prompts(
    new Map([
      [
        'en',
        new Map([
          ['hello', english],
          ['bye', english],
        ]),
      ],
      ['en-gb', new Map([['hello', british]])],
      [
        'cy',
        new Map([
          ['hello', welsh],
          ['croeso', own],
        ]),
      ],
    ]),
    'cy',
  );

  test('are found in the language itself, then in what it is a kind of', () => {
    assert.equal(prompts.find('hello', 'en-GB'), british);
    assert.equal(prompts.find('bye', 'en-GB'), english);
    assert.equal(prompts.find('hello', 'en-GB-oxendict'), british);
    assert.equal(prompts.find('hello', 'en'), english);
  });

  test("are else found in the node's language, one by one, and else in English", () => {
    assert.equal(prompts.find('hello'), welsh);
    assert.equal(prompts.find('hello', 'fr'), welsh);
    assert.equal(prompts.find('bye', 'fr'), english);
    assert.equal(prompts.find('bye', 'cy'), english);
  });

  test('are rather heard in a foreign language than not at all', () => {
    assert.equal(prompts.find('croeso', 'en'), own);
    assert.equal(prompts.find('nonsense', 'en'), undefined);
    assert.deepEqual([...prompts.names].sort(), ['bye', 'croeso', 'hello']);
  });
});

describe("an operator's prompts", () => {
  let folder = '';
  const warnings: { message: string; facts: Record<string, unknown> }[] = [];
  const log = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (message: string, facts: Record<string, unknown> = {}) => void warnings.push({ message, facts }),
  };
  const open = (language: string) => {
    warnings.length = 0;
    return openPrompts({ shipped: join(SHIPPED, '..'), own: folder, language, log });
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringthrough-own-prompts-'));
    for (const language of ['en', 'cy']) await mkdir(join(folder, language));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('lie over those that ship', async () => {
    await writeFile(join(folder, 'en', 'goodbye.wav'), wav(7));
    const prompts = await open('en');
    assert.deepEqual(prompts.find('goodbye'), Int16Array.of(7));
    assert.ok((prompts.find('press')?.length ?? 0) > 1_000);
    await rm(join(folder, 'cy'), { recursive: true });
    await open('en');
    assert.deepEqual(warnings, []);
  });

  test('that cannot be played are named with what to do, and those that ship are played', async () => {
    await rm(join(folder, 'cy'), { recursive: true });
    await writeFile(join(folder, 'en', 'goodbye.wav'), at96kHz());
    await writeFile(join(folder, 'en', 'press.wav'), 'no sound');
    const prompts = await open('en');
    assert.ok((prompts.find('goodbye')?.length ?? 0) > 1_000);
    assert.deepEqual(
      warnings.map(({ facts }) => facts['file']),
      [join(folder, 'en', 'goodbye.wav'), join(folder, 'en', 'press.wav')],
    );
    assert.match(String(warnings[0]?.facts['reason']), /96000 Hz.*convert it with: sox/);
  });

  test('of a language of which some are missing are told, and so is a language without any', async () => {
    await writeFile(join(folder, 'cy', 'goodbye.wav'), wav(7));
    assert.deepEqual((await open('cy')).find('goodbye'), Int16Array.of(7));
    const [missing] = warnings;
    assert.match(missing?.message ?? '', /missing in a language/);
    assert.equal(missing?.facts['language'], 'cy');
    assert.match(String(missing?.facts['names']), /^all-lines-failed am /);
    await open('de');
    assert.ok(warnings.some(({ message }) => /no prompts in media\.language/.test(message)));
  });

  test('whose folder is not there are an error that names it', async () => {
    const options = { shipped: join(SHIPPED, '..'), own: join(folder, 'nowhere'), language: 'en', log };
    await assert.rejects(openPrompts(options), { code: 'CONFIG_UNREADABLE', message: /nowhere/ });
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
