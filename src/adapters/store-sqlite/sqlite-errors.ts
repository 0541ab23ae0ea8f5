// What SQLite's result codes mean to us (sqlite.org/rescode.html). node:sqlite throws errors with the extended
// code in `errcode`; its low byte is the primary code.

import { messageOf, RingthroughError } from '../../base/errors.ts';

export const SQLITE = {
  BUSY: 5,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  TOOBIG: 18,
  CONSTRAINT: 19,
  MISMATCH: 20,
  RANGE: 25,
  NOTADB: 26,
  /** The shared-memory file of the WAL could not grow. */
  IOERR_SHMSIZE: 4_874,
} as const;

/** The primary result code, or `undefined` where it was not SQLite that threw. */
export function sqliteCode(cause: unknown): number | undefined {
  const extended = extendedCode(cause);
  return extended === undefined ? undefined : extended & 0xff;
}

/** What a failed write or read is to a person. `file` is the database. */
export function storeError(cause: unknown, file: string): RingthroughError {
  if (cause instanceof RingthroughError) return cause;
  if (sqliteCode(cause) === SQLITE.FULL || extendedCode(cause) === SQLITE.IOERR_SHMSIZE) {
    return new RingthroughError(
      'STORE_FULL',
      `the disk of ${file} is full; nothing was written. Free some space`,
      {
        cause,
      },
    );
  }
  const reason = messageOf(cause);
  return new RingthroughError('STORE_FAILED', `${file} ${explain(sqliteCode(cause))} (${reason})`, { cause });
}

const ABOUT_DATA: readonly number[] = [SQLITE.TOOBIG, SQLITE.CONSTRAINT, SQLITE.MISMATCH, SQLITE.RANGE];

/** True where the fault lies with what was written, and the transaction around it is sound. */
export function isAboutData(cause: unknown): boolean {
  const code = sqliteCode(cause);
  return code === undefined || ABOUT_DATA.includes(code);
}

function explain(code: number | undefined): string {
  switch (code) {
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return 'is damaged; restore it from the backup, or move it away and provision again';
    case SQLITE.IOERR:
      return 'could not be read or written; look after its disk';
    default:
      return 'failed';
  }
}

function extendedCode(cause: unknown): number | undefined {
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number'
    ? cause.errcode
    : undefined;
}
