// Incidents and maintenance as rows: each is read whole, so it is JSON text beside the two columns that it is found by,
// when it is and whether it is over.

import type { Kysely } from 'kysely';
import { LIMITS } from '../../base/limits.ts';
import type { Incident, Maintenance } from '../../ports/incidents.ts';
import type { PeriodsQuery } from '../../ports/store.ts';
import type { PeriodRow, Tables } from './tables.ts';

type PeriodTable = 'incident' | 'maintenance';

export function putIncident(db: Kysely<Tables>, incident: Incident): Promise<void> {
  const { id, openedAt, resolvedAt } = incident;
  const record = JSON.stringify(incident);
  return put(db, 'incident', { id, at: openedAt, open: resolvedAt === undefined ? 1 : 0, record });
}

export function putMaintenance(db: Kysely<Tables>, maintenance: Maintenance): Promise<void> {
  const { id, from, state } = maintenance;
  const open = state === 'scheduled' || state === 'under-way' ? 1 : 0;
  return put(db, 'maintenance', { id, at: from, open, record: JSON.stringify(maintenance) });
}

/** The oldest that are over go. */
export async function prunePeriods(db: Kysely<Tables>, table: PeriodTable, kept: number): Promise<void> {
  const newest = db.selectFrom(table).select('id').orderBy('at', 'desc').orderBy('id', 'desc').limit(kept);
  await db.deleteFrom(table).where('open', '=', 0).where('id', 'not in', newest).execute();
}

export async function readIncidents(db: Kysely<Tables>, query: PeriodsQuery): Promise<readonly Incident[]> {
  return (await read(db, 'incident', query)).map((record) => JSON.parse(record) as Incident);
}

export async function readIncident(db: Kysely<Tables>, id: string): Promise<Incident | undefined> {
  const record = await readOne(db, 'incident', id);
  return record === undefined ? undefined : (JSON.parse(record) as Incident);
}

export async function readMaintenance(
  db: Kysely<Tables>,
  query: PeriodsQuery,
): Promise<readonly Maintenance[]> {
  return (await read(db, 'maintenance', query)).map((record) => JSON.parse(record) as Maintenance);
}

export async function readOneMaintenance(db: Kysely<Tables>, id: string): Promise<Maintenance | undefined> {
  const record = await readOne(db, 'maintenance', id);
  return record === undefined ? undefined : (JSON.parse(record) as Maintenance);
}

export async function createIncidents(db: Kysely<unknown>): Promise<void> {
  for (const table of ['incident', 'maintenance']) {
    await db.schema
      .createTable(table)
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'real', (column) => column.notNull())
      .addColumn('open', 'integer', (column) => column.notNull())
      .addColumn('record', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex(`${table}_by_time`).on(table).columns(['at', 'id']).execute();
    await db.schema.createIndex(`${table}_open`).on(table).columns(['open', 'at', 'id']).execute();
  }
}

async function put(db: Kysely<Tables>, table: PeriodTable, row: PeriodRow): Promise<void> {
  await db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

async function read(
  db: Kysely<Tables>,
  table: PeriodTable,
  { limit, before, open }: PeriodsQuery,
): Promise<readonly string[]> {
  let select = db.selectFrom(table).select('record');
  if (before !== undefined) {
    const { at, id } = before;
    select = select.where(({ eb, refTuple, tuple }) => eb(refTuple('at', 'id'), '<', tuple(at, id)));
  }
  if (open === true) select = select.where('open', '=', 1);
  const rows = await select
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(Math.min(limit, LIMITS.incidentsPageMax))
    .execute();
  return rows.map(({ record }) => record);
}

async function readOne(db: Kysely<Tables>, table: PeriodTable, id: string): Promise<string | undefined> {
  const row = await db.selectFrom(table).select('record').where('id', '=', id).executeTakeFirst();
  return row?.record;
}
