// The socket of one end of a probe: a UDP socket of its own, or one connection to the server. It carries whole SIP
// messages and knows nothing of them.
//
// Whoever opens a line closes it. A UDP socket is bound to the address that leads to the server, which is then what
// Via, Contact and the session description tell, as a phone would; behind a NAT the server has to make do with it.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, isIP, type Socket as StreamSocket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type Endpoint, isStream, type TransportName } from '../../base/net.ts';
import { misnamed } from '../../sip/certificate/identity.ts';
import { StreamFramer } from '../../sip/message/framing.ts';
import type { ServerAddress } from './where.ts';

export interface LineHandler {
  received(bytes: Uint8Array, remote: Endpoint): void;
  /** Nothing can be sent any more. */
  lost(reason: string): void;
}

interface Opening {
  readonly signal: AbortSignal;
  readonly trust: { readonly context: SecureContext };
}

export interface Line {
  readonly transport: TransportName;
  readonly local: Endpoint;
  /** Over a connection, to its other end whatever `remote` says. */
  send(bytes: Uint8Array, remote: Endpoint): void;
  /** Safe to call twice. */
  close(): void;
}

/** A line to the server. `address`: to be spoken from; absent: whichever leads there. Rejects with why there is none. */
export async function openLine(
  server: ServerAddress,
  address: string | undefined,
  handler: LineHandler,
  opening: Opening,
): Promise<Line> {
  opening.signal.throwIfAborted();
  if (isStream(server.transport)) return connect(server, address, handler, opening);
  return listenUdp({ address: address ?? (await addressTowards(server)), port: 0 }, handler);
}

/** A line on which others may speak first. Rejects where the address cannot be had. */
export async function listenUdp(local: Endpoint, handler: LineHandler): Promise<Line> {
  const socket = createSocket(familyOf(local.address));
  await bound(socket, local);
  socket.on('message', (bytes, { address, port }) => handler.received(bytes, { address, port }));
  let open = true;
  return {
    transport: 'udp',
    local: socket.address(),
    send: (bytes, remote) => {
      if (open) sendTo(socket, bytes, remote);
    },
    close: () => {
      if (open) socket.close();
      open = false;
    },
  };
}

/** Rejects when it cannot be had; afterwards errors are nobody's business, for what is lost is sent again. */
export async function bound(socket: Socket, { address, port }: Endpoint): Promise<void> {
  socket.bind(port, address);
  try {
    await once(socket, 'listening');
  } catch (cause) {
    socket.close();
    throw cause;
  }
  socket.on('error', () => undefined);
}

/** What cannot be sent is lost. Others name where to: dgram throws for what it would not even try, such as port 0. */
export function sendTo(socket: Socket, bytes: Uint8Array, { address, port }: Endpoint): void {
  try {
    socket.send(bytes, port, address, () => undefined);
  } catch {
    // As lost as a packet that the network lost.
  }
}

export function familyOf(address: string): 'udp4' | 'udp6' {
  return address.includes(':') ? 'udp6' : 'udp4';
}

/** The system knows: a socket that is connected has it. */
async function addressTowards({ address, port }: Endpoint): Promise<string> {
  const socket = createSocket(familyOf(address));
  try {
    socket.connect(port, address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

async function connect(
  { transport, address: host, port, domain }: ServerAddress,
  localAddress: string | undefined,
  handler: LineHandler,
  { signal, trust }: Opening,
): Promise<Line> {
  const to = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
  const socket: StreamSocket =
    transport === 'tls'
      ? connectTls({
          ...to,
          secureContext: trust.context,
          // No address may be asked for by name (RFC 6066 §3); the certificate must speak for it all the same.
          servername: isIP(domain) === 0 ? domain : '',
          checkServerIdentity: (_, { subjectaltname }) => {
            const trouble = misnamed(subjectaltname, domain);
            return trouble === undefined ? undefined : new Error(`the certificate ${trouble}`);
          },
        })
      : createConnection(to);
  // Stays, for a socket without one takes the process down with it.
  socket.on('error', () => undefined);
  try {
    await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', { signal });
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
  const { localAddress: address = '', localPort = 0 } = socket;
  const remote = { address: host, port };
  const framer = new StreamFramer();
  socket.on('data', (bytes: Buffer) => {
    const framed = framer.push(bytes);
    if (!framed.ok) {
      handler.lost(`what answers is not SIP: ${framed.error.reason}`);
      return void socket.destroy();
    }
    for (const item of framed.value) if (item.type === 'message') handler.received(item.bytes, remote);
  });
  let open = true;
  socket.on('close', () => {
    if (open) handler.lost('the connection was closed');
  });
  return {
    transport,
    local: { address, port: localPort },
    send: (bytes) => void socket.write(bytes),
    close: () => {
      open = false;
      socket.destroy();
    },
  };
}
