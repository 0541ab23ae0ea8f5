// A TCP connection to a host that may be a name, over TLS where that is wanted: the certificate must then be of an
// authority that the system trusts, and for that name.

import { createConnection, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity as byTheWeb,
  type ConnectionOptions,
  connect as connectTls,
  type PeerCertificate,
} from 'node:tls';
import type { Resolver } from '../../ports/dns.ts';
import { misnamed } from '../../sip/certificate/identity.ts';
import type { Trust } from './trust.ts';

/** By the rules of SIP (RFC 5922), in which a wildcard speaks for nobody. */
export function sipIdentity(name: string, { subjectaltname }: PeerCertificate): Error | undefined {
  const trouble = misnamed(subjectaltname, name);
  return trouble === undefined ? undefined : new Error(`the certificate ${trouble}`);
}

/** An address of the host: IPv4 where it has one, as most phones would take. Rejects where there is none. */
export async function addressOf(host: string, resolver: Resolver): Promise<string> {
  if (isIP(host) !== 0) return host;
  const name = host.toLowerCase().replace(/\.$/, '');
  const replies = await Promise.all([
    resolver.ask({ type: 'A', name }),
    resolver.ask({ type: 'AAAA', name }),
  ]);
  for (const reply of replies) {
    const rows = reply.type === 'rows' ? reply.rows : [];
    for (const { record } of rows) if (record.type === 'A' || record.type === 'AAAA') return record.address;
  }
  const failed = replies.find((reply) => reply.type === 'failed');
  throw new Error(failed === undefined ? `DNS knows no address of ${host}` : `DNS: ${failed.reason}`);
}

/** What probes need from around them. */
export interface Around {
  readonly resolver: Resolver;
  readonly trust: Trust;
}

export interface Connecting {
  readonly host: string;
  readonly port: number;
  readonly transport?: 'tcp' | 'tls';
  /** Over TLS: who the certificate must speak for; absent: the host. */
  readonly servername?: string;
  /** By which rules; absent: those of the web. */
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'];
  /** Whoever it is, for whoever asks to look at what is wrong with it. */
  readonly unverified?: boolean;
}

/** Whoever gets it destroys it. Rejects with why there is none. */
export async function connected(
  target: Connecting,
  { resolver, trust }: Around,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, transport = 'tcp', checkServerIdentity } = target;
  const address = await addressOf(host, resolver);
  signal.throwIfAborted();
  const wanted = target.servername ?? host;
  const socket =
    transport === 'tcp'
      ? createConnection({ host: address, port })
      : connectTls({
          host: address,
          port,
          // No address may be asked for by name (RFC 6066 §3); the certificate must speak for it all the same.
          servername: isIP(wanted) === 0 ? wanted : '',
          secureContext: trust.context,
          rejectUnauthorized: target.unverified !== true,
          checkServerIdentity: (_, certificate) => (checkServerIdentity ?? byTheWeb)(wanted, certificate),
        });
  return new Promise((resolve, reject) => {
    const abandon = (): void => {
      socket.destroy();
      reject(new Error('given up'));
    };
    signal.addEventListener('abort', abandon, { once: true });
    socket.once(transport === 'tcp' ? 'connect' : 'secureConnect', () => {
      signal.removeEventListener('abort', abandon);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    // Stays, for a socket without one takes the process down with it.
    socket.on('error', () => undefined);
    socket.once('error', reject);
  });
}
