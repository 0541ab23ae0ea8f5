// The API's bearer token: made at the first start, kept in a file that only its owner can read. Whoever can
// read the data folder may use the API; nobody else on the machine, and no web page in its browsers.

import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, RingthroughError } from '../base/errors.ts';
import { hex } from '../base/ids.ts';
import type { Random } from '../ports/random.ts';

/** Within the data folder. */
export const TOKEN_FILE = 'api.token';
const TOKEN_BYTES = 32;

/** The token in `file`, which is made with mode 0600 where there is none. Throws DATA_FOLDER. */
export async function loadOrCreateToken(file: string, random: Random): Promise<string> {
  try {
    return (await readToken(file)) ?? (await createToken(file, random));
  } catch (cause) {
    if (cause instanceof RingthroughError) throw cause;
    throw new RingthroughError('DATA_FOLDER', `the API token ${file} cannot be kept: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Compares in constant time, whatever was presented. */
export function tokenChecker(token: string): (presented: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (presented) => timingSafeEqual(digest(presented), expected);
}

async function readToken(file: string): Promise<string | undefined> {
  try {
    const token = (await readFile(file, 'utf8')).trim();
    if (token.length >= TOKEN_BYTES) return token;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
  const remedy = 'delete it, and the next start makes a new one';
  throw new RingthroughError('DATA_FOLDER', `the API token ${file} is too short to be safe; ${remedy}`);
}

/** `wx`: never into a file, or through a link, that somebody else has put there. */
async function createToken(file: string, random: Random): Promise<string> {
  const token = hex(random.bytes(TOKEN_BYTES));
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${token}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return token;
}
