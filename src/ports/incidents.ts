// Incidents and maintenance as they are kept and told. An incident is a period in which the service was not whole; it
// belongs to components by their names, which outlive the components themselves.

import type { Instant } from '../base/time.ts';

/** How bad it is for a component, from best to worst: states that people may declare, too. */
export const IMPACTS = ['degraded', 'partial-outage', 'major-outage'] as const;
export type Impact = (typeof IMPACTS)[number];

export const PHASES = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
export type Phase = (typeof PHASES)[number];

/** `20261126-1`: the UTC day it began, and which one of that day. Permanent: a part of its address. */
export type IncidentId = string;

export interface IncidentUpdate {
  readonly at: Instant;
  readonly phase: Phase;
  readonly text: string;
  readonly by: 'probes' | 'operator';
}

export interface Affected {
  readonly component: string;
  /** The worst that it was in this incident. */
  readonly worst: Impact;
  readonly since: Instant;
  /** Absent while it goes on. */
  readonly until?: Instant;
}

export interface Incident {
  readonly id: IncidentId;
  readonly title: string;
  readonly openedBy: 'probes' | 'operator';
  readonly openedAt: Instant;
  readonly resolvedAt?: Instant;
  readonly affected: readonly Affected[];
  /** Oldest first; never empty. */
  readonly updates: readonly IncidentUpdate[];
  readonly postMortem?: { readonly at: Instant; readonly text: string };
}

export type MaintenanceState = 'scheduled' | 'under-way' | 'completed' | 'cancelled';

export interface Maintenance {
  /** `m20261126-1`: the UTC day it was scheduled on, and which one of that day. Permanent. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly components: readonly string[];
  readonly from: Instant;
  readonly until: Instant;
  readonly state: MaintenanceState;
  /** Oldest first. */
  readonly updates: readonly { readonly at: Instant; readonly text: string }[];
  /** When customers were reminded, and will be. */
  readonly reminders: readonly { readonly at: Instant; readonly sent: boolean }[];
  readonly createdAt: Instant;
  /** The contacts of all accounts are reminded by e-mail, too. */
  readonly notify?: boolean;
  /** When it was completed or cancelled. */
  readonly endedAt?: Instant;
}
