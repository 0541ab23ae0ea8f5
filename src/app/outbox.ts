// Delivers what is to be told. Notices come from the store at the start, and from each batch as soon as it is durable:
// everyone who writes does so through `store`. A row goes once a server has taken its notice, so that a crash in between
// delivers it again, under the same Message-ID, and never loses it.
//
//   any writer ─▶ store ─ durable ─▶ Outbox (when?) ─▶ MailSender, TextSender ─▶ store: row gone, put off, or given up

import { messageOf } from '../base/errors.ts';
import { hex } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { err } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import { type Owner, undeliveredNotices } from '../notices/compose.ts';
import type { NoticeCounts } from '../notices/counts.ts';
import { type Channel, Outbox, type Settled, type Waiting } from '../notices/outbox.ts';
import type { Merge } from '../notices/summary.ts';
import type { Clock } from '../ports/clock.ts';
import type { Delivered } from '../ports/delivery.ts';
import type { Log } from '../ports/log.ts';
import type { MailSender } from '../ports/mail.ts';
import type { Random } from '../ports/random.ts';
import type { Recordings } from '../ports/recordings.ts';
import type { Account, Notice } from '../ports/records.ts';
import type { TextSender } from '../ports/sms.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { writeWav } from '../rtp/wav.ts';

export interface DeliveriesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: nothing is delivered over this channel, and waits. */
  readonly mail?: MailSender | undefined;
  readonly texts?: TextSender | undefined;
  readonly recordings?: Pick<Recordings, 'read'> | undefined;
}

const WRITE_RETRY_MS = 5_000;
const ID_BYTES = 16;

export class Deliveries {
  /** The store for everyone who writes. */
  readonly store: Store;
  readonly #options: DeliveriesOptions;
  readonly #outbox: Outbox;
  /** Accounts that have somebody to tell. */
  readonly #owners = new Map<string, Owner>();
  /** What the store did not take yet, by notice; delivered ones come again only if the node dies before it does. */
  readonly #unwritten = new Map<string, readonly StoreWrite[]>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #counts = { email: counted(), sms: counted() };
  #timer: NodeJS.Timeout | undefined;
  #open = false;

