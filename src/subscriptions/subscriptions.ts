// The notifier (RFC 6665 §4.2): who subscribed to what, and when they are told.
//
//   SUBSCRIBE ─▶ 200 ─▶ NOTIFY ─▶ 200           a NOTIFY at once, whatever it says (§4.2.1.2)
//   change ───────────▶ NOTIFY ─▶ 200           never two at once, one a second at most; changes between are one
//   SUBSCRIBE (refresh) ─▶ 200 ─▶ NOTIFY        the same dialog, moved to where the phone is now
//   Expires: 0, or time is up ─▶ NOTIFY terminated
//   NOTIFY ─▶ 481, another refusal or nothing   it is over, and nobody is told
//
// It owns the dialogs. Whoever calls it has authenticated the phone, sends the NOTIFYs that come back as effects, and
// says what became of them. A restart forgets all of it: a phone that refreshes gets 481 and subscribes anew.

import { DeadlineHeap } from '../base/deadline-heap.ts';
import { LIMITS } from '../base/limits.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { Dialog } from '../sip/dialog/dialog.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import type { Subscribe } from './subscribe.ts';
import { type Ending, type Subscriber, Subscription } from './subscription.ts';

export interface SubscriptionsOptions {
  /** What the mailbox, or all mailboxes, of this phone hold; `undefined`: it has none, or not that one. */
  summaryOf(user: string, mailbox: string | undefined): string | undefined;
}

/** Send this within the dialog, and say `answered` or `failed` with the key. */
export interface NotifyEffect {
  readonly key: string;
  readonly subscriber: Subscriber;
  readonly dialog: Dialog;
  readonly request: SipRequest;
}

export interface SubscribeOutcome {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Of a new dialog. */
  readonly toTag?: string;
  /** After the answer. */
  readonly effects: readonly NotifyEffect[];
}

