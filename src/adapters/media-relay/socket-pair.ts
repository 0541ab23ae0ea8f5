// Two UDP sockets on neighbouring ports. Addresses are always IP literals, so the sockets' look-up is a
// synchronous echo: nothing that a peer wrote can make the node ask a name server.

import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { err, ok, type Result } from '../../base/result.ts';

export interface SocketPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
}

/** `in-use`: another program has one of the ports. Anything else would fail for the next pair too. */
export interface BindFailure {
  readonly inUse: boolean;
  readonly reason: string;
}

/** The caller owns both sockets, and closes them. */
export async function bindSocketPair(
  address: string,
  port: number,
): Promise<Result<SocketPair, BindFailure>> {
  const rtp = await bindSocket(address, port);
  if (!rtp.ok) return rtp;
  const rtcp = await bindSocket(address, port + 1);
  if (rtcp.ok) return ok({ port, rtp: rtp.value, rtcp: rtcp.value });
  rtp.value.close();
  return rtcp;
}

export function bindSocket(address: string, port: number): Promise<Result<Socket, BindFailure>> {
  const version = isIP(address);
  const socket = createSocket({
    type: version === 6 ? 'udp6' : 'udp4',
    ipv6Only: version === 6,
    lookup: (literal, _options, callback) => callback(null, literal, version),
  });
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      const inUse = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      resolve(err({ inUse, reason: `udp ${address} port ${port}: ${error.code ?? error.message}` }));
    });
    socket.bind({ address, port }, () => {
      socket.removeAllListeners('error');
      resolve(ok(socket));
    });
  });
}
