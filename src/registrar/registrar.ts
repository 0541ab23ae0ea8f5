// The registrar: where each phone can be reached now (RFC 3261 §10), and whether it answers there.
//
//   REGISTER ─▶ request.ts (what is asked) ─▶ update.ts (what changes) ─▶ here (done) ─▶ response.ts (200)
//                                                        time ─▶ watch.ts (does it still answer?) ─▶ probe
//
// It owns the bindings in memory. Whoever calls it keeps them on disk, sends the probes it asks for, and
// authenticates phones before it hears of them. Everything is found in O(1): by user, by key, by flow.

import { type Deadline, Deadlines } from '../base/deadlines.ts';
import { LIMITS } from '../base/limits.ts';
import { type Flow, flowKey, isSecure, isStream } from '../base/net.ts';
import { ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Random } from '../ports/random.ts';
import type { Binding } from '../ports/records.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { parseUri, type SipUri } from '../sip/message/uri.ts';
import { type Identity, identityOf } from './device.ts';
import { FlowIndex, otherWayTo } from './flow.ts';
import { Grace, givesUp } from './grace.ts';
import type { BindingKey, ReachableBinding, RegisterOutcome, RegistrarEffect } from './outcome.ts';
import { type ExpiryBounds, type Refusal, type Registration, readRegistration } from './request.ts';
import { registeredHeaders } from './response.ts';
import { type Bound, type Changes, type Held, type Origin, removeAll, update } from './update.ts';
import { WATCH_SETTINGS, Watch, type WatchSettings } from './watch.ts';

export interface RegistrarOptions {
  readonly random: Random;
  /** The host of GRUUs; without it none are given. */
  readonly domain?: string;
  readonly expiry?: Partial<ExpiryBounds>;
  readonly bindingsMax?: number;
  readonly watch?: Partial<WatchSettings>;
}

interface Entry extends Held {
  readonly key: BindingKey;
  binding: Binding;
  uri: SipUri;
  identity: Identity;
  readonly watch: Watch;
  graceUntil: Instant | undefined;
  expiry: Deadline<Due> | undefined;
  probing: Deadline<Due> | undefined;
}

type Due = { readonly type: 'expiry' | 'probing'; readonly entry: Entry };

/** A full registrar empties by the second; who is turned away spreads out by itself. */
const RETRY_AFTER_SECONDS = 30;

export class Registrar {
  readonly #random: Random;
  readonly #domain: string | undefined;
  readonly #expiryBounds: ExpiryBounds;
  readonly #bindingsMax: number;
  readonly #watchSettings: WatchSettings;
  readonly #entries = new Map<BindingKey, Entry>();
  readonly #byUser = new Map<string, Set<Entry>>();
  readonly #byFlow = new FlowIndex<Entry>();
  readonly #deadlines = new Deadlines<Due>();
  readonly #grace = new Grace();
  #serial = 0;
  #silenceDoubtedUntil: Instant = Number.NEGATIVE_INFINITY;

