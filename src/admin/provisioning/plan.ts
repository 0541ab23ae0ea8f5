// A plan's steps: from what people write to what routing follows, and back. A step has one verb, and what goes
// with it; everything that a step names must be there.

import { assertNever } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { AccountLimits, E164, Plan, PlanStep, StepCondition } from '../../ports/records.ts';
import { destinationAllowed } from '../../routing/destinations.ts';
import type { Path } from '../documents/document.ts';
import type { Findings } from '../documents/findings.ts';
import { durationMs, formatDuration, nearest } from '../documents/section.ts';
import { readNumber } from './number.ts';
import type { PlanInput, PlanStepInput } from './schema.ts';

/** What a plan may refer to. */
export interface PlanContext {
  /** The number whose plan it is; absent: a menu's. */
  readonly number?: E164;
  readonly phones: readonly string[];
  readonly hours: readonly string[];
  readonly prompts: readonly string[];
  /** The account's own; one of them stands for a prompt of the same name. */
  readonly sounds: readonly string[];
  readonly mailboxes: readonly string[];
  readonly menus: readonly string[];
  /** Those that take calls out. */
  readonly trunks: readonly string[];
  readonly limits: AccountLimits;
  readonly country: string;
}

export const STEP_LENGTH_DEFAULT_MS = 30 * SECOND_MS;
const VERBS = ['ring', 'dial', 'announcement', 'voicemail', 'menu'] as const;

export function compilePlan(input: PlanInput, path: Path, context: PlanContext, findings: Findings): Plan {
  const steps = input.map((step, index) => compileStep(step, [...path, index], context, findings));
  const end = input.findIndex((step) => {
    return step.announcement !== undefined && step.during === undefined && step.outside === undefined;
  });
  if (end !== -1 && end < steps.length - 1) {
    findings.add([...path, end + 1], 'is never reached: the announcement before it ends the call');
  }
  return { steps };
}

function compileStep(input: PlanStepInput, path: Path, context: PlanContext, findings: Findings): PlanStep {
  const verbs = VERBS.filter((verb) => input[verb] !== undefined);
  if (verbs.length !== 1) {
    const found = verbs.length === 0 ? 'has none' : `has ${verbs.join(' and ')}`;
    findings.add(path, `${found}: a step has exactly one of ${VERBS.join(', ')}`);
  }
  if (input.order !== undefined && input.ring === undefined) {
    findings.add([...path, 'order'], 'goes with ring only');
  }
  if (input.trunk !== undefined && input.dial === undefined) {
    findings.add([...path, 'trunk'], 'goes with dial only');
  }
  const when = compileCondition(input, path, context, findings);
  const condition = when === undefined ? {} : { when };
  if (input.ring !== undefined) {
    const phones = compilePhones(input.ring, [...path, 'ring'], context, findings);
    const forMs = compileLength(input, path, findings);
    return { type: 'ring', phones, order: input.order ?? 'together', forMs, ...condition };
  }
  if (input.dial !== undefined) {
    const number = compileDestination(input.dial, [...path, 'dial'], context, findings);
    const trunk = input.trunk === undefined ? {} : { trunk: input.trunk };
    if (input.trunk !== undefined)
      mustBeKnown('outbound trunk', input.trunk, context.trunks, [...path, 'trunk'], findings);
    return { type: 'dial', number, forMs: compileLength(input, path, findings), ...trunk, ...condition };
  }
  if (input.voicemail !== undefined) {
    plays('voicemail', input, path, findings);
    mustBeKnown('mailbox', input.voicemail, context.mailboxes, [...path, 'voicemail'], findings);
    return { type: 'voicemail', mailbox: input.voicemail, ...condition };
  }
  if (input.menu !== undefined) {
    plays('menu', input, path, findings);
    mustBeKnown('menu', input.menu, context.menus, [...path, 'menu'], findings);
    return { type: 'menu', menu: input.menu, ...condition };
  }
  const prompt = input.announcement ?? '';
  if (input.announcement !== undefined) {
    plays('announcement', input, path, findings);
    mustBeKnown(
      'prompt',
      prompt,
      [...context.sounds, ...context.prompts],
      [...path, 'announcement'],
      findings,
    );
  }
  return { type: 'announcement', prompt, ...condition };
}

