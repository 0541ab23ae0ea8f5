// The lamps of phones (RFC 3842): who subscribed to a mailbox is told as RFC 6665 has it, all other telephones of the
// mailbox by a NOTIFY that comes by itself. The decisions are in src/subscriptions/; here they meet the directory, the
// messages and the ways to phones.
//
//   SUBSCRIBE, messages, bindings, accounts ─▶ subscriptions, unsolicited ─▶ NOTIFY ─▶ over the phone's own flow

import { LIMITS } from '../base/limits.ts';
import { type Flow, flowKey } from '../base/net.ts';
import type { Result } from '../base/result.ts';
import { earlier, type Instant } from '../base/time.ts';
import type { Mailboxes } from '../mailboxes/mailboxes.ts';
import type { ReachableBinding } from '../registrar/outcome.ts';
import type { Registrar } from '../registrar/registrar.ts';
import type { Directory } from '../routing/directory.ts';
import { byProof } from '../routing/plan.ts';
import { rerouted } from '../sip/dialog/routing.ts';
import { tagOf } from '../sip/message/address.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import { formatUri, isSips, uriUser } from '../sip/message/uri.ts';
import {
  formatSummary,
  MESSAGE_SUMMARY,
  SUMMARY_TYPE,
  summaryBody,
  type Waiting,
} from '../subscriptions/message-summary.ts';
import { readSubscribe, type Subscribe, type SubscribeRefusal } from '../subscriptions/subscribe.ts';
import type { Subscriber, Subscription } from '../subscriptions/subscription.ts';
import { type NotifyEffect, type SubscribeOutcome, Subscriptions } from '../subscriptions/subscriptions.ts';
import { type Lamp, type Telephone, Unsolicited } from '../subscriptions/unsolicited.ts';
import type { Listeners } from './listeners.ts';
import type { NotifyOutcome } from './own-requests.ts';
import { deviceAt, wayWithin } from './ways.ts';

export interface LampsOptions {
  readonly domain: string;
  /** What phones dial to listen; absent: nothing. */
  readonly mailboxCode: string | undefined;
  readonly registrar: Registrar;
  readonly listeners: Listeners;
  readonly mailboxes: () => Mailboxes;
  readonly directory: () => Directory;
  readonly newToken: () => string;
  readonly notify: (request: SipRequest, flow: Flow, told: NotifyOutcome) => void;
  /** There is so much to do that lamps can wait. */
  readonly mustWait: () => boolean;
}

const FORBIDDEN: SubscribeOutcome = { status: 403, headers: [], effects: [] };
const NO_MAILBOX: SubscribeOutcome = { status: 404, headers: [], effects: [] };

export class Lamps {
  readonly #options: LampsOptions;
  readonly #subscriptions: Subscriptions;
  readonly #unsolicited = new Unsolicited();

  constructor(options: LampsOptions) {
    this.#options = options;
    const summaryOf = (user: string, mailbox: string | undefined) => this.#summaryOf(user, mailbox);
    this.#subscriptions = new Subscriptions({ summaryOf });
  }

  get tables(): Readonly<Record<string, number>> {
    return { subscriptions: this.#subscriptions.size, lamps: this.#unsolicited.size };
  }

  /** What the lamp of this phone tells of; `undefined`: it has no mailbox. */
  waiting(user: string): Waiting | undefined {
    return this.#waiting(user, undefined);
  }

  // ── SUBSCRIBE ──

  /** What it asks for, before anybody is asked for a password. */
  read(request: SipRequest): Result<Subscribe, SubscribeRefusal> {
    return readSubscribe(request);
  }

  /** A subscription has this request's dialog. */
  knows(request: SipRequest): boolean {
    return this.#subscriptions.of(request) !== undefined;
  }

  /** The SUBSCRIBE of a phone that has been authenticated as `user`. `follow` with what comes back, after the answer. */
  subscribe(user: string, request: SipRequest, asked: Subscribe, flow: Flow, now: Instant): SubscribeOutcome {
    const { registrar, listeners } = this.#options;
    const contact = listeners.contact(flow, isSips(request.uri));
    const subscriber: Subscriber = { user, flow, contact, telephone: deviceAt(registrar, user, flow) };
    if (tagOf(request.to) === undefined) return this.#begin(request, asked, subscriber, now);
    const subscription = this.#subscriptions.of(request);
    if (subscription?.subscriber.user !== user) return FORBIDDEN;
    const { mailbox } = subscription.subscriber;
    return this.#subscriptions.refresh(subscription, request, asked, { ...subscriber, mailbox }, now);
  }

  /** After the SUBSCRIBE of this phone has been answered. */
  follow(user: string, { effects }: SubscribeOutcome, now: Instant): void {
    this.#perform(effects);
    this.#look(user, false, now);
    this.#light(now);
  }

  /**
   * Phones subscribe at their own address, or at what they dial to listen; one that is to show a single one of its
   * mailboxes, at that one's name. Nobody is told whether others exist.
   */
  #begin(request: SipRequest, asked: Subscribe, subscriber: Subscriber, now: Instant): SubscribeOutcome {
    const { directory, mailboxCode, newToken } = this.#options;
    const { user } = subscriber;
    const mailboxes = directory().mailboxesOf(user);
    const named = uriUser(request.uri);
    const all = named === undefined || named === user || named === mailboxCode;
    const mailbox = all ? undefined : mailboxes.find(({ name }) => name === named)?.name;
    if (!all && mailbox === undefined) return FORBIDDEN;
    if (mailboxes.length === 0) return NO_MAILBOX;
    return this.#subscriptions.subscribe(request, asked, { ...subscriber, mailbox }, newToken(), now);
  }

