// A page to try formats with: three components in two states, an incident that goes on, one that is over and explained,
// and maintenance in each state.

import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../base/time.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import type { ComponentOnPage, PageView } from './view.ts';

/** 2026-11-26T09:30:00Z. */
export const NOW: Instant = 1_795_685_400_000;

export function component(change: Partial<ComponentOnPage> = {}): ComponentOnPage {
  return {
    name: 'Inbound calls',
    state: 'operational',
    since: NOW - DAY_MS,
    days: [],
    uptime: {},
    ...change,
  };
}

export function incident(change: Partial<Incident> = {}): Incident {
  return {
    id: '20261126-1',
    title: 'Calls to your numbers may not arrive',
    openedBy: 'probes',
    openedAt: NOW - HOUR_MS,
    affected: [{ component: 'Inbound calls', worst: 'major-outage', since: NOW - HOUR_MS }],
    updates: [
      { at: NOW - HOUR_MS, phase: 'investigating', text: 'Calls fail since 08:30.', by: 'probes' },
      {
        at: NOW - 30 * MINUTE_MS,
        phase: 'identified',
        text: 'A carrier is down.\n\nWe route round it.',
        by: 'operator',
      },
    ],
    ...change,
  };
}

export function maintenance(change: Partial<Maintenance> = {}): Maintenance {
  return {
    id: 'm20261120-1',
    title: 'New carrier',
    text: 'Calls may take a second longer to connect.',
    components: ['Inbound calls'],
    from: NOW + DAY_MS,
    until: NOW + DAY_MS + 2 * HOUR_MS,
    state: 'scheduled',
    updates: [],
    reminders: [{ at: NOW + DAY_MS - HOUR_MS, sent: false }],
    createdAt: NOW - 6 * DAY_MS,
    ...change,
  };
}

export function view(change: Partial<PageView> = {}): PageView {
  return {
    at: NOW,
    site: { name: 'Example Telecom', url: 'https://status.example.net/', timeZone: 'Europe/London' },
    state: 'major-outage',
    components: [
      component({ group: 'Telephone', state: 'major-outage', since: NOW - HOUR_MS }),
      component({ name: 'Voicemail', group: 'Telephone' }),
      component({ name: 'Website' }),
    ],
    graphs: [],
    incidents: [incident()],
    maintenance: [maintenance()],
    staleAfterMs: 3 * MINUTE_MS,
    ...change,
  };
}
