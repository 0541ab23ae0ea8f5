// The store port in memory: for the simulation, whose node crashes and finds its records again, and for tests.
// It keeps the same promises as the database, except that it dies with the process.

import { assertNever } from '../../base/assert.ts';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type {
  Account,
  Binding,
  CallHabits,
  Divert,
  Door,
  E164,
  LedgerEntry,
  TrunkServers,
} from '../../ports/records.ts';
import type { LedgerPage, LedgerQuery, Store, StoreWrite } from '../../ports/store.ts';

export class MemoryStore implements Store {
  readonly #accounts = new Map<string, Account>();
  readonly #bindings = new Map<string, readonly Binding[]>();
  readonly #trunkServers = new Map<string, TrunkServers>();
  readonly #doors = new Map<number, Door>();
  readonly #habits = new Map<string, CallHabits>();
  readonly #ledger = new Map<string, LedgerEntry>();

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

  async ledger(query: LedgerQuery): Promise<LedgerPage> {
    const limit = Math.min(query.limit, LIMITS.ledgerPageMax);
    const found = [...this.#ledger.values()].filter((entry) => matches(entry, query)).sort(newestFirst);
    const begin = query.cursor === undefined ? 0 : this.#after(query.cursor, found);
    const entries = found.slice(begin, begin + limit);
    const last = entries.at(-1);
    return last !== undefined && begin + limit < found.length ? { entries, next: last.id } : { entries };
  }

  async ledgerEntry(id: string): Promise<LedgerEntry | undefined> {
    return this.#ledger.get(id);
  }

  async unfinished(): Promise<readonly LedgerEntry[]> {
    return [...this.#ledger.values()].filter(({ outcome }) => outcome === undefined);
  }

  async close(): Promise<void> {}

  #apply(write: StoreWrite, batch: Batch): void {
    switch (write.type) {
      case 'account':
        return this.#putAccount(write.account, batch);
      case 'account-removed':
        this.#dropOtherPhones(write.name, [], batch);
        batch.set(this.#habits, write.name, undefined);
        return batch.set(this.#accounts, write.name, undefined);
      case 'divert':
        return this.#putDivert(write.number, write.divert, batch);
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
      case 'ledger':
        return batch.set(this.#ledger, write.entry.id, write.entry);
      default:
        return assertNever(write);
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
    batch.set(this.#accounts, account.name, account);
  }

  /** A phone that is gone takes its bindings with it. */
  #dropOtherPhones(name: string, kept: readonly string[], batch: Batch): void {
    for (const { user } of this.#accounts.get(name)?.phones ?? []) {
      if (!kept.includes(user)) batch.set(this.#bindings, user, undefined);
    }
  }

  #putDivert(number: E164, divert: Divert | undefined, batch: Batch): void {
    for (const account of this.#accounts.values()) {
      if (!account.numbers.some((candidate) => candidate.number === number)) continue;
      const numbers = account.numbers.map((candidate) => {
        if (candidate.number !== number) return candidate;
        return { number, plan: candidate.plan, ...(divert === undefined ? {} : { divert }) };
      });
      return batch.set(this.#accounts, account.name, { ...account, numbers });
    }
    throw new RingthroughError('NOT_FOUND', `there is no number ${number}`);
  }

  #after(cursor: string, found: readonly LedgerEntry[]): number {
    const last = this.#ledger.get(cursor);
    if (last !== undefined) {
      const next = found.findIndex((entry) => newestFirst(entry, last) > 0);
      return next === -1 ? found.length : next;
    }
    throw new RingthroughError(
      'INVALID_INPUT',
      'the cursor is none: use the `next` of an earlier page as it is',
      {
        mistakes: [{ path: 'cursor', reason: "is not an earlier page's next" }],
      },
    );
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

function newestFirst(a: LedgerEntry, b: LedgerEntry): number {
  return b.startedAt - a.startedAt || order(b.id, a.id);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function taken(what: string): RingthroughError {
  return new RingthroughError('CONFLICT', `${what} belongs to another account`);
}