function plays(verb: string, input: PlanStepInput, path: Path, findings: Findings): void {
  if (input.for === undefined) return;
  findings.add([...path, 'for'], `does not go with ${verb}: it goes on to its end`);
}

function compilePhones(
  ring: string | readonly string[],
  path: Path,
  context: PlanContext,
  findings: Findings,
) {
  const phones = typeof ring === 'string' ? [ring] : ring;
  if (phones.length === 0) findings.add(path, 'names no phone');
  for (const [index, phone] of phones.entries()) {
    const at = typeof ring === 'string' ? path : [...path, index];
    mustBeKnown('phone', phone, context.phones, at, findings);
    if (phones.indexOf(phone) !== index) findings.add(at, `names ${phone} twice`);
  }
  return phones;
}

function compileLength(input: PlanStepInput, path: Path, findings: Findings): number {
  if (input.for === undefined) return STEP_LENGTH_DEFAULT_MS;
  const forMs = durationMs(input.for);
  if (forMs < SECOND_MS || forMs > LIMITS.ringingMaxMs) {
    findings.add([...path, 'for'], `must be from 1s to ${formatDuration(LIMITS.ringingMaxMs)}`);
  }
  return forMs;
}

/** Law 8: what the caps would refuse in the middle of a call is refused here already. */
function compileDestination(dial: string, path: Path, context: PlanContext, findings: Findings): E164 {
  const number = readNumber(dial, context.country);
  if (!number.ok) findings.add(path, number.error);
  else if (number.value === context.number) findings.add(path, 'dials the very number whose plan it is');
  else findings.take(path, destinationAllowed(number.value, context.limits), undefined);
  return number.ok ? number.value : '';
}

function compileCondition(
  input: PlanStepInput,
  path: Path,
  context: PlanContext,
  findings: Findings,
): StepCondition | undefined {
  const { during, outside } = input;
  if (during !== undefined && outside !== undefined) findings.add(path, 'has during and outside; keep one');
  for (const [key, hours] of Object.entries({ during, outside })) {
    if (hours !== undefined) mustBeKnown('hours', hours, context.hours, [...path, key], findings);
  }
  if (during !== undefined) return { type: 'during', hours: during };
  return outside === undefined ? undefined : { type: 'outside', hours: outside };
}

export function mustBeKnown(
  kind: string,
  name: string,
  known: readonly string[],
  path: Path,
  findings: Findings,
): void {
  if (known.includes(name)) return;
  const guess = nearest(name, known);
  const there = known.length === 0 ? 'there are none here' : `there are: ${known.join(', ')}`;
  findings.add(path, `no ${kind} "${name}"; ${guess === undefined ? there : `did you mean "${guess}"?`}`);
}

/** As it would be written in a provisioning file. */
export function planInputOf(plan: Plan): PlanInput {
  return plan.steps.map(stepInputOf);
}

function stepInputOf(step: PlanStep): PlanStepInput {
  const when = step.when === undefined ? {} : { [step.when.type]: step.when.hours };
  switch (step.type) {
    case 'ring': {
      const order = step.order === 'together' ? {} : { order: step.order };
      return { ring: [...step.phones], ...order, for: formatDuration(step.forMs), ...when };
    }
    case 'dial':
      return {
        dial: step.number,
        ...(step.trunk === undefined ? {} : { trunk: step.trunk }),
        for: formatDuration(step.forMs),
        ...when,
      };
    case 'announcement':
      return { announcement: step.prompt, ...when };
    case 'voicemail':
      return { voicemail: step.mailbox, ...when };
    case 'menu':
      return { menu: step.menu, ...when };
    default:
      return assertNever(step);
  }
}
