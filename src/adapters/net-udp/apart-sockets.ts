// Sockets on a listener's own port that are each connected to one peer. The system gives such a socket what that peer
// sends, and nothing else: it has a queue of its own, which no flood of others can fill.
//
// Between bind and connect a socket takes what comes from anybody, so both happen in one step, and whatever it brings
// is handled like any datagram of the listener, by its true source. It only ever receives: sent is from the listener,
// which hears of no ICMP errors, so that nobody can end a flow by forging one.

import type { Socket } from 'node:dgram';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';

export interface ApartOptions {
  /** A socket that may share the listener's port; not bound yet. */
  readonly create: () => Socket;
  readonly local: Endpoint;
  readonly datagram: (bytes: Uint8Array, source: Endpoint) => void;
  readonly trouble: () => void;
}

export class ApartSockets {
  readonly #options: ApartOptions;
  readonly #sockets = new Map<string, Socket>();

  constructor(options: ApartOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sockets.size;
  }

  open(remote: Endpoint): void {
    const name = formatEndpoint(remote);
    if (this.#sockets.has(name)) return;
    const { create, local, datagram, trouble } = this.#options;
    const socket = create();
    this.#sockets.set(name, socket);
    socket.on('message', datagram);
    socket.on('error', () => {
      trouble();
      // Without its own socket a peer is heard by the listener's.
      if (this.#sockets.get(name) === socket && !isBound(socket)) this.close(remote);
    });
    socket.bind({ ...local, exclusive: true });
    if (isBound(socket)) socket.connect(remote.port, remote.address);
  }

  close(remote: Endpoint): void {
    const name = formatEndpoint(remote);
    const socket = this.#sockets.get(name);
    this.#sockets.delete(name);
    if (socket !== undefined) shut(socket);
  }

  closeAll(): void {
    for (const socket of this.#sockets.values()) shut(socket);
    this.#sockets.clear();
  }
}

/** `bind` is done at once where no name has to be looked up; its failure is told a little later. */
function isBound(socket: Socket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false;
  }
}

function shut(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It never opened.
  }
}
