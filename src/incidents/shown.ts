// The state that a component is shown in: the worst of what the probes say, what operators declare, and `maintenance`
// while that is under way. What probes say counts at once, whatever becomes of records: nothing is ever shown better
// than they say (law 5).

import type { Instant } from '../base/time.ts';
import type { Impact } from '../ports/incidents.ts';
import { type ShownChange, type ShownState, type State, worst } from '../ports/status.ts';
import type { Known } from './known.ts';
import { declaredStates } from './operator.ts';

export function shownState(probes: State, declared: Impact | undefined, isMaintained: boolean): ShownState {
  const said: readonly ShownState[] = [
    probes,
    ...(declared === undefined ? [] : [declared]),
    ...(isMaintained ? ['maintenance' as const] : []),
  ];
  return worst(said) ?? probes;
}

interface Shown {
  readonly state: ShownState;
  readonly since: Instant;
}

/** What is shown of all components, and since when. */
export class ShownStates {
  readonly #said = new Map<string, State>();
  readonly #shown = new Map<string, Shown>();
  #declared: ReadonlyMap<string, Impact> = new Map();
  #maintained: ReadonlySet<string> = new Set();

  constructor(components: readonly string[], now: Instant) {
    for (const component of components) {
      this.#said.set(component, 'unknown');
      this.#shown.set(component, { state: 'unknown', since: now });
    }
  }

  of(component: string): Shown | undefined {
    return this.#shown.get(component);
  }

  /** As the judge tells it. */
  said(component: string, state: State, at: Instant): readonly ShownChange[] {
    if (!this.#said.has(component)) return [];
    this.#said.set(component, state);
    return this.#look([component], at);
  }

  /** As incidents and maintenance say it now. */
  declared(known: Known, at: Instant): readonly ShownChange[] {
    this.#declared = declaredStates(known);
    const underWay = known.maintenance.filter(({ state }) => state === 'under-way');
    this.#maintained = new Set(underWay.flatMap(({ components }) => components));
    return this.#look([...this.#said.keys()], at);
  }

  #look(components: readonly string[], at: Instant): readonly ShownChange[] {
    return components.flatMap((component) => {
      const said = this.#said.get(component) ?? 'unknown';
      const to = shownState(said, this.#declared.get(component), this.#maintained.has(component));
      const from = this.#shown.get(component)?.state ?? 'unknown';
      if (from === to) return [];
      this.#shown.set(component, { state: to, since: at });
      return [{ component, from, to, at }];
    });
  }
}
