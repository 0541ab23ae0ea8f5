// Where stories are played: one SipNode on fake time, with peers, a relay and a store around it that do only what
// the story says. Nothing is ever on its way: a message that is sent has arrived.
//
//   peer ──bytes──▶ node.receive ──effects──▶ bytes to peers, commands to the relay, writes to the store
//                                   ▲─────────── the relay's events, the store's answers ──────┘

import assert from 'node:assert/strict';
import { type Endpoint, type Flow, flowKey, formatEndpoint } from '../../src/base/net.ts';
import { earlier, type Instant, SECOND_MS } from '../../src/base/time.ts';
import type { Effect } from '../../src/node/effects.ts';
import { SipNode } from '../../src/node/node.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import type { NodeEvent } from '../../src/node/views.ts';
import type { DeskAnswer, DeskQuestion } from '../../src/ports/desk.ts';
import type { MediaEvent } from '../../src/ports/media.ts';
import type {
  Account,
  Binding,
  DivertedUsage,
  LedgerEntry,
  TrunkServers,
  TrunkSettings,
  VoicemailMessage,
} from '../../src/ports/records.ts';
import type { StoreWrite } from '../../src/ports/store.ts';
import { hashing } from '../simulation/hashing.ts';
import { SeededRandom } from '../simulation/world.ts';
import { Zone } from '../simulation/zone.ts';
import { Relay } from './relay.ts';

export const DOMAIN = 'voice.example.net';
export const NODE: Endpoint = { address: '203.0.113.7', port: 5060 };
export const NODE_6: Endpoint = { address: '2001:db8::7', port: 5060 };

/** Tuesday 24 November 2026, ten in the morning in London. */
export const BEGINNING: Instant = Date.UTC(2026, 10, 24, 10);
/** Longer than any transaction lives by itself (Timers B, F, H, the watch over CANCEL: 64*T1). */
const AFTERMATH_MS = 150 * SECOND_MS;

/** Somebody whom the node can send to. */
export interface Actor {
  readonly name: string;
  readonly address: Endpoint;
  /** Why nothing can be delivered over a connection to it, such as a refused one. */
  readonly unreachable: string | undefined;
  received(bytes: Uint8Array, flow: Flow): void;
  /** What it was told that the story did not mention, in words. */
  unmentioned(): readonly string[];
}

/** A message as it went over the wire, whether it arrived or not. */
export interface Carried {
  readonly at: Instant;
  readonly peer: string;
  readonly heading: 'to-node' | 'from-node';
  readonly bytes: Uint8Array;
}

export class Stage {
  readonly node: SipNode;
  /** In the order of sending; ladder.ts reads it. */
  readonly wire: Carried[] = [];
  readonly relay = new Relay();
  /** DNS: it answers at once, hangs for ever or fails at once. */
  readonly zone: Zone;
  readonly random = new SeededRandom(1);
  readonly events: NodeEvent[] = [];
  readonly writes: StoreWrite[] = [];
  /** Who writes accounts, as the story has them; `undefined`: they do not answer. */
  desk: (question: DeskQuestion) => DeskAnswer | undefined = () => undefined;
  readonly asked: DeskQuestion[] = [];
  readonly erased: string[] = [];
  now: Instant = BEGINNING;
  /** Bugs of the node's own that it contained; `undefined` where the story is not about one. */
  faults: (NodeEvent & { readonly type: 'fault' })[] | undefined;
  /** Of the writes, those that are not to be tried again when the store refuses them. */
  readonly forgettable: StoreWrite[] = [];
  /** The store answers nothing until this is false again. */
  storeHeld = false;
  readonly #actors: Actor[] = [];
  #queue: (() => void)[] = [];
  #running = false;
  #unanswered: number[] = [];

