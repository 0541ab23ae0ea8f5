// Recordings as files of the data folder, sealed (sealed.ts). A file has its name only once all of it is on disk: it is
// written under another name, synced, and renamed, and the folder is synced after that.
//
//   data/recordings/4f…e1          one recording
//   data/recordings/4f…e1.part     being written, or left by a crash: removed at the next start

import {
  type FileHandle,
  mkdir,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { join } from 'node:path';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Log } from '../../ports/log.ts';
import type { Recorded, RecordingId, Recordings, RecordingWriter } from '../../ports/recordings.ts';
import type { G711Codec } from '../../rtp/g711.ts';
import { CHUNK_BYTES, open, recordingKey, Sealing } from './sealed.ts';

const UNFINISHED = '.part';
const ID = /^[0-9a-f]{32}$/;
const OWNER_ONLY = 0o600;

/** Makes the folder where it is missing. Throws STORE_FAILED where it cannot be used. `key` is the node's. */
export async function openRecordings(
  dataFolder: string,
  key: Uint8Array,
  log: Log,
  bytesMax: number = LIMITS.recordingsBytesMax,
): Promise<Recordings> {
  const folder = join(dataFolder, 'recordings');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let bytes = 0;
    for (const name of await readdir(folder)) {
      if (name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
      else bytes += (await stat(join(folder, name))).size;
    }
    return new FileRecordings(folder, recordingKey(key), log, { bytes, bytesMax });
  } catch (cause) {
    throw failure(cause, `the recordings in ${folder} cannot be used`);
  }
}

/** What all recordings take on disk, and may. */
interface Room {
  bytes: number;
  readonly bytesMax: number;
}

class FileRecordings implements Recordings {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #log: Log;
  readonly #room: Room;

  constructor(folder: string, key: Uint8Array, log: Log, room: Room) {
    this.#folder = folder;
    this.#key = key;
    this.#log = log;
    this.#room = room;
  }

  create(id: RecordingId, codec: G711Codec): RecordingWriter {
    return new FileWriter(this.#folder, id, new Sealing(this.#key, id, codec), this.#room);
  }

  async put(id: RecordingId, { codec, samples }: Recorded): Promise<void> {
    const writer = this.create(id, codec);
    writer.append(samples);
    await writer.finish();
  }

  async read(id: RecordingId): Promise<Recorded | undefined> {
    if (!ID.test(id)) return undefined;
    try {
      const opened = open(this.#key, id, await readFile(join(this.#folder, id)));
      if (opened.ok) return opened.value;
      this.#log.error('a recording cannot be read', { recording: id, reason: opened.error });
      return undefined;
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw failure(cause, `recording ${id} cannot be read`);
    }
  }

  async erase(id: RecordingId): Promise<void> {
    if (!ID.test(id)) return;
    const file = join(this.#folder, id);
    try {
      const { size } = await stat(file);
      await rm(file, { force: true });
      this.#room.bytes = Math.max(0, this.#room.bytes - size);
    } catch (cause) {
      if (!isMissing(cause)) throw failure(cause, `recording ${id} cannot be erased`);
    }
  }

  async list(): Promise<readonly RecordingId[]> {
    return (await readdir(this.#folder)).filter((name) => ID.test(name));
  }
}

class FileWriter implements RecordingWriter {
  readonly #folder: string;
  readonly #id: RecordingId;
  readonly #sealing: Sealing;
  readonly #room: Room;
  #file: FileHandle | undefined;
  /** What is written is written one after another; the first failure is the recording's. */
  #written: Promise<void>;
  #failed: unknown;
  /** What is not sealed yet: kept in one place, because a packet in a buffer of its own is work for the collector. */
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #chunkBytes = 0;
  #bytes = 0;

  constructor(folder: string, id: RecordingId, sealing: Sealing, room: Room) {
    this.#folder = folder;
    this.#id = id;
    this.#sealing = sealing;
    this.#room = room;
    this.#written = this.#begin();
  }

  append(samples: Uint8Array): void {
    for (let taken = 0; taken < samples.length; ) {
      // The last chunk is sealed as the last: so a full one waits until more comes.
      if (this.#chunkBytes === CHUNK_BYTES) this.#seal(false);
      const part = samples.subarray(taken, taken + CHUNK_BYTES - this.#chunkBytes);
      this.#chunk.set(part, this.#chunkBytes);
      this.#chunkBytes += part.length;
      taken += part.length;
    }
  }

  async finish(): Promise<void> {
    this.#seal(true);
    try {
      await this.#written;
      if (this.#failed !== undefined) throw this.#failed;
      await this.#file?.sync();
      await this.#file?.close();
      this.#file = undefined;
      const file = join(this.#folder, this.#id);
      await rename(`${file}${UNFINISHED}`, file);
      await syncFolder(this.#folder);
    } catch (cause) {
      await this.abandon();
      throw failure(cause, 'a recording cannot be written');
    }
  }

  async abandon(): Promise<void> {
    this.#failed ??= new Error('abandoned');
    await this.#written;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    await rm(join(this.#folder, `${this.#id}${UNFINISHED}`), { force: true }).catch(() => undefined);
    this.#room.bytes = Math.max(0, this.#room.bytes - this.#bytes);
    this.#bytes = 0;
  }

  async #begin(): Promise<void> {
    try {
      this.#file = await openFile(join(this.#folder, `${this.#id}${UNFINISHED}`), 'wx', OWNER_ONLY);
      await this.#put(this.#sealing.head);
    } catch (cause) {
      this.#failed ??= cause;
    }
  }

  #seal(isLast: boolean): void {
    this.#write(this.#sealing.chunk(this.#chunk.subarray(0, this.#chunkBytes), isLast));
    this.#chunkBytes = 0;
  }

  #write(bytes: Uint8Array): void {
    this.#written = this.#written.then(async () => {
      try {
        await this.#put(bytes);
      } catch (cause) {
        this.#failed ??= cause;
      }
    });
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.#failed !== undefined) return;
    if (this.#room.bytes + bytes.length > this.#room.bytesMax) {
      throw new RingthroughError(
        'STORE_FULL',
        `the recordings take their ${this.#room.bytesMax} bytes already`,
      );
    }
    this.#room.bytes += bytes.length;
    this.#bytes += bytes.length;
    await this.#file?.appendFile(bytes);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function failure(cause: unknown, what: string): RingthroughError {
  if (cause instanceof RingthroughError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new RingthroughError(isFull ? 'STORE_FULL' : 'STORE_FAILED', `${what}: ${String(cause)}`, { cause });
}
