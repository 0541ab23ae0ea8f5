// States in the words of somebody who runs a business, not a telephone network. What is said in the present tense is
// shown only while the reader's browser knows that it is true; without script, and on a page that has become old, the
// same is said of the time when the page was made (script.ts).

import { isPlural, listed } from '../base/names.ts';
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
const PREDICATES: Readonly<Record<Exclude<ShownState, 'operational' | 'unknown'>, string>> = {
  degraded: 'unreliable',
  maintenance: 'in planned maintenance',
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
  const all = names.length === components.length && names.length > 1;
  const [subject, many] = subjectOf(names, components.length);
  if (state === 'unknown') {
    if (tense === 'then') return `We couldn’t tell whether ${all ? 'anything' : subject} worked`;
    return `We can’t tell whether ${all ? 'anything works' : `${subject} ${many ? 'work' : 'works'}`}`;
  }
  if (all && state === 'major-outage') return `None of our services ${verb(false, tense)} working`;
  return `${subject} ${verb(many, tense)} ${PREDICATES[state]}`;
}

function subjectOf(names: readonly string[], ofAll: number): readonly [subject: string, plural: boolean] {
  if (names.length > 1 && names.length === ofAll) return ['All services', true];
  if (names.length > NAMES_TOLD) return [`${names.length} of ${ofAll} services`, true];
  const [only = 'The service'] = names;
  return names.length > 1 ? [listed(names), true] : [only, isPlural(only)];
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