  constructor(trunks: readonly TrunkSettings[], options: Partial<NodeOptions> = {}, zone = new Zone()) {
    this.zone = zone;
    this.node = new SipNode(
      {
        domain: DOMAIN,
        userAgent: 'Ringthrough/test',
        listeners: [
          { transport: 'udp', local: NODE, advertised: NODE },
          { transport: 'tcp', local: NODE, advertised: NODE },
          { transport: 'ws', local: NODE, advertised: NODE },
          { transport: 'tls', local: NODE, advertised: NODE },
          { transport: 'udp', local: NODE_6, advertised: NODE_6 },
        ],
        trunks,
        country: 'GB',
        acceptMd5: true,
        silenceMs: 60_000,
        nonceKey: this.random.bytes(32),
        random: this.random,
        hashing,
        ...options,
      },
      this.now,
    );
  }

  start(
    accounts: readonly Account[],
    bindings: readonly Binding[] = [],
    unfinished: readonly LedgerEntry[] = [],
    trunkServers: readonly TrunkServers[] = [],
    messages: readonly VoicemailMessage[] = [],
    usages: readonly DivertedUsage[] = [],
  ): void {
    const kept = { accounts, bindings, unfinished, trunkServers, messages, usages };
    this.act(() => this.node.start(kept, this.now));
    this.pass(0);
  }

  enters(actor: Actor): void {
    this.#actors.push(actor);
  }

