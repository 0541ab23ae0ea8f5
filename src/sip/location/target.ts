// What RFC 3263 starts from: the TARGET of a URI (§4), with port and transport only where they were given, and
// what this node can speak.

import type { TransportName } from '../../base/net.ts';
import type { SipUri } from '../message/uri.ts';

export interface Target {
  readonly scheme: 'sip' | 'sips';
  /** A host name, or an IP literal without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly transport?: TransportName;
}

export type Family = 'ipv4' | 'ipv6';

/** A transport that the node can send over, and to which kinds of address. Lists of them begin with the dearest. */
export interface Ability {
  readonly transport: TransportName;
  readonly families: readonly Family[];
}

const TRANSPORTS: readonly string[] = ['udp', 'tcp', 'tls', 'ws', 'wss'] satisfies readonly TransportName[];

/** `undefined` where the URI names a transport that nobody here has heard of. `maddr` stands for the host (§4). */
export function targetOf(uri: SipUri): Target | undefined {
  const transport = uri.parameters.get('transport')?.toLowerCase();
  if (transport !== undefined && !isTransport(transport)) return undefined;
  return {
    scheme: uri.scheme,
    host: (uri.parameters.get('maddr') ?? uri.host).toLowerCase().replace(/^\[|\]$/g, ''),
    ...(uri.port === undefined ? {} : { port: uri.port }),
    ...(transport === undefined ? {} : { transport }),
  };
}

function isTransport(text: string): text is TransportName {
  return TRANSPORTS.includes(text);
}

/** RFC 3261 §19.1.2, RFC 7118 §5.2. */
export function defaultPort(transport: TransportName): number {
  switch (transport) {
    case 'udp':
    case 'tcp':
      return 5060;
    case 'tls':
      return 5061;
    case 'ws':
      return 80;
    case 'wss':
      return 443;
  }
}

/** The family of an IP literal; `undefined` for a name. What looks like IPv4 and is none is nobody's name either. */
export function literalFamily(host: string): Family | undefined {
  if (host.includes(':')) return 'ipv6';
  return /^\d+(\.\d+){3}$/.test(host) ? 'ipv4' : undefined;
}
