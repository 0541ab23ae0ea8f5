// One write of a batch as SQL. Each statement touches one row, so that there are few of them and each is
// prepared once. An expected failure throws a RingthroughError, and the batch is undone by its savepoint.

import type { Kysely } from 'kysely';
import { assertNever } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import type {
  Account,
  AuditEntry,
  Binding,
  CallHabits,
  DivertedUsage,
  Door,
  LedgerEntry,
  Notice,
  PlanRehearsal,
  TrunkServers,
  VoicemailMessage,
} from '../../ports/records.ts';
import type { StoreWrite } from '../../ports/store.ts';
import { prunePeriods, putIncident, putMaintenance } from './incidents.ts';
import type { Secrets } from './secrets.ts';
import { pruneSamples, putSamples } from './series.ts';
import {
  accountRow,
  auditRow,
  jsonColumn,
  ledgerRow,
  messageRow,
  noticeRow,
  numberRow,
  phoneRow,
  type Tables,
  trunkServersRow,
} from './tables.ts';
import { pruneComponentDays, putComponentDay, putComponentState } from './uptime.ts';

export function applyWrite(db: Kysely<Tables>, secrets: Secrets, write: StoreWrite): Promise<void> {
  switch (write.type) {
    case 'account':
      return putAccount(db, secrets, write.account);
    case 'account-removed':
      return removeAccount(db, write.name);
    case 'divert':
      return changeNumber(db, write.number, { divert: jsonColumn(write.divert) });
    case 'forwards':
      return changeNumber(db, write.number, { forwards: jsonColumn(write.forwards) });
    case 'bindings':
      return putBindings(db, write.user, write.bindings);
    case 'trunk-servers':
      return putTrunkServers(db, write.known);
    case 'door':
      return putDoor(db, write.door);
    case 'habits':
      return putHabits(db, write.habits);
    case 'usage':
      return putUsage(db, write.usage);
    case 'ledger':
      return putLedgerEntry(db, write.entry);
    case 'message':
      return putMessage(db, write.message);
    case 'message-removed':
      return removeById(db, 'message', write.id);
    case 'notice':
      return putNotice(db, write.notice);
    case 'notice-removed':
      return removeById(db, 'notice', write.id);
    case 'rehearsal':
      return putRehearsal(db, write.rehearsal);
    case 'audit':
      return putAuditEntry(db, write.entry);
    case 'samples':
      return putSamples(db, write.resolution, write.samples);
    case 'samples-pruned':
      return pruneSamples(db, write.resolution, write.before);
    case 'component-day':
      return putComponentDay(db, write.row);
    case 'component-state':
      return putComponentState(db, write.row);
    case 'component-days-pruned':
      return pruneComponentDays(db, write.before);
    case 'incident':
      return putIncident(db, write.incident);
    case 'incidents-pruned':
      return prunePeriods(db, 'incident', write.kept);
    case 'maintenance':
      return putMaintenance(db, write.maintenance);
    case 'maintenance-pruned':
      return prunePeriods(db, 'maintenance', write.kept);
    default:
      return assertNever(write);
  }
}

async function putAccount(db: Kysely<Tables>, secrets: Secrets, account: Account): Promise<void> {
  const row = accountRow(account, secrets);
  await db
    .insertInto('account')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
  await removeOtherMessages(db, account);
  await removeOtherPhones(db, account);
  for (const [position, phone] of account.phones.entries()) {
    const values = phoneRow(phone, account.name, position, secrets);
    const [done] = await db
      .insertInto('phone')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('user').doUpdateSet(values).where('phone.account', '=', account.name),
      )
      .execute();
    if (done?.numInsertedOrUpdatedRows === 0n) throw taken(`phone ${phone.user}`);
  }
  await removeOtherNumbers(db, account);
  for (const [position, number] of account.numbers.entries()) {
    const values = numberRow(number, account.name, position);
    const [done] = await db
      .insertInto('number')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('number').doUpdateSet(values).where('number.account', '=', account.name),
      )
      .execute();
    if (done?.numInsertedOrUpdatedRows === 0n) throw taken(`number ${number.number}`);
  }
}

function taken(what: string): RingthroughError {
  return new RingthroughError('CONFLICT', `${what} belongs to another account`);
}

/** A phone that is gone takes its bindings with it. */
async function removeOtherPhones(
  db: Kysely<Tables>,
  account: Pick<Account, 'name' | 'phones'>,
): Promise<void> {
  const kept = new Set(account.phones.map(({ user }) => user));
  const stored = await db.selectFrom('phone').select('user').where('account', '=', account.name).execute();
  for (const { user } of stored) {
    if (kept.has(user)) continue;
    await db.deleteFrom('phone').where('user', '=', user).execute();
    await db.deleteFrom('binding').where('user', '=', user).execute();
  }
}

