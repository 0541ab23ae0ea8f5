// Which notices are delivered when: pure, so that three days of a dead mail server pass in a test in no time. Rows of
// the store are the truth; here is what is made of them. Nobody who waits holds up another one: recipients take turns,
// and a server that cannot be used is tried by one notice while all others wait for that.
//
//   add ─▶ later ─(due)─▶ ready ─(its turn)─▶ under way ─▶ gone: delivered, or given up
//            ▲              └─(allowance of the hour spent)─▶ held ─(hour over)─▶ put together
//            └───────────────────────────── failed ─────────┘

import { Deadlines } from '../base/deadlines.ts';
import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { Delivered } from '../ports/delivery.ts';
import type { Notice } from '../ports/records.ts';
import { type Merge, mergesOf } from './summary.ts';

export type Channel = Notice['channel'];

export interface OutboxOptions {
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  readonly newId: () => string;
}

export interface GivenUp {
  readonly notice: Notice;
  readonly why: string;
}

/** What is to be done now. Each notice to deliver is settled afterwards, each merge is told when it is written. */
export interface Work {
  readonly deliver: readonly Notice[];
  readonly merge: readonly Merge[];
  readonly givenUp: readonly GivenUp[];
}

/** What became of a delivery: the row goes, is replaced, or goes and is told of. */
export type Settled =
  | { readonly type: 'delivered' }
  | { readonly type: 'again'; readonly notice: Notice }
  | { readonly type: 'given-up'; readonly notice: Notice; readonly why: string };

/** A notice that waits, and for what: its time, its turn, the server's answer, or the hour's end. */
export interface Waiting {
  readonly notice: Notice;
  readonly state: State;
}

type State = 'later' | 'ready' | 'under-way' | 'held' | 'merging';

interface Entry {
  notice: Notice;
  state: State;
}

type Due =
  | { readonly type: 'notice'; readonly id: string }
  | { readonly type: 'hour'; readonly key: string }
  | { readonly type: 'server' };

/** An account's allowance of one channel and kind, from the first delivery on. */
interface Hour {
  taken: number;
  readonly held: string[];
}

interface ChannelState {
  /** By recipient, whose turn is next first. */
  readonly ready: Map<string, string[]>;
  readonly recipients: Map<string, number>;
  underWay: number;
  /** How often its server could not be used, one time after another. */
  failures: number;
  pausedUntil: Instant;
}

export class Outbox {
  readonly #fraction: () => number;
  readonly #newId: () => string;
  readonly #entries = new Map<string, Entry>();
  readonly #ofAccount = new Map<string, number>();
  readonly #crowded = new Set<string>();
  readonly #deadlines = new Deadlines<Due>();
  readonly #hours = new Map<string, Hour>();
  readonly #channels: Readonly<Record<Channel, ChannelState>> = { email: idle(), sms: idle() };

  constructor({ fraction, newId }: OutboxOptions) {
    this.#fraction = fraction;
    this.#newId = newId;
  }

