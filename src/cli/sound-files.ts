// WAV files that commands bring to the API and get from it.

import { readFile, stat, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { codeOf } from './client.ts';
import type { Session } from './session.ts';

export function soundOptions(command: Command): Command {
  return command.option('--text <words>', 'what to say, in English, instead of a file');
}

/** The body of a request. Throws INVALID_INPUT where there is neither, or both. */
export async function readSound(
  file: string | undefined,
  text: string | undefined,
): Promise<Uint8Array | { readonly text: string }> {
  if ((file === undefined) === (text === undefined)) {
    throw new RingthroughError('INVALID_INPUT', 'give a WAV file, or --text and what to say');
  }
  if (text !== undefined) return { text };
  try {
    const { size } = await stat(file ?? '');
    if (size > LIMITS.soundFileBytesMax) throw new Error(`has more than ${LIMITS.soundFileBytesMax} bytes`);
    return new Uint8Array(await readFile(file ?? ''));
  } catch (cause) {
    throw new RingthroughError('INVALID_INPUT', `${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Never over a file that is there. */
export async function saveSound({ context, json }: Session, wav: Uint8Array, file: string): Promise<void> {
  try {
    // What people say is nobody else's business.
    await writeFile(file, wav, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const why =
      codeOf(cause) === 'EEXIST'
        ? 'is there already; name another file'
        : `cannot be written: ${reasonOf(cause)}`;
    throw new RingthroughError('INVALID_INPUT', `${file} ${why}`, { cause });
  }
  context.out(json ? `${JSON.stringify({ file, bytes: wav.length })}\n` : `Written to ${file}\n`);
}

function reasonOf(cause: unknown): string {
  return codeOf(cause) ?? messageOf(cause);
}
