// What strangers send at the same time: whatever the fuzzer draws, over UDP and over connections that are opened for
// it, and requests without credentials. At a steady rate, from sockets that change now and then, as strangers' do.

import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import type { Endpoint } from '../../src/base/net.ts';
import { drawMessage } from '../../test/fuzz/draw-message.ts';
import { SeededRandom } from '../../test/simulation/world.ts';
import { onLoopback } from '../stand.ts';

const TICK_MS = 100;
/** A datagram larger than this does not go over every loopback. */
const DATAGRAM_MAX = 60_000;
const SOCKET_LIFE_TICKS = 50;

export class Garbage {
  readonly #node: Endpoint;
  readonly #random = new SeededRandom(20_261_125);
  readonly #perTick: number;
  readonly #counted: (what: string) => void;
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #ticks = 0;

  constructor(node: Endpoint, perSecond: number, counted: (what: string) => void) {
    this.#node = onLoopback(node);
    this.#perTick = (perSecond * TICK_MS) / 1_000;
    this.#counted = counted;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket?.close();
  }

  #tick(): void {
    this.#ticks += 1;
    if (this.#socket === undefined || this.#ticks % SOCKET_LIFE_TICKS === 0) {
      this.#socket?.close();
      this.#socket = createSocket('udp4').on('error', () => undefined);
      this.#socket.bind(0, this.#address);
    }
    for (let i = 0; i < this.#perTick; i++) {
      if (this.#random.chance(0.05)) this.#connect();
      else this.#sendDatagram(this.#random.chance(0.5) ? drawMessage(this.#random) : this.#stranger());
    }
  }

  #sendDatagram(bytes: Uint8Array): void {
    const { address, port } = this.#node;
    this.#counted('datagrams of garbage');
    this.#socket?.send(bytes.subarray(0, DATAGRAM_MAX), port, address, () => undefined);
  }

  /** Strangers have addresses of their own. */
  get #address(): string {
    return `127.77.0.${1 + (Math.floor(this.#ticks / SOCKET_LIFE_TICKS) % 200)}`;
  }

  /** Half a message, then gone. */
  #connect(): void {
    const { address, port } = this.#node;
    this.#counted('connections of garbage');
    const bytes = drawMessage(this.#random);
    const socket = connect({ host: address, port, localAddress: this.#address }, () => socket.end(bytes));
    socket.on('error', () => undefined).on('data', () => undefined);
    socket.setTimeout(2_000, () => socket.destroy());
  }

  /** A request that would be welcome, if it had credentials. */
  #stranger(): Uint8Array {
    const { address, port } = this.#node;
    const method = this.#random.pick(['REGISTER', 'INVITE', 'OPTIONS', 'BYE', 'SUBSCRIBE']);
    const token = this.#random.between(0, 2 ** 31);
    const user = this.#random.pick(['desk-1', 'desk-2', `nobody-${token % 10_000}`]);
    return Buffer.from(
      [
        `${method} sip:${user}@${address}:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${address}:9;branch=z9hG4bK${token};rport`,
        'Max-Forwards: 70',
        `From: <sip:${user}@${address}>;tag=${token}`,
        `To: <sip:${user}@${address}>`,
        `Call-ID: ${token}@garbage`,
        `CSeq: 1 ${method}`,
        `Contact: <sip:${user}@${address}:9>`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  }
}