  constructor(options: RegistrarOptions) {
    this.#random = options.random;
    this.#domain = options.domain;
    this.#bindingsMax = options.bindingsMax ?? LIMITS.bindingsMax;
    this.#watchSettings = { ...WATCH_SETTINGS, ...options.watch };
    this.#expiryBounds = {
      minMs: LIMITS.bindingExpiresMinMs,
      defaultMs: LIMITS.bindingExpiresDefaultMs,
      maxMs: LIMITS.bindingExpiresMaxMs,
      ...options.expiry,
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Users with a binding. */
  get users(): number {
    return this.#byUser.size;
  }

  /** Bindings that are kept beyond their end. */
  get inGrace(): number {
    return this.#grace.kept;
  }

  /** Until then bindings that come to their end are kept, though none for longer than `registrationGraceMs`. */
  grace(until: Instant): void {
    this.#grace.extend(until);
  }

  /**
   * Takes over what was on disk, without what has expired and has no grace. Connections did not survive the restart:
   * those bindings wait for their phones, unless a new connection can lead to them.
   */
  restore(bindings: readonly Binding[], now: Instant): void {
    for (const binding of bindings) {
      const uri = parseUri(binding.contact);
      if (this.#grace.endOf(binding) <= now || !uri.ok || !isSipUri(uri.value)) continue;
      const way = binding.flow.connectionId === undefined ? undefined : otherWayTo(binding);
      const watch = Watch.ofRestored(this.#watchSettings, this.#random, now);
      if (way?.mayLead === false) watch.disconnected(now, false);
      const flow = way?.flow ?? binding.flow;
      const identity = identityOf(binding.parameters);
      this.#schedule(this.#add({ binding: { ...binding, flow }, uri: uri.value, identity }, watch));
    }
  }

  /** Answers the REGISTER of a phone that has been authenticated as `user` (RFC 3261 §10.3 steps 6 to 8). */
  register(
    user: string,
    request: SipRequest,
    flow: Flow,
    limits: { readonly bindingsPerPhoneMax: number; readonly expiryShare?: number },
    now: Instant,
  ): RegisterOutcome {
    const effects = [...this.expire(now)];
    const bounds = { ...this.#expiryBounds, share: limits.expiryShare ?? 1 };
    const registration = readRegistration(request, bounds);
    if (!registration.ok) return refused(registration.error, effects);
    const from = { user, flow, direct: request.vias.length <= 1 };
    const decided = this.#decide(registration.value, from, limits, now);
    if (!decided.ok) return refused(decided.error, effects);
    const { added, refreshed, removed } = decided.value;
    effects.push(...this.#apply(decided.value, now));
    return {
      status: 200,
      headers: this.#registeredHeaders(user, request, registration.value, flow, now),
      changed: added.length + refreshed.length + removed.length > 0,
      added: added.map(({ binding }) => binding),
      removed: removed.map(({ binding }) => binding),
      effects,
    };
  }

  /** Some phone is registered over this very flow. */
  isOn(flow: Flow): boolean {
    return this.#byFlow.on(flow).length > 0;
  }

  /** Whose binding this refreshes, which holds without it, over the very flow that the binding has. */
  refreshes(request: SipRequest, flow: Flow, now: Instant): string | undefined {
    const meant = this.#byFlow.on(flow).find(({ binding: { callId, expiresAt } }) => {
      return callId === request.callId && expiresAt > now;
    });
    return meant === undefined || givesUp(request) ? undefined : meant.binding.user;
  }

  /** Is `flow` that of a phone of this user, or does `request` name its Call-ID or its Contact? */
  recognises(user: string, request: SipRequest, flow: Flow): 'flow' | 'client' | undefined {
    const bindings = this.bindingsOf(user);
    if (bindings.some((binding) => flowKey(binding.flow) === flowKey(flow))) return 'flow';
    const contacts = request.contacts.map(({ uri }) => uri);
    const isClient = (binding: Binding): boolean =>
      binding.callId === request.callId || contacts.includes(binding.contact);
    return bindings.some(isClient) ? 'client' : undefined;
  }

  /** What is to be persisted for the user. */
  bindingsOf(user: string): readonly Binding[] {
    return [...(this.#byUser.get(user) ?? [])].map(({ binding }) => binding);
  }

  /** In the order to ring them: q descending, then the newest first. */
  lookup(user: string): readonly ReachableBinding[] {
    return [...(this.#byUser.get(user) ?? [])]
      .reverse()
      .sort((a, b) => b.binding.q - a.binding.q || b.binding.registeredAt - a.binding.registeredAt)
      .map(shown);
  }

  /** The binding of this user's that requests from there come from; of several behind one proxy, none. */
  on(user: string, flow: Flow): ReachableBinding | undefined {
    const found = this.#byFlow.on(flow).filter(({ binding }) => binding.user === user);
    const [entry] = found;
    return entry === undefined || found.length > 1 ? undefined : shown(entry);
  }

  get(key: BindingKey): ReachableBinding | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : shown(entry);
  }

  *all(): Iterable<ReachableBinding> {
    for (const entry of this.#entries.values()) yield shown(entry);
  }

  /** The phone is no customer's any more. */
  removeUser(user: string): void {
    for (const entry of this.#byUser.get(user) ?? []) this.#remove(entry);
  }

  /** A request came from this flow, or a response to one of ours. */
  signOfLife(flow: Flow, now: Instant): readonly RegistrarEffect[] {
    if (flow.connectionId !== undefined) this.#adopt(flow);
    const effects: RegistrarEffect[] = [];
    for (const entry of this.#byFlow.heard(flow, now)) {
      effects.push(...this.#watching(entry, now, 'sent a message', (watch) => watch.sign(now)));
    }
    return effects;
  }

  /** This contact answered something other than a probe. */
  answered(key: BindingKey, now: Instant): readonly RegistrarEffect[] {
    return this.#watchingKey(key, now, 'answered a call', (watch) => watch.sign(now));
  }

  /**
   * Until then silence proves nothing: what phones answer may be lost on its way to us, in a flood that no kernel holds
   * off. Nobody counts as unreachable for it.
   */
  doubtSilence(until: Instant): void {
    this.#silenceDoubtedUntil = until;
  }

  doubtsSilence(now: Instant): boolean {
    return now < this.#silenceDoubtedUntil;
  }

  /** An INVITE to this contact got nothing at all in its time. */
  noSignOfLife(key: BindingKey, now: Instant): readonly RegistrarEffect[] {
    if (this.doubtsSilence(now)) return [];
    return this.#watchingKey(key, now, 'gave a call no sign of life', (watch) => watch.silent(now));
  }

  /** Any final response to a probe. */
  probeAnswered(key: BindingKey, roundTripMs: number, now: Instant): readonly RegistrarEffect[] {
    return this.#watchingKey(key, now, 'answered a probe', (watch) => watch.answered(roundTripMs, now));
  }

  /** A probe could not be sent or delivered. Timeouts need no report: an answer has its deadline here. */
  probeFailed(key: BindingKey, reason: string, now: Instant): readonly RegistrarEffect[] {
    return this.#watchingKey(key, now, `probe failed: ${reason}`, (watch) => watch.failed(now));
  }

  /** A connection is gone, and with it the way to the phones behind it. Their bindings stay. */
  flowClosed(flow: Flow, now: Instant): readonly RegistrarEffect[] {
    if (flow.connectionId === undefined) return [];
    return this.#byFlow
      .on(flow)
      .flatMap((entry) =>
        this.#watching(entry, now, 'its connection closed', () => this.#disconnect(entry, now)),
      );
  }

  expire(now: Instant): readonly RegistrarEffect[] {
    const effects: RegistrarEffect[] = [];
    const expired = new Set<string>();
    for (let due = this.#deadlines.take(now); due !== undefined; due = this.#deadlines.take(now)) {
      const { type, entry } = due.value;
      const keptUntil = type === 'expiry' ? this.#grace.endOf(entry.binding) : now;
      if (keptUntil > now) {
        this.#grace.keep(entry, keptUntil);
        this.#schedule(entry);
        effects.push({ type: 'grace', binding: entry.binding, until: keptUntil });
      } else if (type === 'expiry') {
        this.#remove(entry);
        expired.add(entry.binding.user);
      } else {
        effects.push(
          ...this.#watching(entry, now, 'answered no probe', (watch) =>
            watch.expire(now, !this.doubtsSilence(now)),
          ),
        );
      }
    }
    for (const user of expired) effects.push({ type: 'expired', user, bindings: this.bindingsOf(user) });
    return effects;
  }

  nextDeadline(): Instant | undefined {
    return this.#deadlines.next();
  }

  #registeredHeaders(
    user: string,
    request: SipRequest,
    registration: Registration,
    flow: Flow,
    now: Instant,
  ): RegisterOutcome['headers'] {
    const update = registration.type === 'update' ? registration : undefined;
    // A query tells what is bound, so it may ask for GRUUs too.
    const gruu = update?.gruu ?? request.headers.values('Supported').includes('gruu');
    return registeredHeaders([...(this.#byUser.get(user) ?? [])], now, {
      path: update?.path ?? [],
      outbound: update?.outbound === true,
      // Over UDP the phone's own default (RFC 5626 §4.4.2) is shorter, as its NAT needs.
      keepAliveMs: isStream(flow.transport) && request.vias.length <= 1 ? LIMITS.flowTimerMs : undefined,
      gruuDomain: gruu ? this.#domain : undefined,
    });
  }

  #decide(
    registration: Registration,
    from: Origin,
    limits: { readonly bindingsPerPhoneMax: number },
    now: Instant,
  ): Result<Changes<Entry>, Refusal> {
    const held = [...(this.#byUser.get(from.user) ?? [])];
    switch (registration.type) {
      case 'query':
        return ok({ added: [], refreshed: [], removed: [] });
      case 'remove-all':
        return removeAll(held, registration);
      case 'update': {
        const room = this.#bindingsMax - this.#entries.size;
        const capacity = { ...limits, room, retryAfterSeconds: RETRY_AFTER_SECONDS };
        return update(held, registration, from, capacity, now);
      }
    }
  }

  #apply(changes: Changes<Entry>, now: Instant): readonly RegistrarEffect[] {
    for (const entry of changes.removed) this.#remove(entry);
    for (const bound of changes.added) {
      this.#schedule(this.#add(bound, Watch.ofNew(this.#watchSettings, this.#random, now)));
    }
    return changes.refreshed.flatMap(({ held: entry, bound }) =>
      this.#watching(entry, now, 'registered again', (watch) => {
        const flowChanged = flowKey(entry.binding.flow) !== flowKey(bound.binding.flow);
        this.#replace(entry, bound);
        watch.registered(now, flowChanged);
      }),
    );
  }

  #add({ binding, uri, identity }: Bound, watch: Watch): Entry {
    this.#serial += 1;
    const key = `${binding.user}#${this.#serial}`;
    const entry: Entry = {
      key,
      binding,
      uri,
      identity,
      watch,
      graceUntil: undefined,
      expiry: undefined,
      probing: undefined,
      get unreachableSince() {
        return watch.reachability === 'unreachable' ? watch.since : undefined;
      },
    };
    this.#entries.set(key, entry);
    const ofUser = this.#byUser.get(binding.user);
    if (ofUser === undefined) this.#byUser.set(binding.user, new Set([entry]));
    else ofUser.add(entry);
    this.#byFlow.add(entry);
    return entry;
  }

  #replace(entry: Entry, { binding, uri, identity }: Bound): void {
    this.#byFlow.remove(entry);
    if (binding.expiresAt !== entry.binding.expiresAt) this.#grace.end(entry);
    entry.binding = binding;
    entry.uri = uri;
    entry.identity = identity;
    this.#byFlow.add(entry);
  }

  #remove(entry: Entry): void {
    this.#grace.end(entry);
    this.#entries.delete(entry.key);
    const ofUser = this.#byUser.get(entry.binding.user);
    ofUser?.delete(entry);
    if (ofUser?.size === 0) this.#byUser.delete(entry.binding.user);
    this.#byFlow.remove(entry);
    this.#deadlines.cancel(entry.expiry);
    this.#deadlines.cancel(entry.probing);
  }

  /** A new connection to where bindings without one are: they live and end with it from now on. */
  #adopt(flow: Flow): void {
    const { transport, local, remote } = flow;
    for (const entry of this.#byFlow.on({ transport, local, remote })) {
      this.#replace(entry, { ...entry, binding: { ...entry.binding, flow } });
    }
  }

  #disconnect(entry: Entry, now: Instant): void {
    const way = otherWayTo(entry.binding);
    this.#replace(entry, { ...entry, binding: { ...entry.binding, flow: way.flow } });
    entry.watch.disconnected(now, way.mayLead);
  }

  #watchingKey(
    key: BindingKey,
    now: Instant,
    reason: string,
    change: (watch: Watch) => unknown,
  ): readonly RegistrarEffect[] {
    const entry = this.#entries.get(key);
    return entry === undefined ? [] : this.#watching(entry, now, reason, change);
  }

