// Incidents and maintenance as time and probes make them. Pure: what is known goes in with what happened, and what is
// known then comes out with the records that changed. What operators do is in operator.ts and maintenance.ts.

import { earlier, type Instant } from '../base/time.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import type { StateChange } from '../ports/status.ts';
import { type Known, type Rules, type Step, stepTo } from './known.ts';
import { maintenanceAt, nextMaintenance } from './maintenance.ts';
import { dismissed } from './operator.ts';
import { look, nextLook, stateChanged } from './probes.ts';

/** Changes in their order, and the time until now. */
export function observed(known: Known, changes: readonly StateChange[], rules: Rules, now: Instant): Step {
  const seen = changes.reduce((before, change) => stateChanged(before, change, rules), known);
  const { known: after, remind } = maintenanceAt(look(seen, rules, now), rules, now);
  return stepTo(known, after, remind);
}

/** When `observed`, which was last asked at this time, will have something to do though nothing comes. */
export function nextDeadline(known: Known, rules: Rules, observedAt: Instant): Instant | undefined {
  return earlier(nextLook(known, rules, observedAt), nextMaintenance(known, observedAt));
}

/** With the incident as an operator made it: a new one, one that is open, or one that is over. */
export function withIncident(known: Known, incident: Incident, rules: Rules, now: Instant): Step {
  const others = known.incidents.filter(({ id }) => id !== incident.id);
  const isNew = others.length === known.incidents.length && incident.resolvedAt === undefined;
  const isOver = !isNew && others.length < known.incidents.length && incident.resolvedAt !== undefined;
  const next = {
    ...(isOver ? dismissed(known, incident) : known),
    incidents: [...others, incident],
    ...(isNew && { lastIncident: incident.id }),
  };
  // What an operator's incident does not cover any more may be one of the probes'.
  return stepTo(known, look(next, rules, now));
}

export function withMaintenance(known: Known, maintenance: Maintenance, rules: Rules, now: Instant): Step {
  const others = known.maintenance.filter(({ id }) => id !== maintenance.id);
  const isNew = others.length === known.maintenance.length;
  const next = {
    ...known,
    maintenance: [...others, maintenance],
    ...(isNew && { lastMaintenance: maintenance.id }),
  };
  const { known: after, remind } = maintenanceAt(next, rules, now);
  return stepTo(known, after, remind);
}
