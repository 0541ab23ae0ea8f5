// A node under attack, in a world of its own: one core that takes time for all it does, a socket with room for so many
// datagrams, phones that repeat what is not answered (RFC 3261 §17.1.2), and whoever attacks. What sorts and reads the
// packets is the node's own (app/reading.ts, the whole core); only clocks and sockets are made up, from a seed.
//
//   phones, carriers, attackers ─▶ wire ─▶ socket (bounded) ─▶ Reading ─▶ SipNode ─▶ answers ─▶ whoever has the address

import { Reading } from '../../../src/app/reading.ts';
import { LIMITS } from '../../../src/base/limits.ts';
import type { Endpoint, Flow } from '../../../src/base/net.ts';
import { formatEndpoint } from '../../../src/base/net.ts';
import { type Instant, SECOND_MS } from '../../../src/base/time.ts';
import type { Effect } from '../../../src/node/effects.ts';
import { SipNode } from '../../../src/node/node.ts';
import type { NodeEvent } from '../../../src/node/views.ts';
import type { Account, TrunkSettings } from '../../../src/ports/records.ts';
import type { Packet } from '../../../src/ports/signalling.ts';
import { hashing } from '../hashing.ts';
import { DOMAIN, NODE } from '../scenario.ts';
import { SeededRandom } from '../world.ts';

/** What the node's core takes for each, of one core of a small machine. */
const TAKES_MS = { toReceive: 0.01, toAnswer: 0.15 } as const;
/** Datagrams of usual size that fit into a receive buffer. */
const SOCKET_ROOM = 3_000;
/** As many as libuv takes at once. */
const AT_ONCE = 32;
const LATENCY_MS = 10;
const TURN_MS = 5;

export interface Actor {
  readonly endpoint: Endpoint;
  /** Called once a turn; sends through the siege. */
  act(now: Instant): void;
  hear(bytes: Uint8Array, now: Instant): void;
}

export class Siege {
  readonly random: SeededRandom;
  readonly node: SipNode;
  readonly events: NodeEvent[] = [];
  now: Instant = 1_700_000_000_000;
  /** Known packets that the socket had no room for, which only a kernel or a door could have helped. */
  overflowed = 0;
  readonly #actors: Actor[] = [];
  readonly #byPlace = new Map<string, Actor>();
  readonly #reading: Reading;
  #socket: Packet[] = [];
  #toNode: { readonly at: Instant; readonly packet: Packet }[] = [];
  #toActors: { readonly at: Instant; readonly to: Actor; readonly bytes: Uint8Array }[] = [];
  #afterSockets: (() => void)[] = [];
  #lookedAt: Instant;

  constructor(seed: number, accounts: readonly Account[], trunks: readonly TrunkSettings[]) {
    this.random = new SeededRandom(seed);
    this.#lookedAt = this.now;
    const listeners = [{ transport: 'udp', local: NODE, advertised: NODE }] as const;
    const options = { domain: DOMAIN, userAgent: 'Ringthrough/siege', country: 'GB', acceptMd5: true };
    const { random } = this;
    const more = { silenceMs: 60_000, nonceKey: random.bytes(32), random, hashing, listeners, trunks };
    this.node = new SipNode({ ...options, ...more }, this.now);
    this.#reading = new Reading({
      admit: (packet, now) => this.node.admit(packet, now),
      read: (batch) => {
        this.now += batch.length * TAKES_MS.toAnswer;
        this.#do(this.node.receive(batch, this.now));
      },
      turnAway: (packet) => this.#do(this.node.turnAway(packet, this.now)),
      now: () => this.now,
      elapsedMs: () => this.now,
      afterSockets: (act) => this.#afterSockets.push(act),
    });
    this.#do(this.node.start({ accounts, bindings: [], unfinished: [], trunkServers: [] }, this.now));
  }

  enters(...actors: readonly Actor[]): void {
    for (const actor of actors) {
      this.#actors.push(actor);
      this.#byPlace.set(formatEndpoint(actor.endpoint), actor);
    }
  }

  /** Over the network to the node, from an address that may be forged. */
  send(from: Endpoint, bytes: Uint8Array): void {
    const flow: Flow = { transport: 'udp', local: NODE, remote: from };
    const at = this.now + LATENCY_MS * (0.5 + this.random.fraction());
    this.#toNode.push({ at, packet: { flow, bytes } });
  }

  /** Time goes by. */
  pass(durationMs: number): void {
    const end = this.now + durationMs;
    while (this.now < end) this.#turn();
  }

  #turn(): void {
    const began = this.now;
    for (const actor of this.#actors) actor.act(began);
    this.#arrive();
    while (this.now < began + TURN_MS && (this.#socket.length > 0 || this.#afterSockets.length > 0)) {
      const batch = this.#socket.splice(0, AT_ONCE);
      this.now += batch.length * TAKES_MS.toReceive;
      if (batch.length > 0) this.#reading.offer(batch);
      for (const act of this.#afterSockets.splice(0)) act();
    }
    this.now = Math.max(this.now, began + TURN_MS);
    this.#timers();
  }

  #arrive(): void {
    const due = this.#toNode.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.#toNode = this.#toNode.filter(({ at }) => at > this.now);
    for (const { packet } of due) {
      if (this.#socket.length < SOCKET_ROOM) this.#socket.push(packet);
      else this.overflowed++;
    }
    const heard = this.#toActors.filter(({ at }) => at <= this.now);
    this.#toActors = this.#toActors.filter(({ at }) => at > this.now);
    for (const { to, bytes } of heard) to.hear(bytes, this.now);
  }

  #timers(): void {
    if (this.now - this.#lookedAt >= LIMITS.loadIntervalMs) {
      const load = this.#reading.takeLoad(
        Math.max(0, this.now - this.#lookedAt - LIMITS.loadIntervalMs - TURN_MS),
      );
      this.#lookedAt = this.now;
      this.#do(this.node.pressed(load, this.now));
    }
    const due = this.node.nextDeadline();
    if (due !== undefined && due <= this.now) this.#do(this.node.expire(this.now));
  }

  #do(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') {
        const to = this.#byPlace.get(formatEndpoint(effect.flow.remote));
        if (to !== undefined) this.#toActors.push({ at: this.now + LATENCY_MS, to, bytes: effect.bytes });
      } else if (effect.type === 'persist') {
        this.#do(this.node.persisted(effect.id, { ok: true, value: undefined }, this.now));
      } else if (effect.type === 'event') this.events.push(effect.event);
    }
  }
}

/** Every so often, spread over the time from the beginning. */
export function everyMs(perSecond: number): number {
  return SECOND_MS / perSecond;
}
