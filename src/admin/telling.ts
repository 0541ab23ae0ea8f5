// Everyone is told: whatever writes a row of an account's audit writes, in the same batch, a notice for each of its
// contacts. Contacts of before the change are told too, so that nobody is taken off the list in silence.

import { changeNotices } from '../notices/compose.ts';
import type { Account, AuditEntry, Contact, NumberRecord } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import { describeDiverts } from '../routing/selfcare.ts';

/** `before` and `after`: the account by its name, `undefined` where there is none. A new account has nobody to tell. */
export function tellingWrites(
  writes: readonly StoreWrite[],
  before: (name: string) => Account | undefined,
  after: (name: string) => Account | undefined,
): readonly StoreWrite[] {
  const entries = writes.flatMap((write) => (write.type === 'audit' ? [write.entry] : []));
  const byAccount = Map.groupBy(entries, ({ account }) => account);
  return [...byAccount].flatMap(([name, changes]) => {
    const was = before(name);
    return was === undefined ? [] : told(was, after(name), changes);
  });
}

function told(was: Account, is: Account | undefined, changes: readonly AuditEntry[]): readonly StoreWrite[] {
  const [first] = changes;
  if (first === undefined) return [];
  const { at, who, how } = first;
  const contacts = [...(is?.contacts ?? []), ...(was.contacts ?? [])];
  const owner = { ...was, contacts: onlyOnce(contacts) };
  let count = 0;
  // The same batch written again makes the same rows.
  const newId = () => `${first.id}-${count++}`;
  const what = changes.map((change) => change.what);
  const notices = changeNotices(owner, { what, before: doneBefore(was, is, at), who, how }, { at, newId });
  return notices.map((notice) => ({ type: 'notice', notice }));
}

/** What numbers did whose divert or forwards are others now. */
function doneBefore(was: Account, is: Account | undefined, at: number): readonly string[] {
  return was.numbers.flatMap((record) => {
    const now = is?.numbers.find(({ number }) => number === record.number);
    if (now === undefined) return [];
    const [before, after] = [done(record, at), done(now, at)];
    return before === after ? [] : [before];
  });
}

function done(record: NumberRecord, at: number): string {
  return `${record.number} ${describeDiverts(record, at)}`;
}

function onlyOnce(contacts: readonly Contact[]): readonly Contact[] {
  const emails = new Set(contacts.flatMap(({ email }) => email ?? []));
  const texts = new Set(contacts.flatMap(({ sms }) => sms ?? []));
  return [...[...emails].map((email) => ({ email })), ...[...texts].map((sms) => ({ sms }))];
}
