// What is done about calls that look like toll fraud: the call is refused with an announcement and a reason in the
// ledger, and the operator is told. Ended calls come by here too, so that it is known what each account usually calls.

import type { Instant } from '../base/time.ts';
import { FraudWatch } from '../fraud/fraud-watch.ts';
import type { Account, E164, LedgerEntry } from '../ports/records.ts';
import type { NodeEvent } from './views.ts';

export class FraudDesk {
  /** Calls that were refused; times that the operator was told. */
  readonly counters = { fraud_refused: 0, fraud_suspected: 0 };
  readonly #watch = new FraudWatch();
  readonly #tell: (event: NodeEvent) => void;

  constructor(tell: (event: NodeEvent) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#watch.size;
  }

  /** From the ledger, oldest first: what was usual before the node was started is so still. */
  remember(newestFirst: readonly LedgerEntry[]): void {
    for (const entry of newestFirst.toReversed()) this.#watch.learn(entry);
  }

  ended(entry: LedgerEntry): void {
    this.#watch.learn(entry);
  }

  whyNotCall(account: Account, number: E164, caller: string, now: Instant): string | undefined {
    const { refusal, suspicion } = this.#watch.judge(account, number, caller, now);
    if (refusal !== undefined) this.counters.fraud_refused++;
    if (suspicion !== undefined) {
      this.counters.fraud_suspected++;
      this.#tell({ ...suspicion, type: 'fraud-suspected', at: now });
    }
    return refusal;
  }
}