  /** Lets `change` act on the watch, and tells what came of it: a probe where it gave true, a new verdict. */
  #watching(
    entry: Entry,
    now: Instant,
    reason: string,
    change: (watch: Watch) => unknown,
  ): readonly RegistrarEffect[] {
    const before = entry.watch.reachability;
    const probe = change(entry.watch) === true;
    this.#schedule(entry);
    const effects: RegistrarEffect[] = [];
    const { key, binding, watch } = entry;
    if (watch.reachability !== before) {
      const { user, contact } = binding;
      const { reachability } = watch;
      effects.push({ type: 'reachability', user, contact, reachability, reason, at: now });
      if (watch.reachability !== 'reachable') this.#byFlow.lost(entry);
    }
    if (probe) effects.push({ type: 'probe', key, binding });
    return effects;
  }

  /** Moves the entry's deadlines to where they belong; most calls find them there. */
  #schedule(entry: Entry): void {
    entry.expiry = this.#moved(entry.expiry, entry.graceUntil ?? entry.binding.expiresAt, {
      type: 'expiry',
      entry,
    });
    entry.probing = this.#moved(entry.probing, entry.watch.deadline, { type: 'probing', entry });
  }

  #moved(old: Deadline<Due> | undefined, at: Instant | undefined, due: Due): Deadline<Due> | undefined {
    if (old?.pending === true && old.at === at) return old;
    this.#deadlines.cancel(old);
    return at === undefined ? undefined : this.#deadlines.add(at, due);
  }
}

function refused(refusal: Refusal, effects: readonly RegistrarEffect[]): RegisterOutcome {
  const { status, reason, headers = [] } = refusal;
  return { status, reason, headers, changed: false, added: [], removed: [], effects };
}

function shown({ binding, key, watch, identity, graceUntil }: Entry): ReachableBinding {
  const { reachability, since, provenAt, roundTripMs } = watch;
  const { instance, regId } = identity;
  return {
    binding,
    key,
    reachability,
    since,
    provenAt,
    device: instance ?? key,
    secure: isSecure(binding.flow.transport),
    ...(instance === undefined ? {} : { instance }),
    ...(regId === undefined ? {} : { regId }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    ...(graceUntil === undefined ? {} : { graceUntil }),
  };
}

function isSipUri(uri: { readonly scheme: string }): uri is SipUri {
  return uri.scheme === 'sip' || uri.scheme === 'sips';
}