  constructor(options: DeliveriesOptions) {
    const { random } = options;
    this.#options = options;
    this.#outbox = new Outbox({
      fraction: () => random.fraction(),
      newId: () => hex(random.bytes(ID_BYTES)),
    });
    this.store = listening(options.store, (writes) => this.#heard(writes));
  }

  /** A start tries everything at once: it may be what mended the configuration. */
  begin(accounts: readonly Account[], notices: readonly Notice[]): void {
    const now = this.#now();
    for (const account of accounts) this.#remember(account);
    this.#refuse(
      this.#outbox.add(
        notices.map((notice) => ({ ...notice, dueAt: Math.min(notice.dueAt, now) })),
        now,
      ),
    );
    this.#open = true;
    this.#work();
  }

  counts(): readonly NoticeCounts[] {
    return (['email', 'sms'] as const).map((channel) => ({
      channel,
      configured: this.#sender(channel) !== undefined,
      failing: this.#outbox.isFailing(channel),
      waiting: this.#outbox.waitingOf(channel),
      ...this.#counts[channel],
    }));
  }

  /** All that wait, what is tried first first. */
  waiting(): readonly Waiting[] {
    return this.#outbox.waiting();
  }

  /** Tried now instead of later: one of them, or all. Gives how many are. */
  retry(id?: string): number {
    const tried = this.#outbox.retry(id, this.#now());
    this.#work();
    return tried;
  }

  /** One that is no notice of anybody's: it is sent at once, and never again. */
  test(channel: Channel, to: string, words: { readonly subject: string; readonly text: string }) {
    const at = this.#now();
    const id = `test-${hex(this.#options.random.bytes(ID_BYTES))}`;
    return this.#send({ id, account: '', at, channel, to, ...words, attempts: 0, dueAt: at });
  }

  /** Begins nothing any more, and waits a while for what is under way; its rows are there for the next start. */
  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    const patience = new Promise<void>((resolve) => {
      setTimeout(resolve, LIMITS.deliveriesFarewellMs).unref();
    });
    await Promise.race([Promise.all(this.#underWay), patience]);
    const { mail, texts } = this.#options;
    mail?.close();
    texts?.close();
    await Promise.all(this.#underWay);
  }

  #heard(writes: readonly StoreWrite[]): void {
    const notices: Notice[] = [];
    for (const write of writes) {
      if (write.type === 'notice') notices.push(write.notice);
      if (write.type === 'account') this.#remember(write.account);
      if (write.type === 'account-removed') this.#owners.delete(write.name);
    }
    if (notices.length === 0) return;
    this.#refuse(this.#outbox.add(notices, this.#now()));
    this.#work();
  }

  #remember({ name, hours, contacts = [] }: Account): void {
    if (contacts.length === 0) this.#owners.delete(name);
    else this.#owners.set(name, { name, hours, contacts });
  }

  #work(): void {
    if (!this.#open) return;
    const { deliver, merge, givenUp } = this.#outbox.work(this.#now());
    for (const notice of deliver) this.#follow(this.#deliver(notice));
    for (const one of merge) this.#follow(this.#merge(one));
    this.#refuse(givenUp);
    if (this.#unwritten.size > 0) this.#follow(this.#writeAgain());
    this.#arm();
  }

  #follow(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async #deliver(notice: Notice): Promise<void> {
    const delivered = await this.#send(notice);
    const settled = this.#outbox.settle(notice.id, delivered, this.#now());
    const writes = this.#told(notice, settled);
    await this.#write(notice.id, writes);
    this.#work();
  }

  async #send(notice: Notice): Promise<Delivered> {
    const { mail, texts, recordings } = this.#options;
    const { id, at, to, subject, text, recording } = notice;
    try {
      if (notice.channel === 'sms') {
        return texts === undefined ? NOT_CONFIGURED : await texts.send({ id, to, text });
      }
      if (mail === undefined) return NOT_CONFIGURED;
      if (recording === undefined) return await mail.send({ id, at, to, subject, text });
      const recorded = await recordings?.read(recording);
      if (recorded === undefined) {
        const gone = `${text}\nThe recording is not attached: it is in the mailbox no more.\n`;
        return await mail.send({ id, at, to, subject, text: gone });
      }
      const file = { name: 'voicemail.wav', type: 'audio/wav', bytes: writeWav(recorded) };
      return await mail.send({ id, at, to, subject, text, file });
    } catch (error) {
      return err({ of: 'message', permanent: false, reason: messageOf(error) });
    }
  }

  /** What became of it, in the log; and what is written of it. */
  #told(notice: Notice, settled: Settled): readonly StoreWrite[] {
    const { log } = this.#options;
    const { channel, account, to } = notice;
    const facts = { notice: notice.id, account, channel, to };
    const counts = this.#counts[channel];
    switch (settled.type) {
      case 'delivered':
        counts.delivered++;
        log.info('notice delivered', facts);
        return [{ type: 'notice-removed', id: notice.id }];
      case 'again': {
        const { attempts, dueAt, lastError: reason } = settled.notice;
        counts.failed++;
        log.warn('notice not delivered; it is tried again', {
          ...facts,
          attempts,
          reason,
          next: new Date(dueAt).toISOString(),
        });
        return [{ type: 'notice', notice: settled.notice }];
      }
      case 'given-up':
        counts.failed++;
        return this.#lost(notice, settled.why);
    }
  }

  /** A row of the audit, and a word to the account's other contacts. */
  #lost(notice: Notice, why: string): readonly StoreWrite[] {
    const { log } = this.#options;
    const { id, account, channel, to, subject } = notice;
    const at = this.#now();
    this.#counts[channel].givenUp++;
    log.error('notice given up', { notice: id, account, channel, to, reason: why });
    const owner = this.#owners.get(account);
    const others = owner === undefined ? [] : undeliveredNotices(owner, notice, why, at);
    const what = `could not deliver to ${to}: ${subject} (${why})`;
    const entry = { id: `lost-${id}`, at, account, who: 'ringthrough', how: 'node' as const, what };
    return [
      { type: 'notice-removed', id },
      { type: 'audit', entry },
      ...others.map((other) => ({ type: 'notice' as const, notice: other })),
    ];
  }

  #refuse(lost: readonly { readonly notice: Notice; readonly why: string }[]): void {
    for (const { notice, why } of lost) this.#follow(this.#write(notice.id, this.#lost(notice, why)));
  }

  async #merge(merge: Merge): Promise<void> {
    const gone = merge.replaced.map(({ id }) => ({ type: 'notice-removed' as const, id }));
    try {
      // Not through `store`: it is this outbox that writes, and adds it itself.
      await this.#options.store.write([...gone, { type: 'notice', notice: merge.into }]);
      this.#outbox.merged(merge, this.#now());
    } catch {
      this.#outbox.unmerged(merge, this.#now());
    }
    this.#work();
  }

  async #write(id: string, writes: readonly StoreWrite[]): Promise<void> {
    try {
      await this.#options.store.write(writes);
      this.#unwritten.delete(id);
      const more = writes.flatMap((write) => (write.type === 'notice' ? [write.notice] : []));
      this.#refuse(this.#outbox.add(more, this.#now()));
    } catch (error) {
      this.#options.log.error('what became of a notice could not be written', {
        notice: id,
        reason: messageOf(error),
      });
      this.#unwritten.set(id, writes);
    }
  }

  async #writeAgain(): Promise<void> {
    const waiting = [...this.#unwritten];
    this.#unwritten.clear();
    for (const [id, writes] of waiting) await this.#write(id, writes);
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.#open) return;
    const now = this.#now();
    const next: Instant = Math.min(
      this.#outbox.nextDeadline() ?? Number.POSITIVE_INFINITY,
      this.#unwritten.size > 0 ? now + WRITE_RETRY_MS : Number.POSITIVE_INFINITY,
    );
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#work(), Math.max(0, next - now));
    this.#timer.unref();
  }

  #sender(channel: Channel) {
    return channel === 'email' ? this.#options.mail : this.#options.texts;
  }

  #now(): Instant {
    return this.#options.clock.now();
  }
}

const NOT_CONFIGURED: Delivered = err({
  of: 'server',
  permanent: false,
  reason: 'the configuration names no server for it',
});

function counted() {
  return { delivered: 0, failed: 0, givenUp: 0 };
}

/** The same store, whose writes are heard of once they are durable. */
function listening(store: Store, heard: (writes: readonly StoreWrite[]) => void): Store {
  const write: Store['write'] = async (writes) => {
    await store.write(writes);
    heard(writes);
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'write') return write;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
