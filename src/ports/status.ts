// The states of a component, as words that everybody uses alike: what probes can say of it, and what is shown to
// people, which knows maintenance too.

/** From best to worst, as probes say. `unknown` is worse than `degraded`: nobody says that it works. */
export const STATES = ['operational', 'degraded', 'unknown', 'partial-outage', 'major-outage'] as const;
export type State = (typeof STATES)[number];

/** From best to worst, as shown: maintenance stands between degraded and unknown, so it never hides an outage. */
export const SHOWN_STATES = [
  'operational',
  'degraded',
  'maintenance',
  'unknown',
  'partial-outage',
  'major-outage',
] as const;
export type ShownState = (typeof SHOWN_STATES)[number];
