// The node's core: everything between the sockets and the store, pure. Messages, media events, store answers and
// the time come in; effects go out (law 10). A simulation drives exactly this class.
//
//   receive ─▶ parse ─▶ inspect ─▶ transactions ─▶ #dispatch ─┬─▶ calls       (dialogs, legs)
//                                                             ├─▶ requests    (REGISTER, INVITE, OPTIONS)
//                                                             └─▶ own requests (probes, trunk registrations)
//
// What the layers below cause while one event is handled is queued and handled before the event is over, in
// order; nothing is entered twice.

import { hex } from '../base/ids.ts';
import type { Flow } from '../base/net.ts';
import type { Result } from '../base/result.ts';
import { earlier, type Instant } from '../base/time.ts';
import { Calls } from '../calls/calls.ts';
import type { HeaderRow } from '../calls/leg.ts';
import { cutOff } from '../calls/record.ts';
import { SESSION_TERMS, type SessionTerms } from '../calls/session-timer.ts';
import type { Outside } from '../calls/surroundings.ts';
import type { Reply } from '../ports/dns.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { MediaEvent } from '../ports/media.ts';
import type { Random } from '../ports/random.ts';
import type { Account, Binding, E164, LedgerEntry, TrunkServers, TrunkSettings } from '../ports/records.ts';
import type { Packet } from '../ports/signalling.ts';
import type { StoreWrite } from '../ports/store.ts';
import { Registrar } from '../registrar/registrar.ts';
import { Directory } from '../routing/directory.ts';
import { DigestServer } from '../sip/auth/server.ts';
import type { Question } from '../sip/location/records.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import {
  type SendEffect,
  type TransactionEffect,
  type TransactionId,
  TransactionLayer,
} from '../sip/transaction/layer.ts';
import { Trunks } from '../trunks/trunks.ts';
import type { Effect } from './effects.ts';
import { Intake } from './intake.ts';
import { Listeners, type NodeListener } from './listeners.ts';
import { faultEvent, outsideOf } from './outside.ts';
import { OwnRequests } from './own-requests.ts';
import { Requests } from './requests.ts';
import { callView, phoneViews } from './showing.ts';
import { Strangers } from './strangers.ts';
import { farewellTo } from './strays.ts';
import type { CallView, Leftovers, NodeEvent, PhoneView, TrunkView } from './views.ts';
import { Whereabouts } from './whereabouts.ts';

export interface NodeOptions {
  /** SIP domain: the realm of digests and the host of our addresses-of-record. */
  readonly domain: string;
  readonly userAgent: string;
  readonly listeners: readonly NodeListener[];
  readonly trunks: readonly TrunkSettings[];
  /** ISO 3166 country in whose national format phones dial. */
  readonly country: string;
  readonly acceptMd5: boolean;
  /** A call without media from either side for this long is over. */
  readonly silenceMs: number;
  /** Those of RFC 4028 by default. */
  readonly sessionTerms?: SessionTerms;
  /** Seals digest nonces; 32 bytes, fresh at each start. */
  readonly nonceKey: Uint8Array;
  readonly random: Random;
  readonly hashing: Hashing;
}

/** What was kept over a restart. */
export interface Kept {
  readonly accounts: readonly Account[];
  readonly bindings: readonly Binding[];
  /** Attempts that the last process did not finish. */
  readonly unfinished: readonly LedgerEntry[];
  /** Where carriers were when DNS last told. */
  readonly trunkServers: readonly TrunkServers[];
}

export class SipNode {
  readonly #options: NodeOptions;
  readonly #layer: TransactionLayer;
  readonly #registrar: Registrar;
  readonly #trunks: Trunks;
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #own: OwnRequests;
  readonly #listeners: Listeners;
  readonly #whereabouts: Whereabouts;
  #directory = new Directory([]);
  #draining = false;
  #now: Instant = 0;
  readonly #effects: Effect[] = [];
  #work: TransactionEffect[] = [];
  readonly #waiting = new Map<number, () => void>();
  #writes = 0;
  readonly #intake: Intake;
  readonly #strangers: Strangers;
  /** What is being handled, while it is a packet. */
  #packet: Packet | undefined;
  #strays = 0;

