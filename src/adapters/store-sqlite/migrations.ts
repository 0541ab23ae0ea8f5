// The database's history: each change of its shape, numbered, never altered once released. Kysely's migrator
// runs those that a database has not seen, all in one transaction, and keeps their names in the database.

import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { RingthroughError } from '../../base/errors.ts';
import { createIncidents } from './incidents.ts';
import { createUptime } from './uptime.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-accounts-bindings-ledger': { up: accountsBindingsLedger },
  '0002-trunk-servers': { up: createTrunkServers },
  '0003-doors': { up: createDoors },
  '0004-call-habits': { up: createCallHabits },
  '0005-voicemail-and-control': { up: createVoicemailAndControl },
  '0006-diverted-usage': { up: createDivertedUsage },
  '0007-rehearsals': { up: createRehearsals },
  '0008-series': { up: createSeries },
  '0009-uptime': { up: createUptime },
  '0010-incidents': { up: createIncidents },
};

/** Throws STORE_TOO_NEW where the database knows a migration that this program does not. */
export async function migrate(db: Kysely<unknown>, file: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
  const [unknown] = await unknownMigrations(db);
  if (unknown !== undefined) {
    const advice = 'install that version again, or restore the data folder from before it';
    throw new RingthroughError(
      'STORE_TOO_NEW',
      `${file} was written by a newer version (${unknown}); ${advice}`,
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function unknownMigrations(db: Kysely<unknown>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !(name in MIGRATIONS));
}

async function accountsBindingsLedger(db: Kysely<unknown>): Promise<void> {
  await createAccounts(db);
  await createBindings(db);
  await createLedger(db);
}

async function createTrunkServers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('trunk_servers')
    .addColumn('trunk', 'text', (column) => column.primaryKey())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('servers', 'text', (column) => column.notNull())
    .execute();
}

async function createDoors(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('door')
    .addColumn('port', 'integer', (column) => column.primaryKey())
    .addColumn('door', 'text', (column) => column.notNull())
    .execute();
}

/** Without a reference to its account: a call may end when the account is gone, and is written with this at once. */
async function createCallHabits(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('call_habits')
    .addColumn('account', 'text', (column) => column.primaryKey())
    .addColumn('habits', 'text', (column) => column.notNull())
    .execute();
}

/** As for habits. */
async function createDivertedUsage(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('diverted_usage')
    .addColumn('account', 'text', (column) => column.primaryKey())
    .addColumn('usage', 'text', (column) => column.notNull())
    .execute();
}

/**
 * What PINs and codes belong to is one encrypted column of its account. Messages have no reference to theirs: a call
 * may end, and leave its message, when the account is gone.
 */
async function createVoicemailAndControl(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('account').addColumn('telephone', 'blob').execute();
  for (const column of ['menus', 'sounds', 'contacts', 'language']) {
    await db.schema.alterTable('account').addColumn(column, 'text').execute();
  }
  await db.schema.alterTable('number').addColumn('forwards', 'text').execute();
  await db.schema
    .createTable('message')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('mailbox', 'text', (column) => column.notNull())
    .addColumn('at', 'real', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('notice')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('due_at', 'real', (column) => column.notNull())
    .addColumn('notice', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'real', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('message_of_mailbox').on('message').columns(['account', 'mailbox']).execute();
  await db.schema.createIndex('audit_by_time').on('audit').columns(['at', 'id']).execute();
  await db.schema.createIndex('audit_by_account').on('audit').columns(['account', 'at', 'id']).execute();
}

async function createRehearsals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rehearsal')
    .addColumn('number', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('rehearsal', 'text', (column) => column.notNull())
    .execute();
}

async function createSeries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('series')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .execute();
  await db.schema
    .createTable('sample')
    .addColumn('step_ms', 'integer', (column) => column.notNull())
    .addColumn('series', 'integer', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addColumn('sum', 'real', (column) => column.notNull())
    .addColumn('min', 'real', (column) => column.notNull())
    .addColumn('max', 'real', (column) => column.notNull())
    .addPrimaryKeyConstraint('sample_key', ['step_ms', 'series', 'at'])
    .modifyEnd(sql`without rowid`)
    .execute();
}

async function createAccounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('setting')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'blob', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('account')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('hours', 'text', (column) => column.notNull())
    .addColumn('limits', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('phone')
    .addColumn('user', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.name').onDelete('cascade'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('display_name', 'text')
    .addColumn('caller_id', 'text')
    .addColumn('realm', 'text', (column) => column.notNull())
    .addColumn('secret', 'blob', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('number')
    .addColumn('number', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.name').onDelete('cascade'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('plan', 'text', (column) => column.notNull())
    .addColumn('divert', 'text')
    .execute();
  await db.schema.createIndex('phone_of_account').on('phone').columns(['account', 'position']).execute();
  await db.schema.createIndex('number_of_account').on('number').columns(['account', 'position']).execute();
}

async function createBindings(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('binding')
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('binding', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('binding_key', ['user', 'position'])
    .execute();
}

/** Its pages are asked for newest first, of all, of one number or of one account. */
async function createLedger(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('ledger')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('called', 'text', (column) => column.notNull())
    .addColumn('caller', 'text', (column) => column.notNull())
    .addColumn('started_at', 'real', (column) => column.notNull())
    .addColumn('answered_at', 'real')
    .addColumn('ended_at', 'real')
    .addColumn('outcome', 'text')
    .addColumn('answered_by', 'text')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('status', 'integer')
    .addColumn('timeline', 'text', (column) => column.notNull())
    .addColumn('legs', 'text', (column) => column.notNull())
    .execute();
  const index = (name: string) => db.schema.createIndex(name).on('ledger');
  await index('ledger_by_time').columns(['started_at', 'id']).execute();
  await index('ledger_by_called').columns(['called', 'started_at', 'id']).execute();
  await index('ledger_by_account').columns(['account', 'started_at', 'id']).execute();
  await index('ledger_unfinished').column('id').where(sql.ref('outcome'), 'is', null).execute();
}
