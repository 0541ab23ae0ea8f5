// What operators do with incidents: open their own, say more of any, close, look back. They add words, and what is
// worse than the probes say; never what is better, so none is closed over an outage that probes still see (law 5).

import { LIMITS } from '../base/limits.ts';
import { wallClock } from '../base/local-time.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Affected, Impact, Incident, IncidentUpdate, Phase } from '../ports/incidents.ts';
import { goingOn, isConfigured, isOutage, type Known, nextId, type Rules } from './known.ts';
import { fromTemplate, titleOf } from './words.ts';

export interface Refusal {
  readonly why: 'unknown' | 'conflict' | 'limit';
  /** What is wrong, and what to do. */
  readonly text: string;
}

/** Exactly one of both. */
export interface Words {
  readonly text?: string | undefined;
  readonly template?: string | undefined;
}

export interface Opening extends Words {
  /** Absent: made of what is affected. */
  readonly title?: string | undefined;
  readonly phase?: Exclude<Phase, 'resolved'> | undefined;
  readonly components: readonly { readonly name: string; readonly state: Impact }[];
}

export interface Saying extends Words {
  /** Absent: as it was. */
  readonly phase?: Phase | undefined;
  /** Of an operator's own incident: what is otherwise from now on; `operational`: it declares nothing any more. */
  readonly components?:
    | readonly { readonly name: string; readonly state: Impact | 'operational' }[]
    | undefined;
}

type Outcome = Result<Incident, Refusal>;

export function openIncident(known: Known, asked: Opening, rules: Rules, now: Instant): Outcome {
  if (known.incidents.length >= LIMITS.incidentsOpenMax) {
    return refused('limit', `${LIMITS.incidentsOpenMax} incidents are open; resolve one first`);
  }
  const at = Math.floor(now);
  const affected = declared([], asked.components, rules, at);
  if (!affected.ok) return affected;
  const text = wordsOf(asked, affected.value, rules, at);
  if (!text.ok) return text;
  const title = asked.title ?? (affected.value.length === 0 ? 'Notice' : titleOf(affected.value));
  return ok({
    id: nextId(at, known.lastIncident, ''),
    title,
    openedBy: 'operator',
    openedAt: at,
    affected: affected.value,
    updates: [{ at, phase: asked.phase ?? 'investigating', text: text.value, by: 'operator' }],
  });
}

export function updateIncident(
  known: Known,
  incident: Incident,
  asked: Saying,
  rules: Rules,
  now: Instant,
): Outcome {
  if (incident.resolvedAt !== undefined) {
    return refused(
      'conflict',
      `incident ${incident.id} is resolved; what there is to say now is its post-mortem`,
    );
  }
  const at = Math.floor(now);
  const isClosing = asked.phase === 'resolved';
  // The last place is for the end.
  if (!isClosing && incident.updates.length >= LIMITS.incidentUpdatesMax) {
    return refused(
      'limit',
      `it has ${LIMITS.incidentUpdatesMax} updates; resolve it, and open another if need be`,
    );
  }
  if (asked.components !== undefined && incident.openedBy === 'probes') {
    return refused('conflict', 'the probes say what it affects; open one of your own to declare more');
  }
  const affected = declared(incident.affected, asked.components ?? [], rules, at);
  if (!affected.ok) return affected;
  const text = wordsOf(asked, affected.value, rules, at);
  if (!text.ok) return text;
  const phase = asked.phase ?? incident.updates.at(-1)?.phase ?? 'investigating';
  const update: IncidentUpdate = { at, phase, text: text.value, by: 'operator' };
  const next = { ...incident, affected: affected.value, updates: [...incident.updates, update] };
  if (!isClosing) return ok(next);
  const outage = outageOf(next, known, rules);
  if (outage !== undefined) return refused('conflict', outage);
  return ok({ ...next, affected: next.affected.map((row) => ({ until: at, ...row })), resolvedAt: at });
}

