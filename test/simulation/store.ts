// The simulated store: writes become durable after a while, in order; a crash loses what was not yet durable,
// except that the disk may have got to some of it before the node could hear so; a full disk refuses.

import { err, ok, type Result } from '../../src/base/result.ts';
import type { Instant } from '../../src/base/time.ts';
import type {
  Account,
  AuditEntry,
  Binding,
  CallHabits,
  DivertedUsage,
  LedgerEntry,
  Notice,
  NumberRecord,
  PlanRehearsal,
  TrunkServers,
  VoicemailMessage,
} from '../../src/ports/records.ts';
import type { StoreWrite } from '../../src/ports/store.ts';
import { SimulatedRecordings } from './recordings.ts';
import type { SeededRandom, World } from './world.ts';

interface Pending {
  readonly writes: readonly StoreWrite[];
  readonly done: (result: Result<void, string>) => void;
  readonly forget: () => void;
}

export class SimulatedStore {
  readonly accounts = new Map<string, Account>();
  readonly bindings = new Map<string, readonly Binding[]>();
  readonly trunkServers = new Map<string, TrunkServers>();
  readonly habits = new Map<string, CallHabits>();
  readonly usages = new Map<string, DivertedUsage>();
  readonly ledger = new Map<string, LedgerEntry>();
  readonly messages = new Map<string, VoicemailMessage>();
  readonly notices = new Map<string, Notice>();
  readonly rehearsals = new Map<string, PlanRehearsal>();
  readonly audit = new Map<string, AuditEntry>();
  readonly recordings: SimulatedRecordings;
  /** Messages that were there, and when they went. */
  readonly removed: { readonly message: VoicemailMessage; readonly at: Instant }[] = [];
  /** The disk takes nothing while it is full. */
  full = false;
  /** Writes refused while it was: what they would have said is known to nobody. */
  refused = 0;
  /**
   * Whether the node dies at this batch, and when: `before` it is durable, so that it never was; `after`, so that
   * nobody hears of it; or when what comes of it has been `told`. Whoever says so, `die`s.
   */
  dies: (writes: readonly StoreWrite[]) => 'before' | 'after' | 'told' | undefined = () => undefined;
  die: () => void = () => undefined;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #delayMs: readonly [min: number, max: number];
  #pending: Pending[] = [];
  #durableAt = 0;

  constructor(world: World, delayMs: readonly [min: number, max: number]) {
    this.#world = world;
    this.#random = world.random.fork('store');
    this.#delayMs = delayMs;
    this.recordings = new SimulatedRecordings(world, delayMs, () => this.full);
  }

  write(writes: readonly StoreWrite[], done: (result: Result<void, string>) => void): void {
    this.#durableAt = Math.max(this.#durableAt, this.#world.now + this.#random.between(...this.#delayMs));
    const forget = this.#world.at(this.#durableAt, () => {
      const moment = this.dies(writes);
      if (moment === 'before') {
        this.#forgetAll();
        return this.die();
      }
      this.#pending.shift();
      const isFull = this.full;
      if (isFull) this.refused += 1;
      else this.#keep(writes);
      if (moment === 'after') return this.die();
      done(isFull ? err('STORE_FULL') : ok(undefined));
      if (moment === 'told') this.die();
    });
    this.#pending.push({ writes, done, forget });
  }

  /** The node is gone: some of what is under way still reaches the disk, from the front; the rest never was. */
  crash(): void {
    const survivors = this.#random.between(0, this.#pending.length);
    for (const [i, { writes, forget }] of this.#pending.entries()) {
      forget();
      if (i < survivors && !this.full) this.#keep(writes);
    }
    this.#pending = [];
    this.recordings.crash();
  }

  #forgetAll(): void {
    for (const { forget } of this.#pending) forget();
    this.#pending = [];
  }

  unfinished(): readonly LedgerEntry[] {
    return [...this.ledger.values()].filter((entry) => entry.outcome === undefined);
  }

  #keep(writes: readonly StoreWrite[]): void {
    for (const write of writes) {
      switch (write.type) {
        case 'account':
          this.accounts.set(write.account.name, write.account);
          this.#dropMessages(write.account.name, write.account.mailboxes);
          break;
        case 'account-removed':
          this.accounts.delete(write.name);
          this.#dropMessages(write.name);
          break;
        case 'divert':
          this.#changeNumber(write.number, ({ divert: _, ...record }) => {
            return write.divert === undefined ? record : { ...record, divert: write.divert };
          });
          break;
        case 'forwards':
          this.#changeNumber(write.number, ({ forwards: _, ...record }) => {
            return write.forwards === undefined ? record : { ...record, forwards: write.forwards };
          });
          break;
        case 'bindings':
          this.bindings.set(write.user, write.bindings);
          break;
        case 'trunk-servers':
          this.trunkServers.set(write.known.trunk, write.known);
          break;
        case 'habits':
          this.habits.set(write.habits.account, write.habits);
          break;
        case 'usage':
          this.usages.set(write.usage.account, write.usage);
          break;
        case 'ledger':
          this.ledger.set(write.entry.id, write.entry);
          break;
        case 'message':
          this.messages.set(write.message.id, write.message);
          break;
        case 'message-removed':
          this.#removeMessage(write.id);
          break;
        case 'notice':
          this.notices.set(write.notice.id, write.notice);
          break;
        case 'notice-removed':
          this.notices.delete(write.id);
          break;
        case 'rehearsal':
          this.rehearsals.set(write.rehearsal.number, write.rehearsal);
          break;
        case 'audit':
          this.audit.set(write.entry.id, write.entry);
          break;
        default:
          // Doors, time series, what is watched: these have tests and simulations of their own.
          throw new Error(`nothing in this simulation writes ${write.type}`);
      }
    }
  }

  /** A mailbox that is gone takes its messages with it. */
  #dropMessages(account: string, kept: Account['mailboxes'] = []): void {
    for (const message of this.messages.values()) {
      if (message.account !== account || kept.some(({ name }) => name === message.mailbox)) continue;
      this.#removeMessage(message.id);
    }
  }

  #removeMessage(id: string): void {
    const message = this.messages.get(id);
    if (message !== undefined) this.removed.push({ message, at: this.#world.now });
    this.messages.delete(id);
  }

  #changeNumber(number: string, change: (record: NumberRecord) => NumberRecord): void {
    for (const account of this.accounts.values()) {
      const numbers = account.numbers.map((record) => (record.number === number ? change(record) : record));
      this.accounts.set(account.name, { ...account, numbers });
    }
  }
}
