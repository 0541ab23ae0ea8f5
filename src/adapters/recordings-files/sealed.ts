// How a recording stands in its file: AES-256-GCM in chunks, after the STREAM construction (Hoang et al., 2015), so
// that it is written as it comes and a chunk that was changed, moved, left out or cut off is found.
//
//   | RTR1 | law 1 B | prefix 7 B |  then for each 8 KiB of samples:  | encrypted | tag 16 B |
//
//   nonce = prefix | number of the chunk 4 B | 1 for the last chunk, else 0
//   also authenticated: the head and the id, so that a file under another name does not open

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { err, ok, type Result } from '../../base/result.ts';
import type { Recorded, RecordingId } from '../../ports/recordings.ts';
import type { G711Codec } from '../../rtp/g711.ts';

const CIPHER = 'aes-256-gcm';
const MAGIC = 'RTR1';
const PREFIX_BYTES = 7;
const HEAD_BYTES = MAGIC.length + 1 + PREFIX_BYTES;
const TAG_BYTES = 16;
export const CHUNK_BYTES = 8_192;

const LAWS: readonly G711Codec[] = ['PCMU', 'PCMA'];

/** A key of its own, so that nothing sealed for another purpose opens with it. */
export function recordingKey(nodeKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', nodeKey, '', 'ringthrough recordings 1', 32));
}

/** Seals one recording, chunk after chunk. */
export class Sealing {
  readonly head: Buffer;
  readonly #key: Uint8Array;
  readonly #bound: Buffer;
  #chunks = 0;

  constructor(key: Uint8Array, id: RecordingId, codec: G711Codec) {
    this.#key = key;
    this.head = Buffer.concat([
      Buffer.from(MAGIC),
      Uint8Array.of(LAWS.indexOf(codec)),
      randomBytes(PREFIX_BYTES),
    ]);
    this.#bound = boundTo(this.head, id);
  }

  /** Every chunk but the last has CHUNK_BYTES. */
  chunk(samples: Uint8Array, isLast: boolean): Buffer {
    const nonce = nonceOf(this.head, this.#chunks++, isLast);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(this.#bound);
    return Buffer.concat([cipher.update(samples), cipher.final(), cipher.getAuthTag()]);
  }
}

/** The recording, or why it does not open. */
export function open(key: Uint8Array, id: RecordingId, file: Buffer): Result<Recorded, string> {
  const head = file.subarray(0, HEAD_BYTES);
  const codec = LAWS[head[MAGIC.length] ?? LAWS.length];
  if (head.length < HEAD_BYTES || head.toString('latin1', 0, MAGIC.length) !== MAGIC || codec === undefined)
    return err('is no recording');
  const bound = boundTo(head, id);
  const parts: Buffer[] = [];
  const step = CHUNK_BYTES + TAG_BYTES;
  for (let at = HEAD_BYTES, number = 0; ; at += step, number++) {
    const sealed = file.subarray(at, at + step);
    const isLast = at + step >= file.length;
    if (sealed.length < TAG_BYTES) return err('is cut off');
    try {
      const nonce = nonceOf(head, number, isLast);
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(bound).setAuthTag(sealed.subarray(-TAG_BYTES));
      parts.push(decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final());
    } catch {
      return err('is damaged, cut off, or of another node');
    }
    if (isLast) return ok({ codec, samples: Buffer.concat(parts) });
  }
}

function nonceOf(head: Buffer, number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  head.copy(nonce, 0, MAGIC.length + 1, HEAD_BYTES);
  nonce.writeUInt32BE(number, PREFIX_BYTES);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function boundTo(head: Buffer, id: RecordingId): Buffer {
  return Buffer.concat([head, Buffer.from(id)]);
}
