// The states of the parts of the service: as probes find them, and as they are shown. The two differ by what people may
// add, which is words, something worse, or that work was announced; never something better (law 5).

import type { Instant } from '../base/time.ts';

/** From best to worst, as probes say. `unknown` is worse than `degraded`: nobody says that it works. */
export const STATES = ['operational', 'degraded', 'unknown', 'partial-outage', 'major-outage'] as const;
export type State = (typeof STATES)[number];

/** From best to worst, as shown: maintenance stands between degraded and unknown, so that it never hides an outage. */
export const SHOWN_STATES = [
  'operational',
  'degraded',
  'maintenance',
  'unknown',
  'partial-outage',
  'major-outage',
] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

/** Of a component, as the judge tells it. */
export interface StateChange {
  readonly component: string;
  readonly from: State;
  readonly to: State;
  readonly at: Instant;
  /** Where it was so before the node was restarted: since when. */
  readonly since?: Instant | undefined;
}

/** Of what is shown of it. */
export interface ShownChange {
  readonly component: string;
  readonly from: ShownState;
  readonly to: ShownState;
  readonly at: Instant;
}

/** States of either kind stand in one order. */
export function worst<Kind extends ShownState>(states: readonly Kind[]): Kind | undefined {
  return states.reduce<Kind | undefined>((found, state) => {
    return found === undefined || isWorse(state, found) ? state : found;
  }, undefined);
}

export function isWorse(state: ShownState, than: ShownState): boolean {
  return SHOWN_STATES.indexOf(state) > SHOWN_STATES.indexOf(than);
}
