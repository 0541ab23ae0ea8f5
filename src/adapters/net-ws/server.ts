// The HTTP server under the WebSockets, plain or over TLS. It answers nothing but upgrades, which ws.ts takes, and
// watches no times of its own: ws.ts bounds how long a socket has to become a WebSocket, its handshake included.

import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { LIMITS } from '../../base/limits.ts';
import {
  type Certificates,
  type ClientCertificates,
  serverOptions,
  type TlsMaterial,
} from '../../ports/certificates.ts';

/** For `wss`. */
export interface WebTls {
  readonly certificates: Certificates;
  readonly clientCertificates: ClientCertificates;
}

export interface WebServer {
  readonly http: Server;
  readonly transport: 'ws' | 'wss';
  /** From here on a new certificate is none of its business. */
  forgetCertificates(): void;
}

const HTTP = { noDelay: true, maxHeaderSize: LIMITS.webUpgradeBytesMax };

export function createWebServer(tls: WebTls | undefined): WebServer {
  if (tls === undefined) {
    return { http: createServer(HTTP), transport: 'ws', forgetCertificates: () => undefined };
  }
  const { certificates, clientCertificates } = tls;
  const secure = (material: TlsMaterial) => ({
    ...serverOptions(material, clientCertificates),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
  const server = createSecureServer({ ...HTTP, ...secure(certificates.current) });
  const forget = certificates.onChange((material) => server.setSecureContext(secure(material)));
  return { http: server, transport: 'wss', forgetCertificates: forget };
}
