// Requests that the node sends of its own accord: OPTIONS to phones' contacts and to carriers, REGISTER to
// carriers. The registrar and the trunks decide when; here they are composed, sent, and their answers carried
// back to who asked.

import { type Flow, isSecure } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { isProxysWord } from '../calls/callee-leg.ts';
import { SUPPORTED } from '../calls/leg.ts';
import type { TrunkChoice } from '../calls/surroundings.ts';
import type { Binding, TrunkSettings } from '../ports/records.ts';
import type { BindingKey, RegistrarEffect } from '../registrar/outcome.ts';
import type { Registrar } from '../registrar/registrar.ts';
import { isEmergency } from '../routing/destinations.ts';
import { defaultPort } from '../sip/location/target.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../sip/message/message.ts';
import { formatUri, isSips } from '../sip/message/uri.ts';
import type { TransactionEffect, TransactionId } from '../sip/transaction/layer.ts';
import type { TrunkEffect, TrunkRequest } from '../trunks/trunk.ts';
import type { Trunks } from '../trunks/trunks.ts';
import type { Listeners } from './listeners.ts';
import type { NodeEvent } from './views.ts';

export interface OwnRequestsOptions {
  readonly domain: string;
  readonly userAgent: string;
  readonly registrar: Registrar;
  readonly trunks: Trunks;
  readonly listeners: Listeners;
  readonly newToken: () => string;
  readonly request: (request: SipRequest, flow: Flow) => TransactionId;
  /** This binding is kept beyond its end, until then. */
  readonly inGrace: (binding: Binding, until: Instant) => void;
  /** The bindings of this phone have changed by themselves. */
  readonly persist: (user: string) => void;
  /** So have where it can be reached, or whether. */
  readonly bindingsChanged: (user: string, now: Instant) => void;
  readonly event: (event: NodeEvent) => void;
}

type Asked =
  | {
      readonly type: 'phone';
      readonly key: BindingKey;
      readonly sentAt: Instant;
      /** A proxy stands before it (Path), and may answer for it. */
      readonly proxied: boolean;
    }
  | { readonly type: 'trunk'; readonly sent: TrunkRequest }
  | { readonly type: 'notify'; readonly told: NotifyOutcome };

/** The final answer; `undefined`: none came, or it could not be sent. */
export type NotifyOutcome = (response: SipResponse | undefined, now: Instant) => void;

export class OwnRequests {
  readonly #options: OwnRequestsOptions;
  readonly #asked = new Map<TransactionId, Asked>();

  constructor(options: OwnRequestsOptions) {
    this.#options = options;
  }

  /** Registrations with carriers that are being given back, or made. */
  get leaving(): number {
    return [...this.#asked.values()].filter(
      (asked) => asked.type === 'trunk' && asked.sent.purpose === 'register',
    ).length;
  }

