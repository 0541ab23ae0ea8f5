// Recordings: voicemail messages, greetings and the sounds of accounts, as they are kept on disk. They are encrypted
// there, and one whose writer has finished outlives kill -9 and power loss. Who they belong to is told by records
// (records.ts); a recording that none of them names is nobody's.

import type { G711Codec } from '../rtp/g711.ts';

/** 32 lower-case hex digits: unguessable, made by whoever begins the recording. */
export type RecordingId = string;

export interface Recorded {
  readonly codec: G711Codec;
  /** One byte per sample of 8000 Hz. */
  readonly samples: Uint8Array;
}

export interface RecordingWriter {
  append(samples: Uint8Array): void;
  /**
   * Resolves when all of it survives kill -9 and power loss. Rejects with a RingthroughError (STORE_FULL,
   * STORE_FAILED): then nothing is kept.
   */
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

export interface Recordings {
  create(id: RecordingId, codec: G711Codec): RecordingWriter;
  put(id: RecordingId, recorded: Recorded): Promise<void>;
  read(id: RecordingId): Promise<Recorded | undefined>;
  erase(id: RecordingId): Promise<void>;
  list(): Promise<readonly RecordingId[]>;
}
