// Scheduled maintenance as Statuspage's public API tells it. It knows no cancelled one: that is told as completed, with
// a name that says so, for what was announced must not just disappear.

import { assertNever } from '../base/assert.ts';
import type { Instant } from '../base/time.ts';
import type { Maintenance, MaintenanceState } from '../ports/incidents.ts';
import { linkTo, type Told, updateTold } from './aggregator-incidents.ts';
import { timestamp } from './instants.ts';
import { maintenanceChangedAt } from './told.ts';

type Word = 'scheduled' | 'in_progress' | 'completed';

export function maintenanceTold(one: Maintenance, told: Told) {
  const { id, title, text, components, from, until, state, updates, createdAt, endedAt } = one;
  const said = [{ at: createdAt, text: text.trim() === '' ? title : text }, ...updates];
  return {
    id,
    name: state === 'cancelled' ? `Cancelled: ${title}` : title,
    status: wordOf(state),
    created_at: timestamp(createdAt),
    updated_at: timestamp(maintenanceChangedAt(one)),
    monitoring_at: null,
    resolved_at: endedAt === undefined ? null : timestamp(endedAt),
    impact: 'maintenance',
    shortlink: linkTo(`maintenance/${id}/`, told),
    started_at: timestamp(from),
    page_id: told.pageId,
    scheduled_for: timestamp(from),
    scheduled_until: timestamp(until),
    incident_updates: said
      .map((update, index) => {
        const status = wordAt(one, update.at);
        return updateTold({ ...update, id: `${id}-${index + 1}`, of: id, status, changed: [] });
      })
      .reverse(),
    components: components.flatMap((name) => told.component(name) ?? []),
  };
}

function wordAt({ from, endedAt, state }: Maintenance, at: Instant): Word {
  if (endedAt !== undefined && at >= endedAt) return 'completed';
  return at >= from && state !== 'cancelled' ? 'in_progress' : 'scheduled';
}

function wordOf(state: MaintenanceState): Word {
  switch (state) {
    case 'scheduled':
      return 'scheduled';
    case 'under-way':
      return 'in_progress';
    case 'completed':
    case 'cancelled':
      return 'completed';
    default:
      return assertNever(state);
  }
}
