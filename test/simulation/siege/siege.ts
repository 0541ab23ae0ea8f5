// A node under attack, in a world of its own: one core that takes time for all it does, a socket with room for so many
// datagrams, phones that repeat what is not answered (RFC 3261 §17.1.2), and whoever attacks. What sorts and reads the
// packets is the node's own (app/reading.ts, the whole core); only clocks and sockets are made up, from a seed.
//
//   phones, carriers, attackers ─▶ wire ─▶ socket (bounded) ─▶ Reading ─▶ SipNode ─▶ answers ─▶ whoever has the address
//
// Each door is a socket of its own. The wire may lose, delay and double what it carries, and the node may crash: what
// it had on disk is there for the next one.

import { Reading } from '../../../src/app/reading.ts';
import { LIMITS } from '../../../src/base/limits.ts';
import type { Endpoint, Flow } from '../../../src/base/net.ts';
import { formatEndpoint } from '../../../src/base/net.ts';
import type { Instant } from '../../../src/base/time.ts';
import type { DoorSettings } from '../../../src/node/door-keeper.ts';
import type { Effect } from '../../../src/node/effects.ts';
import { SipNode } from '../../../src/node/node.ts';
import type { NodeEvent } from '../../../src/node/views.ts';
import type { Account, Binding, Door, TrunkSettings } from '../../../src/ports/records.ts';
import type { Packet } from '../../../src/ports/signalling.ts';
import type { StoreWrite } from '../../../src/ports/store.ts';
import { hashing } from '../hashing.ts';
import { DOMAIN, NODE } from '../scenario.ts';
import { SeededRandom } from '../world.ts';

/** What the node's core takes for each, of one core of a small machine. */
const TAKES_MS: Takes = { toReceive: 0.01, toAnswer: 0.15 };
/** Datagrams of usual size that fit into a receive buffer. */
const SOCKET_ROOM = 3_000;
/** As many as libuv takes at once. */
const AT_ONCE = 32;
const LATENCY_MS = 10;
const TURN_MS = 5;

export interface Takes {
  readonly toReceive: number;
  readonly toAnswer: number;
}

/** Of the wire, both ways. */
export interface Faults {
  /** Probabilities: to be lost, to come twice, and to come later than others by up to `lateMs`. */
  readonly loss: number;
  readonly duplicates: number;
  readonly late: number;
  readonly lateMs: number;
}

export interface SiegeOptions {
  readonly doors?: DoorSettings;
  readonly takesMs?: Takes;
  readonly faults?: Faults;
}

export interface Actor {
  readonly endpoint: Endpoint;
  /** Called once a turn; sends through the siege. */
  act(now: Instant): void;
  hear(bytes: Uint8Array, now: Instant): void;
}

export class Siege {
  readonly random: SeededRandom;
  readonly events: NodeEvent[] = [];
  now: Instant = 1_700_000_000_000;
  /** Packets that a socket had no room for, by its port. */
  readonly overflowed = new Map<number, number>();
  readonly #options: SiegeOptions;
  readonly #accounts: readonly Account[];
  readonly #trunks: readonly TrunkSettings[];
  readonly #actors: Actor[] = [];
  readonly #byPlace = new Map<string, Actor>();
  /** What is on disk. */
  readonly #bindings = new Map<string, readonly Binding[]>();
  readonly #doors = new Map<number, Door>();
  /** What waits in each, by its port. */
  readonly #sockets = new Map<number, Packet[]>();
  #node: SipNode;
  #reading: Reading;
  #toNode: { readonly at: Instant; readonly packet: Packet }[] = [];
  #toActors: { readonly at: Instant; readonly to: Actor; readonly bytes: Uint8Array }[] = [];
  #afterSockets: (() => void)[] = [];
  #lookedAt: Instant;

  constructor(
    seed: number,
    accounts: readonly Account[],
    trunks: readonly TrunkSettings[],
    options: SiegeOptions = {},
  ) {
    this.random = new SeededRandom(seed);
    this.#accounts = accounts;
    this.#trunks = trunks;
    this.#options = options;
    this.#lookedAt = this.now;
    this.#node = this.#newNode();
    this.#reading = this.#newReading();
    this.#start();
  }

  get node(): SipNode {
    return this.#node;
  }

  enters(...actors: readonly Actor[]): void {
    for (const actor of actors) {
      this.#actors.push(actor);
      this.#byPlace.set(formatEndpoint(actor.endpoint), actor);
    }
  }

  /** Over the network to a port of the node, from an address that may be forged. */
  send(from: Endpoint, bytes: Uint8Array, port: number = NODE.port): void {
    const flow: Flow = { transport: 'udp', local: { ...NODE, port }, remote: from };
    this.#carry((at) => this.#toNode.push({ at, packet: { flow, bytes } }));
  }

  /** A command of the operator's. */
  does(act: (node: SipNode, now: Instant) => readonly Effect[]): void {
    this.#do(act(this.#node, this.now));
  }

  /** kill -9, and a new start at once; what the sockets held is gone. */
  crash(): void {
    this.#sockets.clear();
    this.#afterSockets = [];
    this.#node = this.#newNode();
    this.#reading = this.#newReading();
    this.#start();
  }

