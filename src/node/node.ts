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
import { cutOff } from '../calls/record.ts';
import { SESSION_TERMS } from '../calls/session-timer.ts';
import type { Outside } from '../calls/surroundings.ts';
import type { DeskAnswer } from '../ports/desk.ts';
import type { Reply } from '../ports/dns.ts';
import type { MediaEvent } from '../ports/media.ts';
import type { Account, E164 } from '../ports/records.ts';
import type { KernelCounts, Load, Posture } from '../ports/shield.ts';
import type { Packet } from '../ports/signalling.ts';
import { Registrar } from '../registrar/registrar.ts';
import { changedPhones, Directory } from '../routing/directory.ts';
import type { Rule } from '../shield/brownout/rule.ts';
import type { Verdict } from '../shield/shield.ts';
import { DigestServer } from '../sip/auth/server.ts';
import type { Question } from '../sip/location/records.ts';
import { type SendEffect, type TransactionEffect, TransactionLayer } from '../sip/transaction/layer.ts';
import { Trunks } from '../trunks/trunks.ts';
import { Brownout } from './brownout.ts';
import { Desk } from './desk.ts';
import { DoorKeeper } from './door-keeper.ts';
import type { Effect } from './effects.ts';
import { FraudDesk } from './fraud-desk.ts';
import { Guard } from './guard.ts';
import { Intake } from './intake.ts';
import { Lamps } from './lamps.ts';
import { Listeners } from './listeners.ts';
import { type Done, hangUp, startTestCall, type TestCallStart } from './operating.ts';
import type { Kept, NodeOptions } from './options.ts';
import { outsideOf } from './outside.ts';
import { OwnRequests } from './own-requests.ts';
import { Requests } from './requests.ts';
import { callView, leftoversOf, phoneViews } from './showing.ts';
import { Speaker } from './speaker.ts';
import { Strangers } from './strangers.ts';
import { countersOf, gaugesOf, type Tallied } from './tallies.ts';
import { Turn } from './turn.ts';
import type { BrownoutView, CallView, Leftovers, PhoneView, Rehearsing, TrunkView } from './views.ts';
import { Whereabouts } from './whereabouts.ts';
import { Witness } from './witness.ts';

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
  readonly #turn: Turn;
  readonly doors: DoorKeeper;
  readonly #intake: Intake;
  readonly #strangers: Strangers;
  readonly guard: Guard;
  readonly fraud = new FraudDesk((event) => this.#turn.event(event));
  readonly #brownout: Brownout;
  readonly desk: Desk;
  readonly #speaker: Speaker;
  readonly #lamps: Lamps;
  readonly #witness: Witness;
  /** What is being handled, while it is a packet. */
  #packet: Packet | undefined;
  #strays = 0;

  constructor(options: NodeOptions, now: Instant) {
    this.#options = options;
    this.#turn = new Turn(now, (effect) => this.#dispatch(effect));
    const { random, hashing, domain, userAgent, nonceKey, acceptMd5 } = options;
    this.#listeners = new Listeners(options.listeners, (flow) => this.doors.portOf(flow));
    const sentBy = (flow: Flow) => this.#listeners.advertised(flow);
    this.#layer = new TransactionLayer({ newBranch: () => hex(random.bytes(12)), sentBy });
    this.#speaker = new Speaker({ layer: this.#layer, turn: this.#turn, random, userAgent });
    this.#registrar = new Registrar({ random, domain });
    const doors = {
      settings: options.doors,
      domain,
      random,
      turn: this.#turn,
      directory: () => this.#directory,
    };
    this.doors = new DoorKeeper({ ...doors, listeners: this.#listeners, registrar: this.#registrar });
    this.#trunks = new Trunks(options.trunks, {
      now,
      domain,
      userAgent,
      random,
      hashing,
      advertised: (transport, remote) => this.#listeners.advertisedTo(transport, remote),
    });
    this.#whereabouts = new Whereabouts({
      settings: options.trunks,
      trunks: this.#trunks,
      listeners: this.#listeners,
      resolve: (question) => this.#turn.push({ type: 'resolve', question }),
      event: (event) => this.#turn.event(event),
      persist: (writes) => this.#turn.persist(writes),
      send: (request, flow) => this.#speaker.request(request, flow),
      trunkEffects: (effects, at) => this.#own.trunkEffects(effects, at),
      release: (effect) => this.#turn.contain('a held message', () => this.#deliver(effect)),
    });
    const seed = Number.parseInt(hashing.hmacSha256Hex(nonceKey, 'strangers').slice(0, 8), 16);
    this.#strangers = new Strangers({ knows: (flow) => this.knows(flow), seed });
    const postureChanged = (from: Posture) => this.#brownout.postureChanged(from);
    const guarded = { trunks: this.#trunks, calls: () => this.#calls, seed, turn: this.#turn };
    this.guard = new Guard({ ...guarded, doors: this.doors, postureChanged }, now);
    const around = { layer: this.#layer, registrar: this.#registrar, guard: this.guard, turn: this.#turn };
    this.#brownout = new Brownout({
      ...around,
      random,
      draining: () => this.#draining,
      turnedAway: (invite, flow, at) => this.#requests.turnedAway(invite, flow, at),
    });
    const parts = { ...around, brownout: this.#brownout };
    this.#witness = new Witness({ ...parts, trunks: this.#trunks });
    const isStrict = (flow: Flow) => this.#listeners.strict(flow);
    this.#intake = new Intake({ ...parts, strangers: this.#strangers, isStrict });
    this.#own = this.#newOwnRequests();
    this.desk = this.#newDesk();
    this.#lamps = this.#newLamps();
    this.#calls = new Calls(this.#outside(), () => hex(random.bytes(8)), Math.floor(now / 1000));
    this.#requests = this.#server(new DigestServer({ realm: domain, key: nonceKey, hashing, acceptMd5 }));
  }

  // ── what comes in ──

  start(kept: Kept, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.#directory = new Directory(kept.accounts);
      this.fraud.remember(kept.habits ?? []);
      this.desk.start(kept);
      this.#brownout.begins(kept.bindings.length, now);
      this.#registrar.restore(
        this.doors
          .start(kept.doors ?? [], kept.bindings, now)
          .filter(({ user }) => this.#directory.phone(user) !== undefined),
        now,
      );
      for (const { user } of this.phones()) this.guard.registered(this.#registrar.bindingsOf(user), now);
      this.#whereabouts.start(kept.trunkServers, now);
      for (const entry of kept.unfinished.map((each) => cutOff(each, now)))
        this.#turn.persist([{ type: 'ledger', entry }, ...this.desk.caps.cutOff(entry)]);
    });
  }

  receive(batch: readonly Packet[], now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      for (const packet of batch) {
        this.#packet = packet;
        this.#turn.contain('a message', () => this.#turn.queue(this.#intake.receive(packet, now)));
        this.#turn.pump();
      }
      this.#packet = undefined;
    });
  }

  /** There was no room for this packet of a carrier. */
  turnAway(packet: Packet, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => this.#turn.queue(this.#intake.turnAway(packet, now)));
  }

  /** Packets could not be sent over this flow. */
  flowFailed(flow: Flow, reason: string, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.#whereabouts.flowFailed(flow, now);
      const datagram = flow.transport === 'udp';
      this.#turn.queue(
        datagram ? this.#layer.datagramFailed(flow, now, reason) : this.#layer.flowFailed(flow, now, reason),
      );
    });
  }

  /** A stream connection is gone. */
  flowClosed(flow: Flow, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.#turn.queue(this.#layer.flowFailed(flow, now, 'the connection was closed'));
      this.#own.registrarEffects(this.#registrar.flowClosed(flow, now), now);
    });
  }

  /** This connection carries a registered phone, a carrier or a call. */
  knows(flow: Flow): boolean {
    const { connectionId } = flow;
    const isInCall = connectionId !== undefined && this.#calls.isOn(connectionId);
    return isInCall || this.#registrar.isOn(flow) || this.#trunks.identify(flow) !== undefined;
  }

  /** Is there room for this packet, and how urgent is it? Asked once for each, before it is read. */
  admit(packet: Packet, now: Instant): Verdict {
    return this.guard.admit(packet, now);
  }

  /** How hard it was to keep up in the short interval that ends now. */
  pressed(load: Load, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.guard.pressed(load);
      this.#brownout.pressed(load, now);
    });
  }

  /** What a kernel shield has counted. */
  kernelCounted(counts: KernelCounts, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.guard.kernelCounted(counts, now);
      this.#brownout.kernelCounted(now);
    });
  }

  media(events: readonly MediaEvent[], now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      for (const event of events) {
        this.guard.media(event);
        this.#calls.media(event, now);
      }
    });
  }

  /** The answer to a `persist` effect. A failed write of a binding changes nothing: until a crash, it is known here. */
  persisted(id: number, result: Result<void, string>, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => this.#turn.persisted(id, result));
  }

  /** The answer to an `ask` effect. */
  answered(id: number, answer: DeskAnswer, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => this.desk.answered(id, answer));
  }

  /** The answer to a `resolve` effect, or that there is none. */
  replied(question: Question, reply: Reply, now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => this.#whereabouts.replied(question, reply, now));
  }

  directoryChanged(accounts: readonly Account[], now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      const before = this.#directory;
      this.#directory = new Directory(accounts);
      const { removed, withNewPassword } = changedPhones(before, this.#directory);
      for (const user of removed) this.#registrar.removeUser(user);
      this.#requests.passwordsChanged(withNewPassword);
      this.doors.accountsChanged(accounts, now);
      this.desk.accountsChanged(accounts);
      this.#lamps.accountsChanged(before, { removed, withNewPassword }, now);
    });
  }

  hangUp(callId: string, now: Instant): Done {
    return hangUp(this.#turn, this.#calls, callId, now);
  }

  startTestCall(number: E164, now: Instant): TestCallStart {
    return startTestCall(this.#turn, this.#calls, this.#own.trunkChoices(number, false), number, now);
  }

  /** No new calls from now on; those that are go on. Emergency calls are still taken (law 7). */
  drain(): void {
    this.#draining = true;
  }

  /** Ends all calls and gives registrations with carriers back. */
  stop(now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.#draining = true;
      this.#calls.hangUpAll('the node is shutting down', now);
      this.#own.trunkEffects(this.#trunks.stop(now), now);
      this.#whereabouts.stop();
    });
  }

  expire(now: Instant): readonly Effect[] {
    return this.#turn.run(now, () => {
      this.#turn.queue(this.#layer.expire(now));
      this.#turn.pump();
      this.#calls.expire(now);
      this.#own.registrarEffects(this.#registrar.expire(now), now);
      this.#own.trunkEffects(this.#trunks.expire(now), now);
      this.#whereabouts.expire(now);
      this.guard.expire(now);
      this.#brownout.expire(now);
      this.doors.expire(now);
      this.desk.expire(now);
      this.#lamps.expire(now);
      this.#turn.pump();
    });
  }

  nextDeadline(): Instant | undefined {
    const parts = [this.#trunks, this.#whereabouts, this.#registrar, this.#layer, this.#calls];
    return [...parts, this.guard, this.#brownout, this.doors, this.desk, this.#lamps]
      .map((each) => each.nextDeadline())
      .reduce(earlier);
  }

  // ── what can be seen ──

  get draining(): boolean {
    return this.#draining;
  }

  phones(): readonly PhoneView[] {
    return phoneViews(this.#directory, this.#registrar, this.#lamps);
  }

  trunks(): readonly TrunkView[] {
    return this.#trunks.views();
  }

  calls(): readonly CallView[] {
    return this.#calls.live.map(callView);
  }

  brownout(): BrownoutView {
    return this.#brownout.view(this.#turn.now);
  }

  /** `inKernel`: newcomers meet a kernel's shield first. */
  rehearse(rule: Rule, inKernel: boolean, now: Instant): Rehearsing {
    const accountOf = (user: string) => this.#directory.phone(user)?.account.name;
    return this.#witness.rehearse(rule, accountOf, inKernel, now);
  }

  /** What happened so often since the node began. */
  counters(): Readonly<Record<string, number>> {
    return { ...countersOf(this.#tallied), stray: this.#strays };
  }

  /** What there is so much of now. */
  gauges(): Readonly<Record<string, number>> {
    return gaugesOf(this.#tallied);
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
    const { pendingWrites } = this.#turn;
    return leftoversOf(this.#calls, this.#layer.size, pendingWrites, this.#whereabouts.held);
  }

  // ── what the layers tell ──

  #dispatch(effect: TransactionEffect): void {
    if (!this.#whereabouts.holds(effect, this.#turn.now)) this.#deliver(effect);
  }

  #deliver(told: TransactionEffect): void {
    const now = this.#turn.now;
    const effect = this.#whereabouts.nextServers.receive(told, now);
    if (effect === undefined) return;
    switch (effect.type) {
      case 'send':
        if (effect.once && !this.#mayAnswer(effect)) break;
        this.#turn.push({ type: 'send', flow: effect.flow, bytes: effect.bytes });
        break;
      case 'request':
        this.#witness.around(effect.request, effect.flow, now, () =>
          this.#requests.receive(effect.id, effect.request, effect.flow, now),
        );
        break;
      case 'stray-response':
        this.#strays++;
        this.#speaker.sayFarewell(effect.response, effect.flow);
        break;
      case 'response':
        this.#own.registrarEffects(this.#registrar.signOfLife(effect.flow, now), now);
        this.guard.answered(effect.flow, now);
        if (!this.#calls.transaction(effect, now)) this.#own.transaction(effect, now);
        break;
      default:
        if (!this.#calls.transaction(effect, now)) this.#own.transaction(effect, now);
    }
  }

  /** What is answered without a transaction is answered within the turn of what it answers. */
  #mayAnswer({ bytes }: SendEffect): boolean {
    const { flow, bytes: asked } = this.#packet ?? {};
    return (
      flow === undefined || this.#strangers.mayAnswer(flow, asked?.length ?? 0, bytes.length, this.#turn.now)
    );
  }

  get #tallied(): Tallied {
    return {
      ...{ intake: this.#intake, strangers: this.#strangers, requests: this.#requests, desk: this.desk },
      ...{ brownout: this.#brownout, doors: this.doors, guard: this.guard, fraud: this.fraud },
      ...{ layer: this.#layer, registrar: this.#registrar, whereabouts: this.#whereabouts },
      ...{ calls: this.#calls, witness: this.#witness, lamps: this.#lamps },
    };
  }

  #newOwnRequests(): OwnRequests {
    const { domain, userAgent, random } = this.#options;
    return new OwnRequests({
      domain,
      userAgent,
      registrar: this.#registrar,
      trunks: this.#trunks,
      listeners: this.#listeners,
      newToken: () => hex(random.bytes(8)),
      request: (request, flow) => this.#speaker.request(request, flow),
      inGrace: (binding, until) => this.guard.inGrace(binding, until, this.#turn.now),
      persist: (user) =>
        this.#turn.persist([{ type: 'bindings', user, bindings: this.#registrar.bindingsOf(user) }]),
      bindingsChanged: (user, at) => this.#lamps.bindingsChanged(user, at),
      event: (event) => this.#turn.event(event),
    });
  }

  #newDesk(): Desk {
    const { random, country } = this.#options;
    const trunkChoices = (number: E164) => this.#own.trunkChoices(number, false);
    const directory = () => this.#directory;
    const messagesChanged = (account: string, mailbox: string) =>
      this.#lamps.messagesChanged(account, mailbox, this.#turn.now);
    const around = { turn: this.#turn, calls: () => this.#calls, directory };
    return new Desk({ ...around, random, country, trunkChoices, messagesChanged });
  }

  #newLamps(): Lamps {
    const { domain, random, control } = this.#options;
    return new Lamps({
      domain,
      mailboxCode: control?.mailboxCode,
      registrar: this.#registrar,
      listeners: this.#listeners,
      mailboxes: () => this.desk.mailboxes,
      directory: () => this.#directory,
      newToken: () => hex(random.bytes(8)),
      notify: (request, flow, told) => this.#own.notify(request, flow, told),
      mustWait: () => this.#brownout.isShedding('presence'),
    });
  }

  #server(digest: DigestServer): Requests {
    const { domain, country, sessionTerms = SESSION_TERMS } = this.#options;
    return new Requests({
      ...this.#tallied,
      domain,
      country,
      sessionTerms,
      trunks: this.#trunks,
      digest,
      control: this.#options.control,
      directory: () => this.#directory,
      draining: () => this.#draining,
      now: () => this.#turn.now,
      speaker: this.#speaker,
      persist: (writes, then) => this.#turn.persist(writes, then),
      registrarEffects: (effects, at) => this.#own.registrarEffects(effects, at),
      event: (event) => this.#turn.event(event),
    });
  }

  #outside(): Outside {
    return outsideOf({
      ...this.#options,
      ...this.#tallied,
      sessionTerms: this.#options.sessionTerms ?? SESSION_TERMS,
      trunkSettings: this.#options.trunks,
      listeners: this.#listeners,
      trunks: this.#trunks,
      own: this.#own,
      directory: () => this.#directory,
      now: () => this.#turn.now,
      queue: (effects) => this.#turn.queue(effects),
      media: (command) => this.#turn.push({ type: 'media', command }),
      persist: (writes) => this.#turn.persist(writes),
      event: (event) => this.#turn.event(event),
    });
  }
}
