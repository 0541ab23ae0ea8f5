// Addresses and flows: the words that signalling, media and the transports share.

export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** An IP literal (IPv6 without brackets) and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * Where a message came from, or where it goes to: the pair of ends and, for stream transports, the
 * connection. `local` names a listener of this node. A flow with a `connectionId` means that connection and
 * no other: when it is gone, sending on it fails. A stream flow without one may open or reuse a connection
 * to `remote` (RFC 3261 §18.1.1).
 */
export interface Flow {
  readonly transport: TransportName;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly connectionId?: string;
}

export function isStream(transport: TransportName): boolean {
  return transport !== 'udp';
}

/** `192.0.2.1:5060` or `[2001:db8::1]:5060`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}

/** Identity of a flow: equal keys mean the same pair of ends over the same connection. */
export function flowKey(flow: Flow): string {
  return `${flow.transport}|${formatEndpoint(flow.local)}|${formatEndpoint(flow.remote)}|${flow.connectionId ?? ''}`;
}
