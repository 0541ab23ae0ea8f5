// The audio of the bench's calls: 20 ms of G.711 fifty times a second from both ends, each with a source identifier of
// its own, which the platform's relay passes on. So the end that hears a packet finds out whose it is, and what was
// said and never heard is lost, be it a gap or all of it.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../src/base/net.ts';
import { encodeG711 } from '../../src/rtp/g711.ts';
import { parseRtp, serialiseRtp } from '../../src/rtp/packet.ts';
import { sineSamples } from '../../src/rtp/tone.ts';
import { admit, type Ground } from './law.ts';

const PACKET_MS = 20;
const SAMPLES = 160;
const PCMA = 8;
const TICK_MS = 5;

const SPEECH = encodeG711(
  'PCMA',
  sineSamples({ frequencyHz: 440, sampleRate: 8_000, count: SAMPLES, amplitude: 0.3 }),
);

export interface Spoken {
  readonly sent: number;
  readonly heard: number;
}

/** All voices of one program, paced by one timer. */
export class Choir {
  readonly #ground: Ground;
  readonly #voices = new Map<number, Voice>();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #heard = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      for (const voice of this.#voices.values()) this.#sent += voice.speakUntil(nowMs);
    }, TICK_MS);
  }

  /** What was said since `count` was called, and heard of that. */
  get spoken(): Spoken {
    return { sent: this.#sent, heard: this.#heard };
  }

  /** Begins to count; what was said before and is still on its way does not. */
  count(): void {
    this.#sent = 0;
    this.#heard = 0;
    for (const voice of this.#voices.values()) voice.countFromHere();
  }

  async open(address: string): Promise<Voice> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    socket.on('error', () => undefined);
    const voice = new Voice(socket, this.#newSource(), this.#ground, () => this.#voices.delete(voice.source));
    socket.on('message', (bytes) => {
      const header = parseRtp(bytes);
      const speaker = this.#voices.get(header?.ssrc ?? -1);
      if (header === undefined || speaker === undefined || speaker === voice) return;
      if (header.sequenceNumber >= speaker.countedFrom) this.#heard += 1;
      voice.peer = speaker;
    });
    this.#voices.set(voice.source, voice);
    return voice;
  }

  /** Nobody says a word from now on. */
  hush(): void {
    for (const voice of this.#voices.values()) voice.stop();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const voice of this.#voices.values()) voice.close();
  }

  #newSource(): number {
    const source = Math.floor(Math.random() * 2 ** 32);
    return this.#voices.has(source) ? this.#newSource() : source;
  }
}

export class Voice {
  readonly source: number;
  readonly port: number;
  readonly #socket: Socket;
  readonly #ground: Ground;
  readonly #closed: () => void;
  readonly #phaseMs = Math.random() * PACKET_MS;
  #to: Endpoint | undefined;
  #startMs = 0;
  #packets = 0;
  #isClosed = false;
  /** The other end of the call, once it was heard. */
  peer: Voice | undefined;
  /** Of its packets, the first that counts; a call is too short for numbers to come round. */
  countedFrom = 0;

  constructor(socket: Socket, source: number, ground: Ground, closed: () => void) {
    this.#socket = socket;
    this.source = source;
    this.port = socket.address().port;
    this.#ground = ground;
    this.#closed = closed;
  }

  speak(to: Endpoint): void {
    if (this.#to !== undefined) return;
    this.#to = admit(to, this.#ground);
    this.#startMs = performance.now() + this.#phaseMs;
  }

  countFromHere(): void {
    this.countedFrom = this.#packets;
  }

  stop(): void {
    this.#startMs = Number.POSITIVE_INFINITY;
  }

  /** Says what is due; gives back in how many packets. */
  speakUntil(nowMs: number): number {
    if (this.#to === undefined || this.#isClosed) return 0;
    const before = this.#packets;
    while (nowMs >= this.#startMs + this.#packets * PACKET_MS) this.#say(this.#to);
    return this.#packets - before;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed();
    this.#socket.close();
  }

  #say({ address, port }: Endpoint): void {
    const sequenceNumber = this.#packets & 0xffff;
    const timestamp = (this.#packets * SAMPLES) >>> 0;
    const header = {
      payloadType: PCMA,
      marker: this.#packets === 0,
      sequenceNumber,
      timestamp,
      ssrc: this.source,
    };
    this.#packets += 1;
    this.#socket.send(serialiseRtp(header, SPEECH), port, address);
  }
}
