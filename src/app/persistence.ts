// From the node's writes to the store's: what fails is kept and tried again until it is there, because the
// calls that the ledger tells of happened whether or not the disk was full. Kept writes replace each other
// (one per attempt, one per phone), so what waits is bounded by what is new, and by LIMITS.storeQueueMax.
// What somebody was told had not been done is not tried again: a caller who heard that the message was not kept leaves
// no row of it behind.

import { present } from '../base/assert.ts';
import { messageOf, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { SECOND_MS } from '../base/time.ts';
import type { IfRefused } from '../node/effects.ts';
import type { Log } from '../ports/log.ts';
import type { Store, StoreWrite } from '../ports/store.ts';

export const RETRY_MS = 2 * SECOND_MS;
const RETRY_AT_ONCE = 1_000;

export type Persisted = (id: number, result: Result<void, string>) => void;

export class Persistence {
  readonly #store: Pick<Store, 'write'>;
  readonly #log: Log;
  readonly #persisted: Persisted;
  readonly #backlog = new Map<string, StoreWrite>();
  #retry: NodeJS.Timeout | undefined;
  #underWay = 0;
  #idle: (() => void)[] = [];
  #reason = '';
  #dropped = 0;
  #closed = false;

  constructor(store: Pick<Store, 'write'>, log: Log, persisted: Persisted) {
    this.#store = store;
    this.#log = log;
    this.#persisted = persisted;
  }

  get health(): { readonly store: 'ok' | 'failing'; readonly storeReason: string } {
    return { store: this.#reason === '' ? 'ok' : 'failing', storeReason: this.#reason };
  }

  write(id: number, writes: readonly StoreWrite[], ifRefused: IfRefused): void {
    this.#underWay++;
    // What waits of the same records is older than this, and must not come after it.
    const older = writes.flatMap((write) => this.#backlog.get(keyOf(write)) ?? []);
    for (const write of older) this.#backlog.delete(keyOf(write));
    this.#store.write(writes).then(
      () => {
        if (this.#backlog.size === 0) this.#works();
        this.#done(id, ok(undefined));
      },
      (error: unknown) => {
        this.#fails(error);
        const isAlone = (write: StoreWrite): boolean => !this.#backlog.has(keyOf(write));
        this.#keep(ifRefused === 'retry' ? writes : older.filter(isAlone));
        this.#done(id, err(this.#reason));
      },
    );
  }

  /** Resolves when nothing is under way; what the store still refuses is given up, and said. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#backlog.size > 0) await this.#tryAgain();
    if (this.#backlog.size > 0)
      this.#log.error('records could not be written', { records: this.#backlog.size });
  }

  #done(id: number, result: Result<void, string>): void {
    this.#underWay--;
    this.#persisted(id, result);
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #fails(error: unknown): void {
    const reason = messageOf(error);
    if (this.#reason === '') this.#log.error('the store fails; records wait in memory', { reason });
    this.#reason = reason;
  }

  #works(): void {
    if (this.#reason === '') return;
    this.#reason = '';
    this.#log.info('the store works again', { dropped: this.#dropped });
  }

  #keep(writes: readonly StoreWrite[]): void {
    for (const write of writes) {
      const key = keyOf(write);
      if (this.#backlog.has(key) || this.#backlog.size < LIMITS.storeQueueMax) this.#backlog.set(key, write);
      else this.#dropped++;
    }
    if (this.#backlog.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#retry !== undefined || this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#tryAgain();
    }, RETRY_MS);
  }

  /** Each record by itself, so that one which can never be written does not hold up the others. */
  async #tryAgain(): Promise<void> {
    const waiting = [...this.#backlog].slice(0, RETRY_AT_ONCE);
    const outcomes = await Promise.all(waiting.map(([, write]) => this.#writeAgain(write)));
    outcomes.forEach((outcome, index) => {
      const [key, write] = present(waiting[index], 'a waiting write');
      // A newer write of the same record may have taken this one's place meanwhile.
      if (outcome !== 'later' && this.#backlog.get(key) === write) this.#backlog.delete(key);
    });
    if (this.#backlog.size > 0) return this.#schedule();
    this.#works();
  }

  async #writeAgain(write: StoreWrite): Promise<'written' | 'never' | 'later'> {
    try {
      await this.#store.write([write]);
      return 'written';
    } catch (error) {
      if (isPassing(error)) return 'later';
      this.#dropped++;
      this.#log.error('a record cannot be written', { record: keyOf(write), reason: messageOf(error) });
      return 'never';
    }
  }
}

/** A full disk or a failing one may recover; a record that contradicts what is there never fits. */
function isPassing(error: unknown): boolean {
  return !(error instanceof RingthroughError) || !['CONFLICT', 'NOT_FOUND'].includes(error.code);
}

/** Writes of one record replace each other. */
export function keyOf(write: StoreWrite): string {
  switch (write.type) {
    case 'account':
      return `account ${write.account.name}`;
    case 'account-removed':
      return `account ${write.name}`;
    case 'divert':
      return `divert ${write.number}`;
    case 'bindings':
      return `bindings ${write.user}`;
    case 'trunk-servers':
      return `trunk-servers ${write.known.trunk}`;
    case 'door':
      return `door ${write.door.port}`;
    case 'habits':
      return `habits ${write.habits.account}`;
    case 'usage':
      return `usage ${write.usage.account}`;
    case 'ledger':
      return `ledger ${write.entry.id}`;
    case 'forwards':
      return `forwards ${write.number}`;
    case 'message':
      return `message ${write.message.id}`;
    case 'message-removed':
      return `message ${write.id}`;
    case 'notice':
      return `notice ${write.notice.id}`;
    case 'notice-removed':
      return `notice ${write.id}`;
    case 'rehearsal':
      return `rehearsal ${write.rehearsal.number}`;
    case 'incident':
      return `incident ${write.incident.id}`;
    case 'maintenance':
      return `maintenance ${write.maintenance.id}`;
    case 'audit':
      return `audit ${write.entry.id}`;
    case 'component-day':
      return `component-day ${write.row.day} ${write.row.component}`;
    case 'component-state':
      return `component-state ${write.row.component}`;
    // These never come this way (src/app/series.ts, uptime.ts), and would not replace one another.
    case 'samples':
    case 'samples-pruned':
    case 'incidents-pruned':
    case 'maintenance-pruned':
    case 'component-days-pruned':
      return write.type;
  }
}
