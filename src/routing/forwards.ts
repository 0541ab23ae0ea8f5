// Forwards: where calls go when the phones of a plan could not take them. They become steps of the plan, right after
// its leading rings, that are tried only where those failed in the way that the forward is for.
//
//   ring, ring, [busy ▸ …], [no answer ▸ …], [unreachable ▸ …], dial, announcement
//
// In this order, most telling first, because a forward that fails leaves a verdict too: the verdict only ever becomes
// more telling, and those that come after the one that was tried are for less telling ones. So at most one is tried.

import type { Instant } from '../base/time.ts';
import {
  type Divert,
  type DivertTarget,
  type ForwardReason,
  isInForce,
  type NumberRecord,
  type PlanStep,
} from '../ports/records.ts';
import type { Verdict } from './verdicts.ts';

/** How long a divert or forward rings its target. */
const DIVERT_RINGS_MS = 60_000;

export function divertStep(to: DivertTarget): PlanStep {
  if (typeof to !== 'string') return { type: 'voicemail', mailbox: to.mailbox };
  return { type: 'dial', number: to, forMs: DIVERT_RINGS_MS };
}

/** The number with its forwards among the steps of its plan. A plan that does not begin with its phones has none. */
export function withForwards(record: NumberRecord, now: Instant): NumberRecord {
  const { forwards, plan } = record;
  if (forwards === undefined) return record;
  const other = plan.steps.findIndex(({ type }) => type !== 'ring');
  const rings = other === -1 ? plan.steps.length : other;
  if (rings === 0) return record;
  const steps = [
    ...forwardSteps('busy', forwards.busy, now),
    ...forwardSteps('no-answer', forwards.noAnswer, now),
    ...forwardSteps('unreachable', forwards.unreachable, now),
  ];
  return { ...record, plan: { steps: plan.steps.toSpliced(rings, 0, ...steps) } };
}

function forwardSteps(after: ForwardReason, forward: Divert | undefined, now: Instant): readonly PlanStep[] {
  if (!isInForce(forward, now)) return [];
  return [{ ...divertStep(forward.to), after }];
}

/** Whether a step is to be tried, by the most telling verdict of what came before it. */
export function fitsAfter({ after }: PlanStep, verdict: Verdict | undefined): boolean {
  return after === undefined || (verdict !== undefined && reasonOf(verdict) === after);
}

/** Who rejects a call is busy, as in telephone networks; whatever kept it from ringing makes a phone unreachable. */
function reasonOf(verdict: Verdict): ForwardReason {
  switch (verdict) {
    case 'busy':
    case 'declined':
      return 'busy';
    case 'no-answer':
      return 'no-answer';
    default:
      return 'unreachable';
  }
}
