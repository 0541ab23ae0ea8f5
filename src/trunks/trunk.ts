// One carrier connection as it is now: where it is, whether it answers, whether we are registered, how many
// calls it carries. It may have several servers with several addresses (RFC 3263); each address is an endpoint
// with a health and a transport of its own, and the trunk is as well as the best of them. A trunk that ought to be
// registered and is not counts as `unknown` at best: worth a try, after those that are known to be good.

import { hex } from '../base/ids.ts';
import {
  type Destination,
  type Endpoint,
  formatDestination,
  formatEndpoint,
  type TransportName,
} from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import type { TrunkSettings } from '../ports/records.ts';
import type { Server } from '../sip/location/locate.ts';
import { defaultPort } from '../sip/location/target.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../sip/message/message.ts';
import { EndpointHealth, type Health, PROBING } from './health.ts';
import { Pace } from './pace.ts';
import { Registration } from './registration.ts';

export interface TrunksOptions {
  /** Our SIP domain, for From and Call-ID. */
  readonly domain: string;
  readonly userAgent: string;
  /** The address and port at which a carrier reaches us over this transport. */
  readonly advertised: (transport: TransportName, remote: Endpoint) => Endpoint;
  /** When the trunks came to be. */
  readonly now: Instant;
  readonly random: Random;
  readonly hashing: Hashing;
}

/** A request for the node to send in a client transaction of its own; it reports with this very object. */
export interface TrunkRequest {
  readonly type: 'request';
  readonly trunk: string;
  readonly purpose: 'options' | 'register';
  readonly request: SipRequest;
  readonly destination: Destination;
  readonly sentAt: Instant;
}

export interface TrunkHealthChange {
  readonly type: 'health';
  readonly name: string;
  readonly health: Health;
  readonly reason: string;
  readonly at: Instant;
}

export type TrunkEffect = TrunkRequest | TrunkHealthChange;

export interface TrunkEndpoint {
  readonly destination: Destination;
  /** The same as text, by which it is found. */
  readonly key: string;
  readonly health: EndpointHealth;
  probeAt: Instant;
  /** The probe whose answer is awaited. A report about any other comes too late to count as a failure. */
  probe: TrunkRequest | undefined;
}

/** Answers to OPTIONS that say "not now" rather than "here I am". */
const UNWELL: ReadonlySet<number> = new Set([408, 503]);

export class Trunk {
  readonly settings: TrunkSettings;
  callsActive = 0;
  /** Absent: the carrier takes any number of calls in a second. */
  readonly pace: Pace | undefined;
  /** In the order of DNS: by priority, and within a server as its addresses came. */
  endpoints: readonly TrunkEndpoint[] = [];
  /** Where it is, by name and weight; each of its addresses is one of the endpoints. */
  servers: readonly Server[] = [];
  /** Why nothing is known of where it is, or why that may be old. */
  trouble: string | undefined;
  readonly registration: Registration | undefined;
  readonly #options: TrunksOptions;
  #told: Health = 'unknown';
  #since: Instant;
  #stopped = false;

  constructor(settings: TrunkSettings, options: TrunksOptions) {
    this.settings = settings;
    this.#options = options;
    this.#since = options.now;
    const { callsPerSecondMax } = settings;
    this.pace = callsPerSecondMax === undefined ? undefined : new Pace(callsPerSecondMax);
    if (settings.register === undefined) return;
    this.registration = new Registration({
      registrar: settings.register.registrar,
      expiresMs: settings.register.expiresMs,
      user: settings.credentials?.user ?? settings.name,
      password: settings.credentials?.password,
      userAgent: options.userAgent,
      random: options.random,
      hashing: options.hashing,
    });
  }

  get since(): Instant {
    return this.#since;
  }

  /** Of this endpoint, given that calls need the registration too. */
  healthOf(endpoint: TrunkEndpoint): Health {
    const registered = this.registration === undefined || this.registration.state === 'registered';
    return endpoint.health.state === 'up' && !registered ? 'unknown' : endpoint.health.state;
  }

  /** Its best endpoint: the healthiest, then the one with the fewest failures running, then the first. */
  get best(): TrunkEndpoint | undefined {
    let best: TrunkEndpoint | undefined;
    for (const candidate of this.endpoints) {
      if (best === undefined || compare(candidate, best) < 0) best = candidate;
    }
    return best;
  }

  get health(): Health {
    const best = this.best;
    if (best !== undefined) return this.healthOf(best);
    return this.trouble === undefined ? 'unknown' : 'down';
  }