/** What an operator said is over, though a part is degraded, does not come back before that part has changed. */
export function dismissed(known: Known, incident: Incident): Known {
  const named = new Set(incident.affected.map(({ component }) => component));
  const seen = [...known.seen].map(([component, one]) => {
    const isDismissed = named.has(component) && one.state === 'degraded';
    return [component, isDismissed ? { ...one, dismissed: true as const } : one] as const;
  });
  return { ...known, seen: new Map(seen) };
}

export function withPostMortem(incident: Incident, text: string, now: Instant): Outcome {
  if (incident.resolvedAt === undefined) {
    return refused('conflict', `incident ${incident.id} is not resolved yet; until then it has updates`);
  }
  return ok({ ...incident, postMortem: { at: Math.floor(now), text } });
}

export function withTitle(incident: Incident, title: string): Incident {
  return { ...incident, title };
}

/** Where probes see an outage of something that it names: what they say. */
function outageOf({ affected }: Incident, { seen }: Known, rules: Rules): string | undefined {
  const said = [...new Set(affected.map(({ component }) => component))].flatMap((component) => {
    const one = isConfigured(rules, component) ? seen.get(component) : undefined;
    if (one === undefined || !isOutage(one.state)) return [];
    return [`${component}: ${one.state.replace('-', ' ')} since ${wallClock(one.since, rules.timeZone)}`];
  });
  return said.length === 0 ? undefined : `the probes do not say that it is over (${said.join('; ')})`;
}

/** What is declared of a component from now on takes the place of what was, which ends. */
function declared(
  rows: readonly Affected[],
  changes: NonNullable<Saying['components']>,
  rules: Rules,
  at: Instant,
): Result<readonly Affected[], Refusal> {
  let next = rows;
  for (const { name, state } of changes) {
    const isKnown = isConfigured(rules, name) || rows.some(({ component }) => component === name);
    if (!isKnown)
      return refused('unknown', `there is no component "${name}"; \`ringthrough status\` lists them`);
    const before = next.find(({ component, until }) => component === name && until === undefined);
    if (before?.worst === state) continue;
    next = next.map((row) => (row === before ? { ...row, until: at } : row));
    if (state !== 'operational') next = [...next, { component: name, worst: state, since: at }];
  }
  if (next.length > LIMITS.incidentAffectedMax)
    return refused('limit', `an incident has at most ${LIMITS.incidentAffectedMax} rows of what it affects`);
  return ok(next);
}

function wordsOf(
  { text, template }: Words,
  affected: readonly Affected[],
  rules: Rules,
  at: Instant,
): Result<string, Refusal> {
  if (template === undefined) return ok(text ?? '');
  const found = rules.templates.find(({ name }) => name === template);
  if (found === undefined) {
    const names = rules.templates.map(({ name }) => name).join(', ');
    const known = names === '' ? 'status.templates has none' : `there are ${names}`;
    return refused('unknown', `there is no template "${template}"; ${known}`);
  }
  const filled = fromTemplate(found.text, affected, at, rules).slice(0, LIMITS.incidentTextMax);
  return filled === '' ? refused('conflict', `the template "${template}" leaves no text`) : ok(filled);
}

/** Of an operator's incidents that are open: what they say of a component, at its worst now. */
export function declaredStates(known: Known): ReadonlyMap<string, Impact> {
  const order: readonly Impact[] = ['degraded', 'partial-outage', 'major-outage'];
  const states = new Map<string, Impact>();
  for (const incident of known.incidents) {
    if (incident.openedBy !== 'operator') continue;
    for (const { component, worst } of goingOn(incident)) {
      const before = states.get(component);
      if (before === undefined || order.indexOf(worst) > order.indexOf(before)) states.set(component, worst);
    }
  }
  return states;
}

function refused(why: Refusal['why'], text: string): { readonly ok: false; readonly error: Refusal } {
  return err({ why, text });
}
