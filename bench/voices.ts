// The callers' audio: one RTP socket for each caller, 20 ms of G.711 fifty times a second, to the address that the
// call's answer named. What it says is echoed by the phone at the other end, so each packet goes
//
//   voice ──▶ relay ──▶ phone (sipp -rtp_echo) ──▶ relay ──▶ voice
//
// and comes home with its own sequence number: a number that is missing was lost on the way, and the time since
// it was sent is the round trip through the relay and back.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { present } from '../src/base/assert.ts';
import type { Endpoint } from '../src/base/net.ts';
import { encodeG711 } from '../src/rtp/g711.ts';
import { parseRtp, serialiseRtp } from '../src/rtp/packet.ts';
import { sineSamples } from '../src/rtp/tone.ts';
import { onLoopback } from './stand.ts';

const PACKET_MS = 20;
const SAMPLES = 160;
const PCMA = 8;
/** What is still on the way when a voice has fallen silent comes within this time, or was lost. */
const SETTLE_MS = 500;

const SPEECH = encodeG711(
  'PCMA',
  sineSamples({ frequencyHz: 440, sampleRate: 8_000, count: SAMPLES, amplitude: 0.3 }),
);

export interface Heard {
  readonly packetsSent: number;
  readonly packetsBack: number;
  readonly roundTripsMs: readonly number[];
}

/** The voices of all callers, paced by one timer; each has a phase of its own within the 20 ms. */
export class Voices {
  readonly #voices: readonly Voice[];
  readonly #timer: NodeJS.Timeout;

  static async open(count: number, address: string): Promise<Voices> {
    return new Voices(await Promise.all(Array.from({ length: count }, () => Voice.open(address))));
  }

  private constructor(voices: readonly Voice[]) {
    this.#voices = voices;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      for (const voice of this.#voices) voice.speakUntil(nowMs);
    }, 1);
  }

  /** Where each caller wants his audio. */
  get ports(): readonly number[] {
    return this.#voices.map(({ port }) => port);
  }

  /** The caller with that port has been answered: he speaks for so long. */
  speak(port: number, to: Endpoint, seconds: number): void {
    const voice = present(
      this.#voices.find((each) => each.port === port),
      `a voice on port ${port}`,
    );
    voice.start(onLoopback(to), Math.round((seconds * 1_000) / PACKET_MS), Math.random() * PACKET_MS);
  }

  /** When all have said what they had to say, and heard the last of it. */
  get settled(): boolean {
    return this.#voices.every((voice) => voice.settled);
  }

  heard(): Heard {
    const sum = (field: 'packetsSent' | 'packetsBack') =>
      this.#voices.reduce((total, voice) => total + voice[field], 0);
    const roundTripsMs = this.#voices.flatMap((voice) => [...voice.roundTripsMs]);
    return { packetsSent: sum('packetsSent'), packetsBack: sum('packetsBack'), roundTripsMs };
  }

  close(): void {
    clearInterval(this.#timer);
    for (const voice of this.#voices) voice.close();
  }
}

class Voice {
  readonly port: number;
  readonly #socket: Socket;
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  /** When each packet was sent, by its sequence number; 0 once it has come back. */
  #sentAtMs = new Float64Array(0);
  #to: Endpoint | undefined;
  #startMs = 0;
  packetsSent = 0;
  packetsBack = 0;
  readonly roundTripsMs: number[] = [];

  static async open(address: string): Promise<Voice> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1_000_000 });
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Voice(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (packet) => this.#hear(packet));
  }

  start(to: Endpoint, packets: number, phaseMs: number): void {
    this.#to = to;
    this.#startMs = performance.now() + phaseMs;
    this.#sentAtMs = new Float64Array(packets);
  }

  /** All that is due by now; a late timer is made good at once, as a sender with a real clock does. */
  speakUntil(nowMs: number): void {
    while (this.#to !== undefined && this.packetsSent < this.#sentAtMs.length) {
      if (nowMs < this.#startMs + this.packetsSent * PACKET_MS) return;
      const sequenceNumber = this.packetsSent++;
      const packet = serialiseRtp(
        {
          payloadType: PCMA,
          marker: sequenceNumber === 0,
          sequenceNumber,
          timestamp: sequenceNumber * SAMPLES,
          ssrc: this.#ssrc,
        },
        SPEECH,
      );
      this.#sentAtMs[sequenceNumber] = performance.now();
      this.#socket.send(packet, this.#to.port, this.#to.address);
    }
  }

  get settled(): boolean {
    const speechMs = this.#sentAtMs.length * PACKET_MS;
    return this.#to !== undefined && performance.now() > this.#startMs + speechMs + SETTLE_MS;
  }

  #hear(packet: Buffer): void {
    const header = parseRtp(packet);
    if (header?.ssrc !== this.#ssrc) return;
    const sentAtMs = this.#sentAtMs[header.sequenceNumber] ?? 0;
    if (sentAtMs === 0) return;
    this.#sentAtMs[header.sequenceNumber] = 0;
    this.packetsBack += 1;
    this.roundTripsMs.push(performance.now() - sentAtMs);
  }

  close(): void {
    this.#socket.close();
  }
}