  get reason(): string {
    const best = this.best;
    if (best === undefined) return this.trouble ?? `${this.settings.target.host} is not resolved yet`;
    const unregistered = this.registration !== undefined && this.registration.state !== 'registered';
    if (best.health.state === 'up' && unregistered) return `not registered: ${this.registration.reason}`;
    if (!this.settings.outbound && best.health.since === undefined)
      return 'not probed: it takes no calls out';
    return best.health.reason;
  }

  /**
   * Where it is now; nowhere changes nothing but the reason. Endpoints that stay keep their health. A trunk that was
   * never found is down, for there is no way to it.
   */
  located(
    servers: readonly Server[],
    trouble: string | undefined,
    now: Instant,
  ): readonly TrunkHealthChange[] {
    this.trouble = trouble;
    if (servers.length > 0) this.#moved(servers, now);
    return this.#tell(now);
  }

  #moved(servers: readonly Server[], now: Instant): void {
    const before = new Map(this.endpoints.map((known) => [known.key, known]));
    const after = new Map<string, TrunkEndpoint>();
    for (const { transport, port, addresses } of [...servers].sort((a, b) => a.priority - b.priority)) {
      for (const address of addresses) {
        const destination = { transport, address, port };
        const key = formatDestination(destination);
        const health = new EndpointHealth(this.#options.random);
        after.set(key, before.get(key) ?? { destination, key, health, probeAt: now, probe: undefined });
      }
    }
    this.servers = servers;
    this.endpoints = [...after.values()];
  }

