// What is kept of how components were, as rows: one for each component and day, some nine thousand for a page of a
// hundred components, and one for what each was last. A component that is gone from the configuration is known by no
// other table: its days go when they are too old, as all do.

import type { Kysely } from 'kysely';
import type { ComponentDay, ComponentDaysQuery, ComponentState, Day } from '../../ports/uptime.ts';
import type { Tables } from './tables.ts';

const DAY_BEGINS = 'T00:00:00Z';

export async function createUptime(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('component_day')
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('component', 'text', (column) => column.notNull())
    .addColumn('ms', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('component_day_key', ['day', 'component'])
    .execute();
  await db.schema
    .createTable('component_state')
    .addColumn('component', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('since', 'real', (column) => column.notNull())
    .addColumn('at', 'real', (column) => column.notNull())
    .execute();
}

export async function putComponentDay(
  db: Kysely<Tables>,
  { component, day, ms }: ComponentDay,
): Promise<void> {
  const row = { component, day, ms: JSON.stringify(ms) };
  await db
    .insertInto('component_day')
    .values(row)
    .onConflict((conflict) => conflict.columns(['day', 'component']).doUpdateSet(row))
    .execute();
}

export async function putComponentState(db: Kysely<Tables>, row: ComponentState): Promise<void> {
  await db
    .insertInto('component_state')
    .values(row)
    .onConflict((conflict) => conflict.column('component').doUpdateSet(row))
    .execute();
}

export async function pruneComponentDays(db: Kysely<Tables>, before: Day): Promise<void> {
  await db.deleteFrom('component_day').where('day', '<', before).execute();
  await db
    .deleteFrom('component_state')
    .where('at', '<', Date.parse(before + DAY_BEGINS))
    .execute();
}

export async function readComponentDays(
  db: Kysely<Tables>,
  { from, to }: ComponentDaysQuery,
): Promise<readonly ComponentDay[]> {
  let select = db.selectFrom('component_day').selectAll().where('day', '>=', from);
  if (to !== undefined) select = select.where('day', '<=', to);
  const rows = await select.orderBy('day').orderBy('component').execute();
  return rows.map(({ component, day, ms }) => {
    return { component, day, ms: JSON.parse(ms) as ComponentDay['ms'] };
  });
}

export async function readComponentStates(db: Kysely<Tables>): Promise<readonly ComponentState[]> {
  const rows = await db.selectFrom('component_state').selectAll().orderBy('component').execute();
  return rows.map(({ component, state, since, at }) => {
    return { component, state: state as ComponentState['state'], since, at };
  });
}
