// Incidents as Statuspage's public API tells them: the newest update first, each with what became of the components by
// then. A post-mortem is an update of its own kind, and the incident's last state.

import { assert } from '../base/assert.ts';
import type { Instant } from '../base/time.ts';
import type { Affected, Impact, Incident } from '../ports/incidents.ts';
import type { ShownState } from '../ports/status.ts';
import { slug, timestamp } from './instants.ts';
import { incidentChangedAt } from './told.ts';

export interface Told {
  readonly pageId: string;
  readonly url: string | undefined;
  /** The whole entry of a component, as long as there is one. */
  readonly component: (name: string) => { readonly id: string } | undefined;
}

const WORDS: Readonly<Record<ShownState, string>> = {
  operational: 'operational',
  degraded: 'degraded_performance',
  maintenance: 'under_maintenance',
  unknown: 'degraded_performance',
  'partial-outage': 'partial_outage',
  'major-outage': 'major_outage',
};
const IMPACTS: Readonly<Record<Impact, string>> = {
  degraded: 'minor',
  'partial-outage': 'major',
  'major-outage': 'critical',
};
const WORSE_FIRST: readonly Impact[] = ['major-outage', 'partial-outage', 'degraded'];

export function wordOf(state: ShownState): string {
  return WORDS[state];
}

/** Unique, and the same as long as the names before are. */
export function componentIds(names: readonly string[], prefix = ''): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of names) {
    const wanted = `${prefix}${slug(name)}`;
    let id = wanted;
    for (let count = 2; taken.has(id); count++) id = `${wanted}-${count}`;
    taken.add(id);
    ids.set(name, id);
  }
  assert(taken.size === ids.size, 'each name has an id');
  return ids;
}

export function incidentTold(incident: Incident, told: Told) {
  const { id, title, openedAt, resolvedAt, affected, updates, postMortem } = incident;
  const worst = WORSE_FIRST.find((impact) => affected.some((one) => one.worst === impact));
  const said = [
    ...updates.map(({ at, phase, text }) => ({ at, status: phase as string, text })),
    ...(postMortem === undefined ? [] : [{ ...postMortem, status: 'postmortem' }]),
  ];
  const monitoringAt = updates.find(({ phase }) => phase === 'monitoring')?.at;
  const isOver = resolvedAt !== undefined;
  return {
    id,
    name: title,
    status: said.at(-1)?.status ?? 'investigating',
    created_at: timestamp(openedAt),
    updated_at: timestamp(incidentChangedAt(incident)),
    monitoring_at: monitoringAt === undefined ? null : timestamp(monitoringAt),
    resolved_at: isOver ? timestamp(resolvedAt) : null,
    impact: worst === undefined ? 'none' : IMPACTS[worst],
    shortlink: linkTo(`incidents/${id}/`, told),
    started_at: timestamp(openedAt),
    page_id: told.pageId,
    incident_updates: said
      .map(({ at, status, text }, index) => {
        const before = said[index - 1]?.at;
        const changed = affected.flatMap((one) => componentThen(one, at, before, told));
        return updateTold({ id: `${id}-${index + 1}`, of: id, status, text, at, changed });
      })
      .reverse(),
    components: affected.flatMap(({ component }) => told.component(component) ?? []),
  };
}

export interface UpdateTold {
  readonly id: string;
  readonly of: string;
  readonly status: string;
  readonly text: string;
  readonly at: Instant;
  readonly changed: readonly object[];
}

export function updateTold({ id, of, status, text, at, changed }: UpdateTold) {
  const time = timestamp(at);
  return {
    id,
    status,
    body: text,
    incident_id: of,
    created_at: time,
    updated_at: time,
    display_at: time,
    affected_components: changed.length === 0 ? null : changed,
    deliver_notifications: false,
    custom_tweet: null,
    tweet_id: null,
  };
}

export function linkTo(path: string, { url }: Told): string | null {
  return url === undefined ? null : `${url}${path}`;
}

/** What was told of a component at an update, and at the one before it. */
function componentThen(
  one: Affected,
  at: Instant,
  before: Instant | undefined,
  told: Told,
): readonly object[] {
  const code = told.component(one.component)?.id;
  if (code === undefined || one.since > at) return [];
  const wasAt = (when: Instant | undefined): ShownState => {
    const held = when !== undefined && one.since <= when && (one.until === undefined || when < one.until);
    return held ? one.worst : 'operational';
  };
  const [was, is] = [wasAt(before), wasAt(at)];
  return [{ code, name: one.component, old_status: wordOf(was), new_status: wordOf(is) }];
}
