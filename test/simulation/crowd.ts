// A node on a machine that takes its time, and very many user agents around it, which are as simple as can be: a phone
// registers, refreshes, asks and calls, and sends again what is not answered. With them overload is simulated, in which
// what counts is who waits for whom; how calls go otherwise, and everything that is lost on its way, is for the other
// simulations.
//
//   agents ──▶ admit ──▶ waiting, by lane ──▶ one packet after the other, each for as long as it costs ──▶ the node

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
import { urgencyOf } from '../../src/shield/brownout/shedding.ts';
import { type Kind, kindOf } from '../../src/shield/first-bytes.ts';
import { Waiting } from '../../src/shield/waiting.ts';
import { Relay } from '../stories/relay.ts';
import { hashing } from './hashing.ts';
import { Alarm, type World } from './world.ts';

export const DOMAIN = 'voice.example.net';
export const NODE: Endpoint = { address: '203.0.113.7', port: 5060 };
/** From one end to the other. */
const LATENCY_MS = 10;
const SHED_MS = 0.03;

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
  readonly #agents = new Map<string, Agent>();
  readonly #waiting = new Waiting<Waiter>();
  readonly #meter = new LoadMeter();
  readonly #relay = new Relay();
  readonly #alarm: Alarm;
  #owedMs = 0;
  #isBusy = false;

  constructor(world: World, trunks: readonly TrunkSettings[], costs: Costs) {
    this.world = world;
    this.#costs = costs;
    this.#trunks = trunks;
    this.node = this.#newNode();
    this.#alarm = new Alarm(world, () => this.#turn((node, now) => node.expire(now)));
  }

  start(accounts: readonly Account[], bindings: readonly Binding[] = []): void {
    this.node = this.#newNode();
    this.#turn((node, now) => node.start({ accounts, bindings, unfinished: [], trunkServers: [] }, now));
    this.#look();
  }

  enters(agent: Agent): void {
    this.#agents.set(formatEndpoint(agent.at), agent);
  }

  /** An agent's bytes are on their way. */
  send({ at }: Agent, text: string): void {
    const flow: Flow = { transport: 'udp', local: NODE, remote: at };
    this.world.after(LATENCY_MS, () => this.#offer({ flow, bytes: Buffer.from(text) }));
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
    const { lane, admitted } = this.node.admit(packet, now);
    this.#meter.arrived(lane, admitted);
    if (!admitted) return;
    const isKnown = lane !== 'newcomer';
    const urgency = isKnown ? urgencyOf(kindOf(packet.bytes)) : 'known';
    this.#waiting.offer({ packet, isUrgent: isKnown && urgency !== 'patient', since: now }, lane, urgency);
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
      this.#owedMs += wasShed ? SHED_MS : this.#costs(kindOf(packet.bytes), packet.bytes);
    }
    const wholeMs = Math.floor(this.#owedMs);
    this.#isBusy = wholeMs > 0;
    if (!this.#isBusy) return;
    this.#owedMs -= wholeMs;
    this.world.after(wholeMs, () => this.#work());
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
        if (agent !== undefined) world.after(LATENCY_MS, () => agent.received(text));
        break;
      }
      case 'media':
        this.#relay.perform(effect.command, world.now);
        break;
      case 'persist':
        world.after(1, () =>
          this.#turn((node, now) => node.persisted(effect.id, { ok: true, value: undefined }, now)),
        );
        break;
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
