// A bare RTP port for scripted callers: sipp's description points to it, and it notes when packets arrive. Tells
// speech from hold, where a phone's recording would only be shorter.

import { createSocket, type Socket } from 'node:dgram';
import { CARRIER_HOST, type Rig } from './rig.ts';

export class Ear {
  readonly port: number;
  /** When each packet arrived, on the clock of `performance.now()`. */
  readonly arrivalsMs: number[] = [];

  static async open(rig: Rig, host = CARRIER_HOST): Promise<Ear> {
    const socket = createSocket('udp4');
    rig.onEnd(() => void socket.close());
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    return new Ear(socket);
  }

  private constructor(socket: Socket) {
    this.port = socket.address().port;
    socket.on('message', () => this.arrivalsMs.push(performance.now()));
  }

  /** The longest time between two packets, and how many came before and after it. */
  longestPause(): { readonly ms: number; readonly before: number; readonly after: number } {
    let longest = { ms: 0, before: 0, after: 0 };
    for (const [index, arrivalMs] of this.arrivalsMs.entries()) {
      const ms = arrivalMs - (this.arrivalsMs[index - 1] ?? arrivalMs);
      if (ms > longest.ms) longest = { ms, before: index, after: this.arrivalsMs.length - index };
    }
    return longest;
  }
}
