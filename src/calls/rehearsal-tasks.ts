// What a rehearsal has to try, in order: the steps that a call goes through, and for a menu what lies behind each of
// its keys. And what is to be said of it when all was tried: who answers a caller, and after how long.

import { LIMITS } from '../base/limits.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Account, ForwardReason, PlanStep } from '../ports/records.ts';
import { stepsInTurn } from '../routing/plan.ts';

export interface Task {
  /** Of the plan, from 1. */
  readonly step: number;
  readonly action: PlanStep;
  /** Behind which key of which menu: `press 1 in main`. Absent: a step of the plan itself. */
  readonly behind?: string;
  /** Why no call comes there. */
  readonly unreached?: string;
}

/** What came of a task. */
export interface Tried {
  readonly task: Task;
  readonly result: 'works' | 'failed' | 'not-rung' | 'skipped';
  /** Who answers there: `reception or workshop`. */
  readonly who: string;
  /** How long a caller is kept by it where nobody answers. */
  readonly keepsMs: number;
}

/** One step too many is told by one task too many. */
export function tasksOf(steps: readonly PlanStep[], account: Account): readonly Task[] {
  const tasks: Task[] = [];
  const seen = new Set<string>();
  let after: string | undefined;
  const add = (action: PlanStep, step: number, behind: string | undefined): void => {
    if (tasks.length > LIMITS.rehearsedStepsMax) return;
    tasks.push({
      step,
      action,
      ...(behind === undefined ? {} : { behind }),
      ...(after === undefined || behind !== undefined ? {} : { unreached: `nothing comes after ${after}` }),
    });
    if (action.type !== 'menu' || seen.has(action.menu)) return;
    seen.add(action.menu);
    const menu = account.menus?.find(({ name }) => name === action.menu);
    for (const { key, steps: lead } of menu?.choices ?? []) {
      for (const one of stepsInTurn(lead)) add(one, step, `press ${key} in ${action.menu}`);
    }
    for (const one of stepsInTurn(menu?.otherwise ?? [])) add(one, step, `press nothing in ${action.menu}`);
  };
  for (const [index, action] of steps.entries()) {
    add(action, index + 1, undefined);
    // A step that its hours skip ends nothing.
    if (action.when !== undefined || action.after !== undefined) continue;
    if (action.type === 'announcement') after ??= `the announcement ${action.prompt}`;
    if (action.type === 'menu') after ??= `the menu ${action.menu}`;
  }
  return tasks;
}

export interface Answering {
  readonly who: string;
  /** After so long at the latest. */
  readonly afterMs: number;
}

/** Who answers a caller, one after another, where each but the last does not. */
export function answering(tried: readonly Tried[]): readonly Answering[] {
  const found: Answering[] = [];
  let afterMs = 0;
  let failed: ForwardReason = 'unreachable';
  for (const { task, result, who, keepsMs } of tried) {
    const { action } = task;
    if (task.behind !== undefined || result === 'skipped') continue;
    if (action.after !== undefined && action.after !== failed) continue;
    if (action.type === 'ring' && result === 'works') failed = 'no-answer';
    if (action.type === 'announcement') break;
    if (result !== 'failed') found.push({ who, afterMs });
    if (result !== 'failed' && (action.type === 'voicemail' || action.type === 'menu')) break;
    afterMs += keepsMs;
  }
  return found;
}

/** A sentence: `A caller is put through to reception at once, else after 20 s to +447700900123.` */
export function summaryOf(found: readonly Answering[]): string {
  const [first, ...others] = found;
  if (first === undefined) return 'A caller would reach nobody.';
  const rest = others.map(({ who, afterMs }) => `, else ${when(afterMs)} to ${who}`);
  return `A caller is put through ${when(first.afterMs)} to ${first.who}${rest.join('')}.`;
}

function when(afterMs: Instant): string {
  const seconds = Math.ceil(afterMs / SECOND_MS);
  return seconds === 0 ? 'at once' : `after ${seconds} s`;
}

/** For people: `rings reception and workshop for 20 s`. */
export function actionWords(action: PlanStep): string {
  const condition = action.when === undefined ? '' : ` (${action.when.type} ${action.when.hours})`;
  const after = action.after === undefined ? '' : ` (when its phones are ${AFTER[action.after]})`;
  return `${plainWords(action)}${condition}${after}`;
}

const AFTER: Readonly<Record<ForwardReason, string>> = {
  busy: 'busy',
  'no-answer': 'not answered',
  unreachable: 'unreachable',
};

function plainWords(action: PlanStep): string {
  switch (action.type) {
    case 'ring':
      return `rings ${action.phones.join(' and ')} for ${action.forMs / SECOND_MS} s`;
    case 'dial':
      return `dials ${action.number}${action.trunk === undefined ? '' : ` over ${action.trunk}`} for ${action.forMs / SECOND_MS} s`;
    case 'announcement':
      return `says the announcement ${action.prompt}`;
    case 'voicemail':
      return `takes a message in the mailbox ${action.mailbox}`;
    case 'menu':
      return `offers the menu ${action.menu}`;
  }
}
