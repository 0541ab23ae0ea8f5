// Where an operator lets an account call for a time, though it does not usually call there: the owner has rung up, and
// must get through now. Kept in memory only; what is to last is the account's `destinationsUsual`.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { E164 } from '../ports/records.ts';

export interface Allowance {
  readonly account: string;
  /** `+960`. */
  readonly prefix: string;
  readonly until: Instant;
  /** Who said so, for people: `api`, `cli`. */
  readonly by: string;
}

export class Allowances {
  #all: readonly Allowance[] = [];

  /** In the order in which they end. */
  list(now: Instant): readonly Allowance[] {
    this.#all = this.#all.filter(({ until }) => until > now);
    return this.#all;
  }

  /** In place of what was said of the same prefix before. False: there are as many as may be. */
  allow(allowance: Allowance, now: Instant): boolean {
    const others = this.list(now).filter((each) => !isOf(each, allowance.account, allowance.prefix));
    if (others.length >= LIMITS.fraudAllowancesMax) return false;
    this.#all = [...others, allowance].toSorted((a, b) => a.until - b.until);
    return true;
  }

  /** False where there is no such one. */
  disallow(account: string, prefix: string, now: Instant): boolean {
    const before = this.list(now);
    this.#all = before.filter((each) => !isOf(each, account, prefix));
    return this.#all.length < before.length;
  }

  has(account: string, number: E164, now: Instant): boolean {
    return this.#all.some(
      (each) => each.account === account && each.until > now && number.startsWith(each.prefix),
    );
  }
}

function isOf(allowance: Allowance, account: string, prefix: string): boolean {
  return allowance.account === account && allowance.prefix === prefix;
}
