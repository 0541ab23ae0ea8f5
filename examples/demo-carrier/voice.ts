// A mobile's voice and ear: an RTP socket that speaks a steady tone in real time, one packet of G.711 each 20 ms,
// and counts what it hears. Packets are due at the start plus a multiple of 20 ms, so that a late timer does not
// stretch the tone; what is overdue by more than a few packets is left out.

import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { EMPTY_BYTES } from '../../src/base/bytes.ts';
import type { Endpoint } from '../../src/base/net.ts';
import { encodeG711, isAudible } from '../../src/rtp/g711.ts';
import { parseRtp } from '../../src/rtp/packet.ts';
import { RtpSender, type SenderStart } from '../../src/rtp/sender.ts';
import { sineSamples } from '../../src/rtp/tone.ts';

const PACKET_MS = 20;
const SAMPLES_PER_PACKET = 160;
const SAMPLE_RATE_HZ = 8_000;
/** More than this many packets late: they are skipped, not sent in a burst. */
const OVERDUE_MAX = 5;

export interface SpeakTo {
  readonly remote: Endpoint;
  readonly codec: 'PCMU' | 'PCMA';
  readonly payloadType: number;
}

export class Voice {
  readonly local: Endpoint;
  readonly #socket: Socket;
  readonly #sender: RtpSender;
  readonly #toneHz: number;
  #listener: SpeakTo | undefined;
  /** A second of the tone, encoded: whole Hertz join without a click. */
  #second = EMPTY_BYTES;
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #packets = 0;
  #heardPackets = 0;
  #heardAudio = false;

  static async open(address: string, toneHz: number, start: SenderStart): Promise<Voice> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, address, resolve);
    });
    return new Voice(socket, toneHz, start);
  }

  private constructor(socket: Socket, toneHz: number, start: SenderStart) {
    const { address, port } = socket.address();
    this.local = { address, port };
    this.#socket = socket;
    this.#toneHz = toneHz;
    this.#sender = new RtpSender(start);
    socket.on('message', (bytes) => this.#hear(bytes));
    // Such as a peer that has closed its port: RTP is sent whether or not anybody listens.
    socket.on('error', () => undefined);
  }

  get heardPackets(): number {
    return this.#heardPackets;
  }

  get heardAudio(): boolean {
    return this.#heardAudio;
  }

  /** Speaks to `listener` from now on, or is quiet without one. */
  speakTo(listener: SpeakTo | undefined): void {
    if (listener !== undefined && listener.codec !== this.#listener?.codec) {
      const tone = {
        frequencyHz: this.#toneHz,
        sampleRate: SAMPLE_RATE_HZ,
        count: SAMPLE_RATE_HZ,
        amplitude: 0.3,
      };
      this.#second = encodeG711(listener.codec, sineSamples(tone));
    }
    this.#listener = listener;
    clearInterval(this.#timer);
    if (listener === undefined) return;
    this.#startedMs = performance.now();
    this.#packets = 0;
    this.#sender.resume(this.#startedMs);
    this.#timer = setInterval(() => this.#speak(listener), PACKET_MS / 2);
    this.#speak(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #speak(listener: SpeakTo): void {
    const nowMs = performance.now();
    const due = Math.floor((nowMs - this.#startedMs) / PACKET_MS) + 1;
    if (due - this.#packets > OVERDUE_MAX) this.#packets = due - 1;
    for (; this.#packets < due; this.#packets++) {
      const from = (this.#packets * SAMPLES_PER_PACKET) % SAMPLE_RATE_HZ;
      const payload = this.#second.subarray(from, from + SAMPLES_PER_PACKET);
      const packet = this.#sender.packet(payload, listener.payloadType, this.#packets === 0, nowMs);
      this.#socket.send(packet, listener.remote.port, listener.remote.address, () => undefined);
    }
  }

  #hear(bytes: Uint8Array): void {
    const header = parseRtp(bytes);
    if (header === undefined) return;
    this.#heardPackets++;
    const codec = this.#listener?.codec;
    if (codec === undefined || header.payloadType !== this.#listener?.payloadType) return;
    this.#heardAudio ||= isAudible(codec, bytes, header.payloadStart, header.payloadEnd);
  }
}