  nextDeadline(): Instant | undefined {
    if (this.#stopped) return undefined;
    let next = this.endpoints.length === 0 ? undefined : this.registration?.nextDeadline();
    if (this.settings.outbound) {
      for (const { probe, probeAt } of this.endpoints) {
        const due = probe === undefined ? probeAt : probe.sentAt + PROBING.answerMs;
        if (next === undefined || due < next) next = due;
      }
    }
    return next;
  }

  expire(now: Instant): readonly TrunkEffect[] {
    if (this.#stopped) return [];
    const effects: TrunkEffect[] = [];
    if (this.settings.outbound) {
      for (const endpoint of this.endpoints) {
        if (endpoint.probe !== undefined && now >= endpoint.probe.sentAt + PROBING.answerMs) {
          const seconds = PROBING.answerMs / 1000;
          this.#probeFailed(
            endpoint,
            `${formatEndpoint(endpoint.destination)} did not answer in ${seconds} s`,
            now,
          );
        }
        if (endpoint.probe === undefined && now >= endpoint.probeAt) {
          endpoint.probe = this.#send('options', this.#optionsRequest(), endpoint.destination, now);
          effects.push(endpoint.probe);
        }
      }
    }
    const target = this.best?.destination;
    const register = target && this.registration?.expire(this.#contact(target), now);
    if (target !== undefined && register !== undefined)
      effects.push(this.#send('register', register, target, now));
    return [...effects, ...this.#tell(now)];
  }

  /** The final answer to a request of ours. */
  answered(sent: TrunkRequest, response: SipResponse, now: Instant): readonly TrunkEffect[] {
    const roundTripMs = now - sent.sentAt;
    const answer = `answered ${sent.request.method} with ${response.status} in ${Math.round(roundTripMs)} ms`;
    const reason = `${formatEndpoint(sent.destination)} ${answer}`;
    const endpoint = this.#find(sent.destination);
    const effects: TrunkEffect[] = [];
    if (endpoint !== undefined) {
      endpoint.health.roundTripMs = roundTripMs;
      const unwell = sent.purpose === 'options' && UNWELL.has(response.status);
      if (!unwell) this.#succeeded(endpoint, reason, now, sent);
      else if (endpoint.probe === sent) this.#probeFailed(endpoint, reason, now);
    }
    if (sent.purpose === 'register') {
      const next = this.registration?.answered(sent.request, response, now);
      if (next !== undefined) effects.push(this.#send('register', next, sent.destination, now));
    }
    return [...effects, ...this.#tell(now)];
  }

  /** No answer to a request of ours: Timer F, or the transport failed. */
  failed(sent: TrunkRequest, reason: string, now: Instant): readonly TrunkEffect[] {
    const endpoint = this.#find(sent.destination);
    const sentence = `${formatEndpoint(sent.destination)}: ${reason}`;
    if (sent.purpose === 'register') {
      this.registration?.failed(sentence, now);
      if (endpoint !== undefined) this.#failed(endpoint, sentence, now);
    } else if (endpoint?.probe === sent) {
      this.#probeFailed(endpoint, sentence, now);
    }
    return this.#tell(now);
  }

  callSucceeded(at: Destination, now: Instant): readonly TrunkEffect[] {
    const endpoint = this.#find(at);
    if (endpoint !== undefined) this.#succeeded(endpoint, `${formatEndpoint(at)} took a call`, now);
    return this.#tell(now);
  }

  callFailed(at: Destination, reason: string, now: Instant): readonly TrunkEffect[] {
    const endpoint = this.#find(at);
    if (endpoint !== undefined) this.#failed(endpoint, `${formatEndpoint(at)} failed a call: ${reason}`, now);
    return this.#tell(now);
  }

  /** Gives the registration back. No probe follows; reports on what is under way are still taken. */
  stop(now: Instant): readonly TrunkEffect[] {
    this.#stopped = true;
    const target = this.best?.destination;
    const leave = target && this.registration?.leave(this.#contact(target));
    return target && leave ? [this.#send('register', leave, target, now)] : [];
  }

  #find(at: Destination): TrunkEndpoint | undefined {
    const key = formatDestination(at);
    return this.endpoints.find((known) => known.key === key);
  }

  /** A sign of life out of turn (a call, a late answer) may bring the next probe forward, never put it off. */
  #succeeded(endpoint: TrunkEndpoint, reason: string, now: Instant, sent?: TrunkRequest): void {
    const waitMs = endpoint.health.succeeded(reason, now);
    if (sent !== undefined && endpoint.probe === sent) {
      endpoint.probe = undefined;
      endpoint.probeAt = now + waitMs;
    } else {
      endpoint.probeAt = Math.min(endpoint.probeAt, now + waitMs);
    }
  }

  #failed(endpoint: TrunkEndpoint, reason: string, now: Instant): void {
    endpoint.probeAt = Math.min(endpoint.probeAt, now + endpoint.health.failed(reason, now));
  }

  #probeFailed(endpoint: TrunkEndpoint, reason: string, now: Instant): void {
    endpoint.probe = undefined;
    endpoint.probeAt = now + endpoint.health.failed(reason, now);
  }

  /** A change of the whole trunk's health is told once. */
  #tell(now: Instant): readonly TrunkHealthChange[] {
    const health = this.health;
    if (health === this.#told) return [];
    this.#told = health;
    this.#since = now;
    return [{ type: 'health', name: this.settings.name, health, reason: this.reason, at: now }];
  }

  #send(
    purpose: 'options' | 'register',
    request: SipRequest,
    destination: Destination,
    now: Instant,
  ): TrunkRequest {
    return { type: 'request', trunk: this.settings.name, purpose, request, destination, sentAt: now };
  }

  /** How the carrier reaches us: its REGISTER's Contact. */
  #contact({ transport, ...remote }: Destination): string {
    const local = formatEndpoint(this.#options.advertised(transport, remote));
    const user = this.settings.credentials?.user ?? this.settings.name;
    return `sip:${user}@${local}${transport === 'udp' ? '' : `;transport=${transport}`}`;
  }

  #optionsRequest(): SipRequest {
    const { domain, userAgent, random } = this.#options;
    const uri = targetUri(this.settings);
    return new SipRequest(
      'OPTIONS',
      uri,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `<sip:${domain}>;tag=${hex(random.bytes(8))}`],
        ['To', `<${uri}>`],
        ['Call-ID', hex(random.bytes(16))],
        ['CSeq', '1 OPTIONS'],
        ['Accept', 'application/sdp'],
        ['User-Agent', userAgent],
      ]),
    );
  }
}

/** The carrier itself as a Request-URI: `sip:sip.carrier-a.example;transport=tcp`. */
function targetUri(settings: TrunkSettings): string {
  const { host, port, transport } = settings.target;
  const address = host.includes(':') ? `[${host}]` : host;
  const usual = port === defaultPort(transport ?? 'udp');
  const plain = port === undefined || (usual && !host.includes(':'));
  const parameter = transport === undefined || transport === 'udp' ? '' : `;transport=${transport}`;
  return `sip:${address}${plain ? '' : `:${port}`}${parameter}`;
}

export const HEALTH_RANK: Readonly<Record<Health, number>> = { up: 0, unknown: 1, down: 2 };

function compare(a: TrunkEndpoint, b: TrunkEndpoint): number {
  const byHealth = HEALTH_RANK[a.health.state] - HEALTH_RANK[b.health.state];
  return byHealth !== 0 ? byHealth : a.health.failuresRunning - b.health.failuresRunning;
}
