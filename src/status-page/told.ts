// The words for a state that stand in badges, feeds and the API, and what an incident says as plain text.

import type { Instant } from '../base/time.ts';
import type { Incident, Maintenance, MaintenanceState, Phase } from '../ports/incidents.ts';
import type { ShownState } from '../ports/status.ts';

export const STATE_WORDS: Readonly<Record<ShownState, string>> = {
  operational: 'Operational',
  degraded: 'Degraded',
  maintenance: 'Under maintenance',
  unknown: 'Unknown',
  'partial-outage': 'Partial outage',
  'major-outage': 'Major outage',
};

export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
};

export const MAINTENANCE_WORDS: Readonly<Record<MaintenanceState, string>> = {
  scheduled: 'Scheduled',
  'under-way': 'Under way',
  completed: 'Completed',
  cancelled: 'Cancelled',
};

/** When something was last said of it. */
export function incidentChangedAt({ openedAt, updates, resolvedAt = 0, postMortem }: Incident): Instant {
  return Math.max(openedAt, resolvedAt, postMortem?.at ?? 0, ...updates.map(({ at }) => at));
}

/** The same of maintenance: that it began is said by nobody, but is news all the same. */
export function maintenanceChangedAt(one: Maintenance): Instant {
  const began = one.state === 'under-way' || one.state === 'completed' ? one.from : 0;
  return Math.max(one.createdAt, began, one.endedAt ?? 0, ...one.updates.map(({ at }) => at));
}
