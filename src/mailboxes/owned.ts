// Which recordings belong to somebody: a recording that no row names is nobody's, and is erased. The row always goes
// before its file, and comes after it: so a crash leaves at most a file without a row, never a row without its file.
//
//   new:   file ─ durable ─▶ row            a crash in between: an orphan, erased at the next start
//   gone:  row gone ─ durable ─▶ file       a crash in between: the same

import type { RecordingId } from '../ports/recordings.ts';
import type { Account, Notice, VoicemailMessage } from '../ports/records.ts';

/** All rows that can name a recording. */
export interface Rows {
  readonly accounts: readonly Account[];
  readonly messages: readonly VoicemailMessage[];
  readonly notices: readonly Notice[];
}

/** Greetings and sounds of an account. */
export function recordingsOf({ mailboxes = [], sounds = [] }: Account): readonly RecordingId[] {
  const greetings = mailboxes.flatMap(({ greeting }) => greeting ?? []);
  return [...greetings, ...sounds.map(({ recording }) => recording)];
}

/** Those that the accounts as they were have named, and as they are do not name any more. */
export function letGo(
  before: readonly (Account | undefined)[],
  after: readonly (Account | undefined)[],
): readonly RecordingId[] {
  const of = (accounts: typeof before) =>
    accounts.flatMap((account) => (account === undefined ? [] : recordingsOf(account)));
  const kept = new Set(of(after));
  return of(before).filter((recording) => !kept.has(recording));
}

/** Those that no row names. */
export function orphansAmong(
  recordings: readonly RecordingId[],
  { accounts, messages, notices }: Rows,
): readonly RecordingId[] {
  const named = new Set([
    ...accounts.flatMap(recordingsOf),
    ...messages.map(({ recording }) => recording),
    ...notices.flatMap(({ recording }) => recording ?? []),
  ]);
  return recordings.filter((recording) => !named.has(recording));
}
