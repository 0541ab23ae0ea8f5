// The database itself: one connection, used by one thread (worker.ts), one request at a time.
//
// WAL with synchronous=FULL: a transaction is on the disk when its commit returns, and readers are never in its
// way. Several batches share one transaction, each under a savepoint, so that one fsync acknowledges them all
// and a batch that does not fit (a conflict) is alone in being undone.

import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { present } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import type { Incident, Maintenance } from '../../ports/incidents.ts';
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
import type { SeriesQuery, SeriesSample } from '../../ports/series.ts';
import type {
  AuditPage,
  AuditQuery,
  LedgerPage,
  LedgerQuery,
  PeriodsQuery,
  StoreWrite,
} from '../../ports/store.ts';
import type { ComponentDay, ComponentDaysQuery, ComponentState } from '../../ports/uptime.ts';
import { keyInvalid } from './data-folder.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { readIncident, readIncidents, readMaintenance, readOneMaintenance } from './incidents.ts';
import { migrate } from './migrations.ts';
import { Secrets } from './secrets.ts';
import { readSamples, readSeriesNames } from './series.ts';
import { isAboutData, storeError } from './sqlite-errors.ts';
import { accountOf, ledgerEntryOf, type Tables, trunkServersOf } from './tables.ts';
import { readComponentDays, readComponentStates } from './uptime.ts';
import { applyWrite } from './writes.ts';

export interface DatabaseOptions {
  readonly file: string;
  readonly key: Uint8Array;
  /** The database's size, log excepted. More: STORE_FULL. */
  readonly bytesMax: number;
}

/** What became of one batch of a group. */
export type BatchOutcome = RingthroughError | undefined;

