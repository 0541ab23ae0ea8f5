// A node on a machine that takes its time, and very many user agents around it, which are as simple as can be: a phone
// registers, refreshes, asks and calls, and sends again what is not answered. With them overload is simulated, in which
// what counts is who waits for whom; how calls go otherwise, and everything that is lost on its way, is for the other
// simulations.
//
//   agents ──▶ admit ──▶ waiting, by lane ──▶ one packet after the other, each for as long as it costs ──▶ the node
//
// The wire may lose, delay and double what it carries, and the node may crash: registrations are on disk.

import { LIMITS } from '../../src/base/limits.ts';
import type { Endpoint, Flow } from '../../src/base/net.ts';
import { formatEndpoint } from '../../src/base/net.ts';
import { type Instant, SECOND_MS } from '../../src/base/time.ts';
import type { Effect } from '../../src/node/effects.ts';
import { SipNode } from '../../src/node/node.ts';
import type { NodeEvent } from '../../src/node/views.ts';
import type { Account, Binding, TrunkSettings } from '../../src/ports/records.ts';
import type { Packet } from '../../src/ports/signalling.ts';
import { LoadMeter } from '../../src/shield/brownout/load-meter.ts';
import { placeOf } from '../../src/shield/brownout/shedding.ts';
import { type Kind, kindOf } from '../../src/shield/first-bytes.ts';
import { Waiting } from '../../src/shield/waiting.ts';
import { Relay } from '../stories/relay.ts';
import { hashing } from './hashing.ts';
import { Alarm, type SeededRandom, type World } from './world.ts';

export const DOMAIN = 'voice.example.net';
export const NODE: Endpoint = { address: '203.0.113.7', port: 5060 };
/** From one end to the other. */
const LATENCY_MS = 10;
const SHED_MS = 0.03;
/** A retransmission. */
const AGAIN_MS = 0.1;

/** Of the wire, both ways: probabilities to be lost, to come twice, and to come later by up to `lateMs`. */
export interface Faults {
  readonly loss: number;
  readonly duplicates: number;
  readonly late: number;
  readonly lateMs: number;
}

const NO_FAULTS: Faults = { loss: 0, duplicates: 0, late: 0, lateMs: 0 };

/** Milliseconds of the machine for one packet of a kind. */
export type Costs = (kind: Kind, bytes: Uint8Array) => number;

interface Waiter {
  readonly packet: Packet;
  readonly isUrgent: boolean;
  readonly since: Instant;
}

export interface Agent {
  readonly at: Endpoint;
  received(text: string): void;
}

export class Machine {
  readonly world: World;
  readonly events: (NodeEvent & { readonly at: Instant })[] = [];
  /** The longest that a packet of the known waited, what can wait not counted, by the second in which it was read. */
  readonly waits = new Map<number, number>();
  node: SipNode;
  readonly #costs: Costs;
  readonly #trunks: readonly TrunkSettings[];
  readonly #faults: Faults;
  readonly #luck: SeededRandom;
  readonly #agents = new Map<string, Agent>();
  /** What is on disk. */
  readonly #bindings = new Map<string, readonly Binding[]>();
  #accounts: readonly Account[] = [];
  #waiting = new Waiting<Waiter>();
  readonly #meter = new LoadMeter();
  #relay = new Relay();
  /** INVITEs that were read, by where they came from and their first lines. */
  #read = new Set<string>();
  readonly #alarm: Alarm;
  #owedMs = 0;
  #isBusy = false;

  constructor(world: World, trunks: readonly TrunkSettings[], costs: Costs, faults: Faults = NO_FAULTS) {
    this.world = world;
    this.#costs = costs;
    this.#trunks = trunks;
    this.#faults = faults;
    this.#luck = world.random.fork('wire');
    this.node = this.#newNode();
    this.#alarm = new Alarm(world, () => this.#turn((node, now) => node.expire(now)));
  }

  start(accounts: readonly Account[], bindings: readonly Binding[] = []): void {
    this.#accounts = accounts;
    for (const binding of bindings) this.#bindings.set(binding.user, [binding]);
    this.#begin();
    this.#look();
  }

  /** kill -9, and a new start at once; what waited to be read is gone. */
  crash(): void {
    this.#waiting = new Waiting();
    this.#relay = new Relay();
    this.#read = new Set();
    this.#begin();
  }

