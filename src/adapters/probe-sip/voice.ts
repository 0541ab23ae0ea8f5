// The voice and the ear of one end of a call: an RTP socket that speaks a steady tone, a packet of G.711 each 20 ms,
// and hears what comes. Packets are due at the start plus a multiple of 20 ms, so that a late timer does not stretch
// the tone; it is noted when each really left.

import { createSocket, type Socket } from 'node:dgram';
import type { Endpoint } from '../../base/net.ts';
import type { Random } from '../../ports/random.ts';
import { encodeG711, type G711Codec } from '../../rtp/g711.ts';
import { uint16, uint32 } from '../../rtp/packet.ts';
import { RtpSender } from '../../rtp/sender.ts';
import { sineSamples } from '../../rtp/tone.ts';
import {
  type Heard,
  Hearing,
  PACKET_MS,
  SAMPLE_RATE_HZ,
  SAMPLES_PER_PACKET,
  type SentLog,
} from './hearing.ts';
import { bound, familyOf, sendTo } from './line.ts';

export interface SpeakTo {
  readonly remote: Endpoint;
  readonly codec: G711Codec;
  readonly payloadType: number;
}

export class Voice implements SentLog {
  readonly local: Endpoint;
  hearing: Hearing | undefined;
  readonly #socket: Socket;
  readonly #sender: RtpSender;
  readonly #samples: Int16Array;
  /** By sequence number: some hundred packets, for a call lasts no longer than its probe may. */
  readonly #sent = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #to: SpeakTo | undefined;
  #payload: Uint8Array = new Uint8Array(0);
  #startedAt = 0;
  #packets = 0;
  #closed = false;

  static async open(address: string, toneHz: number, random: Random): Promise<Voice> {
    const socket = createSocket(familyOf(address));
    await bound(socket, { address, port: 0 });
    return new Voice(socket, toneHz, random);
  }

  private constructor(socket: Socket, toneHz: number, random: Random) {
    const { address, port } = socket.address();
    this.local = { address, port };
    this.#socket = socket;
    const start = random.bytes(10);
    this.#sender = new RtpSender({
      ssrc: uint32(start, 0),
      timestamp: uint32(start, 4),
      sequenceNumber: uint16(start, 8),
    });
    this.#samples = sineSamples({
      frequencyHz: toneHz,
      sampleRate: SAMPLE_RATE_HZ,
      count: SAMPLES_PER_PACKET,
      amplitude: 0.3,
    });
    socket.on('message', (bytes) => this.hearing?.receive(bytes, performance.now()));
  }

  /** What it has heard by now. */
  get heard(): Heard {
    return (this.hearing ?? new Hearing(0, this, new Map())).heard();
  }

  sentAt(ssrc: number, sequenceNumber: number): number | undefined {
    return ssrc === this.#sender.ssrc ? this.#sent.get(sequenceNumber) : undefined;
  }

  /** Until it is closed; to another place from now on, if it speaks already. */
  speakTo(to: SpeakTo): void {
    this.#to = to;
    this.#payload = encodeG711(to.codec, this.#samples);
    if (this.#timer !== undefined) return;
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#speak(), PACKET_MS / 2);
    this.#speak();
  }

  /** Safe to call twice. */
  close(): void {
    clearInterval(this.#timer);
    if (!this.#closed) this.#socket.close();
    this.#closed = true;
  }

  #speak(): void {
    const now = performance.now();
    const due = Math.floor((now - this.#startedAt) / PACKET_MS) + 1;
    for (; this.#packets < due; this.#packets += 1) this.#send(now);
  }

  #send(now: number): void {
    if (this.#to === undefined || this.#closed) return;
    const { remote, payloadType } = this.#to;
    const packet = this.#sender.packet(this.#payload, payloadType, this.#packets === 0, now);
    this.#sent.set(uint16(packet, 2), now);
    sendTo(this.#socket, packet, remote);
  }
}