  constructor(options: NodeOptions, now: Instant) {
    this.#options = options;
    this.#now = now;
    const { random, hashing, domain, userAgent, nonceKey, acceptMd5 } = options;
    this.#listeners = new Listeners(options.listeners);
    this.#layer = new TransactionLayer({
      newBranch: () => hex(random.bytes(12)),
      sentBy: (flow) => this.#listeners.advertised(flow),
    });
    this.#registrar = new Registrar({ random, domain });
    this.#trunks = new Trunks(options.trunks, {
      now,
      domain,
      userAgent,
      random,
      hashing,
      advertised: (transport, remote) => {
        const flow = this.#listeners.flowTo(transport, remote);
        return flow === undefined ? remote : this.#listeners.advertised(flow);
      },
    });
    this.#whereabouts = new Whereabouts({
      settings: options.trunks,
      trunks: this.#trunks,
      listeners: this.#listeners,
      resolve: (question) => this.#effects.push({ type: 'resolve', question }),
      event: (event) => this.#event(event),
      persist: (writes) => this.#persist(writes),
      send: (request, flow) => this.#request(request, flow),
      trunkEffects: (effects, at) => this.#own.trunkEffects(effects, at),
      release: (effect) => this.#contain('a held message', () => this.#deliver(effect)),
    });
    this.#strangers = new Strangers({
      knows: (flow) => this.knows(flow),
      seed: Number.parseInt(hashing.hmacSha256Hex(nonceKey, 'strangers').slice(0, 8), 16),
    });
    this.#intake = new Intake(this.#layer, this.#strangers, (flow) => this.#listeners.strict(flow));
    this.#own = new OwnRequests({
      domain,
      userAgent,
      registrar: this.#registrar,
      trunks: this.#trunks,
      listeners: this.#listeners,
      newToken: () => hex(random.bytes(8)),
      request: (request, flow) => this.#request(request, flow),
      persist: (user) =>
        this.#persist([{ type: 'bindings', user, bindings: this.#registrar.bindingsOf(user) }]),
      event: (event) => this.#event(event),
    });
    this.#calls = new Calls(this.#outside(), () => hex(random.bytes(8)), Math.floor(now / 1000));
    this.#requests = new Requests({
      domain,
      country: options.country,
      sessionTerms: options.sessionTerms ?? SESSION_TERMS,
      calls: this.#calls,
      registrar: this.#registrar,
      trunks: this.#trunks,
      digest: new DigestServer({ realm: domain, key: nonceKey, hashing, acceptMd5 }),
      directory: () => this.#directory,
      draining: () => this.#draining,
      respond: (id, ...answer) => this.#queue(this.#layer.respond(id, this.#response(...answer), this.#now)),
      answerOnce: (id, isProven, ...answer) =>
        this.#queue(this.#layer.answerOnce(id, this.#response(...answer), this.#now, isProven)),
      persist: (writes, then) => this.#persist(writes, then),
      registrarEffects: (effects, at) => this.#own.registrarEffects(effects, at),
      event: (event) => this.#event(event),
    });
  }

  // ── what comes in ──

  start(kept: Kept, now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      this.#directory = new Directory(kept.accounts);
      this.#registrar.restore(
        kept.bindings.filter(({ user }) => this.#directory.phone(user) !== undefined),
        now,
      );
      this.#whereabouts.start(kept.trunkServers, now);
      for (const entry of kept.unfinished) this.#persist([{ type: 'ledger', entry: cutOff(entry, now) }]);
    });
  }

  receive(batch: readonly Packet[], now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      for (const packet of batch) {
        this.#packet = packet;
        this.#contain('a message', () => this.#queue(this.#intake.receive(packet, now)));
        this.#pump();
      }
      this.#packet = undefined;
    });
  }

  /** Packets could not be sent over this flow. */
  flowFailed(flow: Flow, reason: string, now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      this.#whereabouts.flowFailed(flow, now);
      const datagram = flow.transport === 'udp';
      this.#queue(
        datagram ? this.#layer.datagramFailed(flow, now, reason) : this.#layer.flowFailed(flow, now, reason),
      );
    });
  }

  /** A stream connection is gone. */
  flowClosed(flow: Flow, now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      this.#queue(this.#layer.flowFailed(flow, now, 'the connection was closed'));
      this.#own.registrarEffects(this.#registrar.flowClosed(flow, now), now);
    });
  }

  /** This connection carries a registered phone, a carrier or a call. */
  knows(flow: Flow): boolean {
    const { connectionId } = flow;
    const isInCall = connectionId !== undefined && this.#calls.isOn(connectionId);
    return isInCall || this.#registrar.isOn(flow) || this.#trunks.identify(flow) !== undefined;
  }

  media(events: readonly MediaEvent[], now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      for (const event of events) this.#calls.media(event, now);
    });
  }

  /**
   * The answer to a `persist` effect. A failure changes nothing here: a phone's binding is soft state, and
   * callers are better served by a node that knows it until the next crash than by one that refuses it.
   */
  persisted(id: number, _result: Result<void, string>, now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      const then = this.#waiting.get(id);
      this.#waiting.delete(id);
      then?.();
    });
  }

  /** The answer to a `resolve` effect, or that there is none. */
  replied(question: Question, reply: Reply, now: Instant): readonly Effect[] {
    return this.#turn(now, () => this.#whereabouts.replied(question, reply, now));
  }

  directoryChanged(accounts: readonly Account[], now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      const before = this.#directory;
      this.#directory = new Directory(accounts);
      const withNewPassword = new Set<string>();
      for (const { user, secret } of before.accounts.flatMap(({ phones }) => phones)) {
        const phone = this.#directory.phone(user)?.phone;
        if (phone === undefined) this.#registrar.removeUser(user);
        else if (phone.secret.sha256Ha1 !== secret.sha256Ha1) withNewPassword.add(user);
      }
      this.#requests.passwordsChanged(withNewPassword);
    });
  }

  hangUp(callId: string, now: Instant): { readonly found: boolean; readonly effects: readonly Effect[] } {
    let found = false;
    const effects = this.#turn(now, () => {
      found = this.#calls.hangUp(callId, 'ended by the operator', now);
    });
    return { found, effects };
  }

  startTestCall(
    number: E164,
    now: Instant,
  ): { readonly result: Result<string, 'no-trunk' | 'too-many'>; readonly effects: readonly Effect[] } {
    let result: Result<string, 'no-trunk' | 'too-many'> = { ok: false, error: 'no-trunk' };
    const effects = this.#turn(now, () => {
      const [trunk] = this.#own.trunkChoices(number, false);
      if (trunk === undefined) return;
      const id = this.#calls.startTest(number, trunk, now);
      result = id === undefined ? { ok: false, error: 'too-many' } : { ok: true, value: id };
    });
    return { result, effects };
  }

  /** No new calls from now on; those that are go on. Emergency calls are still taken (law 7). */
  drain(): void {
    this.#draining = true;
  }

  /** Ends all calls and gives registrations with carriers back. */
  stop(now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      this.#draining = true;
      this.#calls.hangUpAll('the node is shutting down', now);
      this.#own.trunkEffects(this.#trunks.stop(now), now);
      this.#whereabouts.stop();
    });
  }

  expire(now: Instant): readonly Effect[] {
    return this.#turn(now, () => {
      this.#queue(this.#layer.expire(now));
      this.#pump();
      this.#calls.expire(now);
      this.#own.registrarEffects(this.#registrar.expire(now), now);
      this.#own.trunkEffects(this.#trunks.expire(now), now);
      this.#whereabouts.expire(now);
      this.#pump();
    });
  }

  nextDeadline(): Instant | undefined {
    return [this.#trunks, this.#whereabouts, this.#registrar, this.#layer, this.#calls]
      .map((each) => each.nextDeadline())
      .reduce(earlier);
  }

  // ── what can be seen ──

  get draining(): boolean {
    return this.#draining;
  }

  phones(): readonly PhoneView[] {
    return phoneViews(this.#directory, this.#registrar);
  }

  trunks(): readonly TrunkView[] {
    return this.#trunks.views();
  }

  calls(): readonly CallView[] {
    return this.#calls.live.map(callView);
  }

  /** What happened so often since the node began. */
  counters(): Readonly<Record<string, number>> {
    return {
      ...this.#intake.counters,
      ...this.#strangers.counters,
      ...this.#requests.counters,
      stray: this.#strays,
    };
  }

  /** What there is so much of now. */
  gauges(): Readonly<Record<string, number>> {
    return {
      transactions: this.#layer.size,
      bindings: this.#registrar.size,
      ...this.#whereabouts.counters(),
      calls: this.#calls.live.length,
      ...this.#requests.remembered,
    };
  }

  /** How many entries each table has that grows with what comes in. */
  tables(): Readonly<Record<string, number>> {
    return { ...this.gauges(), ...this.leftovers() };
  }

  /** What is still being said to peers while the node stops: calls' last requests, unregistrations. */
  get farewells(): number {
    return this.#calls.size + this.#own.leaving;
  }

  leftovers(): Leftovers {
    const { calls, transactions, dialogs, deadlines, connections } = this.#calls.leftovers;
    return {
      calls,
      callConnections: connections,
      callTransactions: transactions,
      dialogs,
      callDeadlines: deadlines,
      transactions: this.#layer.size,
      pendingWrites: this.#waiting.size,
      held: this.#whereabouts.held,
    };
  }

  // ── one turn ──

  #turn(now: Instant, act: () => void): readonly Effect[] {
    this.#now = now;
    this.#contain('an event', act);
    this.#pump();
    return this.#effects.splice(0);
  }

  #queue(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) this.#work.push(effect);
  }

  #pump(): void {
    for (let index = 0; index < this.#work.length; index++) {
      const effect = this.#work[index];
      if (effect !== undefined) this.#contain('a transaction event', () => this.#dispatch(effect));
    }
    this.#work.length = 0;
  }

  /** No message may bring the node down: a bug of ours costs the event that it hit, and is told to the operator. */
  #contain(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#event(faultEvent(what, error, this.#now));
    }
  }

  #dispatch(effect: TransactionEffect): void {
    if (!this.#whereabouts.holds(effect, this.#now)) this.#deliver(effect);
  }

  #deliver(told: TransactionEffect): void {
    const now = this.#now;
    const effect = this.#whereabouts.nextServers.receive(told, now);
    if (effect === undefined) return;
    switch (effect.type) {
      case 'send':
        if (effect.once && !this.#mayAnswer(effect)) break;
        this.#effects.push({ type: 'send', flow: effect.flow, bytes: effect.bytes });
        break;
      case 'request':
        this.#requests.receive(effect.id, effect.request, effect.flow, now);
        break;
      case 'stray-response':
        this.#strays++;
        this.#sayFarewell(effect.response, effect.flow);
        break;
      case 'response':
        this.#own.registrarEffects(this.#registrar.signOfLife(effect.flow, now), now);
        if (!this.#calls.transaction(effect, now)) this.#own.transaction(effect, now);
        break;
      default:
        if (!this.#calls.transaction(effect, now)) this.#own.transaction(effect, now);
    }
  }

  /** What is answered without a transaction is answered within the turn of what it answers. */
  #mayAnswer({ bytes }: SendEffect): boolean {
    const { flow, bytes: asked } = this.#packet ?? {};
    return flow === undefined || this.#strangers.mayAnswer(flow, asked?.length ?? 0, bytes.length, this.#now);
  }

  #sayFarewell(response: SipResponse, flow: Flow): void {
    const farewell = farewellTo(response, flow);
    if (farewell === undefined) return;
    this.#queue(this.#layer.acknowledge('', farewell.ack, flow, this.#now));
    this.#request(farewell.bye, flow);
  }

  #request(request: SipRequest, flow: Flow): TransactionId {
    const headers = request.headers.set('User-Agent', this.#options.userAgent);
    const { id, effects } = this.#layer.request(request.with({ headers }), flow, this.#now);
    this.#queue(effects);
    return id;
  }

  #response(
    request: SipRequest,
    status: number,
    headers: readonly HeaderRow[] = [],
    reason?: string,
  ): SipResponse {
    const toTag = hex(this.#options.random.bytes(8));
    return createResponse(request, status, { toTag, headers, ...(reason === undefined ? {} : { reason }) });
  }

  #persist(writes: readonly StoreWrite[], then?: () => void): void {
    const id = this.#writes++;
    if (then !== undefined) this.#waiting.set(id, then);
    this.#effects.push({ type: 'persist', id, writes });
  }

  #event(event: NodeEvent): void {
    this.#effects.push({ type: 'event', event });
  }

  #outside(): Outside {
    return outsideOf({
      domain: this.#options.domain,
      silenceMs: this.#options.silenceMs,
      sessionTerms: this.#options.sessionTerms ?? SESSION_TERMS,
      trunkSettings: this.#options.trunks,
      random: this.#options.random,
      hashing: this.#options.hashing,
      layer: this.#layer,
      listeners: this.#listeners,
      whereabouts: this.#whereabouts,
      registrar: this.#registrar,
      trunks: this.#trunks,
      own: this.#own,
      now: () => this.#now,
      queue: (effects) => this.#queue(effects),
      media: (command) => this.#effects.push({ type: 'media', command }),
      persist: (writes) => this.#persist(writes),
      event: (event) => this.#event(event),
    });
  }
}
