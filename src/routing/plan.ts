// From a plan to whom to ring. Pure: the plan, what is known of phones and trunks, and the time go in;
// ordered targets come out, with a sentence for everything that was left out and why.
//
// A step is resolved when the call comes to it, not when the call begins, so that what was learnt meanwhile
// (a phone that gave no sign of life, a carrier that failed) already counts.

import type { Instant } from '../base/time.ts';
import {
  type Account,
  type Divert,
  type DivertTarget,
  type E164,
  isInForce,
  type NumberRecord,
  type PlanStep,
  type Reachability,
} from '../ports/records.ts';
import { divertStep, withForwards } from './forwards.ts';
import { isOpen } from './hours.ts';

/** A registered contact of a phone, as far as routing cares. */
export interface PhoneTarget {
  readonly key: string;
  /** Targets with the same device are flows to one telephone (RFC 5626). */
  readonly device: string;
  /** It is reached over TLS. */
  readonly secure: boolean;
  readonly reachability: Reachability;
  /** When `reachability` became what it is. */
  readonly since: Instant;
  /** The last sign of life that came over it. */
  readonly provenAt: Instant;
}

/** A telephone to ring: over its first flow, and over the next one where that fails. */
export interface Device {
  readonly user: string;
  /** Keys of its contacts; at least one. */
  readonly flows: readonly [string, ...string[]];
}

export interface RoutingView {
  readonly now: Instant;
  readonly account: Account;
  /** Only what is reached over TLS may be tried: the caller asked for sips (RFC 3261 §26.2.2). */
  readonly secureOnly: boolean;
  /** Contacts of a phone, best first. */
  phoneTargets(user: string): readonly PhoneTarget[];
}

export type StepTargets =
  | {
      readonly type: 'ring';
      readonly devices: readonly Device[];
      readonly forMs: number;
      readonly left: readonly LeftOut[];
    }
  | { readonly type: 'dial'; readonly number: E164; readonly forMs: number; readonly trunk?: string }
  | { readonly type: 'announcement'; readonly prompt: string }
  | { readonly type: 'voicemail'; readonly mailbox: string }
  | { readonly type: 'menu'; readonly menu: string }
  | { readonly type: 'none'; readonly left: readonly LeftOut[] };

/** Somebody or something that the step named and that is not tried. */
export interface LeftOut {
  readonly who: string;
  readonly why: string;
}

/** The steps that a call to the number goes through now: its divert where one is in force, else plan and forwards. */
export function stepsOf(
  given: NumberRecord,
  now: Instant,
): { readonly steps: readonly PlanStep[]; readonly divert: Divert | undefined } {
  const record = withForwards(given, now);
  const { divert } = record;
  if (isInForce(divert, now)) {
    return { steps: [divertStep(divert.to)], divert };
  }
  return { steps: stepsInTurn(record.plan.steps), divert: undefined };
}

export function stepsInTurn(steps: readonly PlanStep[]): readonly PlanStep[] {
  return steps.flatMap(inTurn);
}

/** For people: `+447700900123`, `the mailbox reception`. */
export function divertWords(to: DivertTarget): string {
  return typeof to === 'string' ? to : `the mailbox ${to.mailbox}`;
}

/** Ringing in turn is a row of steps with one phone each. */
function inTurn(step: PlanStep): readonly PlanStep[] {
  if (step.type !== 'ring' || step.order === 'together') return [step];
  return step.phones.map((phone) => ({ ...step, phones: [phone], order: 'together' as const }));
}

export function resolveStep(step: PlanStep, view: RoutingView): StepTargets {
  const shut = whyShut(step, view);
  if (shut !== undefined) return { type: 'none', left: [{ who: 'this step', why: shut }] };
  switch (step.type) {
    case 'ring':
      return resolveRing(step, view);
    case 'dial':
      return {
        type: 'dial',
        number: step.number,
        forMs: step.forMs,
        ...(step.trunk === undefined ? {} : { trunk: step.trunk }),
      };
    case 'announcement':
      return { type: 'announcement', prompt: step.prompt };
    case 'voicemail':
      return { type: 'voicemail', mailbox: step.mailbox };
    case 'menu':
      return { type: 'menu', menu: step.menu };
  }
}

function resolveRing(step: PlanStep & { type: 'ring' }, view: RoutingView): StepTargets {
  const devices: Device[] = [];
  const left: LeftOut[] = [];
  for (const user of step.phones) {
    const known = view.phoneTargets(user);
    const targets = known.filter(({ secure }) => secure || !view.secureOnly);
    const alive = targets.filter((target) => target.reachability !== 'unreachable');
    devices.push(...devicesOf(user, alive));
    if (known.length === 0) left.push({ who: user, why: 'is not registered' });
    else if (targets.length === 0) left.push({ who: user, why: 'is not registered over TLS, as sips asks' });
    else if (alive.length === 0) {
      const since = Math.min(...targets.map((target) => target.since));
      left.push({ who: user, why: `stopped answering ${seconds(view.now - since)} ago` });
    }
  }
  return devices.length > 0 ? { type: 'ring', devices, forMs: step.forMs, left } : { type: 'none', left };
}

/** In the order of their best contacts; the flows of each most recently proven first. */
function devicesOf(user: string, targets: readonly PhoneTarget[]): readonly Device[] {
  const flowsOf = new Map<string, PhoneTarget[]>();
  for (const target of targets) {
    const known = flowsOf.get(target.device);
    if (known === undefined) flowsOf.set(target.device, [target]);
    else known.push(target);
  }
  return [...flowsOf.values()].flatMap((flows): Device[] => {
    const [first, ...others] = flows.sort(byProof).map(({ key }) => key);
    return first === undefined ? [] : [{ user, flows: [first, ...others] }];
  });
}

/** One that answered goes before one that may be there; among equals the latest sign of life tells most. */
export function byProof(
  a: Pick<PhoneTarget, 'reachability' | 'provenAt'>,
  b: Pick<PhoneTarget, 'reachability' | 'provenAt'>,
): number {
  const proven = (reachability: Reachability) => (reachability === 'reachable' ? 1 : 0);
  return proven(b.reachability) - proven(a.reachability) || b.provenAt - a.provenAt;
}

/** Why its hours keep a step from being tried; the end of a sentence about it. */
export function whyShut(
  step: PlanStep,
  view: { readonly account: Pick<Account, 'hours'>; readonly now: Instant },
): string | undefined {
  if (step.when === undefined) return undefined;
  const name = step.when.hours;
  const hours = view.account.hours.find((candidate) => candidate.name === name);
  // Provisioning refuses plans that name unknown hours; a step without its condition is better than none.
  if (hours === undefined) return undefined;
  const open = isOpen(hours, view.now);
  if (step.when.type === 'during') return open ? undefined : `is for "${name}" only, which is closed now`;
  return open ? `is for outside "${name}", which is open now` : undefined;
}

function seconds(durationMs: number): string {
  return `${Math.max(0, Math.round(durationMs / 1000))} s`;
}
