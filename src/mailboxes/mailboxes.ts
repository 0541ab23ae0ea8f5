// The messages that callers have left, by mailbox. The store keeps them; here is what the node needs at once: how many
// there are, for quotas and lamps, and which, for whoever listens. What this decides comes back as what to write, so a
// message is here only once it is durable.

import { LIMITS } from '../base/limits.ts';
import { earlier, type Instant, MINUTE_MS } from '../base/time.ts';
import type { MessageRoom } from '../ports/desk.ts';
import type { Account, Mailbox, VoicemailMessage } from '../ports/records.ts';

export interface Counts {
  /** Not heard yet. */
  readonly fresh: number;
  readonly saved: number;
}

export class Mailboxes {
  readonly #changed: (account: string, mailbox: string) => void;
  readonly #messages = new Map<string, VoicemailMessage>();
  /** Ids by account and mailbox, oldest first. */
  readonly #byMailbox = new Map<string, Set<string>>();
  /** How long all messages of each account are together. */
  readonly #heldMs = new Map<string, number>();
  /** When each mailbox's messages end. */
  #retentionMs = new Map<string, number>();
  #nextEnd: Instant | undefined;

  /** `changed`: what this mailbox counts has. */
  constructor(changed: (account: string, mailbox: string) => void = () => undefined) {
    this.#changed = changed;
  }

  /** As kept over a restart. */
  restore(messages: readonly VoicemailMessage[]): void {
    for (const message of [...messages].sort((a, b) => a.at - b.at)) this.#take(message);
  }

  get size(): number {
    return this.#messages.size;
  }

  /** No message can be taken by this node at present. */
  get full(): boolean {
    return this.#messages.size >= LIMITS.messagesMax;
  }

  /** It is durable: new, or heard since. */
  put(message: VoicemailMessage): void {
    this.#take(message);
    this.#changed(message.account, message.mailbox);
  }

  #take(message: VoicemailMessage): void {
    this.#hold(message.account, message.lengthMs - (this.#messages.get(message.id)?.lengthMs ?? 0));
    this.#messages.set(message.id, message);
    const key = keyOf(message.account, message.mailbox);
    const ids = this.#byMailbox.get(key) ?? new Set();
    this.#byMailbox.set(key, ids.add(message.id));
    this.#nextEnd = earlier(this.#nextEnd, this.#endOf(message));
  }

  /** It is gone from the store. */
  remove(id: string): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.delete(id);
    this.#hold(message.account, -message.lengthMs);
    const key = keyOf(message.account, message.mailbox);
    const ids = this.#byMailbox.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#byMailbox.delete(key);
    this.#changed(message.account, message.mailbox);
  }

  get(id: string): VoicemailMessage | undefined {
    return this.#messages.get(id);
  }

  /** Oldest first. */
  messages(account: string, mailbox: string): readonly VoicemailMessage[] {
    const ids = this.#byMailbox.get(keyOf(account, mailbox)) ?? [];
    return [...ids].flatMap((id) => this.#messages.get(id) ?? []);
  }

  room({ name, limits }: Account, mailbox: Mailbox): MessageRoom {
    const { messageMinutesMax = Number.POSITIVE_INFINITY } = limits;
    const held = this.#byMailbox.get(keyOf(name, mailbox.name))?.size ?? 0;
    return {
      messages: Math.max(0, mailbox.messagesMax - held),
      lengthMs: Math.max(0, messageMinutesMax * MINUTE_MS - (this.#heldMs.get(name) ?? 0)),
    };
  }

  #hold(account: string, lengthMs: number): void {
    const heldMs = (this.#heldMs.get(account) ?? 0) + lengthMs;
    if (heldMs > 0) this.#heldMs.set(account, heldMs);
    else this.#heldMs.delete(account);
  }

  counts(account: string, mailbox: string): Counts {
    const messages = this.messages(account, mailbox);
    const fresh = messages.filter(({ heardAt }) => heardAt === undefined).length;
    return { fresh, saved: messages.length - fresh };
  }

  /** Messages of mailboxes that are gone, which have to go as well. */
  accountsChanged(accounts: readonly Account[]): readonly VoicemailMessage[] {
    this.#retentionMs = new Map(
      accounts.flatMap(({ name, mailboxes = [] }) =>
        mailboxes.map((mailbox) => [keyOf(name, mailbox.name), mailbox.retentionMs] as const),
      ),
    );
    this.#nextEnd = this.#earliestEnd();
    return [...this.#messages.values()].filter(
      ({ account, mailbox }) => !this.#retentionMs.has(keyOf(account, mailbox)),
    );
  }

  /** Messages that have been kept for as long as their mailbox says. */
  ended(now: Instant): readonly VoicemailMessage[] {
    if (this.#nextEnd === undefined || this.#nextEnd > now) return [];
    const ended = [...this.#messages.values()].filter((message) => this.#endOf(message) <= now);
    // Whoever asked removes them once they are gone from the store; until then they are not told again and again.
    this.#nextEnd = this.#earliestEnd(now);
    return ended;
  }

  nextDeadline(): Instant | undefined {
    return this.#nextEnd;
  }

  #endOf({ account, mailbox, at }: VoicemailMessage): Instant {
    return at + (this.#retentionMs.get(keyOf(account, mailbox)) ?? Number.POSITIVE_INFINITY);
  }

  #earliestEnd(after = Number.NEGATIVE_INFINITY): Instant | undefined {
    let first: Instant | undefined;
    for (const message of this.#messages.values()) {
      const end = this.#endOf(message);
      if (end > after && Number.isFinite(end)) first = earlier(first, end);
    }
    return first;
  }
}

function keyOf(account: string, mailbox: string): string {
  return `${account}/${mailbox}`;
}
