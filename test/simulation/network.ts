// The simulated network: datagrams that are lost, late, doubled and overtaken; connections that keep their
// order but break; hosts that die without a word; ports that nobody listens on; partitions.
//
// A killed process and a dead host differ as in life: after a kill the system closes the connections and
// answers datagrams with "port unreachable"; a dead host swallows everything.

import { present } from '../../src/base/assert.ts';
import { text } from '../../src/base/bytes.ts';
import { type Endpoint, type Flow, formatEndpoint } from '../../src/base/net.ts';
import type { Packet, SignallingHandler } from '../../src/ports/signalling.ts';
import type { Trace } from './trace.ts';
import type { SeededRandom, World } from './world.ts';

/** How datagrams fare. Connections feel only the latency. */
export interface Weather {
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly latencyMs: readonly [min: number, max: number];
  /** Chance that a datagram takes up to ten times as long, and is overtaken. */
  readonly lateRate: number;
  /** Chance that the sender hears of a closed port. */
  readonly icmpRate: number;
}

/** How long a connection is tried over a silent path, and how long one may take to be made. */
const GIVE_UP_MS = 12_000;
const CONNECT_MS = 2_000;
const RETRANSMIT_MS = 1_000;
const LOSSES_MAX = 2;

export class Network {
  readonly world: World;
  readonly trace: Trace;
  readonly weather: Weather;
  readonly random: SeededRandom;
  readonly #hosts = new Map<string, Host>();
  readonly #cuts = new Map<string, number>();
  /** Each takes one datagram that it matches with it. */
  readonly doomed: RegExp[] = [];
  readonly #losses = new Map<string, number>();
  #connections = 0;

  constructor(world: World, trace: Trace, weather: Weather) {
    this.world = world;
    this.trace = trace;
    this.weather = weather;
    this.random = world.random.fork('network');
  }

  host(address: string): Host {
    const known = this.#hosts.get(address) ?? new Host(this, address);
    this.#hosts.set(address, known);
    return known;
  }

  /** Nothing passes between the two addresses for this long. */
  partition(a: string, b: string, forMs: number): void {
    this.#cuts.set(cutKey(a, b), this.world.now + forMs);
  }

