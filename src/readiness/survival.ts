// Who answers a number's callers when the customer's site is lost, with every phone in it: the steps of the plan are
// followed as a call would follow them, and rings lead to nobody.
//
// A voicemail answers, and so does an outside telephone that the account may call. A menu only does if each of its
// choices leads to such a thing; an announcement ends the call, and the business was not reached.

import type { Account, E164, Menu, NumberRecord, PlanStep } from '../ports/records.ts';

/** A number of this node, and where its calls go now. */
export interface OwnNumber {
  readonly account: Account;
  readonly record: NumberRecord;
  /** With its divert and forwards. */
  readonly steps: readonly PlanStep[];
}

export interface Surroundings {
  /** `undefined`: it is a number of somebody else's. */
  ownNumber(number: E164): OwnNumber | undefined;
  /** Why the account's calls may not be sent there. */
  whyNotDial(number: E164, account: Account): string | undefined;
}

export type Survival =
  /** `by`: who answers, such as `+447700900123` or `voicemail reception`. */
  | { readonly survives: true; readonly by: string }
  /** `why`: the end of a sentence about the callers. */
  | { readonly survives: false; readonly why: string };

/** `open`: names of the hours that are open then. */
export function survival(number: OwnNumber, open: ReadonlySet<string>, around: Surroundings): Survival {
  return new Walk(open, around).number(number);
}

class Walk {
  readonly #open: ReadonlySet<string>;
  readonly #around: Surroundings;
  readonly #seen = new Set<string>();

  constructor(open: ReadonlySet<string>, around: Surroundings) {
    this.#open = open;
    this.#around = around;
  }

  number({ account, record, steps }: OwnNumber): Survival {
    if (this.#seen.has(record.number)) return lost(`come back to ${record.number}`);
    this.#seen.add(record.number);
    return this.#steps(steps, account);
  }

  #steps(steps: readonly PlanStep[], account: Account): Survival {
    let why = steps.some(({ type }) => type === 'ring')
      ? 'find phones only, and those are gone'
      : 'reach nobody';
    for (const step of steps) {
      if (!this.#isTried(step, account)) continue;
      const found = this.#step(step, account);
      if (found === undefined) continue;
      if (found.survives || isLast(step)) return found;
      why = found.why;
    }
    return lost(why);
  }

  /** With the phones gone, what is for a busy phone or one that rings in vain does not come about. */
  #isTried({ when, after }: PlanStep, { hours }: Account): boolean {
    if (after !== undefined && after !== 'unreachable') return false;
    if (when === undefined || !hours.some(({ name }) => name === when.hours)) return true;
    return this.#open.has(when.hours) === (when.type === 'during');
  }

  /** `undefined`: it is as if it were not there. */
  #step(step: PlanStep, account: Account): Survival | undefined {
    switch (step.type) {
      case 'ring':
        return undefined;
      case 'announcement':
        return lost('only hear an announcement');
      case 'voicemail': {
        const known = account.mailboxes?.some(({ name }) => name === step.mailbox) ?? false;
        return known ? { survives: true, by: `voicemail ${step.mailbox}` } : undefined;
      }
      case 'dial':
        return this.#dial(step.number, account);
      case 'menu': {
        const menu = account.menus?.find(({ name }) => name === step.menu);
        return menu === undefined ? undefined : this.#menu(menu, account);
      }
    }
  }

  #dial(number: E164, account: Account): Survival {
    const why = this.#around.whyNotDial(number, account);
    if (why !== undefined) return lost(`are not sent on: ${why}`);
    const own = this.#around.ownNumber(number);
    return own === undefined ? { survives: true, by: number } : this.number(own);
  }

  /** A choice that leads back to a menu that is being judged is as good as the rest of that menu. */
  #menu(menu: Menu, account: Account): Survival {
    const key = `${account.name}/${menu.name}`;
    const by = `menu ${menu.name}`;
    if (this.#seen.has(key)) return { survives: true, by };
    this.#seen.add(key);
    const leads = [
      ...menu.choices.map((choice) => ({ pressing: `press ${choice.key}`, steps: choice.steps })),
      { pressing: 'press nothing', steps: menu.otherwise },
    ];
    // A menu that nothing leads out of keeps a caller listening for ever.
    if (leads.every(({ steps }) => steps.every(({ type }) => type === 'menu')))
      return lost(`only hear ${by}`);
    for (const { pressing, steps } of leads) {
      const found = this.#steps(steps, account);
      if (!found.survives) return lost(`that ${pressing} in ${by} ${found.why}`);
    }
    return { survives: true, by };
  }
}

/** No call comes beyond it. */
function isLast({ type }: PlanStep): boolean {
  return type === 'announcement' || type === 'menu';
}

function lost(why: string): Survival {
  return { survives: false, why };
}

/** Every telephone that calls of these steps may be sent on to, whatever the hours; each once. */
export function dialledBy(steps: readonly PlanStep[], menus: readonly Menu[]): readonly E164[] {
  const found = new Set<E164>();
  const seen = new Set<string>();
  const collect = (all: readonly PlanStep[]): void => {
    for (const step of all) {
      if (step.type === 'dial') found.add(step.number);
      const menu = step.type === 'menu' ? menus.find(({ name }) => name === step.menu) : undefined;
      if (menu === undefined || seen.has(menu.name)) continue;
      seen.add(menu.name);
      for (const choice of menu.choices) collect(choice.steps);
      collect(menu.otherwise);
    }
  };
  collect(steps);
  return [...found];
}

/** Names of the hours that these steps depend on, those of menus included. */
export function hoursOf(steps: readonly PlanStep[], menus: readonly Menu[]): ReadonlySet<string> {
  const within = menus.flatMap(({ choices, otherwise }) => [
    ...choices.flatMap((choice) => choice.steps),
    ...otherwise,
  ]);
  return new Set([...steps, ...within].flatMap(({ when }) => (when === undefined ? [] : [when.hours])));
}
