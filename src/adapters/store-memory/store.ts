// The store port in memory: for the simulation, whose node crashes and finds its records again, and for tests.
// It keeps the same promises as the database, except that it dies with the process.

import { assertNever } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import type { Incident, Maintenance } from '../../ports/incidents.ts';
import type {
  Account,
  AuditEntry,
  Binding,
  CallHabits,
  DivertedUsage,
  Door,
  E164,
  LedgerEntry,
  Notice,
  NumberRecord,
  PlanRehearsal,
  TrunkServers,
  VoicemailMessage,
} from '../../ports/records.ts';
import type { Resolution, SeriesQuery, SeriesSample } from '../../ports/series.ts';
import type {
  AuditPage,
  AuditQuery,
  LedgerPage,
  LedgerQuery,
  PeriodsQuery,
  Store,
  StoreWrite,
} from '../../ports/store.ts';
import type { ComponentDay, ComponentDaysQuery, ComponentState, Day } from '../../ports/uptime.ts';

interface StoredSample {
  readonly resolution: Resolution;
  readonly sample: SeriesSample;
}

export class MemoryStore implements Store {
  readonly #accounts = new Map<string, Account>();
  readonly #bindings = new Map<string, readonly Binding[]>();
  readonly #trunkServers = new Map<string, TrunkServers>();
  readonly #doors = new Map<number, Door>();
  readonly #habits = new Map<string, CallHabits>();
  readonly #usages = new Map<string, DivertedUsage>();
  readonly #ledger = new Map<string, LedgerEntry>();
  readonly #messages = new Map<string, VoicemailMessage>();
  readonly #notices = new Map<string, Notice>();
  readonly #rehearsals = new Map<string, PlanRehearsal>();
  readonly #audit = new Map<string, AuditEntry>();
  readonly #samples = new Map<string, StoredSample>();
  readonly #componentDays = new Map<string, ComponentDay>();
  readonly #componentStates = new Map<string, ComponentState>();
  readonly #incidents = new Map<string, Incident>();
  readonly #maintenance = new Map<string, Maintenance>();

  async write(writes: readonly StoreWrite[]): Promise<void> {
    const batch = new Batch();
    try {
      for (const write of writes) this.#apply(write, batch);
    } catch (cause) {
      batch.undo();
      throw cause;
    }
  }

