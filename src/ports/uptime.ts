// What is kept of how the service was: for each component and day how long it was shown in each state, which is what
// uptime is worked out of; and what the probes said of it last, so that a restart does not make an outage forgotten.

import type { Instant } from '../base/time.ts';
import type { ShownState, State } from './status.ts';

/** `2026-11-26`, of UTC. They sort as days do. */
export type Day = string;

/** How long a component was shown in each state on one UTC day; what is missing to a whole day was not watched. */
export interface ComponentDay {
  readonly component: string;
  /** `2026-11-26` */
  readonly day: Day;
  readonly ms: Readonly<Record<ShownState, number>>;
}

/** As the probes said it when the node last watched. */
export interface ComponentState {
  readonly component: string;
  readonly state: State;
  readonly since: Instant;
  /** Until when it was known to be so. */
  readonly at: Instant;
}

/** Both included. */
export interface ComponentDaysQuery {
  readonly from: Day;
  readonly to?: Day | undefined;
}
