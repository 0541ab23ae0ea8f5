// The node's data folder: made where it is missing, held by one node at a time, and home of the node's key.
//
//   data/node.lock        SQLite's exclusive lock on an empty file: the kernel lets go of it when the process
//                         dies, however it dies, so no stale lock can keep a node from starting
//   data/node.key         32 random bytes, mode 0600: whoever has them can read the phones' secrets
//   data/ringthrough.db   the database (database.ts)

import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, RingthroughError } from '../../base/errors.ts';
import { makeFolders } from '../../base/folders.ts';
import { SQLITE, sqliteCode } from './sqlite-errors.ts';

export const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

export interface DataFolder {
  readonly path: string;
  readonly databaseFile: string;
  /** Encrypts the phones' secrets. Other keys of the node may be derived from it. */
  readonly key: Uint8Array;
  /** Lets another node have the folder. Closed after the store in it. */
  close(): void;
}

/**
 * Takes the folder for this process. Throws DATA_FOLDER where it cannot be used, DATA_IN_USE where another
 * node has it, KEY_INVALID where its key is damaged, or missing although there is data encrypted with it.
 */
export function openDataFolder(path: string): DataFolder {
  try {
    makeFolders(path, (folder) => fs.mkdirSync(folder, { mode: 0o700 }));
    fs.accessSync(join(path, '/'), fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  } catch (cause) {
    throw unusable(path, cause);
  }
  const lock = takeLock(path);
  try {
    const databaseFile = join(path, 'ringthrough.db');
    const key = readKey(join(path, 'node.key'), databaseFile) ?? makeKey(path);
    createPrivately(databaseFile);
    return { path, databaseFile, key, close: () => lock.close() };
  } catch (cause) {
    lock.close();
    throw cause instanceof RingthroughError ? cause : unusable(path, cause);
  }
}

function takeLock(path: string): DatabaseSync {
  const file = join(path, 'node.lock');
  let lock: DatabaseSync | undefined;
  try {
    createPrivately(file);
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock?.close();
    if (sqliteCode(cause) !== SQLITE.BUSY) throw unusable(path, cause);
    const advice = 'stop that one, or give this one a folder of its own with node.data';
    throw new RingthroughError(
      'DATA_IN_USE',
      `the data folder ${path} is in use by another node; ${advice}`,
      { cause },
    );
  }
}

/** The key, or `undefined` at the first start. */
function readKey(file: string, databaseFile: string): Uint8Array | undefined {
  if (!fs.existsSync(file)) {
    if (!fs.existsSync(databaseFile)) return undefined;
    throw keyInvalid(
      file,
      `is missing, and without it the phones' secrets in ${databaseFile} cannot be read`,
    );
  }
  const key = fs.readFileSync(file);
  if (key.length !== KEY_BYTES) throw keyInvalid(file, `has ${key.length} bytes instead of ${KEY_BYTES}`);
  if ((fs.statSync(file).mode & 0o077) !== 0) fs.chmodSync(file, OWNER_ONLY);
  return key;
}

export function keyInvalid(file: string, what: string): RingthroughError {
  const advice = 'restore it from the backup, or move the data folder away and provision again';
  return new RingthroughError('KEY_INVALID', `${file} ${what}; ${advice}`);
}

/** Written beside and renamed, so that a crash leaves either no key or a whole one. */
function makeKey(folder: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  const unfinished = join(folder, 'node.key.new');
  fs.writeFileSync(unfinished, key, { mode: OWNER_ONLY, flush: true });
  fs.renameSync(unfinished, join(folder, 'node.key'));
  const directory = fs.openSync(folder, 'r');
  fs.fsyncSync(directory);
  fs.closeSync(directory);
  return key;
}

/** SQLite gives its own files (-wal, -shm) the mode of the database. */
function createPrivately(file: string): void {
  fs.closeSync(fs.openSync(file, 'a', OWNER_ONLY));
  fs.chmodSync(file, OWNER_ONLY);
}

function unusable(path: string, cause: unknown): RingthroughError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = messageOf(cause);
  const advice = 'give another with node.data, or make it writable for this user';
  return new RingthroughError('DATA_FOLDER', `the data folder ${path} ${explain(code, reason)}; ${advice}`, {
    cause,
  });
}

function explain(code: string, reason: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'may not be written by this user';
    case 'EROFS':
      return 'is on a read-only file system';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'is not a folder';
    case 'ENOSPC':
      return 'is on a full disk';
    default:
      return `cannot be used (${reason})`;
  }
}
