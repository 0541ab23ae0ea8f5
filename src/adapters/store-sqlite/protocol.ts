// What the store's two threads say to each other. Records are plain data and cross as they are; errors do not,
// so they are taken apart here and put together on the other side.

import { type ErrorCode, type Mistake, RingthroughError } from '../../base/errors.ts';
import type { Incident, Maintenance } from '../../ports/incidents.ts';
import type {
  Account,
  Binding,
  CallHabits,
  DivertedUsage,
  Door,
  LedgerEntry,
  Notice,
  PlanRehearsal,
  TrunkServers,
  VoicemailMessage,
} from '../../ports/records.ts';
import type { SeriesQuery, SeriesSample } from '../../ports/series.ts';
import type {
  AuditPage,
  AuditQuery,
  LedgerPage,
  LedgerQuery,
  PeriodsQuery,
  StoreWrite,
} from '../../ports/store.ts';
import type { ComponentDay, ComponentDaysQuery, ComponentState } from '../../ports/uptime.ts';

/** A question's name → what it takes and what it gives. */
export interface Questions {
  write: { takes: readonly (readonly StoreWrite[])[]; gives: readonly (Failure | undefined)[] };
  accounts: { takes: undefined; gives: readonly Account[] };
  bindings: { takes: undefined; gives: readonly Binding[] };
  trunkServers: { takes: undefined; gives: readonly TrunkServers[] };
  doors: { takes: undefined; gives: readonly Door[] };
  habits: { takes: undefined; gives: readonly CallHabits[] };
  usages: { takes: undefined; gives: readonly DivertedUsage[] };
  ledger: { takes: LedgerQuery; gives: LedgerPage };
  ledgerEntry: { takes: string; gives: LedgerEntry | undefined };
  unfinished: { takes: undefined; gives: readonly LedgerEntry[] };
  messages: { takes: undefined; gives: readonly VoicemailMessage[] };
  notices: { takes: undefined; gives: readonly Notice[] };
  rehearsals: { takes: string | undefined; gives: readonly PlanRehearsal[] };
  audit: { takes: AuditQuery; gives: AuditPage };
  samples: { takes: SeriesQuery; gives: readonly SeriesSample[] };
  seriesNames: { takes: undefined; gives: readonly string[] };
  componentDays: { takes: ComponentDaysQuery; gives: readonly ComponentDay[] };
  componentStates: { takes: undefined; gives: readonly ComponentState[] };
  incidents: { takes: PeriodsQuery; gives: readonly Incident[] };
  incident: { takes: string; gives: Incident | undefined };
  maintenance: { takes: PeriodsQuery; gives: readonly Maintenance[] };
  oneMaintenance: { takes: string; gives: Maintenance | undefined };
  close: { takes: undefined; gives: undefined };
}

export type Question = keyof Questions;

export type Request = {
  readonly [Name in Question]: {
    readonly id: number;
    readonly ask: Name;
    readonly with: Questions[Name]['takes'];
  };
}[Question];

/** `id` 0 is the answer to being started. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly mistakes: readonly Mistake[];
  /** What lay beneath, for logs. */
  readonly cause: string;
}

export function failureOf(error: RingthroughError): Failure {
  const { code, message, mistakes, cause } = error;
  return { code, message, mistakes, cause: cause instanceof Error ? (cause.stack ?? cause.message) : '' };
}

export function errorOf({ code, message, mistakes, cause }: Failure): RingthroughError {
  return new RingthroughError(code, message, { mistakes, ...(cause === '' ? {} : { cause }) });
}