/** A mailbox that is gone takes its messages with it. */
async function removeOtherMessages(
  db: Kysely<Tables>,
  { name, mailboxes = [] }: Pick<Account, 'name' | 'mailboxes'>,
): Promise<void> {
  const kept = new Set(mailboxes.map((mailbox) => mailbox.name));
  const stored = await db
    .selectFrom('message')
    .select('mailbox')
    .distinct()
    .where('account', '=', name)
    .execute();
  for (const { mailbox } of stored) {
    if (kept.has(mailbox)) continue;
    await db.deleteFrom('message').where('account', '=', name).where('mailbox', '=', mailbox).execute();
  }
}

async function removeOtherNumbers(
  db: Kysely<Tables>,
  account: Pick<Account, 'name' | 'numbers'>,
): Promise<void> {
  const kept = new Set(account.numbers.map(({ number }) => number));
  const stored = await db.selectFrom('number').select('number').where('account', '=', account.name).execute();
  for (const { number } of stored) {
    if (kept.has(number)) continue;
    await db.deleteFrom('number').where('number', '=', number).execute();
    await db.deleteFrom('rehearsal').where('number', '=', number).execute();
  }
}

async function removeAccount(db: Kysely<Tables>, name: string): Promise<void> {
  await removeOtherPhones(db, { name, phones: [] });
  await removeOtherMessages(db, { name });
  await removeOtherNumbers(db, { name, numbers: [] });
  await db.deleteFrom('call_habits').where('account', '=', name).execute();
  await db.deleteFrom('diverted_usage').where('account', '=', name).execute();
  await db.deleteFrom('account').where('name', '=', name).execute();
}

async function changeNumber(
  db: Kysely<Tables>,
  number: string,
  change: Partial<Pick<Tables['number'], 'divert' | 'forwards'>>,
): Promise<void> {
  const [done] = await db.updateTable('number').set(change).where('number', '=', number).execute();
  if (done?.numUpdatedRows === 0n) throw new RingthroughError('NOT_FOUND', `there is no number ${number}`);
}

async function putBindings(db: Kysely<Tables>, user: string, bindings: readonly Binding[]): Promise<void> {
  await db.deleteFrom('binding').where('user', '=', user).execute();
  for (const [position, binding] of bindings.entries()) {
    await db
      .insertInto('binding')
      .values({ user, position, binding: JSON.stringify(binding) })
      .execute();
  }
}

async function putTrunkServers(db: Kysely<Tables>, known: TrunkServers): Promise<void> {
  if (known.servers.length === 0) {
    await db.deleteFrom('trunk_servers').where('trunk', '=', known.trunk).execute();
    return;
  }
  const row = trunkServersRow(known);
  await db
    .insertInto('trunk_servers')
    .values(row)
    .onConflict((conflict) => conflict.column('trunk').doUpdateSet(row))
    .execute();
}

async function putHabits(db: Kysely<Tables>, habits: CallHabits): Promise<void> {
  const row = { account: habits.account, habits: JSON.stringify(habits) };
  await db
    .insertInto('call_habits')
    .values(row)
    .onConflict((conflict) => conflict.column('account').doUpdateSet(row))
    .execute();
}

async function putUsage(db: Kysely<Tables>, usage: DivertedUsage): Promise<void> {
  const row = { account: usage.account, usage: JSON.stringify(usage) };
  await db
    .insertInto('diverted_usage')
    .values(row)
    .onConflict((conflict) => conflict.column('account').doUpdateSet(row))
    .execute();
}

async function putDoor(db: Kysely<Tables>, door: Door): Promise<void> {
  const row = { port: door.port, door: JSON.stringify(door) };
  await db
    .insertInto('door')
    .values(row)
    .onConflict((conflict) => conflict.column('port').doUpdateSet(row))
    .execute();
}

async function putLedgerEntry(db: Kysely<Tables>, entry: LedgerEntry): Promise<void> {
  const row = ledgerRow(entry);
  await db
    .insertInto('ledger')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

async function putMessage(db: Kysely<Tables>, message: VoicemailMessage): Promise<void> {
  const row = messageRow(message);
  await db
    .insertInto('message')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

async function putNotice(db: Kysely<Tables>, notice: Notice): Promise<void> {
  const row = noticeRow(notice);
  await db
    .insertInto('notice')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

async function putAuditEntry(db: Kysely<Tables>, entry: AuditEntry): Promise<void> {
  const row = auditRow(entry);
  await db
    .insertInto('audit')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** It may end when its number is gone. */
async function putRehearsal(db: Kysely<Tables>, rehearsal: PlanRehearsal): Promise<void> {
  const { number, account } = rehearsal;
  const owner = db.selectFrom('number').select('number').where('number', '=', number);
  if ((await owner.where('account', '=', account).executeTakeFirst()) === undefined) return;
  const row = { number, account, rehearsal: JSON.stringify(rehearsal) };
  await db
    .insertInto('rehearsal')
    .values(row)
    .onConflict((conflict) => conflict.column('number').doUpdateSet(row))
    .execute();
}

async function removeById(db: Kysely<Tables>, table: 'message' | 'notice', id: string): Promise<void> {
  await db.deleteFrom(table).where('id', '=', id).execute();
}
