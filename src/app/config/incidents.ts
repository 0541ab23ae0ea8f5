// What `status` says of incidents: what they mean for customers, when they are over, and what is told of maintenance
// before it begins. Everything has a default, so that a first text makes sense before anybody has written one.

import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../base/time.ts';
import type { Rules } from '../../incidents/known.ts';
import type { E164 } from '../../ports/records.ts';
import { asList, itemPath, type StatusSection } from './schema.ts';

const RESOLVE_AFTER_MS = 5 * MINUTE_MS;
const DEGRADED_AFTER_MS = 2 * MINUTE_MS;
/** What is filled in in a template. */
const PLACES: readonly string[] = ['{components}', '{since}', '{advice}'];
const REMINDERS_MS: readonly number[] = [72 * HOUR_MS, HOUR_MS];

export interface IncidentContext {
  /** All of them, also where `status` names none. */
  readonly components: readonly { readonly name: string }[];
  readonly controlNumbers: readonly E164[];
  readonly country: string;
  readonly timeZone: string;
}

export function resolveIncidents(
  section: StatusSection | undefined,
  { components, controlNumbers, country, timeZone }: IncidentContext,
  findings: Findings,
): Rules {
  const { resolveAfter, advice, templates = [], components: written = [] } = section ?? {};
  for (const [index, { name, text }] of templates.entries()) {
    if (templates.findIndex((other) => other.name === name) < index)
      findings.add(['status', 'templates', index, 'name'], 'is there twice');
    const strange = text.match(/\{[^{}\s]*\}?/g)?.find((place) => !PLACES.includes(place));
    if (strange !== undefined)
      findings.add(['status', 'templates', index, 'text'], `has ${strange}; there are ${PLACES.join(', ')}`);
  }
  const resolveAfterMs = resolveAfter === undefined ? RESOLVE_AFTER_MS : durationMs(resolveAfter);
  if (resolveAfterMs < LIMITS.resolveAfterMinMs || resolveAfterMs > LIMITS.resolveAfterMaxMs)
    findings.add(['status', 'resolveAfter'], 'must lie between 10s and 1h');
  return {
    components: components.map(({ name }) => ({
      name,
      fails: written.find((component) => component.name === name)?.fails,
    })),
    resolveAfterMs,
    degradedAfterMs: DEGRADED_AFTER_MS,
    advice: advice ?? usualAdvice(controlNumbers[0], country),
    templates,
    remindersMs: resolveReminders(section?.reminders, findings),
    timeZone,
  };
}

function resolveReminders(written: StatusSection['reminders'], findings: Findings): readonly number[] {
  if (written === undefined) return REMINDERS_MS;
  const all = asList(written).map((text, index) => {
    const beforeMs = durationMs(text);
    if (beforeMs > LIMITS.reminderMaxMs || beforeMs < MINUTE_MS) {
      const path = itemPath(['status', 'reminders'], written, index);
      findings.add(path, `must lie between 1m and ${LIMITS.reminderMaxMs / DAY_MS}d`);
    }
    return beforeMs;
  });
  return [...new Set(all)];
}

/** What the platform does for its customers when all else is down. */
function usualAdvice(control: E164 | undefined, country: string): string {
  if (control === undefined) return '';
  const number = parsePhoneNumberFromString(control);
  const shown = number?.country === country ? number.formatNational() : number?.formatInternational();
  return `Your numbers ring your mobiles where your plan says so; dial ${shown ?? control} to divert them.`;
}
