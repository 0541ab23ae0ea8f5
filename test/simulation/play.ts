// Plays a scenario in a world of its own, from the first REGISTER to the last timer:
//
//   calls and faults ──▶ all calls over ──quiet──▶ look ──everybody signs off──▶ look again: nothing is left
//
// What is needed to judge it afterwards (invariants.ts) is kept in a Run.

import type { Instant } from '../../src/base/time.ts';
import type { Leftovers, PhoneView } from '../../src/node/views.ts';
import type { Packet } from '../../src/ports/signalling.ts';
import { tagOf } from '../../src/sip/message/address.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { Carrier } from './carrier.ts';
import type { Conversation } from './conversation.ts';
import { NodeHost } from './host.ts';
import { MediaPlane } from './media.ts';
import { Network } from './network.ts';
import { makeNoise } from './noise.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import { Phone } from './phone.ts';
import { type Reaction, talk } from './reactions.ts';
import { type CallSetting, DOMAIN, drawTalk, type Fault, NODE, type Scenario } from './scenario.ts';
import { SimulatedStore } from './store.ts';
import { Trace } from './trace.ts';
import { type SeededRandom, World } from './world.ts';
import { Zone } from './zone.ts';

/** A call that was made, and what it was to be. */
export interface Attempt {
  readonly setting: CallSetting;
  readonly call: OutgoingCall;
}

/** Who lives through calls with the node itself, and what is done with them when all else is quiet. */
export interface Cast {
  enter(props: Props): void;
  answered(conversation: Conversation, setting: CallSetting): void;
  /** An operator changes where a number leads; undefined: it follows its plan. */
  divert(number: string, to: string | undefined): void;
  /** The world is run up to each of these. */
  epilogue(): Iterable<Instant>;
}

/** What a cast works with. */
export interface Props {
  readonly world: World;
  readonly plane: MediaPlane;
  readonly host: NodeHost;
  readonly phones: ReadonlyMap<string, Phone>;
  readonly carriers: ReadonlyMap<string, Carrier>;
  /** One more call, judged as all are. */
  call(setting: CallSetting): OutgoingCall | undefined;
}

/** How things stood at one moment. */
export interface Look {
  readonly at: Instant;
  readonly leftovers: Leftovers | undefined;
  readonly mediaEndpointsOpen: number;
  readonly trunkCalls: number;
  readonly nextDeadline: Instant | undefined;
  readonly phones: readonly PhoneView[];
}

export interface Run {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly world: World;
  readonly trace: Trace;
  readonly plane: MediaPlane;
  readonly host: NodeHost;
  readonly store: SimulatedStore;
  readonly phones: readonly Phone[];
  readonly carriers: readonly Carrier[];
  readonly attempts: readonly Attempt[];
  /** Call-IDs of INVITEs that the node has read. */
  readonly reached: ReadonlySet<string>;
  /** After the calls, with phones registered; and after everybody signed off. */
  readonly quiet: Look;
  readonly end: Look;
}

const STRANGER = { address: '203.0.113.66', port: 5060 } as const;

/** The longest that calls may go on after the last began: plans, patience and talk together take less. */
const CALLS_OVER_MS = 420_000;
/** Transactions linger 64*T1, twice where a missing ACK ends a call. */
const QUIET_MS = 75_000;
/** The longest registration of a dead phone, and the linger. */
const SIGNED_OFF_MS = 240_000;
const STEP_MS = 2_000;
/** Those that tell of what callers did on the telephone. */
const TELEPHONE_WRITES: ReadonlySet<string> = new Set(['account', 'message', 'message-removed']);

export class Stage {
  readonly #seed: number;
  readonly #scenario: Scenario;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly trace: Trace;
  readonly #network: Network;
  readonly #store: SimulatedStore;
  readonly #plane: MediaPlane;
  readonly #zone: Zone;
  readonly #host: NodeHost;
  readonly #cast: Cast | undefined;
  readonly #phones = new Map<string, Phone>();
  readonly #carriers = new Map<string, Carrier>();
  readonly attempts: Attempt[] = [];
  readonly #reached = new Set<string>();

