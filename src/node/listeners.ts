// Where this node can be reached, and the way from here to a peer: which listener speaks to whom, what goes
// into Via and Contact, and where a request within a dialog goes.

import { present } from '../base/assert.ts';
import {
  type Endpoint,
  type Flow,
  formatEndpoint,
  isStream,
  isWebSocket,
  type TransportName,
} from '../base/net.ts';
import type { PeerKind } from '../calls/surroundings.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { parseUri } from '../sip/message/uri.ts';

export interface NodeListener {
  readonly transport: TransportName;
  /** What is bound; may be a wildcard address. */
  readonly local: Endpoint;
  /** What peers are told: the bound address, or the configured one where that is a wildcard or behind NAT. */
  readonly advertised: Endpoint;
}

const LITERAL = /^[0-9.]+$|:/;

export class Listeners {
  readonly #listeners: readonly NodeListener[];
  readonly #byLocal = new Map<string, NodeListener>();

  constructor(listeners: readonly NodeListener[]) {
    this.#listeners = listeners;
    for (const listener of listeners) this.#byLocal.set(keyOf(listener.transport, listener.local), listener);
  }

  /** What our Via says over this flow. */
  advertised(flow: Flow): Endpoint {
    return (this.#byLocal.get(keyOf(flow.transport, flow.local)) ?? this.#first(flow.transport)).advertised;
  }

  /** Contact value over this flow. Over WebSockets it says `ws` with and without TLS (RFC 7118 §5.2.1). */
  contact(flow: Flow): string {
    const transport = isWebSocket(flow.transport) ? 'ws' : flow.transport;
    const parameters = isStream(transport) ? `;transport=${transport}` : '';
    return `<sip:ringthrough@${formatEndpoint(this.advertised(flow))}${parameters}>`;
  }

  /** A way to an address that is not one of an existing flow; `undefined` where no listener speaks that way. */
  flowTo(transport: TransportName, remote: Endpoint): Flow | undefined {
    if (isWebSocket(transport)) return undefined;
    const family = remote.address.includes(':');
    const fitting = this.#listeners.filter(
      (listener) => listener.transport === transport && listener.local.address.includes(':') === family,
    );
    const loopback = isLoopback(remote.address);
    const best = fitting.find((listener) => isLoopback(listener.local.address) === loopback) ?? fitting[0];
    return best === undefined ? undefined : { transport, local: best.local, remote };
  }

  /**
   * Where a request within a dialog goes (RFC 3261 §12.2.1.1). A phone's stays on the flow it came over,
   * whatever its Contact says (NAT). A carrier's goes to its first route or its Contact where that is an IP
   * literal, else back to where it came from.
   */
  flowFor(dialog: Dialog, flow: Flow, peer: PeerKind): Flow {
    if (peer === 'phone' || isStream(flow.transport)) return flow;
    const uri = parseUri(dialog.nextHop);
    if (!uri.ok || (uri.value.scheme !== 'sip' && uri.value.scheme !== 'sips')) return flow;
    const { host, port, parameters } = uri.value;
    const transport = parameters.get('transport')?.toLowerCase() ?? 'udp';
    if (!LITERAL.test(host) || (transport !== 'udp' && transport !== 'tcp')) return flow;
    // A private address, told by who is not on it, is no way to reach them.
    if (isPrivate(host) && !isPrivate(flow.remote.address)) return flow;
    const remote = { address: host, port: port ?? 5060 };
    const sameKind = transport === flow.transport && host.includes(':') === flow.local.address.includes(':');
    return sameKind ? { ...flow, remote } : (this.flowTo(transport, remote) ?? flow);
  }

  #first(transport: TransportName): NodeListener {
    return present(
      this.#listeners.find((listener) => listener.transport === transport) ?? this.#listeners[0],
      'a listener',
    );
  }
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
