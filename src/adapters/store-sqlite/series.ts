// Time series as rows: 3 million of them where forty series have two years behind them, so a sample is seven numbers,
// its series is one of them, and those of one series lie side by side. They are added up here, where they are, and not
// by whoever asks: a graph crosses the threads as the points that it has.

import { type Kysely, sql } from 'kysely';
import { RESOLUTION_MS, type Resolution, type SeriesQuery, type SeriesSample } from '../../ports/series.ts';
import type { Tables } from './tables.ts';

export async function putSamples(
  db: Kysely<Tables>,
  resolution: Resolution,
  samples: readonly SeriesSample[],
): Promise<void> {
  const ids = new Map<string, number>();
  for (const { series: name, ...sample } of samples) {
    const series = ids.get(name) ?? (await idOf(db, name)) ?? (await newSeries(db, name));
    ids.set(name, series);
    const row = { step_ms: RESOLUTION_MS[resolution], series, ...sample };
    await db
      .insertInto('sample')
      .values(row)
      .onConflict((conflict) => conflict.columns(['step_ms', 'series', 'at']).doUpdateSet(row))
      .execute();
  }
}

/** Series by series: each has its old samples at the beginning of its stretch, so nothing else is looked at. */
export async function pruneSamples(
  db: Kysely<Tables>,
  resolution: Resolution,
  before: number,
): Promise<void> {
  const all = await db.selectFrom('series').select('id').execute();
  for (const { id } of all) {
    await db
      .deleteFrom('sample')
      .where('step_ms', '=', RESOLUTION_MS[resolution])
      .where('series', '=', id)
      .where('at', '<', before)
      .execute();
    if (!(await hasSamples(db, id))) await db.deleteFrom('series').where('id', '=', id).execute();
  }
}

export async function readSamples(
  db: Kysely<Tables>,
  { names, from, to, resolution, stepMs }: SeriesQuery,
): Promise<readonly SeriesSample[]> {
  const found: SeriesSample[] = [];
  for (const name of names) {
    const id = await idOf(db, name);
    if (id === undefined) continue;
    const start = sql`"at" - "at" % ${sql.lit(stepMs)}`;
    const { rows } = await sql<Omit<SeriesSample, 'series'>>`
      select ${start} as "at",
        sum("count") as "count", sum("sum") as "sum", min("min") as "min", max("max") as "max"
      from "sample"
      where "step_ms" = ${RESOLUTION_MS[resolution]} and "series" = ${id} and "at" >= ${from} and "at" < ${to}
      group by ${start}
      order by 1
    `.execute(db);
    for (const row of rows) found.push({ series: name, ...row });
  }
  return found;
}

export async function readSeriesNames(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db.selectFrom('series').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

async function idOf(db: Kysely<Tables>, name: string): Promise<number | undefined> {
  const row = await db.selectFrom('series').select('id').where('name', '=', name).executeTakeFirst();
  return row?.id;
}

async function newSeries(db: Kysely<Tables>, name: string): Promise<number> {
  const { id } = await db.insertInto('series').values({ name }).returning('id').executeTakeFirstOrThrow();
  return id;
}

/** Of any resolution. */
async function hasSamples(db: Kysely<Tables>, id: number): Promise<boolean> {
  for (const step of Object.values(RESOLUTION_MS)) {
    const of = db.selectFrom('sample').select('at').where('step_ms', '=', step).where('series', '=', id);
    if ((await of.limit(1).executeTakeFirst()) !== undefined) return true;
  }
  return false;
}
