// Addresses and flows: the words that signalling, media and the transports share.

export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** An IP literal (IPv6 without brackets) and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Where something can be sent, and how it is spoken to there. */
export interface Destination extends Endpoint {
  readonly transport: TransportName;
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
  /**
   * For a flow over TLS that this node opens: what the peer's certificate must speak for (RFC 5922 §7.2), which
   * is the name that was asked for, never the target of its SRV record. An IP literal is looked for among the
   * certificate's addresses. Without one it is `remote.address`, so that leaving it out trusts nobody.
   */
  readonly domain?: string;
  /**
   * What the peer's certificate speaks for (RFC 5922 §7.1), in lower case, once it was verified against the
   * authorities that this node trusts. Absent where no certificate was asked for, sent or found good. It was
   * true of this connection, and is of no other: it stays out of `flowKey`, and is not to be kept.
   */
  readonly peerDomains?: readonly string[];
}

export function isStream(transport: TransportName): boolean {
  return transport !== 'udp';
}

/** Carried by connections that only clients open (RFC 7118): when one is gone, there is no other way to its client. */
export function isWebSocket(transport: TransportName): boolean {
  return transport === 'ws' || transport === 'wss';
}

/** Nobody on the way can listen in: what `sips:` asks of every hop (RFC 3261 §26.2.2). */
export function isSecure(transport: TransportName): boolean {
  return transport === 'tls' || transport === 'wss';
}

/** `192.0.2.1:5060` or `[2001:db8::1]:5060`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}

/** `tcp:192.0.2.1:5060` */
export function formatDestination(destination: Destination): string {
  return `${destination.transport}:${formatEndpoint(destination)}`;
}

/**
 * Identity of a flow: equal keys mean the same pair of ends over the same connection. Where any connection will
 * do, it must be one whose peer was verified for the same domain (RFC 5923 §8).
 */
export function flowKey({ transport, local, remote, connectionId, domain }: Flow): string {
  const connection = connectionId ?? (domain === undefined ? '' : `for ${domain.toLowerCase()}`);
  return `${transport}|${formatEndpoint(local)}|${formatEndpoint(remote)}|${connection}`;
}
