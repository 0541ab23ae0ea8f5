// The store keeps what must outlive the process: accounts, bindings, doors, ledger, messages, where carriers were. One
// write is one batch is one transaction: when `write` resolves, all of it survives kill -9 and power loss; when it
// rejects, none of it happened. Adapters must pass test/contract/store*.contract.ts.

import type { Incident, IncidentId, Maintenance } from './incidents.ts';
import type {
  Account,
  AuditEntry,
  Binding,
  CallHabits,
  Divert,
  DivertedUsage,
  Door,
  E164,
  Forwards,
  LedgerEntry,
  Notice,
  PlanRehearsal,
  TrunkServers,
  VoicemailMessage,
} from './records.ts';
import type { Resolution, SeriesQuery, SeriesSample } from './series.ts';
import type { ComponentDay, ComponentDaysQuery, ComponentState, Day } from './uptime.ts';

export type StoreWrite =
  /**
   * Replaces the account whole. A phone that is gone from it takes its bindings with it, a mailbox the rows of its
   * messages (not their recordings, which the store knows nothing of).
   */
  | { readonly type: 'account'; readonly account: Account }
  | { readonly type: 'account-removed'; readonly name: string }
  | { readonly type: 'divert'; readonly number: E164; readonly divert: Divert | undefined }
  | { readonly type: 'forwards'; readonly number: E164; readonly forwards: Forwards | undefined }
  /** All bindings of one phone, replacing what was kept for it; an empty list removes them. */
  | { readonly type: 'bindings'; readonly user: string; readonly bindings: readonly Binding[] }
  /** Replaces what was kept for the trunk; no servers remove it. */
  | { readonly type: 'trunk-servers'; readonly known: TrunkServers }
  /** Inserts or replaces by port. */
  | { readonly type: 'door'; readonly door: Door }
  /** Replaces what was kept of the account; goes with it. */
  | { readonly type: 'habits'; readonly habits: CallHabits }
  /** Replaces what was kept of the account; goes with it. */
  | { readonly type: 'usage'; readonly usage: DivertedUsage }
  /** Inserts or replaces by id. */
  | { readonly type: 'ledger'; readonly entry: LedgerEntry }
  /** Inserts or replaces by id. */
  | { readonly type: 'message'; readonly message: VoicemailMessage }
  | { readonly type: 'message-removed'; readonly id: string }
  /** Inserts or replaces by id. */
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'notice-removed'; readonly id: string }
  /** Replaces the one before it; goes with its number. Of a number that nobody has: nothing. */
  | { readonly type: 'rehearsal'; readonly rehearsal: PlanRehearsal }
  /** Kept also when its account is gone. */
  | { readonly type: 'audit'; readonly entry: AuditEntry }
  /** Inserts or replaces by series and time. */
  | {
      readonly type: 'samples';
      readonly resolution: Resolution;
      readonly samples: readonly SeriesSample[];
    }
  /** Of all series; a series without any sample goes. */
  | { readonly type: 'samples-pruned'; readonly resolution: Resolution; readonly before: number }
  /** Inserts or replaces by component and day. */
  | { readonly type: 'component-day'; readonly row: ComponentDay }
  /** Inserts or replaces by component. */
  | { readonly type: 'component-state'; readonly row: ComponentState }
  /** Of all components, with what was last known of one before that day. */
  | { readonly type: 'component-days-pruned'; readonly before: Day }
  /** Inserts or replaces by id. */
  | { readonly type: 'incident'; readonly incident: Incident }
  /** The oldest that are not open go, until no more than so many are left. */
  | { readonly type: 'incidents-pruned'; readonly kept: number }
  /** Inserts or replaces by id. */
  | { readonly type: 'maintenance'; readonly maintenance: Maintenance }
  /** As for incidents. */
  | { readonly type: 'maintenance-pruned'; readonly kept: number };

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

export interface AuditQuery {
  readonly account?: string;
  /** At most `LIMITS.auditPageMax` rows, newest first. */
  readonly limit: number;
  /** From an earlier page's `next`. */
  readonly cursor?: string;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface PeriodPlace {
  readonly at: number;
  readonly id: string;
}

/** Of incidents by when they were opened, of maintenance by when it begins. */
export interface PeriodsQuery {
  /** At most `LIMITS.incidentsPageMax`, newest first. */
  readonly limit: number;
  /** Only those that come after this one, the last of an earlier page. Several may have the same time. */
  readonly before?: PeriodPlace;
  /** Only incidents that are not resolved; only maintenance that is scheduled or under way. */
  readonly open?: boolean;
}

export interface Store {
  /**
   * Atomic and durable; batches given at once are done in their order. Rejects with a `RingthroughError`:
   * STORE_FULL, STORE_FAILED, LIMIT_REACHED (too many wait), CONFLICT (a phone or number of another account),
   * NOT_FOUND (a divert or forwards of a number that nobody has).
   */
  write(writes: readonly StoreWrite[]): Promise<void>;
  accounts(): Promise<readonly Account[]>;
  bindings(): Promise<readonly Binding[]>;
  trunkServers(): Promise<readonly TrunkServers[]>;
  doors(): Promise<readonly Door[]>;
  habits(): Promise<readonly CallHabits[]>;
  usages(): Promise<readonly DivertedUsage[]>;
  ledger(query: LedgerQuery): Promise<LedgerPage>;
  ledgerEntry(id: string): Promise<LedgerEntry | undefined>;
  /** Attempts without an outcome: those that a crash cut off. */
  unfinished(): Promise<readonly LedgerEntry[]>;
  /** Of all mailboxes, in the order in which they came. */
  messages(): Promise<readonly VoicemailMessage[]>;
  /** All that wait, the one that is due first first. */
  notices(): Promise<readonly Notice[]>;
  /** The last one of each number that has one, of one account or of all. */
  rehearsals(account?: string): Promise<readonly PlanRehearsal[]>;
  audit(query: AuditQuery): Promise<AuditPage>;
  /** Series by series as they are asked for, each in the order of time; one that nobody knows has none. */
  samples(query: SeriesQuery): Promise<readonly SeriesSample[]>;
  seriesNames(): Promise<readonly string[]>;
  /** Day by day, each by the names of components. */
  componentDays(query: ComponentDaysQuery): Promise<readonly ComponentDay[]>;
  componentStates(): Promise<readonly ComponentState[]>;
  incidents(query: PeriodsQuery): Promise<readonly Incident[]>;
  incident(id: IncidentId): Promise<Incident | undefined>;
  maintenance(query: PeriodsQuery): Promise<readonly Maintenance[]>;
  oneMaintenance(id: string): Promise<Maintenance | undefined>;
  close(): Promise<void>;
}
