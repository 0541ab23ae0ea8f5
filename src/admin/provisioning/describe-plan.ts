// A plan in words, for whoever owns the number: `rings reception and workshop for 20 s, then the mobile
// +447700900123`.

import { assertNever } from '../../base/assert.ts';
import { listed } from '../../base/names.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { Plan, PlanStep } from '../../ports/records.ts';
import { describeNumber } from './number.ts';
import { STEP_LENGTH_DEFAULT_MS } from './plan.ts';

export function describePlan(plan: Plan): string {
  return plan.steps.map((step, index) => describeStep(step, index > 0)).join(', then ');
}

/** `follows`: after another step a number or prompt stands without its verb. */
function describeStep(step: PlanStep, follows: boolean): string {
  const when = step.when === undefined ? '' : `${step.when.type} "${step.when.hours}" `;
  switch (step.type) {
    case 'ring': {
      const inTurn = step.order === 'in-turn' && step.phones.length > 1;
      const length = inTurn ? ` in turn, ${seconds(step.forMs)} each` : ` for ${seconds(step.forMs)}`;
      return `${when}rings ${listed(step.phones)}${length}`;
    }
    case 'dial': {
      const length = step.forMs === STEP_LENGTH_DEFAULT_MS ? '' : ` for ${seconds(step.forMs)}`;
      const over = step.trunk === undefined ? '' : ` over ${step.trunk}`;
      return `${when}${follows ? '' : 'rings '}${describeNumber(step.number)}${over}${length}`;
    }
    case 'announcement':
      return `${when}${follows ? '' : 'plays '}the announcement "${step.prompt}"`;
    case 'voicemail':
      return `${when}${follows ? '' : 'takes a message in '}the mailbox ${step.mailbox}`;
    case 'menu':
      return `${when}${follows ? '' : 'plays '}the menu "${step.menu}"`;
    default:
      return assertNever(step);
  }
}

function seconds(lengthMs: number): string {
  return `${lengthMs / SECOND_MS} s`;
}