  registrarEffects(effects: readonly RegistrarEffect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.type === 'expired' || effect.type === 'reachability')
        this.#options.bindingsChanged(effect.user, now);
      switch (effect.type) {
        case 'probe': {
          const id = this.#options.request(this.#probe(effect), effect.binding.flow);
          const proxied = effect.binding.path.length > 0;
          this.#asked.set(id, { type: 'phone', key: effect.key, sentAt: now, proxied });
          break;
        }
        case 'grace':
          this.#options.inGrace(effect.binding, effect.until);
          break;
        case 'expired':
          this.#options.persist(effect.user);
          this.#options.event({
            type: 'registration',
            user: effect.user,
            text: 'registration expired',
            at: now,
          });
          break;
        case 'reachability':
          this.#options.event(effect);
          break;
      }
    }
  }

  trunkEffects(effects: readonly TrunkEffect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.type === 'health') {
        const { name, health, reason, at } = effect;
        this.#options.event({ type: 'trunk', name, health, reason, at });
        continue;
      }
      const { transport, ...remote } = effect.destination;
      const domain = this.#options.trunks.domainOf(effect.trunk);
      const flow = this.#options.listeners.flowTo(transport, remote, domain);
      if (flow === undefined) {
        const failed = this.#options.trunks.failed(effect, `no ${transport} listener to reach it from`, now);
        this.trunkEffects(failed, now);
      } else {
        this.#asked.set(this.#options.request(effect.request, flow), { type: 'trunk', sent: effect });
      }
    }
  }

  /** What became of one of these requests. */
  transaction(effect: TransactionEffect, now: Instant): void {
    if (effect.type !== 'response' && effect.type !== 'timeout' && effect.type !== 'transport-failed') return;
    const asked = this.#asked.get(effect.id);
    if (asked === undefined || (effect.type === 'response' && effect.response.status < 200)) return;
    this.#asked.delete(effect.id);
    const reason = effect.type === 'transport-failed' ? effect.reason : 'did not answer in time';
    const { registrar, trunks } = this.#options;
    if (asked.type === 'notify') {
      asked.told(effect.type === 'response' ? effect.response : undefined, now);
    } else if (asked.type === 'trunk') {
      const told =
        effect.type === 'response'
          ? trunks.answered(asked.sent, effect.response, now)
          : trunks.failed(asked.sent, reason, now);
      this.trunkEffects(told, now);
    } else if (effect.type === 'response' && asked.proxied && isProxysWord(effect.response.status)) {
      const { status } = effect.response;
      const told = registrar.probeFailed(asked.key, `${status} from the proxy before it`, now);
      this.registrarEffects(told, now);
    } else if (effect.type === 'response') {
      this.registrarEffects(registrar.probeAnswered(asked.key, now - asked.sentAt, now), now);
    } else if (effect.type === 'transport-failed') {
      this.registrarEffects(registrar.probeFailed(asked.key, reason, now), now);
    }
  }

  /** A NOTIFY, within a dialog or by itself. */
  notify(request: SipRequest, flow: Flow, told: NotifyOutcome): void {
    this.#asked.set(this.#options.request(request, flow), { type: 'notify', told });
  }

  trunkChoices(number: string, secureOnly: boolean): readonly TrunkChoice[] {
    const { trunks, listeners } = this.#options;
    return trunks
      .candidates({ emergency: isEmergency(number) })
      .flatMap(({ trunk, health, destination: { transport, ...remote } }) => {
        const flow = listeners.flowTo(transport, remote, trunks.domainOf(trunk.name));
        if (flow === undefined || (secureOnly && !isSecure(flow.transport))) return [];
        const uri = uriOver(trunk, number, secureOnly ? 'sips' : 'sip');
        return [{ name: trunk.name, uri, flow, health }];
      });
  }

  #probe({ binding }: RegistrarEffect & { type: 'probe' }): SipRequest {
    const { domain, newToken, listeners } = this.#options;
    const headers: [string, string][] = [
      ...binding.path.map((route): [string, string] => ['Route', route]),
      ['Max-Forwards', '70'],
      ['From', `<sip:ringthrough@${domain}>;tag=${newToken()}`],
      [
        'To',
        `<${formatUri({ scheme: 'sip', user: binding.user, host: domain, parameters: new Map(), headers: '' })}>`,
      ],
      ['Call-ID', newToken()],
      ['CSeq', '1 OPTIONS'],
      ['Contact', listeners.contact(binding.flow, isSips(binding.contact))],
      ['Accept', 'application/sdp'],
      ['Supported', SUPPORTED],
    ];
    return new SipRequest('OPTIONS', binding.contact, Headers.of(headers));
  }
}

/** Request-URI for a number over a trunk; emergency and other short numbers go as dialled. */
function uriOver(trunk: TrunkSettings, number: string, scheme: 'sip' | 'sips'): string {
  const user = trunk.numberFormat === 'e164-without-plus' ? number.replace(/^\+/, '') : number;
  const { host, port, transport } = trunk.target;
  const parameters = new Map<string, string | undefined>(
    // A sips URI says TLS by itself (RFC 5630 §3.1.3).
    transport === undefined || transport === 'udp' || scheme === 'sips' ? [] : [['transport', transport]],
  );
  return formatUri({
    scheme,
    user,
    host,
    ...(port === undefined || port === defaultPort(transport ?? 'udp') ? {} : { port }),
    parameters,
    headers: '',
  });
}
