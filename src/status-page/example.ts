// A status page as a provider of some size would have it, from a seed: twelve components in four groups with ninety
// days each, five graphs over three ranges, an incident under way, maintenance to come, and a past. For tests, for the
// bench, and to look at.

import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import type { ShownState } from '../ports/status.ts';
import type { ComponentOnPage, DayOnPage, Graph, GraphName, GraphRange, PageView, Range } from './view.ts';

export const AT: Instant = new Date('2026-11-26T14:03:20Z').getTime();

/** mulberry32: numbers from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Calls: ['Incoming calls', 'Outgoing calls', 'Emergency calls', 'Voicemail'],
  Phones: ['Registrations', 'Phones in browsers'],
  Carriers: ['Carrier A', 'Carrier B', 'Carrier C'],
  Web: ['Customer portal', 'Website', 'API'],
};

/** For so long until the page was made. */
const OUTAGE_MS = 22 * MINUTE_MS;

/** In the steps in which admin/page.ts asks for them. */
const RANGE_MS: Readonly<Record<Range, readonly [spanMs: number, stepMs: number]>> = {
  '24h': [DAY_MS, 15 * MINUTE_MS],
  '7d': [7 * DAY_MS, 2 * HOUR_MS],
  '90d': [90 * DAY_MS, DAY_MS],
};

export interface Wanted {
  readonly seed?: number;
  readonly at?: Instant;
  /** Of "Incoming calls", with an incident that is open. */
  readonly outage?: boolean;
  readonly graphs?: boolean;
}

export function exampleView({ seed = 7, at = AT, outage = true }: Wanted = {}): PageView {
  const random = seeded(seed);
  const components = Object.entries(GROUPS).flatMap(([group, names]) =>
    names.map((name) => component(name, group, at, random, outage)),
  );
  return {
    at,
    site: {
      name: 'Northbridge Telecom',
      url: 'https://status.northbridge.example/',
      homepage: 'https://www.northbridge.example/',
      logo: { type: 'image/svg+xml', bytes: new TextEncoder().encode(LOGO) },
      accent: '#7a3cc2',
      timeZone: 'Europe/London',
      advice:
        'Your numbers can ring your mobiles instead: dial 020 7946 0999 from any telephone to change where they lead.',
      contact: '+44 20 7946 0100',
    },
    state: outage ? 'partial-outage' : 'operational',
    components,
    graphs: (['reached', 'setup', 'quality', 'phones', 'blocked'] as const).map((name) =>
      graph(name, at, random, outage),
    ),
    incidents: [...(outage ? [openIncident(at)] : []), ...pastIncidents(at, random)],
    maintenance: plannedMaintenance(at),
    staleAfterMs: 3 * MINUTE_MS,
  };
}

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#7a3cc2"/>' +
  '<path d="M7 22a9 9 0 0 1 18 0M4 22h24M16 13v9" fill="none" stroke="#fff" stroke-width="2.5"/></svg>';

function component(
  name: string,
  group: string,
  at: Instant,
  random: () => number,
  outage: boolean,
): ComponentOnPage {
  const states: Readonly<Record<string, ShownState>> = {
    'Incoming calls': 'partial-outage',
    'Carrier A': 'degraded',
  };
  const state = (outage ? states[name] : undefined) ?? 'operational';
  const today = Math.floor(at / DAY_MS) * DAY_MS;
  const days = Array.from({ length: 90 }, (_, index) => {
    const start = today - (89 - index) * DAY_MS;
    const drawn = day(start, Math.min(DAY_MS, at - start), random);
    if (start === today && state === 'partial-outage') return { ...drawn, downMs: OUTAGE_MS };
    if (start === today && state === 'degraded') return { ...drawn, degradedMs: OUTAGE_MS };
    return name === 'Phones in browsers' && index < 31 ? undefined : drawn;
  });
  const share = (count: number): number => {
    const known = days.slice(-count).filter((one) => one !== undefined);
    const sum = (of: (one: DayOnPage) => number): number => known.reduce((total, one) => total + of(one), 0);
    return 1 - sum((one) => one.downMs) / sum((one) => one.knownMs);
  };
  const since = at - (state === 'operational' ? 11 * DAY_MS : OUTAGE_MS);
  return { name, group, state, since, days, uptime: { day: share(1), week: share(7), quarter: share(90) } };
}

function day(start: Instant, knownMs: number, random: () => number): DayOnPage {
  const rare = (chance: number, mostMs: number): number =>
    random() < chance ? Math.round(random() ** 3 * Math.min(mostMs, knownMs)) : 0;
  return {
    day: new Date(start).toISOString().slice(0, 10),
    downMs: rare(0.02, 5 * HOUR_MS),
    degradedMs: rare(0.025, 3 * HOUR_MS),
    maintenanceMs: rare(0.01, 2 * HOUR_MS),
    knownMs,
  };
}

function graph(name: GraphName, at: Instant, random: () => number, outage: boolean): Graph {
  const ranges = (Object.keys(RANGE_MS) as Range[]).map((range): GraphRange => {
    const [spanMs, stepMs] = RANGE_MS[range];
    const to = Math.floor(at / stepMs) * stepMs;
    const from = to - spanMs;
    const points = Array.from({ length: spanMs / stepMs }, (_, index) => from + index * stepMs)
      // Nobody measured for two hours of that night.
      .filter((step) => to - step > 11 * HOUR_MS || to - step < 9 * HOUR_MS || range !== '24h')
      .map((step) => ({
        at: step,
        value: measuredValue(name, step, outage ? at - step : Number.POSITIVE_INFINITY, random),
      }));
    return { range, from, to, stepMs, points };
  });
  return { name, ranges };
}

