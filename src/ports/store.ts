// The store keeps what must outlive the process: accounts, bindings, doors, ledger, where carriers were. One write is
// one batch is one transaction: when `write` resolves, all of it survives kill -9 and power loss; when it rejects, none
// of it happened. Adapters must pass test/contract/store.contract.ts.

import type {
  Account,
  Binding,
  CallHabits,
  Divert,
  Door,
  E164,
  LedgerEntry,
  TrunkServers,
} from './records.ts';

export type StoreWrite =
  /** Replaces the account whole. A phone that is gone from it takes its bindings with it. */
  | { readonly type: 'account'; readonly account: Account }
  | { readonly type: 'account-removed'; readonly name: string }
  | { readonly type: 'divert'; readonly number: E164; readonly divert: Divert | undefined }
  /** All bindings of one phone, replacing what was kept for it; an empty list removes them. */
  | { readonly type: 'bindings'; readonly user: string; readonly bindings: readonly Binding[] }
  /** Replaces what was kept for the trunk; no servers remove it. */
  | { readonly type: 'trunk-servers'; readonly known: TrunkServers }
  /** Inserts or replaces by port. */
  | { readonly type: 'door'; readonly door: Door }
  /** Replaces what was kept of the account; goes with it. */
  | { readonly type: 'habits'; readonly habits: CallHabits }
  /** Inserts or replaces by id. */
  | { readonly type: 'ledger'; readonly entry: LedgerEntry };

export interface LedgerQuery {
  /** Only attempts to reach this number or user. */
  readonly called?: string;
  readonly account?: string;
  readonly outcome?: string;
  readonly since?: number;
  readonly until?: number;
  /** At most `LIMITS.ledgerPageMax` rows, newest first. */
  readonly limit: number;
  /** From an earlier page's `next`. */
  readonly cursor?: string;
}

export interface LedgerPage {
  readonly entries: readonly LedgerEntry[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface Store {
  /**
   * Atomic and durable; batches given at once are done in their order. Rejects with a `RingthroughError`:
   * STORE_FULL, STORE_FAILED, LIMIT_REACHED (too many wait), CONFLICT (a phone or number of another account),
   * NOT_FOUND (a divert of a number that nobody has).
   */
  write(writes: readonly StoreWrite[]): Promise<void>;
  accounts(): Promise<readonly Account[]>;
  bindings(): Promise<readonly Binding[]>;
  trunkServers(): Promise<readonly TrunkServers[]>;
  doors(): Promise<readonly Door[]>;
  habits(): Promise<readonly CallHabits[]>;
  ledger(query: LedgerQuery): Promise<LedgerPage>;
  ledgerEntry(id: string): Promise<LedgerEntry | undefined>;
  /** Attempts without an outcome: those that a crash cut off. */
  unfinished(): Promise<readonly LedgerEntry[]>;
  close(): Promise<void>;
}