  passes(from: Host, to: Host): boolean {
    return (
      from.alive && to.alive && this.world.now >= (this.#cuts.get(cutKey(from.address, to.address)) ?? 0)
    );
  }

  /**
   * The same datagram is lost twice at most, and the third gets through: so rules about what is repeated can
   * be strict, and a run never depends on a run of bad luck that life does not have either.
   */
  loses(bytes: Uint8Array): boolean {
    if (!this.random.chance(this.weather.lossRate)) return this.#isDoomed(bytes);
    const datagram = text(bytes);
    const times = (this.#losses.get(datagram) ?? 0) + 1;
    this.#losses.set(datagram, times);
    return times <= LOSSES_MAX;
  }

  #isDoomed(bytes: Uint8Array): boolean {
    if (this.doomed.length === 0) return false;
    const datagram = text(bytes);
    const index = this.doomed.findIndex((pattern) => pattern.test(datagram));
    if (index !== -1) this.doomed.splice(index, 1);
    return index !== -1;
  }

  latencyMs(): number {
    return this.random.between(...this.weather.latencyMs);
  }

  /** For each connection its number, which also gives the connecting end's port. */
  nextConnection(): number {
    this.#connections += 1;
    return this.#connections;
  }
}

function cutKey(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

/** One machine with one address, and at most one program on it. */
export class Host {
  readonly address: string;
  /** False: powered off or unplugged. It swallows what comes. */
  alive = true;
  readonly #network: Network;
  #handler: SignallingHandler | undefined;
  #ports: ReadonlySet<string> = new Set();
  /** What has arrived and the program has not read yet: it reads all of it in one turn. */
  #inbox: Packet[] = [];
  readonly #connections = new Map<string, ConnectionEnd>();

  constructor(network: Network, address: string) {
    this.#network = network;
    this.address = address;
  }

  /** The program's listeners, such as `udp:5060` and `tcp:5060`. */
  listen(ports: readonly string[], handler: SignallingHandler): void {
    this.#handler = handler;
    this.#ports = new Set(ports);
  }

  /** kill -9: the program is gone, the system closes its connections and the other ends hear of it. */
  kill(): void {
    for (const end of this.#connections.values()) end.shut();
    this.#forget();
  }

  /** The plug is pulled: no one hears of anything. */
  vanish(): void {
    this.alive = false;
    for (const end of this.#connections.values()) end.open = false;
    this.#forget();
  }

  #forget(): void {
    this.#handler = undefined;
    this.#ports = new Set();
    this.#inbox = [];
    this.#connections.clear();
  }

  /** All its connections are reset by something on the way; both ends hear of it. */
  resetConnections(): void {
    for (const end of [...this.#connections.values()]) {
      end.shut();
      end.lost('reset on the way');
    }
  }

  send(flow: Flow, bytes: Uint8Array): void {
    if (this.#handler === undefined) return;
    if (flow.transport === 'udp') this.#sendDatagram(flow, bytes);
    else this.#sendStream(flow, bytes);
  }

  #sendDatagram(flow: Flow, bytes: Uint8Array): void {
    const { random, weather, trace, world } = this.#network;
    const to = this.#network.host(flow.remote.address);
    const lost = this.#network.loses(bytes);
    const copies = random.chance(weather.duplicateRate) ? 2 : 1;
    const passes = this.#network.passes(this, to);
    trace.message(
      flow.local,
      flow.remote,
      bytes,
      !passes ? 'swallowed' : lost ? 'lost' : copies > 1 ? 'doubled' : 'sent',
    );
    if (!passes || lost) return;
    for (let i = 0; i < copies; i++) {
      const slowness = random.chance(weather.lateRate) ? random.between(2, 10) : 1;
      world.after(this.#network.latencyMs() * slowness, () => {
        if (to.accepts('udp', flow.remote.port)) to.arrive({ flow: reversed(flow), bytes });
        else if (to.alive && random.chance(weather.icmpRate)) {
          world.after(this.#network.latencyMs(), () => this.tellFailed(flow, 'port unreachable'));
        }
      });
    }
  }

  #sendStream(flow: Flow, bytes: Uint8Array): void {
    const { connectionId } = flow;
    const end =
      connectionId === undefined
        ? (this.#connectionTo(flow.remote) ?? this.#connect(flow))
        : this.#connections.get(connectionId);
    if (end === undefined)
      this.#network.world.after(0, () => this.tellFailed(flow, 'the connection is closed'));
    else end.send(bytes);
  }

  #connectionTo(remote: Endpoint): ConnectionEnd | undefined {
    const key = formatEndpoint(remote);
    for (const end of this.#connections.values()) if (formatEndpoint(end.flow.remote) === key) return end;
    return undefined;
  }

  /** Three-way handshake; what is sent meanwhile waits. */
  #connect(flow: Flow): ConnectionEnd {
    const network = this.#network;
    const { world } = network;
    const number = network.nextConnection();
    const to = network.host(flow.remote.address);
    const here = new ConnectionEnd(network, this, { ...flow, connectionId: `c${number}` });
    const there = new ConnectionEnd(network, to, {
      transport: flow.transport,
      local: flow.remote,
      remote: { address: this.address, port: 40_000 + number },
      connectionId: `s${number}`,
    });
    here.peer = there;
    there.peer = here;
    this.#connections.set(`c${number}`, here);
    const fail = (reason: string): void => {
      if (this.#connections.delete(`c${number}`)) this.tellFailed(flow, reason);
    };
    if (!network.passes(this, to)) {
      world.after(CONNECT_MS, () => fail('the connection timed out'));
      return here;
    }
    const latencyMs = network.latencyMs();
    world.after(latencyMs, () => {
      if (to.accepts(flow.transport, flow.remote.port)) to.#connections.set(`s${number}`, there);
      else world.after(latencyMs, () => fail('the connection was refused'));
      if (to.accepts(flow.transport, flow.remote.port)) world.after(latencyMs, () => here.established());
    });
    return here;
  }

  accepts(transport: string, port: number): boolean {
    return this.alive && this.#handler !== undefined && this.#ports.has(`${transport}:${port}`);
  }

  /** The program reads in one turn whatever arrived in this millisecond. */
  arrive(packet: Packet): void {
    this.#inbox.push(packet);
    if (this.#inbox.length > 1) return;
    this.#network.world.after(0, () => {
      const batch = this.#inbox;
      this.#inbox = [];
      if (batch.length > 0) this.#handler?.received(batch);
    });
  }

  tellFailed(flow: Flow, reason: string): void {
    this.#handler?.failed(flow, reason);
  }

  /** The program learns that a connection is gone, and whether something it sent went with it. */
  tellClosed(end: ConnectionEnd, unsent: boolean, reason: string): void {
    if (!this.#connections.delete(present(end.flow.connectionId, 'connection id'))) return;
    if (unsent) this.tellFailed(end.flow, reason);
    this.#handler?.closed(end.flow);
  }
}

function reversed(flow: Flow): Flow {
  return { transport: flow.transport, local: flow.remote, remote: flow.local };
}

/** One end of a connection, as its host sees it. */
class ConnectionEnd {
  readonly flow: Flow;
  open = true;
  peer: ConnectionEnd | undefined;
  readonly #network: Network;
  readonly #host: Host;
  #established = false;
  /** Sent by the program, not yet on its way; since when the first of it waits. */
  #queue: Uint8Array[] = [];
  #waitingSince: number | undefined;
  /** When the last bytes sent arrive over there: nothing overtakes them. */
  #lastArrival = 0;

  constructor(network: Network, host: Host, flow: Flow) {
    this.#network = network;
    this.#host = host;
    this.flow = flow;
  }

  established(): void {
    this.#established = true;
    const { peer } = this;
    if (peer !== undefined) peer.#established = true;
    this.#flush();
  }

  send(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    if (this.#queue.length === 1 && (this.#established || this.#accepted)) this.#flush();
  }

  /** The accepting end may send as soon as it has been sent something. */
  get #accepted(): boolean {
    return this.flow.connectionId?.startsWith('s') === true;
  }

  #flush(): void {
    const { world, trace } = this.#network;
    const peer = present(this.peer, 'the other end');
    if (!this.open || this.#queue.length === 0) return;
    if (!peer.open && peer.#host.alive) {
      world.after(this.#network.latencyMs(), () => this.lost('reset by the peer'));
      return;
    }
    if (!this.#network.passes(this.#host, peer.#host)) {
      this.#waitingSince ??= world.now;
      if (world.now - this.#waitingSince >= GIVE_UP_MS) this.lost('the peer is silent');
      else world.after(RETRANSMIT_MS, () => this.#flush());
      return;
    }
    this.#waitingSince = undefined;
    for (const bytes of this.#queue.splice(0)) {
      trace.message(this.flow.local, this.flow.remote, bytes, 'sent');
      this.#lastArrival = Math.max(this.#lastArrival, world.now + this.#network.latencyMs());
      world.at(this.#lastArrival, () => {
        if (peer.open) peer.#host.arrive({ flow: peer.flow, bytes });
      });
    }
  }

  /** This end is closed by its system; the other hears of it if anything passes. */
  shut(): void {
    this.open = false;
    const peer = present(this.peer, 'the other end');
    if (!this.#network.passes(this.#host, peer.#host)) return;
    this.#network.world.after(this.#network.latencyMs(), () => peer.lost('closed by the peer'));
  }

  /** This end learns that the connection is gone; what had not been sent fails. */
  lost(reason: string): void {
    this.open = false;
    this.#host.tellClosed(this, this.#queue.splice(0).length > 0, reason);
  }
}
