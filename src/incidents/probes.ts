// Incidents that open and close by themselves, from the states of components as the judge tells them. One is open at a
// time: a period in which the service was not whole, which parts that fail meanwhile join.
//
//   outage, or degraded for a while ─▶ investigating ─ all work ─▶ monitoring ─ and go on to ─▶ resolved
//                                            ▲─────── fails again ──────┘
//
// `unknown` opens none and closes none. What an operator's open incident names is that incident's matter.

import { LIMITS } from '../base/limits.ts';
import { earlier, type Instant, MINUTE_MS } from '../base/time.ts';
import type { Affected, Impact, Incident, IncidentUpdate } from '../ports/incidents.ts';
import { isWorse, type StateChange } from '../ports/status.ts';
import { goingOn, impactOf, isConfigured, isOutage, type Known, nextId, type Rules } from './known.ts';
import { againText, failingText, resolvedText, titleOf, UNWATCHED_TEXT, worksText } from './words.ts';

/** Within it, a text of ours takes the place of the one before it: whoever flaps writes one, not ten. */
const MERGE_MS = 2 * MINUTE_MS;

export function stateChanged(known: Known, change: StateChange, rules: Rules): Known {
  // What time has brought until then is done first: a timer may have been late.
  const before = look(known, rules, change.at);
  if (!isConfigured(rules, change.component)) return before;
  const seen = new Map(before.seen);
  seen.set(change.component, { state: change.to, since: Math.floor(change.at) });
  return look({ ...before, seen }, rules, change.at);
}

/** Whatever follows from what is known at that time. Doing it again changes nothing. */
export function look(known: Known, rules: Rules, now: Instant): Known {
  const at = Math.floor(now);
  const failing = failingNow(known, rules, now);
  const open = known.incidents.find(isOfProbes);
  if (open !== undefined) {
    const next = refreshed(open, { known, failing, rules, at });
    if (next === open) return known;
    return { ...known, incidents: known.incidents.map((one) => (one === open ? next : one)) };
  }
  if (failing.size === 0) return known;
  const affected = [...failing].map(([component, row]) => ({ component, ...row }));
  const openedAt = Math.min(...affected.map(({ since }) => since));
  const id = nextId(openedAt, known.lastIncident, '');
  const text = failingText(affected, rules);
  const incident: Incident = {
    id,
    title: titleOf(affected),
    openedBy: 'probes',
    openedAt,
    affected,
    updates: [{ at, phase: 'investigating', text, by: 'probes' }],
  };
  return { ...known, incidents: [...known.incidents, incident], lastIncident: id };
}

/** When `look` will have something to do though nothing comes. */
export function nextLook(known: Known, rules: Rules, now: Instant): Instant | undefined {
  const { seen } = known;
  const degraded = [...seen.values()].flatMap(({ state, since, dismissed }) => {
    return state === 'degraded' && dismissed === undefined ? [since + rules.degradedAfterMs] : [];
  });
  const open = known.incidents.find(isOfProbes);
  const workingAt = open === undefined ? undefined : allWorkSince(open, known, rules);
  const resolveAt = workingAt === undefined ? [] : [workingAt + rules.resolveAfterMs];
  return [...degraded, ...resolveAt].filter((at) => at > now).reduce<Instant | undefined>(earlier, undefined);
}

interface Failing {
  readonly worst: Impact;
  readonly since: Instant;
}

interface View {
  readonly known: Known;
  readonly failing: ReadonlyMap<string, Failing>;
  readonly rules: Rules;
  readonly at: Instant;
}

function isOfProbes({ openedBy, resolvedAt }: Incident): boolean {
  return openedBy === 'probes' && resolvedAt === undefined;
}

/** What is an incident by itself, and nobody else's. */
function failingNow(known: Known, rules: Rules, now: Instant): ReadonlyMap<string, Failing> {
  const others = known.incidents.filter(({ openedBy }) => openedBy === 'operator');
  const covered = new Set(others.flatMap((one) => goingOn(one).map(({ component }) => component)));
  const failing = new Map<string, Failing>();
  for (const [component, { state, since, dismissed }] of known.seen) {
    const impact = impactOf(state);
    if (impact === undefined || covered.has(component)) continue;
    const lasted = dismissed === undefined && since + rules.degradedAfterMs <= now;
    if (isOutage(state) || lasted) failing.set(component, { worst: impact, since });
  }
  return failing;
}

