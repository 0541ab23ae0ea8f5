// States in the words of somebody who runs a business, not a telephone network. What is said in the present tense is
// shown only while the reader's browser knows that it is true; without script, and on a page that has become old, the
// same is said of the time when the page was made (script.ts).

import { listed } from '../base/names.ts';
import type { Instant } from '../base/time.ts';
import type { Impact, MaintenanceState, Phase } from '../ports/incidents.ts';
import type { ShownState } from '../ports/status.ts';
import type { ComponentOnPage } from './view.ts';

export const STATE_WORDS: Readonly<Record<ShownState, string>> = {
  operational: 'Working',
  degraded: 'Unreliable',
  maintenance: 'In maintenance',
  unknown: 'Not known',
  'partial-outage': 'Failing for some',
  'major-outage': 'Not working',
};

export const IMPACT_WORDS: Readonly<Record<Impact, string>> = {
  degraded: 'unreliable',
  'partial-outage': 'failing for some',
  'major-outage': 'not working',
};

export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  investigating: 'Being looked into',
  identified: 'Cause found',
  monitoring: 'Mended, being watched',
  resolved: 'Over',
};

export const MAINTENANCE_WORDS: Readonly<Record<MaintenanceState, string>> = {
  scheduled: 'Planned',
  'under-way': 'Under way',
  completed: 'Done',
  cancelled: 'Cancelled',
};

/** What is wrong with a component, after "is" or "are". */
const PREDICATES: Readonly<Record<Exclude<ShownState, 'operational'>, string>> = {
  degraded: 'unreliable',
  maintenance: 'in planned maintenance',
  unknown: 'not heard of',
  'partial-outage': 'failing for some customers',
  'major-outage': 'not working',
};

/** How many names a sentence bears. */
const NAMES_TOLD = 2;

export type Tense = 'now' | 'then';

/** The state of it all in one sentence, without a full stop. */
export function headline(
  state: ShownState,
  components: readonly Pick<ComponentOnPage, 'name' | 'state'>[],
  tense: Tense,
): string {
  if (components.length === 0) return tense === 'now' ? 'Nothing is watched yet' : 'Nothing was watched yet';
  if (state === 'operational') return `All services ${verb(true, tense)} working`;
  const names = components.filter((component) => component.state === state).map(({ name }) => name);
  if (state === 'unknown' && names.length === components.length) {
    return tense === 'now'
      ? 'We can’t tell whether anything works'
      : 'We couldn’t tell whether anything worked';
  }
  const predicate = PREDICATES[state];
  if (names.length === components.length && names.length > 1) {
    return `All services ${verb(true, tense)} ${predicate}`;
  }
  if (names.length > NAMES_TOLD) {
    return `${names.length} of ${components.length} services ${verb(true, tense)} ${predicate}`;
  }
  const [only = 'The service'] = names;
  const many = names.length > 1 || isPlural(only);
  return `${names.length > 1 ? listed(names) : only} ${verb(many, tense)} ${predicate}`;
}

/** Since when the oldest of those that are in this state are. */
export function sinceOf(
  state: ShownState,
  components: readonly Pick<ComponentOnPage, 'state' | 'since'>[],
): Instant | undefined {
  const those = components.filter((component) => component.state === state);
  return those.length === 0 ? undefined : Math.min(...those.map(({ since }) => since));
}

function verb(plural: boolean, tense: Tense): string {
  if (plural) return tense === 'now' ? 'are' : 'were';
  return tense === 'now' ? 'is' : 'was';
}

/** "Incoming calls", not "Access", and not "SMS". A wrong guess is a slip of grammar. */
function isPlural(name: string): boolean {
  return /[a-rt-z]s$/.test(name);
}
