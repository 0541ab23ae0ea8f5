// `api/v2/…`: the status in the shape of Atlassian Statuspage's public API, which status aggregators know, in static
// files of the same names. Its words are fewer than ours, and where one is missing the worse one is told:
//
//   ours             component               page
//   operational      operational             none
//   degraded         degraded_performance    minor
//   maintenance      under_maintenance       maintenance
//   unknown          degraded_performance    minor: nobody can say that it works
//   partial-outage   partial_outage          major
//   major-outage     major_outage            critical

import type { Instant } from '../base/time.ts';
import { SHOWN_STATES, type ShownState } from '../ports/status.ts';
import { componentIds, incidentTold, type Told, wordOf } from './aggregator-incidents.ts';
import { maintenanceTold } from './aggregator-maintenance.ts';
import { slug, timestamp } from './instants.ts';
import { STATE_WORDS } from './told.ts';
import type { ComponentOnPage, PageFile, PageView } from './view.ts';

const INDICATORS: Readonly<Record<ShownState, string>> = {
  operational: 'none',
  degraded: 'minor',
  maintenance: 'maintenance',
  unknown: 'minor',
  'partial-outage': 'major',
  'major-outage': 'critical',
};
const DESCRIPTIONS: Readonly<Record<ShownState, string>> = {
  operational: 'All Systems Operational',
  degraded: 'Partially Degraded Service',
  maintenance: 'Service Under Maintenance',
  unknown: 'Status Unknown',
  'partial-outage': 'Partial System Outage',
  'major-outage': 'Major System Outage',
};

export function aggregatorFiles(view: PageView): readonly PageFile[] {
  const { site, at, state } = view;
  const page = {
    id: slug(site.name),
    name: site.name,
    url: (site.url ?? '').replace(/\/$/, ''),
    time_zone: site.timeZone,
    updated_at: timestamp(at),
  };
  const components = componentsTold(view, page.id);
  const told: Told = {
    pageId: page.id,
    url: site.url,
    component: (name) => components.find((one) => !one.group && one.name === name),
  };
  const status = { indicator: INDICATORS[state], description: DESCRIPTIONS[state] };
  const incidents = view.incidents.map((incident) => incidentTold(incident, told));
  const works = view.maintenance.map((one) => maintenanceTold(one, told));
  const unresolved = incidents.filter(({ resolved_at }) => resolved_at === null);
  const upcoming = works.filter((one) => one.status === 'scheduled');
  const active = works.filter((one) => one.status === 'in_progress');
  const file = (path: string, content: object): PageFile => {
    const body = `${JSON.stringify({ page, ...content })}\n`;
    return { path: `api/v2/${path}.json`, type: 'application/json', body };
  };
  return [
    file('summary', {
      components,
      incidents: unresolved,
      scheduled_maintenances: [...active, ...upcoming],
      status,
    }),
    file('status', { status }),
    file('components', { components }),
    file('incidents', { incidents }),
    file('incidents/unresolved', { incidents: unresolved }),
    file('scheduled-maintenances', { scheduled_maintenances: works }),
    file('scheduled-maintenances/upcoming', { scheduled_maintenances: upcoming }),
    file('scheduled-maintenances/active', { scheduled_maintenances: active }),
  ];
}

/** Groups are entries among the components, which name their members. */
function componentsTold({ components, at }: PageView, pageId: string) {
  const ids = componentIds(components.map(({ name }) => name));
  const groups = [...new Set(components.flatMap(({ group }) => group ?? []))];
  const groupIds = componentIds(groups, 'group-');
  const single = components.map((component, index) => {
    const { name, group, state, since } = component;
    return {
      id: ids.get(name) ?? '',
      name,
      status: wordOf(state),
      created_at: timestamp(knownSince(component, at)),
      updated_at: timestamp(since),
      position: index + 1,
      description: state === 'unknown' ? `${STATE_WORDS.unknown}: too few watchers are heard` : null,
      showcase: true,
      start_date: null,
      group_id: group === undefined ? null : (groupIds.get(group) ?? null),
      page_id: pageId,
      group: false,
      only_show_if_degraded: false,
    };
  });
  const grouped = groups.map((group, index) => {
    const members = components.filter((component) => component.group === group);
    return {
      id: groupIds.get(group) ?? '',
      name: group,
      status: wordOf(worstOf(members)),
      created_at: timestamp(Math.min(...members.map((member) => knownSince(member, at)))),
      updated_at: timestamp(Math.max(...members.map(({ since }) => since))),
      position: index + 1,
      description: null,
      showcase: false,
      start_date: null,
      group_id: null,
      page_id: pageId,
      group: true,
      only_show_if_degraded: false,
      components: members.map(({ name }) => ids.get(name) ?? ''),
    };
  });
  return [...grouped, ...single];
}

function worstOf(components: readonly ComponentOnPage[]): ShownState {
  const ranks = components.map(({ state }) => SHOWN_STATES.indexOf(state));
  return SHOWN_STATES[Math.max(...ranks)] ?? 'unknown';
}

/** The first day of which something is known: nobody kept when a component was first written down. */
function knownSince({ days, since }: ComponentOnPage, at: Instant): Instant {
  const first = days.find((day) => day !== undefined)?.day;
  const began = first === undefined ? at : Temporal.Instant.from(`${first}T00:00:00Z`).epochMilliseconds;
  return Math.min(since, began);
}
