// A way between the two ends of a call that loses what it is told to: SIP passes over it over UDP, and in the session
// descriptions each audio port is replaced by one of its own, from which packets go on as `pass` says.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { HOST } from './probe-stage.ts';

/** The packet as it goes on, or nothing. `index` counts those of one direction. */
export type Pass = (packet: Buffer, index: number) => Buffer | undefined;

export interface Passing {
  /** What the caller says. */
  readonly there?: Pass;
  readonly back?: Pass;
}

export class LossyPath {
  readonly port: number;
  /** First words of what went by: `INVITE`, `SIP/2.0 180`. */
  readonly seen: string[] = [];
  readonly #t: TestContext;
  readonly #passing: Passing;
  readonly #socket: Socket;
  readonly #targetPort: number;
  readonly #audio = new Map<number, number>();
  #callerPort = 0;

  static async start(t: TestContext, targetPort: number, passing: Passing): Promise<LossyPath> {
    return new LossyPath(t, await opened(t), targetPort, passing);
  }

  private constructor(t: TestContext, socket: Socket, targetPort: number, passing: Passing) {
    this.#t = t;
    this.#socket = socket;
    this.#targetPort = targetPort;
    this.#passing = passing;
    this.port = socket.address().port;
    socket.on('message', (bytes, { port }) => void this.#forward(bytes.toString('latin1'), port));
  }

  async #forward(text: string, from: number): Promise<void> {
    this.seen.push(text.split(' ', text.startsWith('SIP/') ? 2 : 1).join(' '));
    const isThere = from !== this.#targetPort;
    if (isThere) this.#callerPort = from;
    const [, port] = /^m=audio (\d+) /m.exec(text) ?? [];
    let sent = text;
    if (port !== undefined) {
      // Who describes itself is who hears: what goes to the caller goes back.
      const ours = await this.#relayTo(Number(port), isThere ? this.#passing.back : this.#passing.there);
      const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/^m=audio \d+ /m, `m=audio ${ours} `);
      const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
      sent = head.replace(/^Content-Length: \d+/im, `Content-Length: ${body.length}`) + body;
    }
    this.#socket.send(Buffer.from(sent, 'latin1'), isThere ? this.#targetPort : this.#callerPort, HOST);
  }

  async #relayTo(port: number, pass: Pass = (packet) => packet): Promise<number> {
    const known = this.#audio.get(port);
    if (known !== undefined) return known;
    const socket = await opened(this.#t);
    let count = 0;
    socket.on('message', (packet) => {
      const passed = pass(packet, count);
      count += 1;
      if (passed !== undefined) socket.send(passed, port, HOST);
    });
    this.#audio.set(port, socket.address().port);
    return socket.address().port;
  }
}

async function opened(t: TestContext): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}
