// Where this node can be reached, and the way from here to a peer: which listener speaks to whom, what goes
// into Via and Contact, and where a request within a dialog goes.

import { present } from '../base/assert.ts';
import {
  type Destination,
  type Endpoint,
  type Flow,
  formatDestination,
  formatEndpoint,
  isStream,
  isWebSocket,
  type TransportName,
} from '../base/net.ts';
import type { PeerKind } from '../calls/surroundings.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { type Ability, type Family, type Target, targetOf } from '../sip/location/target.ts';
import { parseUri } from '../sip/message/uri.ts';

export interface NodeListener {
  readonly transport: TransportName;
  /** What is bound; may be a wildcard address. */
  readonly local: Endpoint;
  /** What peers are told: the bound address, or the configured one where that is a wildcard or behind NAT. */
  readonly advertised: Endpoint;
  /** Refuses what breaks RFC 3261 though it could be understood (sip/message/strict.ts). */
  readonly strict?: boolean;
}

export class Listeners {
  readonly #listeners: readonly NodeListener[];
  readonly #byLocal = new Map<string, NodeListener>();

  readonly #doorOf: (flow: Flow) => number | undefined;

  /** `doorOf`: the port of the door that a flow came by. */
  constructor(
    listeners: readonly NodeListener[],
    doorOf: (flow: Flow) => number | undefined = () => undefined,
  ) {
    this.#listeners = listeners;
    this.#doorOf = doorOf;
    for (const listener of listeners) this.#byLocal.set(keyOf(listener.transport, listener.local), listener);
  }

  /** What our Via says over this flow. */
  advertised(flow: Flow): Endpoint {
    const listener = this.#byLocal.get(keyOf(flow.transport, flow.local));
    if (listener !== undefined) return listener.advertised;
    const { advertised } = this.#nextTo(flow) ?? this.#first(flow.transport);
    const port = this.#doorOf(flow);
    return port === undefined ? advertised : { ...advertised, port };
  }

  /** What we would say to this peer; what it is itself, where we have no way to it. */
  advertisedTo(transport: TransportName, remote: Endpoint): Endpoint {
    const flow = this.flowTo(transport, remote);
    return flow === undefined ? remote : this.advertised(flow);
  }

  /** Where doors are: the addresses at which UDP is listened to, as peers know them. */
  doorAddresses(): readonly string[] {
    const udp = this.#listeners.filter(({ transport }) => transport === 'udp');
    return [...new Set(udp.map(({ advertised }) => advertised.address))];
  }

  /** What comes over this flow must keep every rule. */
  strict(flow: Flow): boolean {
    return (this.#byLocal.get(keyOf(flow.transport, flow.local)) ?? this.#nextTo(flow))?.strict ?? false;
  }

  /** Contact value over this flow. Over WebSockets it says `ws` with and without TLS (RFC 7118 §5.2.1). */
  contact(flow: Flow, secure = false): string {
    const transport = isWebSocket(flow.transport) ? 'ws' : flow.transport;
    // A sips URI says TLS by itself (RFC 5630 §3.1.3).
    const parameters =
      isStream(transport) && !(secure && transport === 'tls') ? `;transport=${transport}` : '';
    const scheme = secure ? 'sips' : 'sip';
    return `<${scheme}:ringthrough@${formatEndpoint(this.advertised(flow))}${parameters}>`;
  }

  /** What we can send over, and to which kinds of address. Over WebSocket we are only ever sent to. */
  abilities(): readonly Ability[] {
    const families = new Map<TransportName, Set<Family>>();
    for (const { transport, local } of this.#listeners) {
      if (isWebSocket(transport)) continue;
      const known = families.get(transport) ?? new Set();
      families.set(transport, known.add(local.address.includes(':') ? 'ipv6' : 'ipv4'));
    }
    return [...families].map(([transport, set]) => ({ transport, families: [...set] }));
  }

  /**
   * A way to an address that is not one of an existing flow; `undefined` where no listener speaks that way.
   * `domain` is the name that led there, which a certificate must be for.
   */
  flowTo(transport: TransportName, remote: Endpoint, domain?: string): Flow | undefined {
    if (isWebSocket(transport)) return undefined;
    const family = remote.address.includes(':');
    const fitting = this.#listeners.filter(
      (listener) => listener.transport === transport && listener.local.address.includes(':') === family,
    );
    const loopback = isLoopback(remote.address);
    const best = fitting.find((listener) => isLoopback(listener.local.address) === loopback) ?? fitting[0];
    if (best === undefined) return undefined;
    const named = transport === 'tls' && domain !== undefined;
    return { transport, local: best.local, remote, ...(named ? { domain } : {}) };
  }

  /**
   * Where a request within a dialog goes (RFC 3261 §12.2.1.1). A phone's stays on the flow it came over,
   * whatever its Contact says (NAT). A carrier's goes to its first route or its Contact, else back to where it
   * came from. Where that has several servers, all of them, in the order to try them.
   */
  flowsFor(
    dialog: Dialog,
    flow: Flow,
    peer: PeerKind,
    find: (target: Target) => readonly Destination[],
  ): readonly [Flow, ...Flow[]] {
    const target = peer === 'phone' || isStream(flow.transport) ? undefined : targetAt(dialog.nextHop);
    if (target === undefined) return [flow];
    // A private address, told by who is not on it, is no way to reach them.
    const places = find(target).filter(
      ({ address }) => !isPrivate(address) || isPrivate(flow.remote.address),
    );
    const { transport, remote } = flow;
    const here = formatDestination({ transport, ...remote });
    const [first = flow, ...others] = places.flatMap((place) => {
      if (formatDestination(place) === here) return [flow];
      const { transport: over, ...there } = place;
      const sameKind = over === transport && there.address.includes(':') === flow.local.address.includes(':');
      const way = sameKind ? { ...flow, remote: there } : this.flowTo(over, there, target.host);
      return way === undefined ? [] : [way];
    });
    return [first, ...others];
  }

  /** Doors are at the addresses of listeners, and in all but their port like these. */
  #nextTo({ transport, local }: Flow): NodeListener | undefined {
    return this.#listeners.find(
      (listener) => listener.transport === transport && listener.local.address === local.address,
    );
  }

  #first(transport: TransportName): NodeListener {
    return present(
      this.#listeners.find((listener) => listener.transport === transport) ?? this.#listeners[0],
      'a listener',
    );
  }
}

/** What a URI says of where to send; `undefined` where it is no SIP URI, or of a transport of others. */
export function targetAt(uri: string): Target | undefined {
  const parsed = parseUri(uri);
  if (!parsed.ok || (parsed.value.scheme !== 'sip' && parsed.value.scheme !== 'sips')) return undefined;
  return targetOf(parsed.value);
}

function keyOf(transport: TransportName, local: Endpoint): string {
  return `${transport}|${formatEndpoint(local)}`;
}

/** Loopback, link-local, or of a private network (RFC 1918, RFC 4193). */
function isPrivate(address: string): boolean {
  return /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^(::1$|fe[89ab]|f[cd])/i.test(address);
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
