// The machine that a node runs on: performs its effects in the simulated world, arms its one timer, and can
// crash and start again. A crash takes all memory; the store, the network and the peers stay.

import { keyOf, RETRY_MS } from '../../src/app/persistence.ts';
import { assertNever } from '../../src/base/assert.ts';
import { LIMITS } from '../../src/base/limits.ts';
import type { Endpoint } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import { orphansAmong } from '../../src/mailboxes/owned.ts';
import type { Effect } from '../../src/node/effects.ts';
import { SipNode } from '../../src/node/node.ts';
import type { ControlSettings } from '../../src/node/options.ts';
import type { NodeEvent } from '../../src/node/views.ts';
import type { DeskAnswer, DeskQuestion } from '../../src/ports/desk.ts';
import type { Account, TrunkSettings } from '../../src/ports/records.ts';
import type { Packet } from '../../src/ports/signalling.ts';
import type { StoreWrite } from '../../src/ports/store.ts';
import { hashing } from './hashing.ts';
import { type MediaPlane, SimulatedRelay } from './media.ts';
import type { Host, Network } from './network.ts';
import type { SimulatedStore } from './store.ts';
import { Alarm, type SeededRandom, type World } from './world.ts';
import type { Zone } from './zone.ts';

export interface NodeHostOptions {
  readonly domain: string;
  readonly local: Endpoint;
  readonly trunks: readonly TrunkSettings[];
  /** Endpoints that the relay can have open at once. */
  readonly mediaPairs: number;
  readonly zone: Zone;
  readonly control?: ControlSettings | undefined;
  /** How long DNS takes to answer. */
  readonly dnsDelayMs: readonly [min: number, max: number];
}

/** One life of the node, from a start to a crash. */
interface Life {
  readonly node: SipNode;
  readonly relay: SimulatedRelay;
  readonly startedAt: Instant;
  /** Writes that the store did not take, by record. */
  readonly refused: Map<string, StoreWrite>;
}

export class NodeHost {
  readonly store: SimulatedStore;
  readonly events: NodeEvent[] = [];
  readonly crashes: Instant[] = [];
  readonly starts: Instant[] = [];
  /** At each start: bindings that the store had and that are kept, with grace, and those that the node then knew. */
  readonly restarts: { readonly kept: number; readonly known: number }[] = [];
  /** Packets that the node read, for who asks whether an INVITE reached it. */
  readonly read: (packet: Packet) => void;
  readonly #world: World;
  readonly #network: Network;
  readonly #plane: MediaPlane;
  readonly #options: NodeHostOptions;
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #alarm: Alarm;
  #life: Life | undefined;

  constructor(
    network: Network,
    plane: MediaPlane,
    store: SimulatedStore,
    options: NodeHostOptions,
    read: (packet: Packet) => void,
  ) {
    this.#world = network.world;
    this.#network = network;
    this.#plane = plane;
    this.store = store;
    this.#options = options;
    this.read = read;
    this.#host = network.host(options.local.address);
    this.#random = this.#world.random.fork('node');
    this.#alarm = new Alarm(this.#world, () => this.do((node) => node.expire(this.#world.now)));
    network.trace.name(options.local.address, 'node');
  }

  get node(): SipNode | undefined {
    return this.#life?.node;
  }

  get mediaEndpointsOpen(): number {
    return this.#life?.relay.endpointsOpen ?? 0;
  }

