// Work that is announced: customers are reminded before it, the page shows it while it goes on, and it ends by itself.
//
//   scheduled ─ from ─▶ under-way ─ until ─▶ completed          reminders at 72 h and 1 h before `from`, by default
//       └── cancelled       └── ended early, or extended
//
// It never hides an outage: what probes see stays worse than `maintenance`, and opens an incident as ever.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { DAY_MS, earlier, type Instant } from '../base/time.ts';
import type { Maintenance } from '../ports/incidents.ts';
import { isConfigured, type Known, nextId, type Rules } from './known.ts';
import type { Refusal } from './operator.ts';
import { dueText, extendedText, movedText } from './words.ts';

export interface Scheduling {
  readonly title: string;
  readonly text: string;
  readonly components: readonly string[];
  readonly from: Instant;
  readonly until: Instant;
  /** Customers are reminded by e-mail, too. */
  readonly notify: boolean;
}

export type Rescheduling = { readonly [Key in keyof Scheduling]?: Scheduling[Key] | undefined };

type Outcome = Result<Maintenance, Refusal>;

export function schedule(known: Known, asked: Scheduling, rules: Rules, now: Instant): Outcome {
  if (known.maintenance.length >= LIMITS.maintenanceOpenMax)
    return refused('limit', `${LIMITS.maintenanceOpenMax} are scheduled or under way; cancel one first`);
  const at = Math.floor(now);
  const { title, text, components, from, until, notify } = asked;
  const wrong = mistakeIn(asked, rules, now) ?? (from <= now ? 'it must begin in the future' : undefined);
  if (wrong !== undefined) return refused('conflict', wrong);
  return ok({
    id: nextId(at, known.lastMaintenance, 'm'),
    title,
    text,
    components,
    from,
    until,
    state: 'scheduled',
    updates: [],
    reminders: remindersFor(from, rules, at),
    createdAt: at,
    ...(notify ? { notify } : {}),
  });
}

/** While it is under way it can be extended, shortened and described anew, and no more. */
export function change(before: Maintenance, asked: Rescheduling, rules: Rules, now: Instant): Outcome {
  const { id, state } = before;
  if (before.endedAt !== undefined) return refused('conflict', `${id} is ${state} already; schedule another`);
  const at = Math.floor(now);
  const { notify: wasNotified, ...rest } = before;
  const { notify = wasNotified === true, ...given } = defined(asked);
  const next = { ...rest, ...given, ...(notify ? { notify } : {}) };
  const moved = next.from !== before.from;
  if (state === 'under-way' && (moved || given.components !== undefined))
    return refused('conflict', `${id} is under way: its beginning and components stay as they are`);
  const late = moved && next.from <= now ? 'it must begin in the future' : undefined;
  const over = next.until <= now ? 'it must end in the future; `maintenance end` ends it now' : undefined;
  const wrong = mistakeIn(next, rules, now, before.components) ?? late ?? over;
  if (wrong !== undefined) return refused('conflict', wrong);
  const text = moved
    ? movedText(next, rules)
    : next.until === before.until
      ? undefined
      : extendedText(next, rules);
  const sent = before.reminders.filter((one) => one.sent).slice(-LIMITS.remindersMax);
  const reminders = moved ? [...sent, ...remindersFor(next.from, rules, at)] : before.reminders;
  return ok(text === undefined ? { ...next, reminders } : said({ ...next, reminders }, at, text));
}

export function cancel(before: Maintenance, text: string | undefined, now: Instant): Outcome {
  if (before.state !== 'scheduled') {
    const instead = before.state === 'under-way' ? 'end it instead' : 'there is nothing to cancel';
    return refused('conflict', `${before.id} is ${before.state.replace('-', ' ')}; ${instead}`);
  }
  return ok(over(before, 'cancelled', text ?? 'Cancelled: it will not take place.', now));
}

export function end(before: Maintenance, text: string | undefined, now: Instant): Outcome {
  if (before.state !== 'under-way') {
    const instead = before.state === 'scheduled' ? 'cancel it instead' : 'there is nothing to end';
    return refused('conflict', `${before.id} is ${before.state}; ${instead}`);
  }
  return ok(over(before, 'completed', text ?? 'It is over, earlier than announced.', now));
}