export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #db: Kysely<Tables>;
  readonly #file: string;
  readonly #secrets: Secrets;

  private constructor(sqlite: DatabaseSync, db: Kysely<Tables>, options: DatabaseOptions) {
    this.#sqlite = sqlite;
    this.#db = db;
    this.#file = options.file;
    this.#secrets = new Secrets(options.key);
  }

  /** Throws STORE_TOO_NEW, KEY_INVALID, STORE_FULL, STORE_FAILED. */
  static async open(options: DatabaseOptions): Promise<Database> {
    let sqlite: DatabaseSync | undefined;
    try {
      sqlite = new DatabaseSync(options.file, { timeout: 2_000 });
      sqlite.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
        PRAGMA trusted_schema = OFF;
        PRAGMA temp_store = MEMORY;
        PRAGMA journal_size_limit = ${LOG_BYTES_KEPT};
      `);
      limitSize(sqlite, options.bytesMax);
      const dialect = new NodeSqliteDialect(sqlite);
      await migrate(new Kysely<unknown>({ dialect }), options.file);
      const database = new Database(sqlite, new Kysely<Tables>({ dialect }), options);
      await database.#checkKey();
      return database;
    } catch (cause) {
      sqlite?.close();
      throw storeError(cause, options.file);
    }
  }

  /** Commits the batches together. Throws where none of them was written. */
  async write(batches: readonly (readonly StoreWrite[])[]): Promise<readonly BatchOutcome[]> {
    const outcomes: BatchOutcome[] = [];
    try {
      this.#sqlite.exec('BEGIN IMMEDIATE');
      for (const batch of batches) outcomes.push(await this.#writeBatch(batch));
      this.#sqlite.exec('COMMIT');
      return outcomes;
    } catch (cause) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      throw storeError(cause, this.#file);
    }
  }

  async #writeBatch(batch: readonly StoreWrite[]): Promise<BatchOutcome> {
    this.#sqlite.exec('SAVEPOINT batch');
    try {
      for (const write of batch) await applyWrite(this.#db, this.#secrets, write);
      this.#sqlite.exec('RELEASE batch');
      return undefined;
    } catch (cause) {
      if (!isAboutData(cause)) throw cause;
      this.#sqlite.exec('ROLLBACK TO batch; RELEASE batch');
      return storeError(cause, this.#file);
    }
  }

  accounts(): Promise<readonly Account[]> {
    return this.#read(async () => {
      const accounts = await this.#db.selectFrom('account').selectAll().orderBy('name').execute();
      const phones = await this.#db
        .selectFrom('phone')
        .selectAll()
        .orderBy('account')
        .orderBy('position')
        .execute();
      const numbers = await this.#db
        .selectFrom('number')
        .selectAll()
        .orderBy('account')
        .orderBy('position')
        .execute();
      const phonesOf = Map.groupBy(phones, ({ account }) => account);
      const numbersOf = Map.groupBy(numbers, ({ account }) => account);
      return accounts.map((row) =>
        accountOf(row, phonesOf.get(row.name) ?? [], numbersOf.get(row.name) ?? [], this.#secrets),
      );
    });
  }

  bindings(): Promise<readonly Binding[]> {
    return this.#read(async () => {
      const rows = await this.#db
        .selectFrom('binding')
        .select('binding')
        .orderBy('user')
        .orderBy('position')
        .execute();
      return rows.map(({ binding }) => JSON.parse(binding) as Binding);
    });
  }

  trunkServers(): Promise<readonly TrunkServers[]> {
    return this.#read(async () => {
      const rows = await this.#db.selectFrom('trunk_servers').selectAll().orderBy('trunk').execute();
      return rows.map(trunkServersOf);
    });
  }

  doors(): Promise<readonly Door[]> {
    return this.#read(async () => {
      const rows = await this.#db.selectFrom('door').select('door').orderBy('port').execute();
      return rows.map(({ door }) => JSON.parse(door) as Door);
    });
  }

  habits(): Promise<readonly CallHabits[]> {
    return this.#read(async () => {
      const rows = await this.#db.selectFrom('call_habits').select('habits').orderBy('account').execute();
      return rows.map(({ habits }) => JSON.parse(habits) as CallHabits);
    });
  }

  usages(): Promise<readonly DivertedUsage[]> {
    return this.#read(async () => {
      const rows = await this.#db.selectFrom('diverted_usage').select('usage').orderBy('account').execute();
      return rows.map(({ usage }) => JSON.parse(usage) as DivertedUsage);
    });
  }

  ledger(query: LedgerQuery): Promise<LedgerPage> {
    return this.#read(async () => {
      let select = this.#db.selectFrom('ledger').selectAll();
      if (query.called !== undefined) select = select.where('called', '=', query.called);
      if (query.account !== undefined) select = select.where('account', '=', query.account);
      if (query.outcome !== undefined) select = select.where('outcome', '=', query.outcome);
      if (query.since !== undefined) select = select.where('started_at', '>=', query.since);
      if (query.until !== undefined) select = select.where('started_at', '<', query.until);
      if (query.cursor !== undefined) {
        const [startedAt, id] = parseCursor(query.cursor);
        select = select.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('started_at', 'id'), '<', tuple(startedAt, id)),
        );
      }
      const rows = await select
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      const entries = rows.slice(0, query.limit).map(ledgerEntryOf);
      const last = entries.at(-1);
      return rows.length > query.limit && last !== undefined
        ? { entries, next: cursorAfter(last.startedAt, last.id) }
        : { entries };
    });
  }

  ledgerEntry(id: string): Promise<LedgerEntry | undefined> {
    return this.#read(async () => {
      const row = await this.#db.selectFrom('ledger').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : ledgerEntryOf(row);
    });
  }

  unfinished(): Promise<readonly LedgerEntry[]> {
    return this.#read(async () => {
      const rows = await this.#db.selectFrom('ledger').selectAll().where('outcome', 'is', null).execute();
      return rows.map(ledgerEntryOf);
    });
  }

  messages(): Promise<readonly VoicemailMessage[]> {
    return this.#read(async () => {
      const rows = await this.#db
        .selectFrom('message')
        .select('message')
        .orderBy('at')
        .orderBy('id')
        .execute();
      return rows.map(({ message }) => JSON.parse(message) as VoicemailMessage);
    });
  }

  notices(): Promise<readonly Notice[]> {
    return this.#read(async () => {
      const rows = await this.#db
        .selectFrom('notice')
        .select('notice')
        .orderBy('due_at')
        .orderBy('id')
        .execute();
      return rows.map(({ notice }) => JSON.parse(notice) as Notice);
    });
  }

  rehearsals(account: string | undefined): Promise<readonly PlanRehearsal[]> {
    return this.#read(async () => {
      let select = this.#db.selectFrom('rehearsal').select('rehearsal');
      if (account !== undefined) select = select.where('account', '=', account);
      const rows = await select.orderBy('number').execute();
      return rows.map(({ rehearsal }) => JSON.parse(rehearsal) as PlanRehearsal);
    });
  }

  audit(query: AuditQuery): Promise<AuditPage> {
    return this.#read(async () => {
      let select = this.#db.selectFrom('audit').select('entry');
      if (query.account !== undefined) select = select.where('account', '=', query.account);
      if (query.cursor !== undefined) {
        const [at, id] = parseCursor(query.cursor);
        select = select.where(({ eb, refTuple, tuple }) => eb(refTuple('at', 'id'), '<', tuple(at, id)));
      }
      const rows = await select
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      const entries = rows.slice(0, query.limit).map(({ entry }) => JSON.parse(entry) as AuditEntry);
      const last = entries.at(-1);
      const more = rows.length > query.limit && last !== undefined;
      return more ? { entries, next: cursorAfter(last.at, last.id) } : { entries };
    });
  }

  samples(query: SeriesQuery): Promise<readonly SeriesSample[]> {
    return this.#read(() => readSamples(this.#db, query));
  }

  seriesNames(): Promise<readonly string[]> {
    return this.#read(() => readSeriesNames(this.#db));
  }

  componentDays(query: ComponentDaysQuery): Promise<readonly ComponentDay[]> {
    return this.#read(() => readComponentDays(this.#db, query));
  }

  componentStates(): Promise<readonly ComponentState[]> {
    return this.#read(() => readComponentStates(this.#db));
  }

  incidents(query: PeriodsQuery): Promise<readonly Incident[]> {
    return this.#read(() => readIncidents(this.#db, query));
  }

  incident(id: string): Promise<Incident | undefined> {
    return this.#read(() => readIncident(this.#db, id));
  }

  maintenance(query: PeriodsQuery): Promise<readonly Maintenance[]> {
    return this.#read(() => readMaintenance(this.#db, query));
  }

  oneMaintenance(id: string): Promise<Maintenance | undefined> {
    return this.#read(() => readOneMaintenance(this.#db, id));
  }

  close(): void {
    this.#sqlite.close();
  }

  async #read<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (cause) {
      throw storeError(cause, this.#file);
    }
  }

  /** The first key that a database meets is its key for good. */
  async #checkKey(): Promise<void> {
    const name = 'key fingerprint';
    const known = await this.#db
      .selectFrom('setting')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst();
    if (known === undefined) {
      await this.#db.insertInto('setting').values({ name, value: this.#secrets.fingerprint() }).execute();
    } else if (!this.#secrets.fits(known.value)) {
      throw keyInvalid('node.key', `is not the key that ${this.#file} was made with`);
    }
  }
}

/** What stays of the write-ahead log's file once it has been worked off. */
const LOG_BYTES_KEPT = 64 * 1_048_576;

function limitSize(sqlite: DatabaseSync, bytesMax: number): void {
  const { page_size: pageBytes } = present(sqlite.prepare('PRAGMA page_size').get(), 'page size');
  sqlite.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / Number(pageBytes)))}`);
}

/** Pages are cut by time, and by id among equals: entries that come in between shift nothing. */
function cursorAfter(at: number, id: string): string {
  return `${at}_${id}`;
}

function parseCursor(cursor: string): readonly [at: number, id: string] {
  const [, at, id] = /^(\d+(?:\.\d+)?)_(.+)$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) {
    throw new RingthroughError(
      'INVALID_INPUT',
      'the cursor is none: use the `next` of an earlier page as it is',
      {
        mistakes: [{ path: 'cursor', reason: "is not an earlier page's next" }],
      },
    );
  }
  return [Number(at), id];
}