/** `agoMs`: before the outage's page. */
function measuredValue(name: GraphName, at: Instant, agoMs: number, random: () => number): number {
  const hours = new Date(at).getUTCHours() + new Date(at).getUTCMinutes() / 60;
  const busy = Math.max(0, Math.sin(((hours - 6) / 14) * Math.PI));
  const struck = agoMs < 25 * MINUTE_MS;
  switch (name) {
    case 'reached':
      return struck ? 0.62 + random() * 0.1 : 1 - random() ** 3 * 0.02;
    case 'setup':
      return 420 + busy * 260 + random() * 120 + (struck ? 2_400 : 0);
    case 'quality':
      return 4.32 - busy * 0.08 - random() * 0.12 - (struck ? 1 : 0);
    case 'phones':
      return Math.round(8_400 + busy * 340 + random() * 30 - (struck ? 2_900 : 0));
    case 'blocked':
      return struck ? 182_000 + random() * 20_000 : random() ** 4 * 900;
  }
}

function openIncident(at: Instant): Incident {
  const since = at - OUTAGE_MS;
  return {
    id: '20261126-1',
    title: 'Incoming calls are failing for some customers',
    openedBy: 'probes',
    openedAt: since,
    affected: [
      { component: 'Incoming calls', worst: 'partial-outage', since },
      { component: 'Carrier A', worst: 'degraded', since: since + MINUTE_MS },
    ],
    updates: [
      {
        at: since,
        phase: 'investigating',
        by: 'probes',
        text: 'Some calls to your numbers do not arrive. They ring your mobiles where your plan says so; dial 020 7946 0999 to change that.',
      },
      {
        at: since + 9 * MINUTE_MS,
        phase: 'identified',
        by: 'operator',
        text: 'One of our carriers is under attack. We are moving numbers to another one.\n\nWhat we do is described at https://www.northbridge.example/attacks.',
      },
    ],
  };
}

function pastIncidents(at: Instant, random: () => number): readonly Incident[] {
  const titles = [
    'Voicemail could not be heard',
    'Outgoing calls over Carrier B failed',
    'Phones registered slowly',
    'The customer portal was not reachable',
    'Incoming calls rang late',
    'The website was not reachable',
    'Outgoing calls to mobiles failed',
  ];
  return titles.map((title, index): Incident => {
    const openedAt = at - (index * 11 + 4 + random() * 6) * DAY_MS;
    const resolvedAt = openedAt + (4 + random() * 120) * MINUTE_MS;
    const update = (after: number, phase: 'investigating' | 'monitoring' | 'resolved', text: string) => ({
      at: openedAt + (resolvedAt - openedAt) * after,
      phase,
      text,
      by: phase === 'monitoring' ? ('operator' as const) : ('probes' as const),
    });
    return {
      id: `${new Date(openedAt).toISOString().slice(0, 10).replaceAll('-', '')}-1`,
      title,
      openedBy: 'probes',
      openedAt,
      resolvedAt,
      affected: [
        {
          component:
            ['Voicemail', 'Carrier B', 'Registrations', 'Customer portal', 'Incoming calls'][index % 5] ?? '',
          worst: index % 3 === 0 ? 'major-outage' : 'degraded',
          since: openedAt,
          until: resolvedAt,
        },
      ],
      updates: [
        update(0, 'investigating', 'We have noticed it and are looking into it.'),
        update(0.6, 'monitoring', 'It works again. We keep watching it.'),
        update(1, 'resolved', 'It has worked for a while, so this is over.'),
      ],
      ...(index === 1
        ? {
            postMortem: {
              at: resolvedAt + 2 * DAY_MS,
              text: 'A change of routes at our carrier sent calls in a circle.\n\nWe now try the next carrier after 2 s, and have asked for notice of such changes.',
            },
          }
        : {}),
    };
  });
}

function plannedMaintenance(at: Instant): readonly Maintenance[] {
  const tonight = Math.floor(at / DAY_MS) * DAY_MS + 3 * DAY_MS + 22 * HOUR_MS;
  const about = { reminders: [], createdAt: at - 5 * DAY_MS, updates: [] };
  return [
    {
      ...about,
      id: 'm20261129-1',
      title: 'New equipment for Carrier C',
      text: 'Calls over Carrier C go over Carrier B meanwhile. You should notice nothing.',
      components: ['Carrier C'],
      from: tonight,
      until: tonight + 2 * HOUR_MS,
      state: 'scheduled',
    },
    {
      ...about,
      id: 'm20261018-1',
      title: 'Database of the customer portal',
      text: 'The portal can be read, but nothing can be changed.',
      components: ['Customer portal'],
      from: at - 39 * DAY_MS,
      until: at - 39 * DAY_MS + HOUR_MS,
      endedAt: at - 39 * DAY_MS + 50 * MINUTE_MS + 10 * SECOND_MS,
      state: 'completed',
    },
  ];
}