/** A full table empties by the minute. */
const FULL: SubscribeOutcome = { status: 503, headers: [['Retry-After', '300']], effects: [] };

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #byDialog = new Map<string, Subscription>();
  readonly #byUser = new Map<string, Set<Subscription>>();
  readonly #deadlines = new DeadlineHeap<Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byDialog.size;
  }

  /** The one whose dialog an inspected request means. */
  of(request: SipRequest): Subscription | undefined {
    return this.#byDialog.get(Dialog.keyOf(request));
  }

  /** Those of a phone, the longest untouched first. */
  ofUser(user: string): readonly Subscription[] {
    return [...(this.#byUser.get(user) ?? [])];
  }

  users(): Iterable<string> {
    return this.#byUser.keys();
  }

  /** A SUBSCRIBE that begins a dialog; `localTag` is a token that nobody can guess. */
  subscribe(
    request: SipRequest,
    { eventId, expiresMs }: Subscribe,
    subscriber: Subscriber,
    localTag: string,
    now: Instant,
  ): SubscribeOutcome {
    if (this.#byDialog.size >= LIMITS.subscriptionsMax) return FULL;
    const dialog = Dialog.asUas(request, localTag, subscriber.contact);
    dialog.confirm();
    const subscription = new Subscription(dialog, eventId, subscriber, now + expiresMs);
    if (expiresMs === 0) subscription.ending = 'timeout';
    const effects = [...this.#makeRoom(subscriber.user, now)];
    this.#add(subscription);
    effects.push(...this.#step(subscription, now));
    return { ...accepted(expiresMs, subscriber), toTag: localTag, effects };
  }

  /** A SUBSCRIBE within the dialog of `subscription` (§4.2.1.3). */
  refresh(
    subscription: Subscription,
    request: SipRequest,
    { eventId, expiresMs }: Subscribe,
    subscriber: Subscriber,
    now: Instant,
  ): SubscribeOutcome {
    const { ending } = subscription;
    const isOver = ending !== undefined && ending !== 'timeout';
    // One subscription to a dialog (§4.5.2): another id would be another one.
    if (isOver || eventId !== subscription.eventId) return { status: 481, headers: [], effects: [] };
    if (subscription.dialog.receiveRequest(request) === 'out-of-order')
      return { status: 500, headers: [], effects: [] };
    subscription.subscriber = subscriber;
    subscription.expiresAt = now + expiresMs;
    subscription.owed = true;
    subscription.ending = expiresMs === 0 ? 'timeout' : undefined;
    this.#touch(subscription);
    return { ...accepted(expiresMs, subscriber), effects: this.#step(subscription, now) };
  }

  /** What the mailboxes of this phone hold may have changed. */
  changed(user: string, now: Instant): readonly NotifyEffect[] {
    return this.ofUser(user).flatMap((subscription) => this.#step(subscription, now));
  }

  /** All of a phone end, for this reason. */
  end(user: string, ending: Ending, now: Instant): readonly NotifyEffect[] {
    return this.ofUser(user).flatMap((subscription) => this.#end(subscription, ending, now));
  }

  /** A final answer to a NOTIFY. `over`: the subscription is (§4.2.2). */
  answered(key: string, response: SipResponse, now: Instant): readonly NotifyEffect[] | 'over' {
    const subscription = this.#byDialog.get(key);
    if (subscription === undefined) return [];
    subscription.asking = false;
    if (response.status >= 300) {
      const waitMs = retryAfterMs(response);
      if (waitMs === undefined) return this.#remove(subscription);
      subscription.told = undefined;
      subscription.notBefore = now + waitMs;
    }
    return this.#step(subscription, now);
  }

  /** A NOTIFY got no answer, or could not be sent: the subscription is over. */
  failed(key: string): 'over' {
    const subscription = this.#byDialog.get(key);
    if (subscription !== undefined) this.#remove(subscription);
    return 'over';
  }

  expire(now: Instant): readonly NotifyEffect[] {
    const effects: NotifyEffect[] = [];
    for (let due = this.#deadlines.due(now); due !== undefined; due = this.#deadlines.due(now)) {
      if (due.expiresAt <= now && due.ending === undefined) due.ending = 'timeout';
      effects.push(...this.#step(due, now));
    }
    return effects;
  }

  nextDeadline(): Instant | undefined {
    return this.#deadlines.deadline;
  }

  /** Says what is to be said now, and when to look again. */
  #step(subscription: Subscription, now: Instant): readonly NotifyEffect[] {
    const { ending, subscriber } = subscription;
    if (subscription.asking) {
      this.#deadlines.schedule(subscription, ending === undefined ? subscription.expiresAt : undefined);
      return [];
    }
    const summary = this.#options.summaryOf(subscriber.user, subscriber.mailbox);
    if (ending === undefined && summary === undefined) subscription.ending = 'noresource';
    if (subscription.ending !== undefined) {
      this.#remove(subscription);
      return [this.#notify(subscription, summary, now)];
    }
    const isDue = subscription.owed || summary !== subscription.told;
    const mayTell = subscription.owed || subscription.notBefore <= now;
    const effects = isDue && mayTell ? [this.#tell(subscription, summary, now)] : [];
    const waits = isDue && !mayTell ? subscription.notBefore : subscription.expiresAt;
    this.#deadlines.schedule(subscription, Math.min(waits, subscription.expiresAt));
    return effects;
  }

  #tell(subscription: Subscription, summary: string | undefined, now: Instant): NotifyEffect {
    subscription.told = summary;
    subscription.owed = false;
    subscription.asking = true;
    subscription.notBefore = now + LIMITS.notifyIntervalMs;
    return this.#notify(subscription, summary, now);
  }

  #notify(subscription: Subscription, summary: string | undefined, now: Instant): NotifyEffect {
    const { key, dialog, subscriber } = subscription;
    return { key, subscriber, dialog, request: subscription.notify(summary, now) };
  }

  #end(subscription: Subscription, ending: Ending, now: Instant): readonly NotifyEffect[] {
    subscription.ending ??= ending;
    return this.#step(subscription, now);
  }

  /** A phone that starts again and again leaves dialogs behind that it knows nothing of: the oldest gives way. */
  #makeRoom(user: string, now: Instant): readonly NotifyEffect[] {
    const held = this.ofUser(user);
    const [oldest] = held;
    if (oldest === undefined || held.length < LIMITS.subscriptionsPerPhoneMax) return [];
    oldest.ending = 'probation';
    this.#remove(oldest);
    return [this.#notify(oldest, undefined, now)];
  }

  #add(subscription: Subscription): void {
    this.#byDialog.set(subscription.key, subscription);
    const { user } = subscription.subscriber;
    const held = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, held.add(subscription));
  }

  #touch(subscription: Subscription): void {
    const held = this.#byUser.get(subscription.subscriber.user);
    held?.delete(subscription);
    held?.add(subscription);
  }

  #remove(subscription: Subscription): 'over' {
    this.#byDialog.delete(subscription.key);
    const { user } = subscription.subscriber;
    const held = this.#byUser.get(user);
    held?.delete(subscription);
    if (held?.size === 0) this.#byUser.delete(user);
    this.#deadlines.schedule(subscription, undefined);
    return 'over';
  }
}

function accepted(expiresMs: number, { contact }: Subscriber): Pick<SubscribeOutcome, 'status' | 'headers'> {
  return {
    status: 200,
    headers: [
      ['Contact', contact],
      ['Expires', String(expiresMs / SECOND_MS)],
    ],
  };
}

/** §4.2.2: only who says when to come again is asked again, and never for a dialog that it does not know. */
function retryAfterMs({ status, headers }: SipResponse): number | undefined {
  const seconds = /^\d{1,6}/.exec(headers.get('Retry-After') ?? '')?.[0];
  if (seconds === undefined || status < 400 || status === 481) return undefined;
  const wanted = Number(seconds) * SECOND_MS;
  return Math.min(Math.max(wanted, LIMITS.notifyIntervalMs), LIMITS.notifyRetryMaxMs);
}
