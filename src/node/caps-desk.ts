// What is done about caps on diverted calls (law 8): what they use is counted and kept, and when a call was not sent on
// for a cap, the account's contacts are told so: once, however many calls follow. What they were told is kept with what
// the calls have used, in one batch with the notices, so that a crash tells nothing twice and forgets nothing.

import { LIMITS } from '../base/limits.ts';
import { counted } from '../base/names.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { DivertedCalls, monthOf } from '../caps/diverted-calls.ts';
import { capNotices } from '../notices/compose.ts';
import type { Account, Cap, DivertedUsage, LedgerEntry } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { Turn } from './turn.ts';
import type { DivertedView } from './views.ts';

export interface CapsDeskOptions {
  readonly turn: Turn;
  /** As it is now. */
  readonly account: (name: string) => Account | undefined;
  readonly newId: () => string;
}

/** What is said to an account: sentences without their full stops. */
interface Words {
  readonly what: string;
  readonly instead: string;
  readonly remedy: string;
}

export class CapsDesk {
  /** Calls that were not sent on for a cap. */
  readonly counters = { diverts_capped: 0 };
  readonly #options: CapsDeskOptions;
  readonly #calls = new DivertedCalls();
  /** When the last life of the node wrote down what its calls had used. */
  readonly #writtenAt = new Map<string, Instant>();
  #checkAt: Instant | undefined;

  constructor(options: CapsDeskOptions) {
    this.#options = options;
  }

  /** Accounts that something is remembered of. */
  get size(): number {
    return this.#calls.size;
  }

  start(usages: readonly DivertedUsage[]): void {
    this.#calls.remember(usages);
    for (const { account, at } of usages) this.#writtenAt.set(account, at);
  }

  accountsChanged(accounts: readonly Account[]): void {
    this.#calls.keepOnly(new Set(accounts.map(({ name }) => name)));
  }

  // ── what calls use ──

  /** What is to be written with this row of the ledger. */
  ledger(entry: LedgerEntry): readonly StoreWrite[] {
    const { now } = this.#options.turn;
    const usedMs = this.#calls.follow(entry, now);
    if (this.#calls.busy.length > 0) this.#checkAt ??= now + LIMITS.divertedCheckMs;
    const account = this.#options.account(entry.account);
    if (usedMs === undefined || account === undefined) return [];
    this.#calls.add(account.name, usedMs, now);
    return [...this.#minutes(account), this.#kept(account)];
  }

  /**
   * The same of a call that a crash cut off. It had lasted until what it used was written down last, and not much
   * longer than that: the time until the node is there again is nobody's conversation.
   */
  cutOff(entry: LedgerEntry): readonly StoreWrite[] {
    const { account, answeredAt, endedAt } = entry;
    if (answeredAt === undefined || endedAt === undefined) return [];
    const writtenAt = Math.max(answeredAt, this.#writtenAt.get(account) ?? answeredAt);
    return this.ledger({ ...entry, endedAt: Math.min(endedAt, writtenAt + LIMITS.divertedCheckMs) });
  }

  /** What calls in progress have used is written down, and may have come to a cap. */
  expire(now: Instant): void {
    if (this.#checkAt === undefined || now < this.#checkAt) return;
    const busy = this.#calls.busy.flatMap((name) => this.#options.account(name) ?? []);
    this.#checkAt = this.#calls.busy.length === 0 ? undefined : now + LIMITS.divertedCheckMs;
    const writes = busy.flatMap((account) => [...this.#minutes(account), this.#kept(account)]);
    if (writes.length > 0) this.#options.turn.persist(writes);
  }

  nextDeadline(): Instant | undefined {
    return this.#checkAt;
  }

  view(account: string, now: Instant): DivertedView {
    const seconds = Math.floor(this.#calls.usedMs(account, now) / SECOND_MS);
    return { month: monthOf(now), seconds, callsNow: this.#calls.inProgress(account) };
  }

  // ── what exceeds a cap ──

  /** Why none of the account's calls is sent on any more this month; `undefined`: they are. */
  minutesUsed({ name, limits: { divertedMinutesPerMonth: minutes } }: Account): string | undefined {
    const { now } = this.#options.turn;
    if (minutes === undefined || this.#calls.usedMs(name, now) < minutes * MINUTE_MS) return undefined;
    return `the account has used its ${counted(minutes, 'diverted minute')} of ${monthName(now)}`;
  }

  /** A call for this number was not sent on. */
  exceeded(account: Account, cap: Cap, called: string, why: string): void {
    this.counters.diverts_capped++;
    const isOfMinutes = cap === 'minutes';
    const telling = isOfMinutes
      ? this.#minutes(account)
      : this.#tell(account, cap, wordsOf(cap, called, why));
    if (telling.length > 0) this.#options.turn.persist([...telling, this.#kept(account)]);
  }

  #minutes(account: Account): readonly StoreWrite[] {
    const { name, limits } = account;
    const { divertedMinutesPerMonth: minutes } = limits;
    if (minutes === undefined) return [];
    const { now } = this.#options.turn;
    const used = this.#calls.usedMs(name, now) / MINUTE_MS;
    if (used >= minutes) return this.#tell(account, 'minutes', allUsed(minutes, now), minutes);
    if (used < minutes * LIMITS.divertedMinutesWarnShare) return [];
    return this.#tell(account, 'minutes-soon', nearlyUsed(minutes, used, now), minutes);
  }

  /** Nothing where the account was told already. */
  #tell(account: Account, cap: Cap, words: Words, limit?: number): readonly StoreWrite[] {
    const { turn, newId } = this.#options;
    const { now: at } = turn;
    const { name } = account;
    if (!this.#calls.tells(name, cap, limit, at)) return [];
    const { what } = words;
    turn.event({ type: 'cap', account: name, cap, text: what, at });
    return [
      ...capNotices(account, words, { at, newId }).map((notice) => ({ type: 'notice', notice }) as const),
      { type: 'audit', entry: { id: newId(), at, account: name, who: 'ringthrough', how: 'node', what } },
    ];
  }

  #kept({ name }: Account): StoreWrite {
    return { type: 'usage', usage: this.#calls.usage(name, this.#options.turn.now) };
  }
}

const CALLERS = 'Callers reach voicemail, or hear that the call cannot be put through';

function wordsOf(cap: Cap, called: string, why: string): Words {
  const ask = 'ask your telephone provider to allow';
  return {
    what: `A call for ${called} was not diverted: ${why}`,
    instead: `${CALLERS}. You are told of this once a day, however many there are`,
    remedy:
      cap === 'calls' ? `If you need more at once, ${ask} them` : `Divert to another number, or ${ask} this`,
  };
}

function allUsed(minutes: number, now: Instant): Words {
  return {
    what: `All diverted minutes of ${monthName(now)} are used (${minutes})`,
    instead: `No further call is diverted this month (UTC); calls that go on are not ended. ${CALLERS}`,
    remedy: 'If you need more, ask your telephone provider for them',
  };
}

function nearlyUsed(minutes: number, used: number, now: Instant): Words {
  return {
    what: `${Math.floor(used)} of ${minutes} diverted minutes of ${monthName(now)} are used`,
    instead: 'Calls are diverted until all of them are used',
    remedy: 'If you need more, ask your telephone provider for them in time',
  };
}

/** `November 2026` */
function monthName(at: Instant): string {
  return new Date(at).toLocaleString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
}
