// What the diverted calls of each account have used of this calendar month, and which of its caps it was told of. All
// of it follows from the ledger: an entry that was answered outside begins to count, and one that has ended counts for
// good. Calls in progress count for as long as they last, so that long ones cannot pass a cap unseen.
//
//   used = calls of this month that are over + calls in progress, until now
//
// Months are UTC's. A call over the end of a month counts in each of the two for the part that lies there.

import { DAY_MS, type Instant } from '../base/time.ts';
import type { Cap, CapTold, DivertedUsage, LedgerEntry } from '../ports/records.ts';

interface Used {
  readonly month: string;
  endedMs: number;
  /** The latest word on each cap. */
  told: readonly CapTold[];
}

export class DivertedCalls {
  readonly #used = new Map<string, Used>();
  /** When calls in progress were answered, by account and call. */
  readonly #inProgress = new Map<string, Map<string, Instant>>();

  remember(usages: readonly DivertedUsage[]): void {
    for (const { account, month, endedMs, told } of usages) this.#used.set(account, { month, endedMs, told });
  }

  /** These accounts are all that there are. */
  keepOnly(accounts: ReadonlySet<string>): void {
    for (const account of this.#used.keys()) if (!accounts.has(account)) this.#used.delete(account);
  }

  /** Accounts that something is remembered of. */
  get size(): number {
    return this.#used.size;
  }

  /** Accounts with calls in progress. */
  get busy(): readonly string[] {
    return [...this.#inProgress.keys()];
  }

  inProgress(account: string): number {
    return this.#inProgress.get(account)?.size ?? 0;
  }

  /** An attempt was answered, or is over. Gives how much of this month it has used, once it is over. */
  follow(entry: LedgerEntry, now: Instant): number | undefined {
    const { id, account, answeredAt, endedAt } = entry;
    const calls = this.#inProgress.get(account) ?? new Map<string, Instant>();
    calls.delete(id);
    const counts = answeredAt !== undefined && isDiverted(entry);
    if (counts && endedAt === undefined) calls.set(id, answeredAt);
    if (calls.size > 0) this.#inProgress.set(account, calls);
    else this.#inProgress.delete(account);
    return counts && endedAt !== undefined ? lastedMs(answeredAt, endedAt, now) : undefined;
  }

  /** For good. */
  add(account: string, usedMs: number, now: Instant): void {
    this.#of(account, now).endedMs += usedMs;
  }

  usedMs(account: string, now: Instant): number {
    const known = this.#used.get(account);
    let usedMs = known?.month === monthOf(now) ? known.endedMs : 0;
    for (const answeredAt of this.#inProgress.get(account)?.values() ?? [])
      usedMs += lastedMs(answeredAt, now, now);
    return usedMs;
  }

  /** Is it to be told of this cap now? Once a month of minutes, unless the cap is changed; of all else once a day. */
  tells(account: string, cap: Cap, limit: number | undefined, now: Instant): boolean {
    const used = this.#of(account, now);
    const last = used.told.find((told) => told.cap === cap);
    if (last !== undefined && isToldBy(last, limit, now)) return false;
    const told = { cap, at: now, ...(limit === undefined ? {} : { limit }) };
    used.told = [...used.told.filter((other) => other !== last), told];
    return true;
  }

  /** What is to be kept of it. */
  usage(account: string, now: Instant): DivertedUsage {
    return { account, ...this.#of(account, now), at: now };
  }

  #of(account: string, now: Instant): Used {
    const month = monthOf(now);
    const known = this.#used.get(account);
    if (known?.month === month) return known;
    const used = { month, endedMs: 0, told: known?.told ?? [] };
    this.#used.set(account, used);
    return used;
  }
}

/** `2026-11` */
export function monthOf(at: Instant): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** A call for a number of ours that was answered at another one: neither a phone's own call, nor one back from `*97`. */
export function isDiverted({
  direction,
  called,
  answeredBy = '',
}: Pick<LedgerEntry, 'direction' | 'called' | 'answeredBy'>): boolean {
  return direction !== 'out' && isE164(called) && isE164(answeredBy);
}

function isE164(text: string): boolean {
  return /^\+\d+$/.test(text);
}

/** The part of it that lies in the month of `now`. */
function lastedMs(answeredAt: Instant, until: Instant, now: Instant): number {
  const monthBegan = new Date(`${monthOf(now)}-01`).getTime();
  return Math.max(0, until - Math.max(answeredAt, monthBegan));
}

function isToldBy({ cap, at, limit: then }: CapTold, limit: number | undefined, now: Instant): boolean {
  if (cap === 'minutes' || cap === 'minutes-soon') return monthOf(at) === monthOf(now) && then === limit;
  return Math.floor(at / DAY_MS) === Math.floor(now / DAY_MS);
}
