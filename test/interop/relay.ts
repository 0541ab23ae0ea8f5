// A NAT of our own between a phone and a node, over UDP: each sender gets a port of its own towards the target, and
// all of it falls silent at a word, as when a cable is cut.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { HOST, type Rig } from './rig.ts';

export class UdpRelay {
  readonly port: number;
  /** Nothing passes any more, in neither direction. */
  cut = false;
  /** The first words of what it passed to the phone: `INVITE`, `OPTIONS`, `SIP/2.0`, … */
  readonly passed = new Set<string>();
  readonly #inside: Socket;
  readonly #targetPort: number;
  readonly #outside = new Map<number, Socket>();

  static async start(rig: Rig, targetPort: number): Promise<UdpRelay> {
    const inside = createSocket('udp4').bind(0, HOST);
    await once(inside, 'listening');
    const relay = new UdpRelay(inside, targetPort);
    rig.onEnd(() => relay.#close());
    return relay;
  }

  private constructor(inside: Socket, targetPort: number) {
    this.#inside = inside;
    this.#targetPort = targetPort;
    this.port = (inside.address() as AddressInfo).port;
    inside.on('message', (bytes, { port }) => {
      if (!this.cut) this.#towardsTarget(port).send(bytes, this.#targetPort, HOST);
    });
  }

  #towardsTarget(senderPort: number): Socket {
    const known = this.#outside.get(senderPort);
    if (known !== undefined) return known;
    const socket = createSocket('udp4').bind(0, HOST);
    socket.on('message', (bytes) => {
      if (this.cut) return;
      this.passed.add(bytes.toString('latin1').split(' ', 1)[0] ?? '');
      this.#inside.send(bytes, senderPort, HOST);
    });
    this.#outside.set(senderPort, socket);
    return socket;
  }

  #close(): void {
    for (const socket of [this.#inside, ...this.#outside.values()]) socket.close();
  }
}