  constructor(seed: number, scenario: Scenario, cast?: Cast) {
    this.#seed = seed;
    this.#scenario = scenario;
    this.#cast = cast;
    const world = new World(seed, scenario.beginning);
    this.#world = world;
    this.#random = world.random.fork('stage');
    this.trace = new Trace(world);
    this.#network = new Network(world, this.trace, scenario.weather);
    const plane = new MediaPlane(world);
    this.#plane = plane;
    this.#store = new SimulatedStore(world, scenario.storeDelayMs);
    for (const account of scenario.accounts) this.#store.accounts.set(account.name, account);
    for (const habits of scenario.habits ?? []) this.#store.habits.set(habits.account, habits);
    const { trunks, mediaPairs, dnsDelayMs, control } = scenario;
    const zone = new Zone(scenario.records);
    this.#zone = zone;
    const options = { domain: DOMAIN, local: NODE, trunks, mediaPairs, zone, dnsDelayMs, control };
    this.#host = new NodeHost(this.#network, plane, this.#store, options, (packet) =>
      this.#noteInvite(packet),
    );
    for (const { name, target, from, credentials } of scenario.trunks) {
      const contactHost = scenario.contactHosts[name];
      const carrier = new Carrier(this.#network, plane, {
        name,
        address: from[0] ?? target.host,
        ...(contactHost !== undefined && { contactHost }),
        node: NODE,
        transport: target.transport === 'tcp' ? 'tcp' : 'udp',
        ...(credentials !== undefined && { credentials }),
        reaction: () => scenario.reactions[name] ?? drawReaction(this.#random, 0),
      });
      this.#carriers.set(name, carrier);
    }
    for (const setting of scenario.phones) {
      const reaction = (): Reaction => scenario.reactions[setting.name] ?? drawReaction(this.#random, 0.07);
      const phone = new Phone(this.#network, plane, { ...setting, domain: DOMAIN, node: NODE, reaction });
      this.#phones.set(setting.name, phone);
    }
    cast?.enter({
      world,
      plane,
      host: this.#host,
      phones: this.#phones,
      carriers: this.#carriers,
      call: (setting) => this.#call(setting),
    });
  }

  play(): Run {
    const acts = this.acts();
    let act = acts.next();
    for (; act.done !== true; act = acts.next()) this.#world.runUntil(act.value);
    return act.value;
  }

  /** The play, act by act: whoever asks for the next one has run the world up to the end of the last. */
  *acts(): Generator<Instant, Run, void> {
    const world = this.#world;
    this.#host.start();
    for (const setting of this.#scenario.calls) world.after(setting.atMs, () => this.#call(setting));
    for (const fault of this.#scenario.faults) world.after(fault.atMs, () => this.#befall(fault));
    const lastMs = Math.max(...[...this.#scenario.calls, ...this.#scenario.faults].map(({ atMs }) => atMs));
    yield world.beginning + lastMs;
    for (let waitedMs = 0; waitedMs < CALLS_OVER_MS && !this.#calm; waitedMs += STEP_MS) {
      yield world.now + STEP_MS;
    }
    yield world.now + QUIET_MS;
    const quiet = this.#look();
    this.#spareWrites();
    yield* this.#cast?.epilogue() ?? [];
    this.#signOff();
    yield world.now + SIGNED_OFF_MS;
    return {
      plane: this.#plane,
      seed: this.#seed,
      scenario: this.#scenario,
      world,
      trace: this.trace,
      host: this.#host,
      store: this.#store,
      phones: [...this.#phones.values()],
      carriers: [...this.#carriers.values()],
      attempts: this.attempts,
      reached: this.#reached,
      quiet,
      end: this.#look(),
    };
  }

  /** The node is up, and every call over at whoever made it and whoever took it. */
  get #calm(): boolean {
    const peers = [...this.#phones.values(), ...this.#carriers.values()];
    return (
      this.#host.node !== undefined &&
      this.#host.node.leftovers().calls === 0 &&
      this.attempts.every(({ call }) => call.over) &&
      peers.every(({ incoming }) => incoming.every((call) => call.conversation === undefined || call.over))
    );
  }

  #look(): Look {
    const { node } = this.#host;
    return {
      at: this.#world.now,
      leftovers: node?.leftovers(),
      mediaEndpointsOpen: this.#host.mediaEndpointsOpen,
      trunkCalls: (node?.trunks() ?? []).reduce((sum, { callsActive }) => sum + callsActive, 0),
      nextDeadline: node?.nextDeadline(),
      phones: node?.phones() ?? [],
    };
  }

  #signOff(): void {
    for (const phone of this.#phones.values()) if (phone.agent.alive) phone.signOff();
    this.#world.after(1_000, () => this.#host.do((node) => node.stop(this.#world.now)));
  }

  #call(setting: CallSetting): OutgoingCall | undefined {
    const answered = (conversation: Conversation): void => {
      if (setting.errand === undefined) talk(conversation, setting.talk);
      else this.#cast?.answered(conversation, setting);
    };
    const { offers, sessionExpiresS } = setting;
    const options = { offers, answered, ...(sessionExpiresS !== undefined && { sessionExpiresS }) };
    const carrier = this.#carriers.get(setting.by);
    const phone = this.#phones.get(setting.by);
    if (!(carrier ?? phone)?.agent.alive) return undefined;
    const call =
      carrier?.present(setting.called, setting.caller, options) ?? phone?.call(setting.called, options);
    if (call === undefined) return undefined;
    this.attempts.push({ setting, call });
    this.#world.after(setting.patienceMs, () => call.giveUp());
    return call;
  }

  #noteInvite({ bytes }: Packet): void {
    if (bytes[0] !== 'I'.charCodeAt(0)) return;
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.kind !== 'request' || parsed.value.method !== 'INVITE') return;
    if (tagOf(parsed.value.to) === undefined) this.#reached.add(parsed.value.callId ?? '');
  }

  #befall(fault: Fault): void {
    const world = this.#world;
    switch (fault.type) {
      case 'node-crash':
        this.#host.crash();
        world.after(fault.downMs, () => {
          if (this.#host.node === undefined) this.#host.start();
        });
        break;
      case 'crash-at-write':
        this.#dieAtNextWrite(fault);
        break;
      case 'death':
        this.#die(fault);
        break;
      case 'overload': {
        const carrier = this.#carriers.get(fault.of);
        if (carrier === undefined) break;
        carrier.overloaded = true;
        world.after(fault.forMs, () => {
          carrier.overloaded = false;
        });
        break;
      }
      case 'partition':
        this.#network.partition(NODE.address, this.#addressOf(fault.from), fault.forMs);
        break;
      case 'loss':
        this.#network.doomed.push(...fault.of.map((pattern) => new RegExp(pattern, 's')));
        break;
      case 'connections-reset':
        this.#network.host(this.#addressOf(fault.of)).resetConnections();
        break;
      case 'disk-full':
        this.#store.full = true;
        world.after(fault.forMs, () => {
          this.#store.full = false;
        });
        break;
      case 'dns':
      case 'dns-changes':
        this.#befallDns(fault);
        break;
      case 'divert':
        this.#divert(fault.number, fault.to);
        break;
      case 'operator-hangs-up': {
        const call = this.#host.node?.calls()[0];
        if (call !== undefined) this.#host.do((node) => node.hangUp(call.id, world.now).effects);
        break;
      }
      case 'drain':
        this.#host.node?.drain();
        break;
      case 'noise':
        makeNoise(this.#network.host(STRANGER.address), { transport: 'udp', local: STRANGER, remote: NODE });
        break;
      case 'test-call':
        this.#host.do((node) => node.startTestCall(fault.number, world.now).effects);
        break;
    }
    this.trace.note('fate', JSON.stringify(fault));
  }

  #die({ of, how, backMs }: Fault & { readonly type: 'death' }): void {
    const victim = this.#phones.get(of) ?? this.#carriers.get(of);
    victim?.agent.die(how);
    if (backMs === undefined) return;
    this.#world.after(backMs, () => {
      if (victim !== undefined && !victim.agent.alive) victim.boot();
    });
  }

  #dieAtNextWrite({ moment, of, downMs }: Fault & { readonly type: 'crash-at-write' }): void {
    const store = this.#store;
    const { recordings } = store;
    const disarm = (): typeof moment => {
      this.#spareWrites();
      return moment;
    };
    store.dies = (writes) => (writes.some(({ type }) => TELEPHONE_WRITES.has(type)) ? disarm() : undefined);
    if (of === 'anything') recordings.dies = disarm;
    store.die = () => {
      this.trace.note('fate', `dies ${moment === 'told' ? 'when it was told of' : moment} a write`);
      this.#host.crash();
      this.#world.after(downMs, () => {
        if (this.#host.node === undefined) this.#host.start();
      });
    };
    recordings.die = store.die;
  }

  #spareWrites(): void {
    this.#store.dies = () => undefined;
    this.#store.recordings.dies = () => undefined;
  }

  #befallDns(fault: Fault & { readonly type: 'dns' | 'dns-changes' }): void {
    const { records } = this.#zone;
    if (fault.type === 'dns') this.#zone.state = fault.how;
    else this.#zone.records = { ...records, ...fault.records };
    this.#world.after(fault.forMs, () => {
      if (fault.type === 'dns') this.#zone.state = 'answers';
      else this.#zone.records = records;
    });
  }

  #addressOf(name: string): string {
    return (this.#phones.get(name) ?? this.#carriers.get(name))?.options.address ?? '';
  }

  #divert(number: string, to: string | undefined): void {
    if (this.#cast !== undefined) return this.#cast.divert(number, to);
    for (const account of this.#store.accounts.values()) {
      if (!account.numbers.some((record) => record.number === number)) continue;
      const numbers = account.numbers.map((record) => {
        if (record.number !== number) return record;
        const { divert: _, ...plain } = record;
        return to === undefined
          ? plain
          : { ...plain, divert: { to, since: this.#world.now, by: 'simulation' } };
      });
      this.#host.change({ ...account, numbers });
    }
  }
}

/** What whoever is called does. `dying`: the chance that it dies of it. */
function drawReaction(random: SeededRandom, dying: number): Reaction {
  const ringMs = random.between(5, 1_200);
  const howDead = random.pick(['killed', 'vanished'] as const);
  return random.weighted<Reaction>([
    [
      0.55,
      {
        type: 'answer',
        ringMs,
        early: random.chance(0.2),
        answerMs: random.between(0, 12_000),
        talk: drawTalk(random, false),
      },
    ],
    [
      0.2,
      {
        type: 'reject',
        ringMs,
        rejectMs: random.between(0, 6_000),
        status: random.pick([486, 486, 603, 480, 404, 503, 488, 500]),
      },
    ],
    [0.1, { type: 'ring', ringMs }],
    [0.04, { type: 'stuck' }],
    [0.05, { type: 'ignore' }],
    [0.06, { type: 'answer-on-cancel', ringMs, talk: drawTalk(random, false) }],
    [dying, { type: 'die', ringMs, dieMs: random.between(0, 8_000), how: howDead }],
  ]);
}
