// What is known of incidents and maintenance at one moment, as a value: each thing that happens makes the next one of
// it, and tells which records that changed. Whoever keeps them writes these first and goes on from the new value then,
// so that nothing is told which a crash could take back.
//
//   known + what happened ─▶ Step { known, incidents, maintenance, remind } ─ written ─▶ known

import type { Instant } from '../base/time.ts';
import type { Affected, Impact, Incident, IncidentId, Maintenance } from '../ports/incidents.ts';
import type { State } from '../ports/status.ts';

export interface Rules {
  /** All that are configured. `fails`: what it means for customers, such as `calls to your numbers may not arrive`. */
  readonly components: readonly { readonly name: string; readonly fails?: string | undefined }[];
  /** How long everything must have worked before an incident is over. */
  readonly resolveAfterMs: number;
  /** How long a component must be degraded before that is an incident. */
  readonly degradedAfterMs: number;
  /** What customers can do, in a sentence; empty: nothing. */
  readonly advice: string;
  readonly templates: readonly { readonly name: string; readonly text: string }[];
  /** How long before maintenance begins customers are reminded of it. */
  readonly remindersMs: readonly number[];
  /** IANA zone of the times in texts. */
  readonly timeZone: string;
}

/** A component as the probes find it. */
export interface Seen {
  readonly state: State;
  readonly since: Instant;
  /** An operator said that it is over while it was degraded: that is no incident again before it has changed. */
  readonly dismissed?: true;
}

export interface Known {
  /** Those that are not resolved, oldest first. */
  readonly incidents: readonly Incident[];
  /** What is scheduled or under way, the one that begins first first. */
  readonly maintenance: readonly Maintenance[];
  readonly seen: ReadonlyMap<string, Seen>;
  /** The ids that were given last. */
  readonly lastIncident: IncidentId | undefined;
  readonly lastMaintenance: string | undefined;
}

export interface Step {
  readonly known: Known;
  /** Records that changed, to be written. */
  readonly incidents: readonly Incident[];
  readonly maintenance: readonly Maintenance[];
  /** Of which customers are to be reminded now, in the same batch. */
  readonly remind: readonly Maintenance[];
}

/** What is kept, as the store gives it at the start. */
export interface Kept {
  readonly incidents: readonly Incident[];
  readonly maintenance: readonly Maintenance[];
  readonly ids: readonly string[];
}

/** Everything is unknown to the judge at the start, so it is here. */
export function knownFrom(kept: Kept, rules: Rules, now: Instant): Known {
  const seen = new Map(rules.components.map(({ name }) => [name, { state: 'unknown', since: now } as const]));
  return {
    incidents: inOrder(kept.incidents),
    maintenance: inOrder(kept.maintenance),
    seen,
    lastIncident: newestId(kept.ids.filter((id) => !id.startsWith('m'))),
    lastMaintenance: newestId(kept.ids.filter((id) => id.startsWith('m'))),
  };
}

/** The records of `after` that are others than before, and what is known when those that are over are left out. */
export function stepTo(before: Known, after: Known, remind: readonly Maintenance[] = []): Step {
  const wasIncident = new Set(before.incidents);
  const wasMaintenance = new Set(before.maintenance);
  return {
    known: {
      ...after,
      incidents: inOrder(after.incidents.filter(({ resolvedAt }) => resolvedAt === undefined)),
      maintenance: inOrder(after.maintenance.filter(({ endedAt }) => endedAt === undefined)),
    },
    incidents: after.incidents.filter((one) => !wasIncident.has(one)),
    maintenance: after.maintenance.filter((one) => !wasMaintenance.has(one)),
    remind,
  };
}

export function isConfigured(rules: Rules, component: string): boolean {
  return rules.components.some(({ name }) => name === component);
}

/** What the probes say of a component, as an impact; `undefined`: nothing that would be one. */
export function impactOf(state: State): Impact | undefined {
  return state === 'operational' || state === 'unknown' ? undefined : state;
}

export function isOutage(state: State): boolean {
  return state === 'partial-outage' || state === 'major-outage';
}

/** Rows of what is not whole now. */
export function goingOn(incident: Incident): readonly Affected[] {
  return incident.affected.filter(({ until }) => until === undefined);
}

/** `20261126-2` after `20261126-1`; of an earlier day never again, so that ids grow as time does. */
export function nextId(at: Instant, last: string | undefined, prefix: '' | 'm'): string {
  const today = new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
  const [day = '', count = '0'] = last?.slice(prefix.length).split('-') ?? [];
  return day < today ? `${prefix}${today}-1` : `${prefix}${day}-${Number(count) + 1}`;
}

function newestId(ids: readonly string[]): string | undefined {
  const rank = (id: string): readonly [string, number] => {
    const [day = '', count = '0'] = id.split('-');
    return [day, Number(count)];
  };
  return ids.reduce<string | undefined>((newest, id) => {
    if (newest === undefined) return id;
    const [[day, count], [newestDay, newestCount]] = [rank(id), rank(newest)];
    return day > newestDay || (day === newestDay && count > newestCount) ? id : newest;
  }, undefined);
}

function inOrder<Period extends Incident | Maintenance>(periods: readonly Period[]): readonly Period[] {
  return periods.toSorted((a, b) => beginningOf(a) - beginningOf(b));
}

function beginningOf(period: Incident | Maintenance): Instant {
  return 'openedAt' in period ? period.openedAt : period.from;
}