/** What time brings; `remind` holds those whose customers are to be reminded now. */
export function maintenanceAt(
  known: Known,
  rules: Rules,
  now: Instant,
): { readonly known: Known; readonly remind: readonly Maintenance[] } {
  const remind: Maintenance[] = [];
  const maintenance = known.maintenance.map((one) => {
    const next = oneAt(one, rules, now);
    const wasSent = one.reminders.filter(({ sent }) => sent).length;
    const isSent = next.reminders.filter(({ sent }) => sent).length;
    if (next.state === 'scheduled' && isSent > wasSent) remind.push(next);
    return next;
  });
  const isSame = maintenance.every((one, index) => one === known.maintenance[index]);
  return { known: isSame ? known : { ...known, maintenance }, remind };
}

export function nextMaintenance({ maintenance }: Known, now: Instant): Instant | undefined {
  return maintenance
    .flatMap(({ from, until, reminders }) => [
      from,
      until,
      ...reminders.flatMap(({ at, sent }) => (sent ? [] : [at])),
    ])
    .filter((at) => at > now)
    .reduce<Instant | undefined>(earlier, undefined);
}

function oneAt(one: Maintenance, rules: Rules, now: Instant): Maintenance {
  const at = Math.floor(now);
  if (one.endedAt !== undefined) return one;
  if (one.until <= now) return over(one, 'completed', 'It is over.', one.until);
  if (one.from <= now) {
    if (one.state === 'under-way') return one;
    // A node that was not there when it was time reminds nobody of what goes on.
    const reminders = one.reminders.map((reminder) => ({ ...reminder, sent: true }));
    return said({ ...one, state: 'under-way', reminders }, one.from, 'It has begun.');
  }
  if (!one.reminders.some((reminder) => !reminder.sent && reminder.at <= now)) return one;
  // Of several that were missed, one is sent.
  const reminders = one.reminders.map((reminder) => ({
    ...reminder,
    sent: reminder.sent || reminder.at <= now,
  }));
  return said({ ...one, reminders }, at, dueText(one, at, rules));
}

/** Those to come; where all of them are past already, one at once: nobody had any. */
function remindersFor(from: Instant, { remindersMs }: Rules, at: Instant): Maintenance['reminders'] {
  const times = remindersMs.map((beforeMs) => from - beforeMs).toSorted((a, b) => a - b);
  const toCome = times.filter((time) => time > at);
  const due = toCome.length === 0 && times.length > 0 ? [at] : toCome;
  return due.map((time) => ({ at: time, sent: false }));
}

function mistakeIn(
  { components, from, until }: Pick<Scheduling, 'components' | 'from' | 'until'>,
  rules: Rules,
  now: Instant,
  known: readonly string[] = [],
): string | undefined {
  const unknown = components.find((name) => !isConfigured(rules, name) && !known.includes(name));
  if (unknown !== undefined) return `there is no component "${unknown}"; \`ringthrough status\` lists them`;
  if (until <= from) return 'it must end after it begins';
  if (until - from > LIMITS.maintenanceLengthMaxMs)
    return `it must not be longer than ${LIMITS.maintenanceLengthMaxMs / DAY_MS} days`;
  if (from > now + LIMITS.maintenanceAheadMaxMs)
    return `it must begin within ${LIMITS.maintenanceAheadMaxMs / DAY_MS} days`;
  return undefined;
}

function over(one: Maintenance, state: 'completed' | 'cancelled', text: string, now: Instant): Maintenance {
  const endedAt = Math.floor(now);
  const reminders = one.reminders.filter(({ sent }) => sent);
  return { ...said({ ...one, reminders }, endedAt, text), state, endedAt };
}

/** The oldest gives way where there are too many. */
function said(one: Maintenance, at: Instant, text: string): Maintenance {
  return { ...one, updates: [...one.updates, { at, text }].slice(-LIMITS.maintenanceUpdatesMax) };
}

function defined(asked: Rescheduling): Partial<Scheduling> {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<Scheduling>;
}

function refused(why: Refusal['why'], text: string): { readonly ok: false; readonly error: Refusal } {
  return err({ why, text });
}
