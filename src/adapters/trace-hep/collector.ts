// Copies of messages to a HEP collector, over UDP: nobody waits for it, and whether it is there changes nothing for
// a call. What the system cannot take at once is dropped and counted.

import { createSocket, type Socket } from 'node:dgram';
import { LIMITS } from '../../base/limits.ts';
import { listenFailure } from '../../base/listening.ts';
import type { Endpoint } from '../../base/net.ts';
import type { TraceCollector, TracedMessage } from '../../ports/trace.ts';
import { type HepIdentity, hepPacket } from './packet.ts';

export interface HepOptions extends HepIdentity {
  /** An IP literal: no lookup may ever stand in the way of signalling. */
  readonly collector: Endpoint;
}

/** What an IPv4 datagram holds. */
const DATAGRAM_BYTES_MAX = 65_507;

/** Throws RingthroughError LISTEN_FAILED. */
export function openHepCollector(options: HepOptions): Promise<TraceCollector> {
  const isV6 = options.collector.address.includes(':');
  const socket = createSocket(isV6 ? 'udp6' : 'udp4');
  const local = { address: isV6 ? '::' : '0.0.0.0', port: 0 };
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => reject(listenFailure('hep', local, 'trace.hep', cause)));
    socket.bind(local.port, local.address, () => {
      socket.removeAllListeners('error');
      resolve(new HepCollector(socket, options));
    });
  });
}

class HepCollector implements TraceCollector {
  readonly #socket: Socket;
  readonly #options: HepOptions;
  readonly #counters = { sent: 0, dropped: 0 };
  #waiting = 0;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, options: HepOptions) {
    this.#socket = socket;
    this.#options = options;
    // Failures of one datagram are told to its callback.
    socket.on('error', () => this.#counters.dropped++);
  }

  send(messages: readonly TracedMessage[]): void {
    for (const message of messages) {
      const packet = this.#closing === undefined ? hepPacket(message, this.#options) : undefined;
      const fits = packet !== undefined && packet.length <= DATAGRAM_BYTES_MAX;
      if (!fits || this.#waiting >= LIMITS.hepQueueMax) this.#counters.dropped++;
      else this.#transmit(packet);
    }
  }

  stats(): { readonly sent: number; readonly dropped: number } {
    return { ...this.#counters };
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
    return this.#closing;
  }

  #transmit(packet: Uint8Array): void {
    const { address, port } = this.#options.collector;
    this.#waiting++;
    this.#socket.send(packet, port, address, (error) => {
      this.#waiting--;
      if (error === null) this.#counters.sent++;
      else this.#counters.dropped++;
    });
  }
}