  /** A peer's bytes reach the node. */
  send(flow: Flow, bytes: Uint8Array): void {
    this.wire.push({ at: this.now, peer: this.#actorAt(flow)?.name ?? '', heading: 'to-node', bytes });
    this.act(() => {
      const packet = { flow, bytes };
      return this.node.admit(packet, this.now).admitted ? this.node.receive([packet], this.now) : [];
    });
  }

  media(event: MediaEvent): void {
    this.act(() => this.node.media([event], this.now));
  }

  /** One step of the node, and everything that follows from it at this instant. */
  act(step: () => readonly Effect[]): void {
    this.#queue.push(() => this.#perform(step()));
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    this.#running = false;
  }

  /** Time goes by; everything that falls due happens when it does. */
  pass(durationMs: number): void {
    const end = this.now + durationMs;
    for (;;) {
      const due = earlier(this.node.nextDeadline(), this.relay.nextDeadline());
      if (due === undefined || due > end) break;
      this.now = Math.max(this.now, due);
      this.#fall(due);
    }
    this.now = end;
  }

  /** Waits for something that must happen, and says how long it took. */
  passUntil(happened: () => boolean, atMostMs: number): number {
    const from = this.now;
    while (!happened()) {
      const due = earlier(this.node.nextDeadline(), this.relay.nextDeadline());
      assert.ok(due !== undefined && due <= from + atMostMs, `it did not happen in ${atMostMs} ms`);
      this.now = Math.max(this.now, due);
      this.#fall(due);
    }
    return this.now - from;
  }

  /** The store answers what waited. */
  storeAnswers(): void {
    this.storeHeld = false;
    for (const id of this.#unanswered.splice(0)) this.#persisted(id);
  }

  /** The store refuses what waited. */
  storeFails(reason: string): void {
    for (const id of this.#unanswered.splice(0)) {
      this.act(() => this.node.persisted(id, { ok: false, error: reason }, this.now));
    }
  }

  /** The relay answers what waited. */
  relayAnswers(): void {
    this.act(() => this.node.media(this.#released(), this.now));
  }

  /** Ledger rows as they were written, one attempt after another. */
  get ledger(): readonly LedgerEntry[] {
    return this.writes.flatMap((write) => (write.type === 'ledger' ? [write.entry] : []));
  }

  /** The only attempt's last row. */
  get entry(): LedgerEntry {
    const last = this.ledger.at(-1);
    assert.ok(last, 'nothing is in the ledger');
    return last;
  }

  /**
   * The end of a story: everything that was sent was mentioned in it, and when all timers have run out nothing
   * is left of it but its ledger rows, each with an outcome (law 1).
   */
  close(): void {
    this.relayAnswers();
    assert.deepEqual(
      this.#actors.flatMap((actor) => actor.unmentioned()),
      [],
      'the story says nothing of this',
    );
    // Registrations go, so that no probe of theirs is under way for ever.
    this.act(() => this.node.directoryChanged([], this.now));
    const end = this.now + AFTERMATH_MS;
    while (!this.#isOver() && this.now < end) this.pass(500);
    assert.deepEqual(this.#leftovers(), {}, 'something is left over');
    assert.deepEqual(
      this.#actors.flatMap((actor) => actor.unmentioned()),
      [],
      'this happened after the story',
    );
    const outcomes = new Map(this.ledger.map(({ id, outcome }) => [id, outcome]));
    for (const [id, outcome] of outcomes) assert.ok(outcome, `attempt ${id} has no outcome`);
  }

  #isOver(): boolean {
    return Object.keys(this.#leftovers()).length === 0;
  }

  #leftovers(): Readonly<Record<string, number>> {
    const media = { mediaEndpoints: this.relay.dead ? 0 : this.relay.open };
    return Object.fromEntries(
      Object.entries({ ...this.node.leftovers(), ...media }).filter(([, count]) => count > 0),
    );
  }

  #released(): readonly MediaEvent[] {
    this.relay.release(this.now);
    return this.relay.take(this.now);
  }

  #fall(due: Instant): void {
    const events = this.relay.take(this.now);
    if (events.length > 0) this.act(() => this.node.media(events, this.now));
    else this.act(() => this.node.expire(Math.max(due, this.now)));
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          this.#queue.push(() => this.#deliver(effect.flow, effect.bytes));
          break;
        case 'media':
          this.relay.perform(effect.command, this.now);
          break;
        case 'persist':
          this.writes.push(...effect.writes);
          if (effect.ifRefused === 'forget') this.forgettable.push(...effect.writes);
          if (this.storeHeld) this.#unanswered.push(effect.id);
          else this.#queue.push(() => this.#persisted(effect.id));
          break;
        case 'resolve': {
          const reply = this.zone.ask(effect.question);
          if (reply !== undefined)
            this.#queue.push(() => this.#perform(this.node.replied(effect.question, reply, this.now)));
          break;
        }
        case 'ask': {
          this.asked.push(effect.question);
          const answer = this.desk(effect.question);
          if (answer !== undefined)
            this.#queue.push(() => this.#perform(this.node.answered(effect.id, answer, this.now)));
          break;
        }
        case 'erase-recording':
          this.erased.push(effect.recording);
          break;
        case 'event':
          if (effect.event.type === 'fault') this.#faulty(effect.event);
          this.events.push(effect.event);
          break;
      }
    }
    const events = this.relay.take(this.now);
    if (events.length > 0) this.#queue.push(() => this.#perform(this.node.media(events, this.now)));
  }

  #faulty(fault: NodeEvent & { readonly type: 'fault' }): void {
    assert.ok(this.faults, `${fault.what}: ${fault.stack}`);
    this.faults.push(fault);
  }

  #persisted(id: number): void {
    this.act(() => this.node.persisted(id, { ok: true, value: undefined }, this.now));
  }

  #deliver(flow: Flow, bytes: Uint8Array): void {
    const actor = this.#actorAt(flow);
    assert.ok(actor, `the node sends to nobody: ${flowKey(flow)}\n${new TextDecoder().decode(bytes)}`);
    this.wire.push({ at: this.now, peer: actor.name, heading: 'from-node', bytes });
    const { unreachable } = actor;
    if (unreachable === undefined) actor.received(bytes, flow);
    else this.act(() => this.node.flowFailed(flow, unreachable, this.now));
  }

  #actorAt({ remote }: Flow): Actor | undefined {
    return this.#actors.find(({ address }) => formatEndpoint(address) === formatEndpoint(remote));
  }
}
