// One carrier connection as it is now: where it is, whether it answers, whether we are registered, how many
// calls it carries. It may have several endpoints (DNS); each has its own health, and the trunk is as well as
// the best of them. A trunk that ought to be registered and is not counts as `unknown` at best: worth a
// try, after those that are known to be good.

import { hex } from '../base/ids.ts';
import { type Endpoint, formatEndpoint } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import type { TrunkSettings } from '../ports/records.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../sip/message/message.ts';
import { EndpointHealth, type Health, PROBING } from './health.ts';
import { Registration } from './registration.ts';

export interface TrunksOptions {
  /** Our SIP domain, for From and Call-ID. */
  readonly domain: string;
  readonly userAgent: string;
  /** The address and port at which a carrier reaches us over this transport. */
  readonly advertised: (transport: 'udp' | 'tcp', remote: Endpoint) => Endpoint;
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
  readonly endpoint: Endpoint;
  readonly transport: 'udp' | 'tcp';
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
  readonly endpoint: Endpoint;
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
  endpoints: readonly TrunkEndpoint[] = [];
  readonly registration: Registration | undefined;
  readonly #options: TrunksOptions;
  #told: Health = 'unknown';
  #since: Instant;
  #stopped = false;

  constructor(settings: TrunkSettings, options: TrunksOptions) {
    this.settings = settings;
    this.#options = options;
    this.#since = options.now;
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
    return best === undefined ? 'unknown' : this.healthOf(best);
  }

  get reason(): string {
    const best = this.best;
    if (best === undefined) return `${this.settings.target.host} is not resolved yet`;
    const unregistered = this.registration !== undefined && this.registration.state !== 'registered';
    if (best.health.state === 'up' && unregistered) return `not registered: ${this.registration.reason}`;
    if (!this.settings.outbound && best.health.since === undefined)
      return 'not probed: it takes no calls out';
    return best.health.reason;
  }

  /** New DNS answers. Endpoints that stay keep their health. */
  resolved(endpoints: readonly Endpoint[], now: Instant): void {
    const before = new Map(this.endpoints.map((known) => [formatEndpoint(known.endpoint), known]));
    this.endpoints = endpoints.map(
      (endpoint) =>
        before.get(formatEndpoint(endpoint)) ?? {
          endpoint,
          health: new EndpointHealth(this.#options.random),
          probeAt: now,
          probe: undefined,
        },
    );
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
            `${formatEndpoint(endpoint.endpoint)} did not answer in ${seconds} s`,
            now,
          );
        }
        if (endpoint.probe === undefined && now >= endpoint.probeAt) {
          endpoint.probe = this.#send('options', this.#optionsRequest(), endpoint.endpoint, now);
          effects.push(endpoint.probe);
        }
      }
    }
    const target = this.best?.endpoint;
    const register = target && this.registration?.expire(this.#contact(target), now);
    if (target !== undefined && register !== undefined)
      effects.push(this.#send('register', register, target, now));
    return [...effects, ...this.#tell(now)];
  }

  /** The final answer to a request of ours. */
  answered(sent: TrunkRequest, response: SipResponse, now: Instant): readonly TrunkEffect[] {
    const roundTripMs = now - sent.sentAt;
    const answer = `answered ${sent.request.method} with ${response.status} in ${Math.round(roundTripMs)} ms`;
    const reason = `${formatEndpoint(sent.endpoint)} ${answer}`;
    const endpoint = this.#find(sent.endpoint);
    const effects: TrunkEffect[] = [];
    if (endpoint !== undefined) {
      endpoint.health.roundTripMs = roundTripMs;
      const unwell = sent.purpose === 'options' && UNWELL.has(response.status);
      if (!unwell) this.#succeeded(endpoint, reason, now, sent);
      else if (endpoint.probe === sent) this.#probeFailed(endpoint, reason, now);
    }
    if (sent.purpose === 'register') {
      const next = this.registration?.answered(sent.request, response, now);
      if (next !== undefined) effects.push(this.#send('register', next, sent.endpoint, now));
    }
    return [...effects, ...this.#tell(now)];
  }

  /** No answer to a request of ours: Timer F, or the transport failed. */
  failed(sent: TrunkRequest, reason: string, now: Instant): readonly TrunkEffect[] {
    const endpoint = this.#find(sent.endpoint);
    const sentence = `${formatEndpoint(sent.endpoint)}: ${reason}`;
    if (sent.purpose === 'register') {
      this.registration?.failed(sentence, now);
      if (endpoint !== undefined) this.#failed(endpoint, sentence, now);
    } else if (endpoint?.probe === sent) {
      this.#probeFailed(endpoint, sentence, now);
    }
    return this.#tell(now);
  }

  callSucceeded(at: Endpoint, now: Instant): readonly TrunkEffect[] {
    const endpoint = this.#find(at);
    if (endpoint !== undefined) this.#succeeded(endpoint, `${formatEndpoint(at)} took a call`, now);
    return this.#tell(now);
  }

  callFailed(at: Endpoint, reason: string, now: Instant): readonly TrunkEffect[] {
    const endpoint = this.#find(at);
    if (endpoint !== undefined) this.#failed(endpoint, `${formatEndpoint(at)} failed a call: ${reason}`, now);
    return this.#tell(now);
  }

  /** Gives the registration back. No probe follows; reports on what is under way are still taken. */
  stop(now: Instant): readonly TrunkEffect[] {
    this.#stopped = true;
    const target = this.best?.endpoint;
    const leave = target && this.registration?.leave(this.#contact(target));
    return target && leave ? [this.#send('register', leave, target, now)] : [];
  }

  #find(endpoint: Endpoint): TrunkEndpoint | undefined {
    return this.endpoints.find(
      (known) => known.endpoint.address === endpoint.address && known.endpoint.port === endpoint.port,
    );
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
    endpoint: Endpoint,
    now: Instant,
  ): TrunkRequest {
    const { name, target } = this.settings;
    return {
      type: 'request',
      trunk: name,
      purpose,
      request,
      endpoint,
      transport: target.transport,
      sentAt: now,
    };
  }

  /** How the carrier reaches us: its REGISTER's Contact. */
  #contact(remote: Endpoint): string {
    const { transport } = this.settings.target;
    const local = formatEndpoint(this.#options.advertised(transport, remote));
    const user = this.settings.credentials?.user ?? this.settings.name;
    return `sip:${user}@${local}${transport === 'tcp' ? ';transport=tcp' : ''}`;
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
  const hostport = port === 5060 && !host.includes(':') ? host : formatEndpoint({ address: host, port });
  return `sip:${hostport}${transport === 'tcp' ? ';transport=tcp' : ''}`;
}

export const HEALTH_RANK: Readonly<Record<Health, number>> = { up: 0, unknown: 1, down: 2 };

function compare(a: TrunkEndpoint, b: TrunkEndpoint): number {
  const byHealth = HEALTH_RANK[a.health.state] - HEALTH_RANK[b.health.state];
  return byHealth !== 0 ? byHealth : a.health.failuresRunning - b.health.failuresRunning;
}