  // ── what changes ──

  /** What this mailbox holds has changed, durably. */
  messagesChanged(account: string, mailbox: string, now: Instant): void {
    const found = this.#options
      .directory()
      .account(account)
      ?.mailboxes?.find(({ name }) => name === mailbox);
    for (const user of found?.phones ?? []) this.#changed(user, now);
    this.#light(now);
  }

  /** This phone has registered, and is where its bindings say. */
  registered(user: string, now: Instant): void {
    for (const subscription of this.#subscriptions.ofUser(user)) this.#moveTo(subscription);
    this.#look(user, true, now);
    this.#light(now);
  }

  /** A binding of this phone ended, or whether one leads to it is seen otherwise. */
  bindingsChanged(user: string, now: Instant): void {
    this.#look(user, true, now);
    this.#light(now);
  }

  accountsChanged(
    before: Directory,
    { removed, withNewPassword }: { removed: Iterable<string>; withNewPassword: Iterable<string> },
    now: Instant,
  ): void {
    for (const user of removed) this.#perform(this.#subscriptions.end(user, 'noresource', now));
    for (const user of withNewPassword) this.#perform(this.#subscriptions.end(user, 'deactivated', now));
    const after = this.#options.directory();
    for (const user of new Set([...before.usersWithLamps(), ...after.usersWithLamps()])) {
      if (namesOf(before, user) !== namesOf(after, user)) this.#changed(user, now);
    }
    for (const user of removed) this.#look(user, false, now);
    this.#light(now);
  }

  expire(now: Instant): void {
    this.#perform(this.#subscriptions.expire(now));
    this.#light(now);
  }

  nextDeadline(): Instant | undefined {
    return earlier(this.#subscriptions.nextDeadline(), this.#unsolicited.nextDeadline());
  }

  #changed(user: string, now: Instant): void {
    this.#perform(this.#subscriptions.changed(user, now));
    this.#look(user, false, now);
  }

  /** A REGISTER is more recent than the SUBSCRIBE: where it came from is where the phone is. */
  #moveTo(subscription: Subscription): void {
    const { telephone, flow } = subscription.subscriber;
    const found = telephone === undefined ? undefined : this.#options.registrar.get(telephone.key);
    if (found === undefined || flowKey(found.binding.flow) === flowKey(flow)) return;
    subscription.subscriber = { ...subscription.subscriber, flow: found.binding.flow };
  }

  // ── NOTIFY ──

