// What this node presents over TLS and whom it trusts, as PEM texts, so that each transport that speaks TLS
// (tls: in net-stream, wss:) makes its own contexts of them and none knows where they come from.
//
//   const server = createServer({ ...serverOptions(certificates.current, 'off') });      node:tls or node:https
//   const stop = certificates.onChange((pem) => server.setSecureContext(serverOptions(pem, 'off')));
//
// Connections that are open stay as they are when the certificate changes: only handshakes see the new one.

import type { Instant } from '../base/time.ts';

export interface TlsMaterial {
  /** Ours, with the intermediates after it. */
  readonly certificate: string;
  readonly key: string;
  /** Authorities whose word is taken for a client's certificate. */
  readonly clientAuthorities: readonly string[];
  /** Authorities whose word is taken for a server's certificate. */
  readonly serverAuthorities: readonly string[];
}

/** A certificate of this node, for people and for metrics. */
export interface CertificateFacts {
  /** Where it is: the path of its file. */
  readonly name: string;
  /** As it says it: `DNS:voice.example.net, URI:sip:voice.example.net`; empty without any. */
  readonly names: string;
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256, in hexadecimal pairs with colons, as `openssl x509 -fingerprint` writes it. */
  readonly fingerprint: string;
  readonly validFrom: Instant;
  readonly validTo: Instant;
}

export interface Certificates {
  readonly current: TlsMaterial;
  readonly facts: CertificateFacts;
  /** Called after each change, with what `current` is then. Gives the way to stop it. */
  onChange(listener: (material: TlsMaterial) => void): () => void;
}

/** Whether a listener asks its clients for a certificate, and whether it serves those without a good one. */
export type ClientCertificates = 'off' | 'ask' | 'require';

/** Older versions are refused, whatever the operating system's own policy is (RFC 8996). */
const VERSIONS = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;

/** For `createServer` and `setSecureContext` of `node:tls` and `node:https`. */
export function serverOptions(material: TlsMaterial, clients: ClientCertificates) {
  return {
    cert: material.certificate,
    key: material.key,
    // Their names are sent to each client that is asked, which is why these are not all that are trusted.
    ...(clients === 'off' ? {} : { ca: [...material.clientAuthorities] }),
    requestCert: clients !== 'off',
    rejectUnauthorized: clients === 'require',
    honorCipherOrder: true,
    ...VERSIONS,
  };
}

/** For the context of connections that we open: we present our certificate to servers that ask. */
export function clientOptions(material: TlsMaterial) {
  return {
    cert: material.certificate,
    key: material.key,
    ca: [...material.serverAuthorities],
    ...VERSIONS,
  };
}
