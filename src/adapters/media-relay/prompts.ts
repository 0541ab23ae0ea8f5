// Announcements, as WAV files of 8 kHz, 16 bit, mono: what scripts/make-prompts.sh makes, and what anyone's
// own recording becomes with `sox in.wav -r 8000 -b 16 -c 1 out.wav`.
//
//   RIFF size WAVE │ fmt  16 … │ (other chunks) │ data size samples…

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';

const PCM = 1;

/**
 * All `<name>.wav` of a folder, by name. Throws CONFIG_INVALID with one mistake for each file that cannot be
 * played, and CONFIG_UNREADABLE when the folder or a file cannot be read.
 */
export async function loadPrompts(folder: string): Promise<ReadonlyMap<string, Int16Array>> {
  const prompts = new Map<string, Int16Array>();
  const mistakes: { path: string; reason: string }[] = [];
  for (const file of await readable(folder, () => readdir(folder))) {
    if (!file.endsWith('.wav')) continue;
    const path = join(folder, file);
    const samples = await loadPrompt(path);
    if (samples.ok) prompts.set(file.slice(0, -'.wav'.length), samples.value);
    else mistakes.push({ path, reason: samples.error });
  }
  if (mistakes.length > 0) {
    const [{ path, reason } = { path: folder, reason: '' }] = mistakes;
    throw new RingthroughError('CONFIG_INVALID', `prompt ${path}: ${reason}`, { mistakes });
  }
  return prompts;
}

/** The samples of a WAV file, or why it cannot be played. */
export function parseWav(bytes: Uint8Array): Result<Int16Array, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return err('is not a WAV file');
  let isPlayable = false;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const start = at + 8;
    const size = view.getUint32(at + 4, true);
    if (start + size > bytes.length) return err('is cut off');
    if (tag(at) === 'fmt ' && size >= 16) {
      const format = describeFormat(view, start);
      if (format !== 'PCM, 8000 Hz, 16 bit, 1 channel') {
        return err(`is ${format}; convert it with: sox in.wav -r 8000 -b 16 -c 1 -e signed-integer out.wav`);
      }
      isPlayable = true;
    }
    if (tag(at) === 'data')
      return isPlayable ? ok(samplesOf(view, start, size)) : err('has no format before its data');
    // Chunks begin at even offsets.
    at = start + size + (size % 2);
  }
  return err('has no audio data');
}

async function loadPrompt(path: string): Promise<Result<Int16Array, string>> {
  const { size } = await readable(path, () => stat(path));
  if (size > LIMITS.promptBytesMax) return err(`is larger than ${LIMITS.promptBytesMax} bytes`);
  return parseWav(await readable(path, () => readFile(path)));
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new RingthroughError(
      'CONFIG_UNREADABLE',
      `the prompts in ${path} cannot be read: ${String(cause)}`,
      { cause },
    );
  }
}

function describeFormat(view: DataView, start: number): string {
  const encoding = view.getUint16(start, true) === PCM ? 'PCM' : `encoding ${view.getUint16(start, true)}`;
  const channels = view.getUint16(start + 2, true);
  const rate = view.getUint32(start + 4, true);
  const bits = view.getUint16(start + 14, true);
  return `${encoding}, ${rate} Hz, ${bits} bit, ${channels} channel${channels === 1 ? '' : 's'}`;
}

function samplesOf(view: DataView, start: number, size: number): Int16Array {
  const samples = new Int16Array(Math.floor(size / 2));
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = view.getInt16(start + 2 * index, true);
  return samples;
}
