// The carrier connections of a node: whose call is this that comes in, and which way do calls go out.
//
// Pure: requests (OPTIONS for health, REGISTER) go out as effects; the node sends each in a client
// transaction and reports with `answered` or `failed`. DNS is app/'s: it hands in endpoints.

import { assert, present } from '../base/assert.ts';
import type { Endpoint, Flow } from '../base/net.ts';
import { earlier, type Instant } from '../base/time.ts';
import type { TrunkSettings } from '../ports/records.ts';
import type { SipResponse } from '../sip/message/message.ts';
import type { Health } from './health.ts';
import { contains, type Prefix, parseAddress, parsePrefix } from './prefix.ts';
import { HEALTH_RANK, Trunk, type TrunkEffect, type TrunkRequest, type TrunksOptions } from './trunk.ts';

/** A way out: this trunk, at this of its endpoints. */
export interface TrunkCandidate {
  readonly trunk: TrunkSettings;
  readonly endpoint: Endpoint;
  readonly health: Health;
}

/** What people are shown of a trunk. */
export interface TrunkState {
  readonly name: string;
  readonly target: string;
  readonly health: Health;
  readonly healthSince: Instant;
  readonly healthReason: string;
  readonly roundTripMs?: number;
  readonly registration?: {
    readonly state: 'registered' | 'trying' | 'failed';
    readonly reason: string;
    readonly until?: Instant;
  };
  readonly inbound: boolean;
  readonly outbound: boolean;
  readonly callsActive: number;
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
    for (const trunk of this.#trunks.values()) {
      const { host, port } = trunk.settings.target;
      if (parseAddress(host) !== undefined) trunk.resolved([{ address: host, port }], 0);
    }
  }

  /**
   * Where the trunk's host is now, in the order of DNS. An empty answer changes nothing: DNS may be what is
   * under attack, and the carrier is likely still where it was.
   */
  resolved(name: string, endpoints: readonly Endpoint[], now: Instant): void {
    if (endpoints.length > 0) this.#get(name).resolved(endpoints, now);
  }

  /**
   * The trunk whose call comes in over this flow. A resolved target at exactly this address and port comes
   * first, then `from` by the longest prefix. A target's address alone proves nothing: phones may share it.
   */
  identify(flow: Flow): TrunkSettings | undefined {
    const { address, port } = flow.remote;
    for (const { settings, endpoints } of this.#trunks.values()) {
      if (!settings.inbound || settings.target.transport !== flow.transport) continue;
      if (endpoints.some(({ endpoint }) => endpoint.address === address && endpoint.port === port))
        return settings;
    }
    const bytes = parseAddress(address);
    return bytes && this.#sources.find(({ prefix }) => contains(prefix, bytes))?.settings;
  }

  /**
   * Ways out in the order to try them: those that are up, then unknown, then down (better a try than
   * nothing); among equals by order, then shared by weight. Full trunks are left out, except for emergency calls,
   * which are the carrier's to refuse (law 7).
   */
  candidates(options: { readonly emergency: boolean } = { emergency: false }): readonly TrunkCandidate[] {
    const ways: { candidate: TrunkCandidate; order: number; lot: number }[] = [];
    for (const trunk of this.#trunks.values()) {
      const { settings } = trunk;
      const full = trunk.callsActive >= settings.callsMax && !options.emergency;
      if (!settings.outbound || full) continue;
      // The smallest of exponential variates with rates w falls on each in proportion to w.
      const chance = this.#random.fraction();
      const lot = settings.weight > 0 ? -Math.log(1 - chance) / settings.weight : Number.POSITIVE_INFINITY;
      for (const known of trunk.endpoints) {
        const candidate = { trunk: settings, endpoint: known.endpoint, health: trunk.healthOf(known) };
        ways.push({ candidate, order: settings.order, lot });
      }
    }
    const rank = ({ candidate }: { candidate: TrunkCandidate }): number => HEALTH_RANK[candidate.health];
    ways.sort(
      (a, b) => rank(a) - rank(b) || a.order - b.order || (a.lot < b.lot ? -1 : a.lot > b.lot ? 1 : 0),
    );
    return ways.map(({ candidate }) => candidate);
  }

  callStarted(name: string): void {
    this.#get(name).callsActive += 1;
  }

  callEnded(name: string): void {
    const trunk = this.#get(name);
    assert(trunk.callsActive > 0, `a call ended on ${name} that never started`);
    trunk.callsActive -= 1;
  }

  /** A call got an answer there that shows the carrier at work: anything but 408 and 503. */
  callSucceeded(name: string, endpoint: Endpoint, now: Instant): readonly TrunkEffect[] {
    return this.#get(name).callSucceeded(endpoint, now);
  }

  /** A call got no sign of life there, the transport failed, or the carrier answered 408 or 503. */
  callFailed(name: string, endpoint: Endpoint, reason: string, now: Instant): readonly TrunkEffect[] {
    return this.#get(name).callFailed(endpoint, reason, now);
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

function view(trunk: Trunk): TrunkState {
  const { settings, registration } = trunk;
  const { host, port, transport } = settings.target;
  const roundTripMs = trunk.best?.health.roundTripMs;
  return {
    name: settings.name,
    target: `${transport}:${host.includes(':') ? `[${host}]` : host}:${port}`,
    health: trunk.health,
    healthSince: trunk.since,
    healthReason: trunk.reason,
    ...(roundTripMs !== undefined && { roundTripMs }),
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
    ...(settings.note !== undefined && { note: settings.note }),
  };
}

function prefixOf(range: string): Prefix {
  const prefix = parsePrefix(range);
  assert(prefix.ok, `a trunk's from is checked with the configuration: ${range}`);
  return prefix.value;
}
