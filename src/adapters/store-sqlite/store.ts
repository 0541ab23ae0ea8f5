// The store port on SQLite. The disk is waited for in a thread of its own (worker.ts); here is the queue before
// it. While one transaction is on its way to the disk, the batches that arrive wait and then share the next:
// the fuller the hands, the more batches an fsync carries, so throughput rises with load and latency does not.
//
//   write ─▶ queue ─ up to GROUP_BATCHES_MAX ─▶ worker: BEGIN, batch, batch, …, COMMIT ─▶ each write resolves

import { Worker } from 'node:worker_threads';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
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
  Store,
  StoreWrite,
} from '../../ports/store.ts';
import type { ComponentDay, ComponentDaysQuery, ComponentState } from '../../ports/uptime.ts';
import type { DataFolder } from './data-folder.ts';
import type { DatabaseOptions } from './database.ts';
import { errorOf, type Question, type Questions, type Reply, type Request } from './protocol.ts';

/** Batches in one transaction. More wait for the next, so that no write waits for a very long one. */
const GROUP_BATCHES_MAX = 1_000;

/**
 * Opens the database in the folder; the store is closed before the folder. `bytesMax` bounds the database's
 * size. Throws STORE_TOO_NEW, KEY_INVALID, STORE_FULL, STORE_FAILED.
 */
export async function openSqliteStore(
  folder: DataFolder,
  limits: { readonly bytesMax?: number; readonly queueMax?: number } = {},
): Promise<Store> {
  const thread = new StoreThread({
    file: folder.databaseFile,
    key: folder.key,
    bytesMax: limits.bytesMax ?? LIMITS.databaseBytesMax,
  });
  await thread.started;
  return new SqliteStore(thread, limits.queueMax ?? LIMITS.storeQueueMax);
}

interface WaitingWrite {
  readonly writes: readonly StoreWrite[];
  resolve(): void;
  reject(error: unknown): void;
}

class SqliteStore implements Store {
  readonly #thread: StoreThread;
  readonly #queueMax: number;
  #queue: WaitingWrite[] = [];
  #committing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(thread: StoreThread, queueMax: number) {
    this.#thread = thread;
    this.#queueMax = queueMax;
  }

  write(writes: readonly StoreWrite[]): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(failed('the store is closed'));
    if (this.#queue.length >= this.#queueMax) {
      const message = `${this.#queue.length} writes wait for the store; nothing was written`;
      return Promise.reject(new RingthroughError('LIMIT_REACHED', message));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ writes, resolve, reject });
      this.#committing ??= this.#commitQueue();
    });
  }

  async #commitQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.slice(0, GROUP_BATCHES_MAX);
      this.#queue = this.#queue.slice(GROUP_BATCHES_MAX);
      try {
        const failures = await this.#thread.ask(
          'write',
          group.map(({ writes }) => writes),
        );
        for (const [index, { resolve, reject }] of group.entries()) {
          const failure = failures[index];
          if (failure === undefined) resolve();
          else reject(errorOf(failure));
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#committing = undefined;
  }

  accounts(): Promise<readonly Account[]> {
    return this.#thread.ask('accounts', undefined);
  }

  bindings(): Promise<readonly Binding[]> {
    return this.#thread.ask('bindings', undefined);
  }

  trunkServers(): Promise<readonly TrunkServers[]> {
    return this.#thread.ask('trunkServers', undefined);
  }

  doors(): Promise<readonly Door[]> {
    return this.#thread.ask('doors', undefined);
  }

  habits(): Promise<readonly CallHabits[]> {
    return this.#thread.ask('habits', undefined);
  }

  usages(): Promise<readonly DivertedUsage[]> {
    return this.#thread.ask('usages', undefined);
  }

  ledger(query: LedgerQuery): Promise<LedgerPage> {
    return this.#thread.ask('ledger', { ...query, limit: Math.min(query.limit, LIMITS.ledgerPageMax) });
  }

  ledgerEntry(id: string): Promise<LedgerEntry | undefined> {
    return this.#thread.ask('ledgerEntry', id);
  }

  unfinished(): Promise<readonly LedgerEntry[]> {
    return this.#thread.ask('unfinished', undefined);
  }

  messages(): Promise<readonly VoicemailMessage[]> {
    return this.#thread.ask('messages', undefined);
  }

  notices(): Promise<readonly Notice[]> {
    return this.#thread.ask('notices', undefined);
  }

  rehearsals(account?: string): Promise<readonly PlanRehearsal[]> {
    return this.#thread.ask('rehearsals', account);
  }

  audit(query: AuditQuery): Promise<AuditPage> {
    return this.#thread.ask('audit', { ...query, limit: Math.min(query.limit, LIMITS.auditPageMax) });
  }

  samples(query: SeriesQuery): Promise<readonly SeriesSample[]> {
    return this.#thread.ask('samples', query);
  }

  seriesNames(): Promise<readonly string[]> {
    return this.#thread.ask('seriesNames', undefined);
  }

  componentDays(query: ComponentDaysQuery): Promise<readonly ComponentDay[]> {
    return this.#thread.ask('componentDays', query);
  }

  componentStates(): Promise<readonly ComponentState[]> {
    return this.#thread.ask('componentStates', undefined);
  }

  incidents(query: PeriodsQuery): Promise<readonly Incident[]> {
    return this.#thread.ask('incidents', query);
  }

  incident(id: string): Promise<Incident | undefined> {
    return this.#thread.ask('incident', id);
  }

  maintenance(query: PeriodsQuery): Promise<readonly Maintenance[]> {
    return this.#thread.ask('maintenance', query);
  }

  oneMaintenance(id: string): Promise<Maintenance | undefined> {
    return this.#thread.ask('oneMaintenance', id);
  }

  /** What was given to `write` before is written first. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#committing;
      await this.#thread.close();
    })();
    return this.#closed;
  }
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: RingthroughError): void;
}

/** The worker, with its requests and replies put back together. */
class StoreThread {
  readonly started: Promise<unknown>;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #gone: string | undefined;

  constructor(options: DatabaseOptions) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: options,
      name: 'store',
    });
    this.started = new Promise((resolve, reject) => {
      this.#asked.set(0, { resolve, reject });
    });
    // Whoever awaits `started` hears of its failure; the thread has nothing more to do then.
    this.started.catch(() => this.#worker.terminate());
    this.#worker.on('message', (reply: Reply) => this.#answered(reply));
    this.#worker.on('error', (error: Error) => this.#ended(`the store's thread failed: ${error.message}`));
    this.#worker.on('exit', () => this.#ended('the store is closed'));
  }

  ask<Name extends Question>(ask: Name, taken: Questions[Name]['takes']): Promise<Questions[Name]['gives']> {
    if (this.#gone !== undefined) return Promise.reject(failed(this.#gone));
    const id = ++this.#lastId;
    return new Promise<Questions[Name]['gives']>((resolve, reject) => {
      this.#asked.set(id, { resolve: (value) => resolve(value as Questions[Name]['gives']), reject });
      this.#worker.postMessage({ id, ask, with: taken } as Request);
    });
  }

  async close(): Promise<void> {
    if (this.#gone === undefined) await this.ask('close', undefined);
    await this.#worker.terminate();
  }

  #answered(reply: Reply): void {
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (reply.ok) asked?.resolve(reply.value);
    else asked?.reject(errorOf(reply.failure));
  }

  #ended(reason: string): void {
    this.#gone ??= reason;
    for (const { reject } of this.#asked.values()) reject(failed(this.#gone));
    this.#asked.clear();
  }
}

function failed(message: string): RingthroughError {
  return new RingthroughError('STORE_FAILED', message);
}