function refreshed(incident: Incident, view: View): Incident {
  const { known, failing, rules, at } = view;
  const rows = incident.affected.map((row) => rowNow(row, view));
  const joining = [...failing.keys()].filter((name) => !rows.some((row) => row.component === name));
  const joined = joining.flatMap((component) => {
    const row = failing.get(component);
    return row === undefined ? [] : [{ component, ...row }];
  });
  const affected: readonly Affected[] = [...rows, ...joined];
  const changed = affected.filter((row) => !incident.affected.includes(row));
  const title = incident.title === titleOf(incident.affected) ? titleOf(affected) : incident.title;
  const next = changed.length === 0 ? incident : { ...incident, affected, title };
  if (!rows.some(({ component }) => isConfigured(rules, component)) && joined.length === 0) {
    return resolved(next, UNWATCHED_TEXT, at);
  }
  const down = goingOn(next);
  const wasDown = new Set(goingOn(incident).map(({ component }) => component));
  if (down.length > 0) {
    const again = down.filter(({ component }) => !wasDown.has(component));
    const worse = changed.some((row) => isWorseThanIn(row, incident));
    if (again.length === 0 && !worse) return next;
    return wasDown.size === 0
      ? updated(next, { at, phase: 'investigating', text: againText(down, at, rules), by: 'probes' })
      : updated(next, { at, phase: phaseOf(next), text: failingText(down, rules), by: 'probes' });
  }
  const ended = Math.max(...affected.map(({ until = at }) => until));
  const since = allWorkSince(next, known, rules);
  if (since !== undefined && since + rules.resolveAfterMs <= at) {
    return resolved(next, resolvedText(next.openedAt, ended, rules), at);
  }
  if (wasDown.size === 0) return next;
  return updated(next, { at, phase: 'monitoring', text: worksText(ended, rules), by: 'probes' });
}

/** The same one where nothing changed. */
function rowNow(row: Affected, { known, failing, rules, at }: View): Affected {
  const { component, worst, since } = row;
  const seen = known.seen.get(component);
  if (!isConfigured(rules, component) || seen === undefined) {
    return row.until === undefined ? { ...row, until: at } : row;
  }
  const now = row.until === undefined ? impactOf(seen.state) : failing.get(component)?.worst;
  if (now !== undefined) {
    const grown = isWorse(now, worst) ? now : worst;
    return grown === worst && row.until === undefined ? row : { component, worst: grown, since };
  }
  const works = row.until === undefined && seen.state === 'operational';
  return works ? { ...row, until: Math.max(since, seen.since) } : row;
}

function isWorseThanIn(row: Affected, incident: Incident): boolean {
  const before = incident.affected.find(({ component }) => component === row.component);
  return before !== undefined && isWorse(row.worst, before.worst);
}

/** Since when all that it names and that is still configured has been operational; `undefined`: it is not. */
function allWorkSince(incident: Incident, { seen }: Known, rules: Rules): Instant | undefined {
  const states = incident.affected
    .filter(({ component }) => isConfigured(rules, component))
    .map(({ component }) => seen.get(component));
  return states.reduce<Instant | undefined>((latest, one) => {
    return latest === undefined || one?.state !== 'operational' ? undefined : Math.max(latest, one.since);
  }, incident.openedAt);
}

/** An operator's `identified` stays, whoever joins. */
function phaseOf({ updates }: Incident): IncidentUpdate['phase'] {
  return updates.at(-1)?.phase === 'identified' ? 'identified' : 'investigating';
}

function resolved(incident: Incident, text: string, at: Instant): Incident {
  const affected = incident.affected.map((row) => (row.until === undefined ? { ...row, until: at } : row));
  const closing: IncidentUpdate = { at, phase: 'resolved', text, by: 'probes' };
  return { ...incident, affected, updates: [...incident.updates, closing], resolvedAt: at };
}

/** Ours that is young, or one too many, gives way to the next; the first of all keeps its time. */
function updated(incident: Incident, update: IncidentUpdate): Incident {
  const { updates } = incident;
  const last = updates.at(-1);
  const ours = updates.filter(({ by }) => by === 'probes').length;
  const isFull = ours >= LIMITS.incidentOwnUpdatesMax || updates.length >= LIMITS.incidentUpdatesMax;
  const gives = last?.by === 'probes' && (isFull || update.at - last.at < MERGE_MS);
  if (!gives) return isFull ? incident : { ...incident, updates: [...updates, update] };
  if (updates.length > 1) return { ...incident, updates: [...updates.slice(0, -1), update] };
  // How it began stays to be read, whatever comes after it.
  if (update.phase !== last.phase) return { ...incident, updates: [...updates, update] };
  return { ...incident, updates: [{ ...update, at: last.at }] };
}
