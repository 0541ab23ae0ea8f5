// The carrier connections of a node: whose call is this that comes in, and which way do calls go out.
//
// Pure: requests (OPTIONS for health, REGISTER) go out as effects; the node sends each in a client
// transaction and reports with `answered` or `failed`. DNS is app/'s: it hands in endpoints.

import { assert, present } from '../base/assert.ts';
import { ipv4Number, parseAddress } from '../base/ip.ts';
import {
  type Destination,
  type Endpoint,
  type Flow,
  formatDestination,
  type TransportName,
} from '../base/net.ts';
import { contains, containsIpv4, type Prefix, parsePrefix } from '../base/prefix.ts';
import { earlier, type Instant } from '../base/time.ts';
import type { TrunkSettings } from '../ports/records.ts';
import { speaksFor } from '../sip/certificate/identity.ts';
import type { Server } from '../sip/location/locate.ts';
import { orderServers } from '../sip/location/order.ts';
import type { SipResponse } from '../sip/message/message.ts';
import type { Health } from './health.ts';
import { HEALTH_RANK, Trunk, type TrunkEffect, type TrunkRequest, type TrunksOptions } from './trunk.ts';

/** A way out: this trunk, at this of its endpoints. */
export interface TrunkCandidate {
  readonly trunk: TrunkSettings;
  readonly destination: Destination;
  readonly health: Health;
}

/** One of a trunk's endpoints, for people. */
export interface TrunkServerState {
  /** `udp:198.51.100.7:5060` */
  readonly address: string;
  /** The host that has the address: the trunk's own, or one that SRV names. */
  readonly name: string;
  readonly priority: number;
  readonly weight: number;
  readonly health: Health;
  readonly healthReason: string;
  readonly roundTripMs?: number;
}

/** What people are shown of a trunk. */
export interface TrunkState {
  readonly name: string;
  readonly target: string;
  readonly health: Health;
  readonly healthSince: Instant;
  readonly healthReason: string;
  readonly roundTripMs?: number;
  /** Where it is, in the order of DNS. */
  readonly servers: readonly TrunkServerState[];
  readonly registration?: {
    readonly state: 'registered' | 'trying' | 'failed';
    readonly reason: string;
    readonly until?: Instant;
  };
  readonly inbound: boolean;
  readonly outbound: boolean;
  readonly callsActive: number;
  /** Of these, those that wait for their turn; absent where the carrier takes any number in a second. */
  readonly callsWaiting?: number;
  /** Whose network it leads to. */
  readonly carrier: string;
  readonly note?: string;
}

export class Trunks {
  readonly #trunks: ReadonlyMap<string, Trunk>;
  readonly #sources: readonly { readonly prefix: Prefix; readonly settings: TrunkSettings }[];
  readonly #random: TrunksOptions['random'];