  #begin(): void {
    this.node = this.#newNode();
    const bindings = [...this.#bindings.values()].flat();
    const kept = { accounts: this.#accounts, bindings, unfinished: [], trunkServers: [] };
    this.#turn((node, now) => node.start(kept, now));
  }

  enters(agent: Agent): void {
    this.#agents.set(formatEndpoint(agent.at), agent);
  }

  /** An agent's bytes are on their way. */
  send({ at }: Agent, text: string): void {
    const flow: Flow = { transport: 'udp', local: NODE, remote: at };
    this.#carry(() => this.#offer({ flow, bytes: Buffer.from(text) }));
  }

  /** From one end to the other, or not. */
  #carry(arrives: () => void): void {
    const { loss, duplicates, late, lateMs } = this.#faults;
    if (this.#luck.chance(loss)) return;
    const times = this.#luck.chance(duplicates) ? 2 : 1;
    for (let n = 0; n < times; n++) {
      const moreMs = this.#luck.chance(late) ? this.#luck.between(0, lateMs) : 0;
      this.world.after(LATENCY_MS + moreMs, arrives);
    }
  }

  /** The longest that a packet of the known waited between these, in milliseconds. */
  longestWaitMs(from: Instant, until: Instant): number {
    let longest = 0;
    for (const [second, waited] of this.waits) {
      if (second * SECOND_MS >= from && second * SECOND_MS < until) longest = Math.max(longest, waited);
    }
    return longest;
  }

  #newNode(): SipNode {
    const random = this.world.random.fork('node');
    return new SipNode(
      {
        domain: DOMAIN,
        userAgent: 'Ringthrough (simulated)',
        listeners: [{ transport: 'udp', local: NODE, advertised: NODE }],
        trunks: this.#trunks,
        country: 'GB',
        acceptMd5: false,
        silenceMs: 60_000,
        nonceKey: random.bytes(32),
        random,
        hashing,
      },
      this.world.now,
    );
  }

  #look(): void {
    this.world.after(LIMITS.loadIntervalMs, () => {
      const { dropped, oldestPatient } = this.#waiting;
      const patientWaitMs = oldestPatient === undefined ? 0 : this.world.now - oldestPatient.since;
      const load = this.#meter.take(dropped, patientWaitMs, 0);
      this.#turn((node, now) => node.pressed(load, now));
      this.#look();
    });
  }

  #offer(packet: Packet): void {
    const { now } = this.world;
    const verdict = this.node.admit(packet, now);
    this.#meter.arrived(verdict.lane, verdict.admitted);
    if (!verdict.admitted) return;
    const { lane, urgency, isUrgent } = placeOf(verdict, kindOf(packet.bytes));
    this.#waiting.offer({ packet, isUrgent, since: now }, lane, urgency);
    if (!this.#isBusy) this.#work();
  }

  /** Reads until it owes a millisecond, and goes on after that. */
  #work(): void {
    const { now } = this.world;
    while (this.#owedMs < 1) {
      const [next] = this.#waiting.take(1);
      if (next === undefined) break;
      const { packet, isUrgent, since } = next;
      if (isUrgent) this.#waited(now - since);
      const before = shedBy(this.node);
      this.#turn((node) => node.receive([packet], now));
      const wasShed = shedBy(this.node) > before;
      this.#owedMs += wasShed
        ? SHED_MS
        : this.#isAgain(packet)
          ? AGAIN_MS
          : this.#costs(kindOf(packet.bytes), packet.bytes);
    }
    const wholeMs = Math.floor(this.#owedMs);
    this.#isBusy = wholeMs > 0;
    if (!this.#isBusy) return;
    this.#owedMs -= wholeMs;
    this.world.after(wholeMs, () => this.#work());
  }

  /** A request that was read before is known by its first lines, and answered as it was. */
  #isAgain({ flow, bytes }: Packet): boolean {
    if (kindOf(bytes) !== 'INVITE') return false;
    const text = Buffer.from(bytes).toString('latin1');
    const key = `${formatEndpoint(flow.remote)} ${text.slice(0, text.indexOf('\r\n', text.indexOf('\r\n') + 2))}`;
    const isAgain = this.#read.has(key);
    this.#read.add(key);
    return isAgain;
  }

  #waited(waitMs: number): void {
    this.#meter.waited(waitMs);
    const second = Math.floor(this.world.now / SECOND_MS);
    this.waits.set(second, Math.max(this.waits.get(second) ?? 0, waitMs));
  }

  #turn(turn: (node: SipNode, now: Instant) => readonly Effect[]): void {
    const { now } = this.world;
    for (const effect of turn(this.node, now)) this.#perform(effect);
    const events = this.#relay.take(now);
    if (events.length > 0) this.#turn((node) => node.media(events, now));
    this.#alarm.set(this.node.nextDeadline());
  }

  #perform(effect: Effect): void {
    const { world } = this;
    switch (effect.type) {
      case 'send': {
        const agent = this.#agents.get(formatEndpoint(effect.flow.remote));
        const text = Buffer.from(effect.bytes).toString();
        if (agent !== undefined) this.#carry(() => agent.received(text));
        break;
      }
      case 'media':
        this.#relay.perform(effect.command, world.now);
        break;
      case 'persist': {
        const by = this.node;
        for (const write of effect.writes) {
          if (write.type === 'bindings') this.#bindings.set(write.user, write.bindings);
        }
        world.after(1, () => {
          if (this.node !== by) return;
          this.#turn((node, now) => node.persisted(effect.id, { ok: true, value: undefined }, now));
        });
        break;
      }
      case 'event':
        this.events.push({ ...effect.event, at: world.now });
        break;
    }
  }
}

/** Everything that was shed so far. */
function shedBy(node: SipNode): number {
  const { rungs } = node.brownout();
  return rungs.reduce((sum, { shed }) => sum + shed, 0);
}