  /** Rows that are in the store. Gives back those that there is no room for. */
  add(notices: readonly Notice[], now: Instant): readonly GivenUp[] {
    const refused: GivenUp[] = [];
    for (const notice of notices) {
      if (this.#entries.has(notice.id)) continue;
      if (this.#entries.size >= LIMITS.noticesMax)
        refused.push({ notice, why: `${LIMITS.noticesMax} others wait already` });
      else this.#insert(notice, now);
    }
    return refused;
  }

  /** What can be begun now. Asked again when something was added or settled, and at `nextDeadline`. */
  work(now: Instant): Work {
    const merge: Merge[] = [];
    for (let due = this.#deadlines.take(now); due !== undefined; due = this.#deadlines.take(now)) {
      const { value } = due;
      if (value.type === 'notice') this.#ready(value.id);
      if (value.type === 'hour') merge.push(...this.#hourOver(value.key, now));
    }
    merge.push(...this.#relieve(now));
    const deliver: Notice[] = [];
    const givenUp: GivenUp[] = [];
    for (const channel of ['email', 'sms'] as const) this.#begin(channel, now, deliver, givenUp);
    return { deliver, merge, givenUp };
  }

  nextDeadline(): Instant | undefined {
    return this.#deadlines.next();
  }

  settle(id: string, delivered: Delivered, now: Instant): Settled {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.state !== 'under-way') return { type: 'delivered' };
    const { notice } = entry;
    const channel = this.#channels[notice.channel];
    channel.underWay--;
    count(channel.recipients, notice.to, -1);
    if (delivered.ok || delivered.error.of === 'message') channel.failures = 0;
    if (delivered.ok) {
      this.#forget(id);
      return { type: 'delivered' };
    }
    this.#giveBack(notice);
    const { of, permanent, reason } = delivered.error;
    const lastError = reason.slice(0, LIMITS.serverWordsMax);
    const endsAt = notice.at + LIMITS.noticeLifetimeMs;
    if (now >= endsAt || (of === 'message' && permanent)) {
      this.#forget(id);
      return { type: 'given-up', notice, why: lastError };
    }
    const attempts = notice.attempts + 1;
    const dueAt =
      of === 'server' ? this.#pause(channel, now) : now + this.#delay(attempts, LIMITS.deliveryRetryMaxMs);
    entry.notice = { ...notice, attempts, lastError, dueAt: Math.min(dueAt, endsAt) };
    this.#wait(entry, now);
    return { type: 'again', notice: entry.notice };
  }

  /** It is in the store instead of those that it replaces. */
  merged({ into, replaced }: Merge, now: Instant): void {
    for (const { id } of replaced) this.#forget(id);
    this.#insert(into, now);
  }

  /** The store did not take it: they are as they were, and come one by one. */
  unmerged({ replaced }: Merge, now: Instant): void {
    for (const { id } of replaced) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.notice = { ...entry.notice, dueAt: now + LIMITS.deliveryRetryMinMs };
      this.#wait(entry, now);
    }
  }

  /** What is tried first comes first. */
  waiting(): readonly Waiting[] {
    const all = [...this.#entries.values()].map(({ notice, state }) => ({ notice, state }));
    return all.sort((a, b) => a.notice.dueAt - b.notice.dueAt);
  }

  /**
   * Somebody has mended what was wrong: this one that waits for its time, or all of them, is tried now, and so is its
   * server. Gives how many are.
   */
  retry(id: string | undefined, now: Instant): number {
    const again = [...this.#entries.values()].filter(({ notice, state }) => {
      return (state === 'later' || state === 'ready') && (id === undefined || notice.id === id);
    });
    for (const entry of again) {
      entry.notice = { ...entry.notice, dueAt: Math.min(entry.notice.dueAt, now) };
      this.#ready(entry.notice.id);
      const channel = this.#channels[entry.notice.channel];
      channel.pausedUntil = Math.min(channel.pausedUntil, now);
    }
    return again.length;
  }

  waitingOf(channel: Channel): number {
    let waiting = 0;
    for (const { notice } of this.#entries.values()) if (notice.channel === channel) waiting++;
    return waiting;
  }

  /** The channel's server could not be used when it was tried last. */
  isFailing(channel: Channel): boolean {
    return this.#channels[channel].failures > 0;
  }

  #insert(notice: Notice, now: Instant): void {
    const entry: Entry = { notice, state: 'later' };
    this.#entries.set(notice.id, entry);
    if (count(this.#ofAccount, notice.account, 1) > LIMITS.noticesOfAccountMax)
      this.#crowded.add(notice.account);
    this.#wait(entry, now);
  }

  #wait(entry: Entry, now: Instant): void {
    entry.state = 'later';
    const { id, dueAt } = entry.notice;
    if (dueAt <= now) this.#ready(id);
    else this.#deadlines.add(dueAt, { type: 'notice', id });
  }

  /** A deadline may be late: of one that is gone, or was retried before it. */
  #ready(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'later') return;
    entry.state = 'ready';
    const { ready } = this.#channels[entry.notice.channel];
    const queue = ready.get(entry.notice.to);
    if (queue === undefined) ready.set(entry.notice.to, [id]);
    else queue.push(id);
  }

  #begin(name: Channel, now: Instant, deliver: Notice[], givenUp: GivenUp[]): void {
    const channel = this.#channels[name];
    const { ready, recipients } = channel;
    const probing = now < channel.pausedUntil ? 0 : 1;
    const places = channel.failures > 0 ? probing : LIMITS.deliveriesMax;
    for (const [to, queue] of ready) {
      if (channel.underWay >= places) break;
      if ((recipients.get(to) ?? 0) >= LIMITS.deliveriesOfRecipientMax) continue;
      // Taken out and put in at the end: others have their turn first.
      ready.delete(to);
      const entry = this.#nextOf(queue, now, givenUp);
      if (queue.length > 0) ready.set(to, queue);
      if (entry === undefined) continue;
      entry.state = 'under-way';
      channel.underWay++;
      count(recipients, to, 1);
      deliver.push(entry.notice);
    }
  }

  /** The first of a recipient's notices that may be delivered now; those before it are held or given up. */
  #nextOf(queue: string[], now: Instant, givenUp: GivenUp[]): Entry | undefined {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const entry = this.#entries.get(id);
      if (entry?.state !== 'ready') continue;
      const { notice } = entry;
      if (now > notice.at + LIMITS.noticeLifetimeMs) {
        this.#forget(id);
        givenUp.push({ notice, why: notice.lastError ?? 'it could not be tried in time' });
      } else if (this.#takes(notice, now)) {
        return entry;
      } else {
        entry.state = 'held';
        this.#hours.get(keyOf(notice))?.held.push(id);
      }
    }
    return undefined;
  }

  /** One of the hour's allowance, where one is left. */
  #takes(notice: Notice, now: Instant): boolean {
    const key = keyOf(notice);
    const hour = this.#hours.get(key) ?? { taken: 0, held: [] };
    if (hour.taken >= (notice.channel === 'email' ? LIMITS.emailsPerHourMax : LIMITS.textsPerHourMax))
      return false;
    if (!this.#hours.has(key)) {
      this.#hours.set(key, hour);
      this.#deadlines.add(now + HOUR_MS, { type: 'hour', key });
    }
    hour.taken++;
    return true;
  }

  /** What failed costs nothing of the allowance, so that a dead server spends none. */
  #giveBack(notice: Notice): void {
    const hour = this.#hours.get(keyOf(notice));
    if (hour !== undefined && hour.taken > 0) hour.taken--;
  }

  #hourOver(key: string, now: Instant): readonly Merge[] {
    const held = (this.#hours.get(key)?.held ?? []).flatMap((id) => {
      const entry = this.#entries.get(id);
      return entry?.state === 'held' ? [entry] : [];
    });
    this.#hours.delete(key);
    return this.#merge(held, now);
  }

  /** Accounts with too many: what they have waiting becomes little. */
  #relieve(now: Instant): readonly Merge[] {
    if (this.#crowded.size === 0) return [];
    const waiting = [...this.#entries.values()].filter(
      ({ notice, state }) =>
        this.#crowded.has(notice.account) && (state === 'later' || state === 'ready' || state === 'held'),
    );
    this.#crowded.clear();
    return this.#merge(waiting, now);
  }

  #merge(entries: readonly Entry[], now: Instant): readonly Merge[] {
    const merges = mergesOf(
      entries.map(({ notice }) => notice),
      now,
      this.#newId,
    );
    const replaced = new Set(merges.flatMap((merge) => merge.replaced.map(({ id }) => id)));
    for (const entry of entries) {
      if (replaced.has(entry.notice.id)) entry.state = 'merging';
      else if (entry.state === 'held') this.#wait(entry, now);
    }
    return merges;
  }

  /** When the server is tried next. */
  #pause(channel: ChannelState, now: Instant): Instant {
    channel.failures++;
    channel.pausedUntil = now + this.#delay(channel.failures, LIMITS.serverRetryMaxMs);
    this.#deadlines.add(channel.pausedUntil, { type: 'server' });
    return channel.pausedUntil;
  }

  #delay(failures: number, maxMs: number): number {
    const delayMs = Math.min(maxMs, LIMITS.deliveryRetryMinMs * 2 ** Math.min(failures - 1, 20));
    return delayMs * (0.5 + this.#fraction());
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    count(this.#ofAccount, entry.notice.account, -1);
  }
}

function idle(): ChannelState {
  return { ready: new Map(), recipients: new Map(), underWay: 0, failures: 0, pausedUntil: 0 };
}

/** Messages of mailboxes, and all else. */
function keyOf({ account, channel, recording }: Notice): string {
  return `${channel} ${recording === undefined ? 'news' : 'messages'} ${account}`;
}

/** Counts up or down; what has come to nothing is forgotten. */
function count(counts: Map<string, number>, key: string, step: number): number {
  const value = (counts.get(key) ?? 0) + step;
  if (value > 0) counts.set(key, value);
  else counts.delete(key);
  return value;
}