  #perform(effects: readonly NotifyEffect[]): void {
    for (const effect of effects) this.#notify(effect);
  }

  #notify({ key, subscriber, dialog, request }: NotifyEffect): void {
    const { registrar, domain, notify } = this.#options;
    const { user, telephone, flow } = subscriber;
    const { remoteTarget, routeSet } = dialog;
    const way = telephone && wayWithin(registrar, domain, telephone, flow, remoteTarget);
    const isElsewhere = way?.uri !== undefined || way?.routes !== undefined;
    const addressed = isElsewhere
      ? rerouted(request, way.uri ?? remoteTarget, way.routes ?? routeSet)
      : request;
    notify(addressed, way?.flow ?? flow, (response, now) => {
      const outcome =
        response === undefined
          ? this.#subscriptions.failed(key)
          : this.#subscriptions.answered(key, response, now);
      if (outcome === 'over') this.#look(user, false, now);
      else this.#perform(outcome);
      this.#light(now);
    });
  }

  /** Who of this user's telephones is to be told without having asked. */
  #look(user: string, heard: boolean, now: Instant): void {
    const summary = this.#summaryOf(user, undefined);
    if (summary === undefined && !this.#unsolicited.has(user)) return;
    const telephones = [...this.#waysTo(user)].map(([device, { binding }]): Telephone => {
      const subscribed = this.#isSubscribed(user, device, binding.flow);
      return { device, callId: binding.callId, subscribed };
    });
    this.#unsolicited.look(user, telephones, summary ?? this.#nothing(), heard, now);
  }

  #isSubscribed(user: string, device: string, flow: Flow): boolean {
    return this.#subscriptions.ofUser(user).some(({ subscriber }) => {
      return subscriber.telephone?.device === device || flowKey(subscriber.flow) === flowKey(flow);
    });
  }

  /** Sends what is due to telephones that did not ask. */
  #light(now: Instant): void {
    const { mustWait, notify } = this.#options;
    if (mustWait()) return this.#unsolicited.wait(now + LIMITS.unsolicitedRestMs);
    for (let lamp = this.#unsolicited.take(now); lamp !== undefined; lamp = this.#unsolicited.take(now)) {
      const { user, device } = lamp;
      const way = this.#waysTo(user).get(device);
      if (way === undefined) continue;
      const summary = this.#summaryOf(user, undefined) ?? this.#nothing();
      this.#unsolicited.sent(lamp, summary);
      const told: NotifyOutcome = (response, at) => this.#lit(lamp, summary, response?.status, at);
      notify(this.#byItself(way, summary), way.binding.flow, told);
    }
  }

  #lit(lamp: Lamp, summary: string, status: number | undefined, now: Instant): void {
    this.#unsolicited.answered(lamp, summary, status);
    this.#look(lamp.user, false, now);
    this.#light(now);
  }

  /** The flow of each device that most probably leads to it. */
  #waysTo(user: string): ReadonlyMap<string, ReachableBinding> {
    const ways = this.#options.registrar
      .lookup(user)
      .filter(({ reachability }) => reachability !== 'unreachable');
    const byDevice = new Map<string, ReachableBinding>();
    for (const way of ways.sort(byProof)) if (!byDevice.has(way.device)) byDevice.set(way.device, way);
    return byDevice;
  }

  /**
   * RFC 6665 knows no NOTIFY without a subscription; those that phones have taken for twenty years say that theirs is
   * over, so that nobody waits for the next one.
   */
  #byItself({ binding }: ReachableBinding, summary: string): SipRequest {
    const { newToken, listeners } = this.#options;
    const address = `<${this.#uriOf(binding.user)}>`;
    const headers: [string, string][] = [
      ...binding.path.map((route): [string, string] => ['Route', route]),
      ['Max-Forwards', '70'],
      ['From', `${address};tag=${newToken()}`],
      ['To', address],
      ['Call-ID', newToken()],
      ['CSeq', '1 NOTIFY'],
      ['Contact', listeners.contact(binding.flow, isSips(binding.contact))],
      ['Event', MESSAGE_SUMMARY],
      ['Subscription-State', 'terminated'],
      ['Content-Type', SUMMARY_TYPE],
    ];
    return new SipRequest('NOTIFY', binding.contact, Headers.of(headers), summaryBody(summary));
  }

  // ── what lamps show ──

  #waiting(user: string, mailbox: string | undefined): Waiting | undefined {
    const { directory, mailboxes } = this.#options;
    const account = directory().phone(user)?.account.name;
    const shown = directory()
      .mailboxesOf(user)
      .filter(({ name }) => mailbox === undefined || name === mailbox);
    if (account === undefined || shown.length === 0) return undefined;
    const counts = shown.map(({ name }) => mailboxes().counts(account, name));
    return {
      fresh: counts.reduce((sum, { fresh }) => sum + fresh, 0),
      saved: counts.reduce((sum, { saved }) => sum + saved, 0),
    };
  }

  #summaryOf(user: string, mailbox: string | undefined): string | undefined {
    const waiting = this.#waiting(user, mailbox);
    return waiting && formatSummary(waiting, this.#account);
  }

  /** Of a phone that had a mailbox, and has none any more. */
  #nothing(): string {
    return formatSummary({ fresh: 0, saved: 0 }, this.#account);
  }

  get #account(): string | undefined {
    const { mailboxCode } = this.#options;
    return mailboxCode === undefined ? undefined : this.#uriOf(mailboxCode);
  }

  #uriOf(user: string): string {
    const { domain: host } = this.#options;
    return formatUri({ scheme: 'sip', user, host, parameters: new Map(), headers: '' });
  }
}

function namesOf(directory: Directory, user: string): string {
  return directory
    .mailboxesOf(user)
    .map(({ name }) => name)
    .join();
}
