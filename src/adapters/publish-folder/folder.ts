// The status page as files in a folder, for a web server beside the node. Each file is written under another name and
// renamed, so that a reader gets the old one or the new one, never a half. Compressed copies stand beside (`.gz`, `.br`)
// for servers that can send those as they are.
//
// Only what was written by this is ever removed: a list of it stands in the folder (`.ringthrough-page`), and so outlives
// the node. Whatever else is there is somebody else's.

import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, RingthroughError } from '../../base/errors.ts';
import { makeFolders } from '../../base/folders.ts';
import type { PublishedFile, PublishTarget } from '../../ports/publishing.ts';

const LIST_FILE = '.ringthrough-page';
/** Web servers run as somebody else, whatever the node's own umask is. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;
const COPIES = ['.gz', '.br'];
const SAFE_PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Makes it where it is missing. Throws CONFIG_INVALID where it cannot be made or written to. */
export function prepareFolder(folder: string): void {
  try {
    makeFolders(folder, (one) => {
      fs.mkdirSync(one);
      fs.chmodSync(one, FOLDER_MODE);
    });
    fs.accessSync(path.join(folder, '/'), fs.constants.W_OK | fs.constants.X_OK);
  } catch (cause) {
    const reason = messageOf(cause);
    const remedy = 'give another, or make it writable for this user';
    const message = `status.page.folder: ${folder} cannot be used (${reason}); ${remedy}`;
    throw new RingthroughError('CONFIG_INVALID', message, { cause });
  }
}

export function createFolderTarget(folder: string): PublishTarget {
  let written: Set<string> | undefined;
  let whole = false;
  return {
    name: `folder ${folder}`,
    async push({ changed, removed }, signal) {
      await makeAgain(folder);
      written ??= await readList(folder);
      const added = changed.flatMap(copiesOf).map(([name]) => name);
      // Before they are there: a node that dies in between still knows them as its own.
      await writeList(folder, new Set([...written, ...added]));
      for (const file of changed) {
        signal.throwIfAborted();
        for (const [name, bytes] of copiesOf(file)) {
          await replace(folder, name, bytes);
          written.add(name);
        }
        await removeAll(folder, goneCopies(file), written);
      }
      const gone = whole
        ? removed.flatMap((name) => [name, ...COPIES.map((end) => name + end)])
        : [...written];
      const kept = new Set(whole ? [] : added);
      await removeAll(
        folder,
        gone.filter((name) => !kept.has(name)),
        written,
      );
      await writeList(folder, written);
      whole = true;
    },
  };
}

/** Only itself: where what it stands in is gone, a disk is, and no folder of ours belongs in its place. */
async function makeAgain(folder: string): Promise<void> {
  try {
    await mkdir(folder);
    await chmod(folder, FOLDER_MODE);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  }
}

/** The compressed ones first: whoever sees the new file sees no old copy of it. */
function copiesOf({
  path: name,
  bytes,
  gzip,
  brotli,
}: PublishedFile): readonly (readonly [string, Uint8Array])[] {
  return [
    ...(gzip === undefined ? [] : [[`${name}.gz`, gzip] as const]),
    ...(brotli === undefined ? [] : [[`${name}.br`, brotli] as const]),
    [name, bytes],
  ];
}

function goneCopies({ path: name, gzip, brotli }: PublishedFile): readonly string[] {
  return [...(gzip === undefined ? [`${name}.gz`] : []), ...(brotli === undefined ? [`${name}.br`] : [])];
}

async function replace(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  if (!SAFE_PATH.test(name)) throw new Error(`"${name}" is no path of a page`);
  const file = path.join(folder, name);
  const made = await mkdir(path.dirname(file), { recursive: true });
  for (let one = path.dirname(file); made !== undefined && one.startsWith(made); one = path.dirname(one))
    await chmod(one, FOLDER_MODE);
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}`,
  );
  try {
    await writeFile(temporary, bytes, { flag: 'wx' });
    await chmod(temporary, FILE_MODE);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function removeAll(folder: string, names: readonly string[], written: Set<string>): Promise<void> {
  for (const name of names.filter((one) => written.has(one))) {
    await rm(path.join(folder, name), { force: true });
    written.delete(name);
    await removeEmpty(folder, path.dirname(name));
  }
}

async function removeEmpty(folder: string, name: string): Promise<void> {
  if (name === '.') return;
  try {
    await rmdir(path.join(folder, name));
  } catch {
    return;
  }
  await removeEmpty(folder, path.dirname(name));
}

async function readList(folder: string): Promise<Set<string>> {
  try {
    const text = await readFile(path.join(folder, LIST_FILE), 'utf8');
    return new Set(text.split('\n').filter((name) => SAFE_PATH.test(name)));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Set();
    throw cause;
  }
}

async function writeList(folder: string, names: ReadonlySet<string>): Promise<void> {
  const temporary = path.join(folder, `${LIST_FILE}.new`);
  await writeFile(temporary, `${[...names].sort().join('\n')}\n`);
  await rename(temporary, path.join(folder, LIST_FILE));
}