  async accounts(): Promise<readonly Account[]> {
    return [...this.#accounts.values()].sort((a, b) => order(a.name, b.name));
  }

  async bindings(): Promise<readonly Binding[]> {
    return [...this.#bindings.values()].flat();
  }

  async trunkServers(): Promise<readonly TrunkServers[]> {
    return [...this.#trunkServers.values()];
  }

  async doors(): Promise<readonly Door[]> {
    return [...this.#doors.values()].sort((a, b) => a.port - b.port);
  }

  async habits(): Promise<readonly CallHabits[]> {
    return [...this.#habits.values()].sort((a, b) => order(a.account, b.account));
  }

  async usages(): Promise<readonly DivertedUsage[]> {
    return [...this.#usages.values()].sort((a, b) => order(a.account, b.account));
  }

  async ledger(query: LedgerQuery): Promise<LedgerPage> {
    const limit = Math.min(query.limit, LIMITS.ledgerPageMax);
    const found = [...this.#ledger.values()].filter((entry) => matches(entry, query));
    return pageOf(found, ({ startedAt }) => startedAt, limit, query.cursor);
  }

  async ledgerEntry(id: string): Promise<LedgerEntry | undefined> {
    return this.#ledger.get(id);
  }

  async unfinished(): Promise<readonly LedgerEntry[]> {
    return [...this.#ledger.values()].filter(({ outcome }) => outcome === undefined);
  }

  async messages(): Promise<readonly VoicemailMessage[]> {
    return [...this.#messages.values()].sort((a, b) => a.at - b.at || order(a.id, b.id));
  }

  async notices(): Promise<readonly Notice[]> {
    return [...this.#notices.values()].sort((a, b) => a.dueAt - b.dueAt || order(a.id, b.id));
  }

  async rehearsals(account?: string): Promise<readonly PlanRehearsal[]> {
    const found = [...this.#rehearsals.values()].filter((one) => one.account === (account ?? one.account));
    return found.sort((a, b) => order(a.number, b.number));
  }

  async audit(query: AuditQuery): Promise<AuditPage> {
    const limit = Math.min(query.limit, LIMITS.auditPageMax);
    const found = [...this.#audit.values()].filter(({ account }) => account === (query.account ?? account));
    return pageOf(found, ({ at }) => at, limit, query.cursor);
  }

  async samples(query: SeriesQuery): Promise<readonly SeriesSample[]> {
    return addUp([...this.#samples.values()], query);
  }

  async seriesNames(): Promise<readonly string[]> {
    return [...new Set([...this.#samples.values()].map(({ sample }) => sample.series))].sort(order);
  }

  async componentDays({ from, to }: ComponentDaysQuery): Promise<readonly ComponentDay[]> {
    const found = [...this.#componentDays.values()].filter(({ day }) => day >= from && day <= (to ?? day));
    return found.sort((a, b) => order(a.day, b.day) || order(a.component, b.component));
  }

  async componentStates(): Promise<readonly ComponentState[]> {
    return [...this.#componentStates.values()].sort((a, b) => order(a.component, b.component));
  }

  async incidents(query: PeriodsQuery): Promise<readonly Incident[]> {
    return periodsOf(this.#incidents.values(), query, toldOfIncident);
  }

  async incident(id: string): Promise<Incident | undefined> {
    return this.#incidents.get(id);
  }

  async maintenance(query: PeriodsQuery): Promise<readonly Maintenance[]> {
    return periodsOf(this.#maintenance.values(), query, toldOfMaintenance);
  }

  async oneMaintenance(id: string): Promise<Maintenance | undefined> {
    return this.#maintenance.get(id);
  }

  async close(): Promise<void> {}

  #apply(write: StoreWrite, batch: Batch): void {
    switch (write.type) {
      case 'account':
        return this.#putAccount(write.account, batch);
      case 'account-removed':
        this.#dropOtherPhones(write.name, [], batch);
        this.#dropOtherMessages(write.name, [], batch);
        this.#dropOtherRehearsals(write.name, [], batch);
        batch.set(this.#habits, write.name, undefined);
        batch.set(this.#usages, write.name, undefined);
        return batch.set(this.#accounts, write.name, undefined);
      case 'divert':
        return this.#changeNumber(write.number, { divert: write.divert }, batch);
      case 'forwards':
        return this.#changeNumber(write.number, { forwards: write.forwards }, batch);
      case 'bindings':
        return batch.set(
          this.#bindings,
          write.user,
          write.bindings.length === 0 ? undefined : write.bindings,
        );
      case 'trunk-servers': {
        const { known } = write;
        return batch.set(this.#trunkServers, known.trunk, known.servers.length === 0 ? undefined : known);
      }
      case 'door':
        return batch.set(this.#doors, write.door.port, write.door);
      case 'habits':
        return batch.set(this.#habits, write.habits.account, write.habits);
      case 'usage':
        return batch.set(this.#usages, write.usage.account, write.usage);
      case 'ledger':
        return batch.set(this.#ledger, write.entry.id, write.entry);
      case 'message':
        return batch.set(this.#messages, write.message.id, write.message);
      case 'message-removed':
        return batch.set(this.#messages, write.id, undefined);
      case 'notice':
        return batch.set(this.#notices, write.notice.id, write.notice);
      case 'notice-removed':
        return batch.set(this.#notices, write.id, undefined);
      case 'rehearsal':
        return this.#putRehearsal(write.rehearsal, batch);
      case 'audit':
        return batch.set(this.#audit, write.entry.id, write.entry);
      case 'samples':
        return this.#putSamples(write.resolution, write.samples, batch);
      case 'samples-pruned':
        return this.#pruneSamples(write.resolution, write.before, batch);
      case 'component-day':
        return batch.set(this.#componentDays, `${write.row.day} ${write.row.component}`, write.row);
      case 'component-state':
        return batch.set(this.#componentStates, write.row.component, write.row);
      case 'component-days-pruned':
        return this.#pruneComponentDays(write.before, batch);
      case 'incident':
        return batch.set(this.#incidents, write.incident.id, write.incident);
      case 'incidents-pruned':
        return this.#prunePeriods(this.#incidents, toldOfIncident, write.kept, batch);
      case 'maintenance':
        return batch.set(this.#maintenance, write.maintenance.id, write.maintenance);
      case 'maintenance-pruned':
        return this.#prunePeriods(this.#maintenance, toldOfMaintenance, write.kept, batch);
      default:
        return assertNever(write);
    }
  }

  #pruneComponentDays(before: Day, batch: Batch): void {
    for (const [key, { day }] of this.#componentDays) {
      if (day < before) batch.set(this.#componentDays, key, undefined);
    }
    for (const [key, { at }] of this.#componentStates) {
      if (at < Date.parse(`${before}T00:00:00Z`)) batch.set(this.#componentStates, key, undefined);
    }
  }

  #putAccount(account: Account, batch: Batch): void {
    const users = account.phones.map(({ user }) => user);
    const numbers = account.numbers.map(({ number }) => number);
    for (const other of this.#accounts.values()) {
      if (other.name === account.name) continue;
      const phone = other.phones.find(({ user }) => users.includes(user));
      if (phone !== undefined) throw taken(`phone ${phone.user}`);
      const number = other.numbers.find((candidate) => numbers.includes(candidate.number));
      if (number !== undefined) throw taken(`number ${number.number}`);
    }
    this.#dropOtherPhones(account.name, users, batch);
    const mailboxes = (account.mailboxes ?? []).map(({ name }) => name);
    this.#dropOtherMessages(account.name, mailboxes, batch);
    this.#dropOtherRehearsals(account.name, numbers, batch);
    batch.set(this.#accounts, account.name, account);
  }

  /** A phone that is gone takes its bindings with it. */
  #dropOtherPhones(name: string, kept: readonly string[], batch: Batch): void {
    for (const { user } of this.#accounts.get(name)?.phones ?? []) {
      if (!kept.includes(user)) batch.set(this.#bindings, user, undefined);
    }
  }

  /** A mailbox that is gone takes its messages with it. */
  #dropOtherMessages(name: string, kept: readonly string[], batch: Batch): void {
    for (const { id, account, mailbox } of this.#messages.values()) {
      if (account === name && !kept.includes(mailbox)) batch.set(this.#messages, id, undefined);
    }
  }

  /** It may end when its number is gone. */
  #putRehearsal(rehearsal: PlanRehearsal, batch: Batch): void {
    const { number, account } = rehearsal;
    const isOwned = this.#accounts.get(account)?.numbers.some((one) => one.number === number) ?? false;
    if (isOwned) batch.set(this.#rehearsals, number, rehearsal);
  }

  #dropOtherRehearsals(name: string, kept: readonly E164[], batch: Batch): void {
    for (const { number, account } of this.#rehearsals.values()) {
      if (account === name && !kept.includes(number)) batch.set(this.#rehearsals, number, undefined);
    }
  }

  #prunePeriods<Period extends { readonly id: string }>(
    table: Map<string, Period>,
    told: ToldOf<Period>,
    kept: number,
    batch: Batch,
  ): void {
    const all = newestFirst(table.values(), told);
    for (const { period, open } of all.slice(kept)) {
      if (!open) batch.set(table, period.id, undefined);
    }
  }

  #putSamples(resolution: Resolution, samples: readonly SeriesSample[], batch: Batch): void {
    for (const sample of samples) {
      batch.set(this.#samples, `${resolution} ${sample.series} ${sample.at}`, { resolution, sample });
    }
  }

  #pruneSamples(resolution: Resolution, before: number, batch: Batch): void {
    for (const [key, kept] of this.#samples) {
      const isOld = kept.resolution === resolution && kept.sample.at < before;
      if (isOld) batch.set(this.#samples, key, undefined);
    }
  }

  #changeNumber(
    number: E164,
    change: { readonly [Part in 'divert' | 'forwards']?: NumberRecord[Part] | undefined },
    batch: Batch,
  ): void {
    for (const account of this.#accounts.values()) {
      if (!account.numbers.some((candidate) => candidate.number === number)) continue;
      const numbers = account.numbers.map((candidate) => {
        if (candidate.number !== number) return candidate;
        const { divert, forwards } = { ...candidate, ...change };
        const { plan } = candidate;
        return { number, plan, ...(divert && { divert }), ...(forwards && { forwards }) };
      });
      return batch.set(this.#accounts, account.name, { ...account, numbers });
    }
    throw new RingthroughError('NOT_FOUND', `there is no number ${number}`);
  }
}

/** Remembers what its changes replaced. */
class Batch {
  readonly #undo: (() => void)[] = [];

  /** `undefined` removes. */
  set<K, V>(table: Map<K, V>, key: K, value: V | undefined): void {
    const before = table.get(key);
    this.#undo.push(() => assign(table, key, before));
    assign(table, key, value);
  }

  undo(): void {
    for (const step of this.#undo.toReversed()) step();
  }
}

function assign<K, V>(table: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) table.delete(key);
  else table.set(key, value);
}

function matches(entry: LedgerEntry, query: LedgerQuery): boolean {
  const { called, account, outcome, since, until } = query;
  if (called !== undefined && entry.called !== called) return false;
  if (account !== undefined && entry.account !== account) return false;
  if (outcome !== undefined && entry.outcome !== outcome) return false;
  return (
    (since === undefined || entry.startedAt >= since) && (until === undefined || entry.startedAt < until)
  );
}

/** Newest first. A cursor is the place after its entry, also where that has gone. */
function pageOf<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  timeOf: (entry: Entry) => number,
  limit: number,
  cursor: string | undefined,
): { readonly entries: readonly Entry[]; readonly next?: string } {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const found = entries
    .filter((entry) => after === undefined || compare(timeOf(entry), entry.id, ...after) < 0)
    .sort((a, b) => compare(timeOf(b), b.id, timeOf(a), a.id));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || page.length === found.length) return { entries: page };
  return { entries: page, next: `${timeOf(last)}_${last.id}` };
}

function compare(at: number, id: string, otherAt: number, otherId: string): number {
  return at - otherAt || order(id, otherId);
}

function parseCursor(cursor: string): readonly [at: number, id: string] {
  const [, at, id] = /^(\d+(?:\.\d+)?)_(.+)$/.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return [Number(at), id];
  throw new RingthroughError(
    'INVALID_INPUT',
    'the cursor is none: use the `next` of an earlier page as it is',
    {
      mistakes: [{ path: 'cursor', reason: "is not an earlier page's next" }],
    },
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function taken(what: string): RingthroughError {
  return new RingthroughError('CONFLICT', `${what} belongs to another account`);
}

/** As the database does it. */
function addUp(
  stored: readonly StoredSample[],
  { names, from, to, resolution, stepMs }: SeriesQuery,
): readonly SeriesSample[] {
  return names.flatMap((name) => {
    const points = new Map<number, SeriesSample>();
    for (const { resolution: kept, sample } of stored) {
      if (kept !== resolution || sample.series !== name || sample.at < from || sample.at >= to) continue;
      const at = sample.at - (sample.at % stepMs);
      const before = points.get(at);
      points.set(at, before === undefined ? { ...sample, at } : together(before, sample));
    }
    return [...points.values()].sort((a, b) => a.at - b.at);
  });
}

function together(one: SeriesSample, other: SeriesSample): SeriesSample {
  const { min, max } = Math;
  const ends = { min: min(one.min, other.min), max: max(one.max, other.max) };
  return { ...one, count: one.count + other.count, sum: one.sum + other.sum, ...ends };
}

/** When it is, and whether it is not over. */
type ToldOf<Period> = (period: Period) => { readonly at: Instant; readonly open: boolean };

function toldOfIncident({ openedAt, resolvedAt }: Incident) {
  return { at: openedAt, open: resolvedAt === undefined };
}

function toldOfMaintenance({ from, state }: Maintenance) {
  return { at: from, open: state === 'scheduled' || state === 'under-way' };
}

function periodsOf<Period extends { readonly id: string }>(
  all: Iterable<Period>,
  { limit, before, open }: PeriodsQuery,
  told: ToldOf<Period>,
): readonly Period[] {
  return newestFirst(all, told)
    .filter(({ period, at }) => before === undefined || compare(at, period.id, before.at, before.id) < 0)
    .filter((one) => open !== true || one.open)
    .slice(0, Math.min(limit, LIMITS.incidentsPageMax))
    .map(({ period }) => period);
}

function newestFirst<Period extends { readonly id: string }>(all: Iterable<Period>, told: ToldOf<Period>) {
  return [...all]
    .map((period) => ({ period, ...told(period) }))
    .sort((a, b) => compare(b.at, b.period.id, a.at, a.period.id));
}