  /** `from` must hold addresses and CIDR ranges only: the configuration is checked before. */
  constructor(settings: readonly TrunkSettings[], options: TrunksOptions) {
    this.#random = options.random;
    this.#trunks = new Map(settings.map((each) => [each.name, new Trunk(each, options)]));
    assert(this.#trunks.size === settings.length, 'trunk names are unique');
    this.#sources = settings
      .filter((each) => each.inbound)
      .flatMap((each) => each.from.map((range) => ({ prefix: prefixOf(range), settings: each })))
      .sort((a, b) => b.prefix.bits - a.prefix.bits);
  }

  /**
   * Where the trunk's target is now. That it is nowhere changes nothing: DNS may be what is under attack, and the
   * carrier is likely still where it was. `trouble` says why that may be old, or is not known.
   */
  located(
    name: string,
    servers: readonly Server[],
    trouble: string | undefined,
    now: Instant,
  ): readonly TrunkEffect[] {
    return this.#get(name).located(servers, trouble, now);
  }

  /**
   * The trunk whose call comes in over this flow. A verified certificate says it best; then a resolved target at
   * exactly this address and port; then `from` by the longest prefix. A target's address alone proves nothing:
   * phones may share it.
   */
  identify(flow: Flow): TrunkSettings | undefined {
    const { transport, remote, peerDomains } = flow;
    const proven = peerDomains === undefined ? undefined : this.#certified(peerDomains);
    if (proven !== undefined) return proven;
    // Asked for each packet that comes in: nothing is written down to be compared.
    for (const { settings, endpoints } of this.#trunks.values()) {
      if (settings.inbound && endpoints.some(({ destination }) => isAt(destination, transport, remote)))
        return settings;
    }
    const ipv4 = ipv4Number(remote.address);
    if (ipv4 >= 0) return this.#sources.find(({ prefix }) => containsIpv4(prefix, ipv4))?.settings;
    const bytes = parseAddress(remote.address);
    return bytes && this.#sources.find(({ prefix }) => contains(prefix, bytes))?.settings;
  }

  /** This is where we reach a carrier: what comes over it answers to us. */
  reaches({ transport, remote }: Flow): boolean {
    const there = formatDestination({ transport, ...remote });
    return [...this.#trunks.values()].some(({ endpoints }) => endpoints.some(({ key }) => key === there));
  }

  /** What its certificate must speak for when we connect to it (RFC 5922 §7.2). */
  domainOf(name: string): string {
    return certificateDomain(this.#get(name).settings);
  }

  #certified(peerDomains: readonly string[]): TrunkSettings | undefined {
    for (const { settings } of this.#trunks.values()) {
      const names = [certificateDomain(settings), ...(settings.tls?.clientDomains ?? [])];
      if (settings.inbound && names.some((name) => speaksFor(peerDomains, name))) return settings;
    }
    return undefined;
  }

  /**
   * Ways out in the order to try them: those that are up, then unknown, then down (better a try than
   * nothing); among equals by order, then shared by weight. The servers of one trunk follow each other as DNS says
   * (RFC 2782), those that failed the last call behind those that did not. Full trunks are left out, except
   * for emergency calls, which are the carrier's to refuse (law 7).
   */
  candidates(options: { readonly emergency: boolean } = { emergency: false }): readonly TrunkCandidate[] {
    const ways: { candidate: TrunkCandidate; order: number; lot: number; place: number }[] = [];
    for (const trunk of this.#trunks.values()) {
      const { settings } = trunk;
      const full = trunk.callsActive >= settings.callsMax && !options.emergency;
      if (!settings.outbound || full) continue;
      // The smallest of exponential variates with rates w falls on each in proportion to w.
      const chance = this.#random.fraction();
      const lot = settings.weight > 0 ? -Math.log(1 - chance) / settings.weight : Number.POSITIVE_INFINITY;
      const places = this.#drawn(trunk);
      for (const known of trunk.endpoints) {
        const { destination } = known;
        const place = places.indexOf(known.key);
        const candidate = { trunk: settings, destination, health: trunk.healthOf(known) };
        const doubted = known.health.failuresRunning > 0 ? places.length : 0;
        ways.push({ candidate, order: settings.order, lot, place: place + doubted });
      }
    }
    const rank = ({ candidate }: { candidate: TrunkCandidate }): number => HEALTH_RANK[candidate.health];
    ways.sort((a, b) => rank(a) - rank(b) || a.order - b.order || compare(a.lot, b.lot) || a.place - b.place);
    return ways.map(({ candidate }) => candidate);
  }

  /** The trunk's destinations in an order drawn for one call. */
  #drawn({ servers }: Trunk): readonly string[] {
    return orderServers(servers, () => this.#random.fraction()).flatMap(({ transport, addresses, port }) =>
      addresses.map((address) => formatDestination({ transport, address, port })),
    );
  }

  /** Those that are not urgent join the line of those that the carrier is given in a second. */
  callStarted(name: string, call: string, isUrgent: boolean): void {
    const trunk = this.#get(name);
    trunk.callsActive += 1;
    if (!isUrgent) trunk.pace?.join(call);
  }

  /** How long a call would wait for its turn that came now. */
  waitMs(name: string, now: Instant): number {
    return this.#get(name).pace?.waitMs(now) ?? 0;
  }

  /** `undefined`: its INVITE may go now, and counts. Else it is to ask again then. */
  turnOf(name: string, call: string, now: Instant): Instant | undefined {
    return this.#get(name).pace?.goes(call, now);
  }

  callEnded(name: string, call: string): void {
    const trunk = this.#get(name);
    trunk.pace?.leave(call);
    assert(trunk.callsActive > 0, `a call ended on ${name} that never started`);
    trunk.callsActive -= 1;
  }

  /** A call got an answer there that shows the carrier at work: anything but 408 and 503. */
  callSucceeded(name: string, at: Destination, now: Instant): readonly TrunkEffect[] {
    return this.#get(name).callSucceeded(at, now);
  }

  /** A call got no sign of life there, the transport failed, or the carrier answered 408 or 503. */
  callFailed(name: string, at: Destination, reason: string, now: Instant): readonly TrunkEffect[] {
    return this.#get(name).callFailed(at, reason, now);
  }

  /** The final response to a request of ours. */
  answered(sent: TrunkRequest, response: SipResponse, now: Instant): readonly TrunkEffect[] {
    return this.#get(sent.trunk).answered(sent, response, now);
  }

  /** A request of ours got no response. */
  failed(sent: TrunkRequest, reason: string, now: Instant): readonly TrunkEffect[] {
    return this.#get(sent.trunk).failed(sent, reason, now);
  }

  expire(now: Instant): readonly TrunkEffect[] {
    return [...this.#trunks.values()].flatMap((trunk) => trunk.expire(now));
  }

  nextDeadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const trunk of this.#trunks.values()) next = earlier(next, trunk.nextDeadline());
    return next;
  }

  /** Unregisters where registered. Nothing is sent afterwards but what answers to that need. */
  stop(now: Instant): readonly TrunkEffect[] {
    return [...this.#trunks.values()].flatMap((trunk) => trunk.stop(now));
  }

  views(): readonly TrunkState[] {
    return [...this.#trunks.values()].map(view);
  }

  #get(name: string): Trunk {
    return present(this.#trunks.get(name), `trunk ${name}`);
  }
}

function certificateDomain({ tls, target }: TrunkSettings): string {
  return tls?.domain ?? target.host;
}

function view(trunk: Trunk): TrunkState {
  const { settings, registration } = trunk;
  const roundTripMs = trunk.best?.health.roundTripMs;
  return {
    name: settings.name,
    target: formatTarget(settings.target),
    health: trunk.health,
    healthSince: trunk.since,
    healthReason: trunk.reason,
    ...(roundTripMs !== undefined && { roundTripMs }),
    servers: trunk.servers.flatMap((server) => serverStates(trunk, server)),
    ...(registration !== undefined && {
      registration: {
        state: registration.state,
        reason: registration.reason,
        ...(registration.until !== undefined && { until: registration.until }),
      },
    }),
    inbound: settings.inbound,
    outbound: settings.outbound,
    callsActive: trunk.callsActive,
    ...(trunk.pace !== undefined && { callsWaiting: trunk.pace.waiting }),
    carrier: settings.carrier ?? settings.name,
    ...(settings.note !== undefined && { note: settings.note }),
  };
}

function serverStates(trunk: Trunk, server: Server): readonly TrunkServerState[] {
  const { transport, name, port, addresses, priority, weight } = server;
  return addresses.flatMap((address) => {
    const at = formatDestination({ transport, address, port });
    const known = trunk.endpoints.find(({ key }) => key === at);
    if (known === undefined) return [];
    const { reason: healthReason, roundTripMs } = known.health;
    return [
      {
        address: at,
        name,
        priority,
        weight,
        health: known.health.state,
        healthReason,
        ...(roundTripMs !== undefined && { roundTripMs }),
      },
    ];
  });
}

/** As it is configured: `udp:198.51.100.7:5060`, or `sip.carrier-a.example` where the rest is looked up. */
function formatTarget({ host, port, transport }: TrunkSettings['target']): string {
  const address = host.includes(':') ? `[${host}]` : host;
  return `${transport === undefined ? '' : `${transport}:`}${address}${port === undefined ? '' : `:${port}`}`;
}

function isAt(there: Destination, transport: TransportName, { address, port }: Endpoint): boolean {
  return there.port === port && there.transport === transport && there.address === address;
}

/** Infinity has no difference to itself. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function prefixOf(range: string): Prefix {
  const prefix = parsePrefix(range);
  assert(prefix.ok, `a trunk's from is checked with the configuration: ${range}`);
  return prefix.value;
}
