// SIP over TLS (RFC 3261 §26, RFC 5922, RFC 5923): how a connection is made safe, and who may share it.
//
//   accepted    raw socket ── handshake, in handshakeMs ──► line, with what a client's certificate proved
//   opened      connect, handshake, certificate verified for flow.domain ──► line; or closed, with the reason
//
// Shared are connections that we opened, among flows to the same address for the same domain; and those that a
// peer opened only where its certificate was verified and it asked for that in its first request (Via `alias`,
// RFC 5923 §5). A phone, which proves itself by digest alone, is reached over its own connection as ever.

import { constants } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, type Flow, formatEndpoint } from '../../base/net.ts';
import {
  type Certificates,
  type ClientCertificates,
  clientOptions,
  serverOptions,
  type TlsMaterial,
} from '../../ports/certificates.ts';
import type { SignallingTransport } from '../../ports/signalling.ts';
import { certificateDomains, misnamed } from '../../sip/certificate/identity.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import type { Line } from './connection.ts';
import { openStream, PROBE_DELAY_MS, type StreamKind, type StreamOptions } from './stream.ts';

export interface TlsOptions extends StreamOptions {
  readonly certificates: Certificates;
  readonly clientCertificates: ClientCertificates;
  /** Domains whose servers are believed whatever certificate they have, because the operator said so. */
  readonly unverifiedDomains?: ReadonlySet<string>;
}

/** Throws RingthroughError LISTEN_FAILED. */
export async function openTls(options: TlsOptions): Promise<SignallingTransport> {
  const kind = new TlsKind(options);
  try {
    return await openStream(options, kind);
  } catch (error) {
    kind.close();
    throw error;
  }
}

const SIPS_PORT = 5061;

interface Handshake {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  readonly done: (line: Line) => void;
}

class TlsKind implements StreamKind {
  readonly transport = 'tls';
  /** Never listens: it is given what stream.ts accepted and found room for. */
  readonly #server: Server;
  readonly #handshakeMs: number;
  readonly #unverified: ReadonlySet<string>;
  readonly #unsubscribe: () => void;
  readonly #handshakes = new Map<string, Handshake>();
  readonly #counters = { handshakes: 0, handshakes_failed: 0, handshake_timeouts: 0 };
  #clientContext: SecureContext;

  constructor({ certificates, clientCertificates, unverifiedDomains, limits }: TlsOptions) {
    this.#handshakeMs = limits?.handshakeMs ?? LIMITS.handshakeMs;
    this.#unverified = unverifiedDomains ?? new Set();
    const server = (material: TlsMaterial) => ({
      ...serverOptions(material, clientCertificates),
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    this.#server = createServer(server(certificates.current));
    this.#clientContext = createSecureContext(clientOptions(certificates.current));
    this.#unsubscribe = certificates.onChange((material) => {
      this.#server.setSecureContext(server(material));
      this.#clientContext = createSecureContext(clientOptions(material));
    });
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    // Its socket is destroyed by Node, and with it goes the handshake.
    this.#server.on('tlsClientError', () => this.#counters.handshakes_failed++);
  }

  accept(socket: Socket, remote: Endpoint, done: (line: Line) => void): void {
    const key = formatEndpoint(remote);
    // A time of our own, for that of node:tls begins anew with each byte.
    const timer = setTimeout(() => {
      this.#counters.handshake_timeouts++;
      socket.destroy();
    }, this.#handshakeMs);
    this.#handshakes.set(key, { socket, timer, done });
    socket.once('close', () => this.#over(key));
    this.#server.emit('connection', socket);
  }

  open(flow: Flow, localAddress: string | undefined): Line {
    const { remote } = flow;
    const domain = flow.domain ?? remote.address;
    const verify = !this.#unverified.has(domain.toLowerCase());
    const socket = connect({
      host: remote.address,
      port: remote.port,
      secureContext: this.#clientContext,
      // An address is no server name (RFC 6066 §3).
      servername: isIP(domain) === 0 ? domain : '',
      rejectUnauthorized: verify,
      checkServerIdentity: (_host, { subjectaltname }) => {
        const trouble = misnamed(subjectaltname, domain);
        return trouble === undefined ? undefined : new Error(trouble);
      },
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PROBE_DELAY_MS);
    return {
      socket,
      readyOn: 'secureConnect',
      peerDomains: () => domainsProvedBy(socket),
      explain: (error) =>
        // Set by node:tls where the certificate, not the line, was the trouble.
        socket.authorizationError
          ? {
              cause: 'certificate_refused',
              reason: `the certificate of ${formatEndpoint(remote)} ${untrusted(error)}`,
            }
          : undefined,
    };
  }

  shareName(flow: Flow): string {
    return nameOf(flow.remote, flow.domain ?? flow.remote.address);
  }

  acceptedShareNames({ remote, peerDomains }: Flow, first: Uint8Array): readonly string[] {
    const port = peerDomains === undefined ? undefined : aliasPort(first);
    if (peerDomains === undefined || port === undefined) return [];
    return peerDomains.map((domain) => nameOf({ address: remote.address, port }, domain));
  }

  counters(): Readonly<Record<string, number>> {
    return this.#counters;
  }

  close(): void {
    this.#unsubscribe();
    for (const { socket } of this.#handshakes.values()) socket.destroy();
  }

  #secured(socket: TLSSocket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const handshake = this.#over(formatEndpoint({ address: remoteAddress, port: remotePort }));
    if (handshake === undefined) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#counters.handshakes++;
    handshake.done({ socket, peerDomains: () => domainsProvedBy(socket) });
  }

  #over(key: string): Handshake | undefined {
    const handshake = this.#handshakes.get(key);
    clearTimeout(handshake?.timer);
    this.#handshakes.delete(key);
    return handshake;
  }
}

function nameOf(remote: Endpoint, domain: string): string {
  return `${formatEndpoint(remote)} for ${domain.toLowerCase()}`;
}

/** Nothing, unless a certificate was asked for, came, and was found good. */
function domainsProvedBy(socket: TLSSocket): readonly string[] | undefined {
  if (!socket.authorized) return undefined;
  return certificateDomains(socket.getPeerCertificate().subjectaltname);
}

/** Where requests to a peer go that asked us to use its connection for them (RFC 5923 §5). */
function aliasPort(message: Uint8Array): number | undefined {
  const parsed = parseMessage(message);
  const via = parsed.ok && parsed.value.kind === 'request' ? parsed.value.via : undefined;
  return via?.parameters.has('alias') === true ? (via.port ?? SIPS_PORT) : undefined;
}

function untrusted(error: Error): string {
  // Its own sentence already, where the name was wrong.
  return error.message.startsWith('speaks for ') ? error.message : `is not trusted: ${error.message}`;
}