  start(): void {
    const { now } = this.#world;
    const { domain, local, trunks, mediaPairs, control } = this.#options;
    const relay = new SimulatedRelay(
      this.#plane,
      local.address,
      mediaPairs,
      this.store.recordings,
      (events) => this.do((node) => node.media(events, this.#world.now)),
    );
    const node = new SipNode(
      {
        domain,
        userAgent: 'Ringthrough (simulated)',
        listeners: (['udp', 'tcp'] as const).map((transport) => ({ transport, local, advertised: local })),
        trunks,
        ...(control === undefined ? {} : { control }),
        country: 'GB',
        acceptMd5: true,
        silenceMs: 60_000,
        nonceKey: this.#random.bytes(32),
        random: this.#random,
        hashing,
      },
      now,
    );
    this.#life = { node, relay, startedAt: now, refused: new Map() };
    this.starts.push(now);
    this.#network.trace.note('node', 'starts');
    this.#host.listen([`udp:${local.port}`, `tcp:${local.port}`], {
      received: (batch) => {
        for (const packet of batch) this.read(packet);
        const { now } = this.#world;
        this.do((it) =>
          it.receive(
            batch.filter((packet) => it.admit(packet, now).admitted),
            now,
          ),
        );
      },
      failed: (flow, reason) => this.do((it) => it.flowFailed(flow, reason, this.#world.now)),
      closed: (flow) => this.do((it) => it.flowClosed(flow, this.#world.now)),
    });
    const { store } = this;
    const bindings = [...store.bindings.values()].flat();
    const records = {
      accounts: [...store.accounts.values()],
      bindings,
      unfinished: store.unfinished(),
      trunkServers: [...store.trunkServers.values()],
      habits: [...store.habits.values()],
      usages: [...store.usages.values()],
      messages: [...store.messages.values()],
    };
    this.#sweep();
    this.do((it) => it.start(records, now));
    const known = node.phones().reduce((sum, phone) => sum + phone.bindings.length, 0);
    const kept = bindings.filter(({ expiresAt }) => expiresAt + LIMITS.registrationGraceMs > now).length;
    this.restarts.push({ kept, known });
  }

  /** What a crash has left without a row is erased. */
  #sweep(): void {
    const { accounts, messages, notices, recordings } = this.store;
    const rows = {
      accounts: [...accounts.values()],
      messages: [...messages.values()],
      notices: [...notices.values()],
    };
    for (const id of orphansAmong([...recordings.durable.keys()], rows)) recordings.erase(id);
  }

  /** Who writes accounts; answers once it is durable. */
  desk: (question: DeskQuestion, told: (answer: DeskAnswer) => void) => void = (_question, told) =>
    told({ type: 'refused', why: 'failed' });

  /** kill -9. */
  crash(): void {
    if (this.#life === undefined) return;
    this.#network.trace.note('node', 'crashes');
    this.crashes.push(this.#world.now);
    this.#life.relay.crash();
    this.#life = undefined;
    this.#alarm.set(undefined);
    this.store.crash();
    this.#host.kill();
  }

  /** What customers have was changed; it is stored and told to the node, as admin/ does it. */
  change(account: Account): void {
    this.store.write([{ type: 'account', account }], (result) => {
      if (result.ok) {
        const accounts = [...this.store.accounts.values()];
        this.do((node) => node.directoryChanged(accounts, this.#world.now));
      }
    });
  }

  /** One turn of the effect loop; nothing where the node is down. */
  do(turn: (node: SipNode) => readonly Effect[]): void {
    const life = this.#life;
    if (life === undefined) return;
    for (const effect of turn(life.node)) this.#perform(effect, life);
    if (this.#life === life) this.#alarm.set(life.node.nextDeadline());
  }

  /** As app/ does it with what a full disk has refused: each record by itself, until a newer one takes its place. */
  #writeLater(writes: readonly StoreWrite[], life: Life): void {
    for (const write of writes) {
      const key = keyOf(write);
      life.refused.set(key, write);
      this.#world.after(RETRY_MS, () => {
        if (this.#life !== life || life.refused.get(key) !== write) return;
        life.refused.delete(key);
        this.store.write([write], (result) => {
          if (!result.ok && this.#life === life && !life.refused.has(key)) this.#writeLater([write], life);
        });
      });
    }
  }

  #perform(effect: Effect, life: Life): void {
    switch (effect.type) {
      case 'send':
        this.#host.send(effect.flow, effect.bytes);
        break;
      case 'media':
        life.relay.perform(effect.command);
        break;
      case 'persist':
        for (const write of effect.writes) life.refused.delete(keyOf(write));
        this.store.write(effect.writes, (result) => {
          if (this.#life !== life) return;
          if (!result.ok && effect.ifRefused === 'retry') this.#writeLater(effect.writes, life);
          this.do((node) => node.persisted(effect.id, result, this.#world.now));
        });
        break;
      case 'resolve': {
        const { question } = effect;
        const { zone, dnsDelayMs } = this.#options;
        const reply = zone.ask(question);
        if (reply === undefined) break;
        this.#world.after(this.#random.between(...dnsDelayMs), () => {
          if (this.#life === life) this.do((node) => node.replied(question, reply, this.#world.now));
        });
        break;
      }
      case 'ask': {
        const { id, question } = effect;
        this.desk(question, (answer) => {
          if (this.#life === life) this.do((node) => node.answered(id, answer, this.#world.now));
        });
        break;
      }
      case 'erase-recording':
        this.store.recordings.erase(effect.recording);
        break;
      case 'shield':
      case 'shield-shares':
        break;
      case 'event':
        this.events.push(effect.event);
        if (effect.event.type === 'timeline') {
          this.#network.trace.note('node', `${effect.event.called}: ${effect.event.entry.text}`);
        }
        if (effect.event.type === 'fault') this.#network.trace.note('node', `BUG ${effect.event.text}`);
        break;
      default:
        assertNever(effect);
    }
  }
}