  /** Time goes by; in long turns where nothing is to be measured. */
  pass(durationMs: number, turnMs: number = TURN_MS): void {
    const end = this.now + durationMs;
    while (this.now < end) this.#turn(turnMs);
  }

  #newNode(): SipNode {
    const listeners = [{ transport: 'udp', local: NODE, advertised: NODE }] as const;
    const options = { domain: DOMAIN, userAgent: 'Ringthrough/siege', country: 'GB', acceptMd5: true };
    const { doors } = this.#options;
    const { random } = this;
    const nonceKey = random.bytes(32);
    const more = { silenceMs: 60_000, nonceKey, random, hashing, listeners, trunks: this.#trunks };
    return new SipNode({ ...options, ...more, ...(doors === undefined ? {} : { doors }) }, this.now);
  }

  #newReading(): Reading {
    return new Reading({
      admit: (packet, now) => this.#node.admit(packet, now),
      read: (batch) => {
        this.now += batch.length * this.#takesMs.toAnswer;
        this.#do(this.#node.receive(batch, this.now));
      },
      turnAway: (packet) => this.#do(this.#node.turnAway(packet, this.now)),
      now: () => this.now,
      elapsedMs: () => this.now,
      afterSockets: (act) => this.#afterSockets.push(act),
    });
  }

  get #takesMs(): Takes {
    return this.#options.takesMs ?? TAKES_MS;
  }

  #start(): void {
    this.#sockets.set(NODE.port, []);
    const bindings = [...this.#bindings.values()].flat();
    const doors = [...this.#doors.values()];
    const kept = { accounts: this.#accounts, bindings, doors, unfinished: [], trunkServers: [] };
    this.#do(this.#node.start(kept, this.now));
  }

  #turn(turnMs: number): void {
    const began = this.now;
    for (const actor of this.#actors) actor.act(began);
    this.#arrive();
    while (this.now < began + turnMs && (this.#hasArrived || this.#afterSockets.length > 0)) {
      for (const socket of [...this.#sockets.values()]) {
        const batch = socket.splice(0, AT_ONCE);
        this.now += batch.length * this.#takesMs.toReceive;
        if (batch.length > 0) this.#reading.offer(batch);
      }
      for (const act of this.#afterSockets.splice(0)) act();
    }
    this.now = Math.max(this.now, began + turnMs);
    this.#timers(turnMs);
  }

  get #hasArrived(): boolean {
    return this.#sockets.values().some((socket) => socket.length > 0);
  }

  #arrive(): void {
    const due = this.#toNode.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.#toNode = this.#toNode.filter(({ at }) => at > this.now);
    for (const { packet } of due) {
      const { port } = packet.flow.local;
      // Where nobody listens, nobody hears.
      const socket = this.#sockets.get(port);
      if (socket === undefined) continue;
      if (socket.length < SOCKET_ROOM) socket.push(packet);
      else this.overflowed.set(port, (this.overflowed.get(port) ?? 0) + 1);
    }
    const heard = this.#toActors.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.#toActors = this.#toActors.filter(({ at }) => at > this.now);
    for (const { to, bytes } of heard) to.hear(bytes, this.now);
  }

  #timers(turnMs: number): void {
    if (this.now - this.#lookedAt >= LIMITS.loadIntervalMs) {
      const lateMs = Math.max(0, this.now - this.#lookedAt - LIMITS.loadIntervalMs - turnMs);
      const load = this.#reading.takeLoad(lateMs);
      this.#lookedAt = this.now;
      this.#do(this.#node.pressed(load, this.now));
    }
    const due = this.#node.nextDeadline();
    if (due !== undefined && due <= this.now) this.#do(this.#node.expire(this.now));
  }

  #do(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') {
        const to = this.#byPlace.get(formatEndpoint(effect.flow.remote));
        const { bytes } = effect;
        if (to !== undefined) this.#carry((at) => this.#toActors.push({ at, to, bytes }));
      } else if (effect.type === 'persist') {
        for (const write of effect.writes) this.#keep(write);
        this.#do(this.#node.persisted(effect.id, { ok: true, value: undefined }, this.now));
      } else if (effect.type === 'shield') {
        for (const change of effect.changes) {
          if (change.type === 'door-open') this.#sockets.set(change.port, []);
          if (change.type === 'door-closed') this.#sockets.delete(change.port);
        }
      } else if (effect.type === 'event') this.events.push(effect.event);
    }
  }

  #keep(write: StoreWrite): void {
    if (write.type === 'bindings') this.#bindings.set(write.user, write.bindings);
    if (write.type === 'door') this.#doors.set(write.door.port, write.door);
  }

  /** From one end to the other, or not. */
  #carry(arrives: (at: Instant) => void): void {
    const { loss = 0, duplicates = 0, late = 0, lateMs = 0 } = this.#options.faults ?? {};
    const { random } = this;
    const times = random.chance(loss) ? 0 : random.chance(duplicates) ? 2 : 1;
    for (let n = 0; n < times; n++) {
      const moreMs = random.chance(late) ? random.fraction() * lateMs : 0;
      arrives(this.now + LATENCY_MS * (0.5 + random.fraction()) + moreMs);
    }
  }
}
