// Where responses go: RFC 3261 §18.2, RFC 3581.
//
//   request from 198.51.100.9:49152 with   Via: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK77;rport
//   is seen by everybody as                Via: … ;branch=z9hG4bK77;rport=49152;received=198.51.100.9
//   and answered to                        198.51.100.9:49152   (without rport: to 198.51.100.9:5060)
//
// Addresses are taken from the packet alone; what a request claims in `received` is overwritten.
// Deviation: without rport, a sent-by address literal that is not where the packet came from shows a NAT on the
// way, and the answer goes back to the packet's own port, as nobody behind a NAT hears anything else.
// Deviation: `maddr` (§18.2.2) is ignored, because it lets anybody aim our responses at others.

import type { Endpoint, Flow } from '../../base/net.ts';
import { equalHosts } from '../message/host.ts';
import type { SipRequest } from '../message/message.ts';
import { withTopVia } from '../message/top-via.ts';
import type { Via } from '../message/via.ts';

/** The request with its source written into the top Via. */
export function withSource(request: SipRequest, flow: Flow): SipRequest {
  const via = request.via;
  if (via === undefined) return request;
  const { address, port } = flow.remote;
  const asksPort = via.parameters.has('rport');
  if (!asksPort && !via.parameters.has('received') && via.host === address) return request;
  const parameters = new Map(via.parameters);
  if (asksPort) parameters.set('rport', String(port));
  parameters.set('received', address);
  return withTopVia(request, parameters);
}

/** Over a stream: the connection that the request came over. Over UDP: from the same listener, as above. */
export function responseFlow(request: SipRequest, source: Flow): Flow {
  const via = request.via;
  if (via === undefined || source.transport !== 'udp') return source;
  if (via.parameters.has('rport') || isBehindNat(via, source)) return source;
  return { ...source, remote: sentByPort(via, source) };
}

/**
 * The other way for responses when the connection of a request is gone: a new one to the port that its Via
 * names. None over UDP, nor over WebSockets, where only clients connect (RFC 7118 §5.4).
 */
export function reconnectFlow(request: SipRequest, source: Flow): Flow | undefined {
  const via = request.via;
  const { transport, local } = source;
  if (via === undefined || (transport !== 'tcp' && transport !== 'tls')) return undefined;
  const remote = sentByPort(via, source);
  // Over TLS the certificate must speak for whom the request said it was from (RFC 5922 §7.2).
  return transport === 'tls' ? { transport, local, remote, domain: via.host } : { transport, local, remote };
}

function isBehindNat(via: Via, source: Flow): boolean {
  return isAddress(via.host) && !equalHosts(via.host, source.remote.address);
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[0-9.]+$/.test(host);
}

function sentByPort(via: Via, source: Flow): Endpoint {
  const defaultPort = source.transport === 'tls' ? 5061 : 5060;
  return { address: source.remote.address, port: via.port ?? defaultPort };
}
