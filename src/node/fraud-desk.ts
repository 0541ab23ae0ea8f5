// What is done about calls that look like toll fraud: the call is refused with an announcement and a reason in the
// ledger, and the operator is told. Ended calls come by here too, so that it is known what each account usually calls;
// and here an operator lets an account call, or forgets what was held against it.

import type { Instant } from '../base/time.ts';
import type { Allowance } from '../fraud/allowances.ts';
import { type Attempt, FraudWatch, type Judgement } from '../fraud/fraud-watch.ts';
import type { CallHabits, LedgerEntry } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { FraudView, NodeEvent } from './views.ts';

export class FraudDesk {
  /** Unusual calls that were let through, and refused; times that the operator was told. */
  readonly counters = { fraud_passed: 0, fraud_refused: 0, fraud_suspected: 0 };
  readonly #watch = new FraudWatch();
  readonly #tell: (event: NodeEvent) => void;

  constructor(tell: (event: NodeEvent) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#watch.size;
  }

  /** What was usual before the node was started is so still. */
  remember(habits: readonly CallHabits[]): void {
    this.#watch.remember(habits);
  }

  /** Gives what is to be kept of it. */
  ended(entry: LedgerEntry): readonly StoreWrite[] {
    const habits = this.#watch.learn(entry);
    return habits === undefined ? [] : [{ type: 'habits', habits }];
  }

  judge(attempt: Attempt, now: Instant): Judgement {
    const judgement = this.#watch.judge(attempt, now);
    if (judgement.type === 'usual') return judgement;
    this.counters[judgement.type === 'refused' ? 'fraud_refused' : 'fraud_passed']++;
    if (judgement.suspicion !== undefined) {
      this.counters.fraud_suspected++;
      this.#tell({ ...judgement.suspicion, type: 'fraud-suspected' });
    }
    return judgement;
  }

  over(account: string, call: string): void {
    this.#watch.over(account, call);
  }

  view(now: Instant): FraudView {
    return { accounts: this.#watch.list(now), allowed: this.#watch.allowed(now) };
  }

  /** False: there are as many as may be. */
  allow(allowance: Allowance, now: Instant): boolean {
    return this.#watch.allow(allowance, now);
  }

  /** False where there is no such one. */
  disallow(account: string, prefix: string, now: Instant): boolean {
    return this.#watch.disallow(account, prefix, now);
  }

  /** False where nothing is held against it. */
  clear(account: string, now: Instant): boolean {
    return this.#watch.clear(account, now);
  }
}
