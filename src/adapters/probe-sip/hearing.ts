// What one end hears of the other over a stretch of the call: which packets came, how evenly, after how long, and
// whether the tone in them is the one that was spoken. Pure: packets and their times go in.
//
//   sent      ░░ 0 1 2 3 4 5 … 74 ░░      every 20 ms, the same tone in each
//   heard        0 1   3 4 5 … 74         from the first one that comes, 75 numbers in sequence: 1 is lost
//
// What is lost before the first one is no loss but a late beginning: relays learn where to send by being sent to. Both
// ends are ours and on one clock, so that it is known when each packet left; what a timer of ours delays is no jitter
// of the network. Where a gateway made the packets anew, their own timestamps have to do (RFC 3550 §6.4.1).

import { estimateMos } from '../../rtp/e-model.ts';
import { decodeG711, type G711Codec, isAudible } from '../../rtp/g711.ts';
import { parseRtp, type RtpHeader } from '../../rtp/packet.ts';
import { ReceptionStatistics } from '../../rtp/statistics.ts';
import { toneShare } from '../../rtp/tone.ts';

export const PACKET_MS = 20;
export const SAMPLE_RATE_HZ = 8_000;
export const SAMPLES_PER_PACKET = 160;
/** 1.5 s. */
export const HEARD_PACKETS = 75;
/** Those that were overtaken may still come. */
const LATE_MS = 200;
/**
 * Whole periods of each fit into a packet, so that it is found packet by packet, whatever is lost between them. None is
 * a sign of a telephone network, a fax machine or a key.
 */
export const TONES_HZ = [550, 650, 750, 1_050, 1_250, 1_550] as const;

/** When each packet of a stream left. */
export interface SentLog {
  sentAt(ssrc: number, sequenceNumber: number): number | undefined;
}

export interface Heard {
  /** Of `HEARD_PACKETS`. */
  readonly packets: number;
  /** 0 to 1. */
  readonly loss: number;
  readonly jitterMs: number;
  /** From one end to the other; unknown where the packets were made anew on the way. */
  readonly delayMs: number | undefined;
  readonly mos: number;
  /** How much of what was heard is the tone, 0 to 1. */
  readonly tone: number;
  /** The tone of another call that is heard instead. */
  readonly otherHz: number | undefined;
  /** There are packets, and next to nothing in them. */
  readonly silent: boolean;
}

const TONE_MIN = 0.5;

export class Hearing {
  readonly #toneHz: number;
  readonly #log: SentLog;
  readonly #payloads: ReadonlyMap<number, G711Codec>;
  readonly #statistics = new ReceptionStatistics();
  readonly #numbers = new Set<number>();
  /** Energy of all that was heard, and of it by tone. */
  #energy = 0;
  readonly #energyOf = new Map<number, number>();
  #audible = 0;
  #ssrc: number | undefined;
  #firstNumber = 0;
  #firstAt: number | undefined;
  #delaySumMs = 0;
  #delays = 0;

  /** `payloads`: what the payload types mean that were agreed on. */
  constructor(toneHz: number, log: SentLog, payloads: ReadonlyMap<number, G711Codec>) {
    this.#toneHz = toneHz;
    this.#log = log;
    this.#payloads = payloads;
  }

  /** When the first packet came. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** Nothing more of what counts can come. */
  isOver(now: number): boolean {
    if (this.#numbers.size === HEARD_PACKETS) return true;
    return this.#firstAt !== undefined && now >= this.#firstAt + HEARD_PACKETS * PACKET_MS + LATE_MS;
  }

  receive(bytes: Uint8Array, now: number): void {
    const header = parseRtp(bytes);
    const codec = header && this.#payloads.get(header.payloadType);
    if (header === undefined || codec === undefined || this.isOver(now)) return;
    if (header.ssrc !== this.#ssrc) this.#begin(header, now);
    const number = (header.sequenceNumber - this.#firstNumber) & 0xffff;
    if (number >= HEARD_PACKETS || this.#numbers.has(number)) return;
    this.#numbers.add(number);
    this.#time(header, bytes.length, now);
    this.#listen(codec, bytes.subarray(header.payloadStart, header.payloadEnd));
  }

  heard(): Heard {
    const packets = this.#numbers.size;
    const { jitterMs } = this.#statistics;
    const delayMs = this.#delays === 0 ? undefined : this.#delaySumMs / this.#delays;
    const shareOf = (hz: number) => (this.#energy === 0 ? 0 : (this.#energyOf.get(hz) ?? 0) / this.#energy);
    const received = { packetsReceived: packets, packetsLost: HEARD_PACKETS - packets, jitterMs };
    return {
      packets,
      loss: 1 - packets / HEARD_PACKETS,
      jitterMs,
      delayMs,
      mos:
        packets === 0
          ? 1
          : estimateMos(delayMs === undefined ? received : { ...received, networkDelayMs: delayMs }),
      tone: shareOf(this.#toneHz),
      otherHz: TONES_HZ.find((hz) => hz !== this.#toneHz && shareOf(hz) > TONE_MIN),
      silent: packets > 0 && this.#audible < packets / 2,
    };
  }

  /** A gateway on the way may begin a new stream: what counts begins anew with it. */
  #begin({ ssrc, sequenceNumber }: RtpHeader, now: number): void {
    this.#ssrc = ssrc;
    this.#firstNumber = sequenceNumber;
    this.#firstAt = now;
    this.#numbers.clear();
    this.#energyOf.clear();
    this.#energy = 0;
    this.#audible = 0;
    this.#delaySumMs = 0;
    this.#delays = 0;
  }

  #time(header: RtpHeader, size: number, now: number): void {
    const sentAt = this.#log.sentAt(header.ssrc, header.sequenceNumber);
    const leftAt = sentAt === undefined ? header.timestamp : Math.round(sentAt * (SAMPLE_RATE_HZ / 1_000));
    this.#statistics.receive({ ...header, timestamp: leftAt >>> 0 }, size, SAMPLE_RATE_HZ, now);
    if (sentAt === undefined) return;
    this.#delaySumMs += now - sentAt;
    this.#delays += 1;
  }

  #listen(codec: G711Codec, payload: Uint8Array): void {
    const samples = decodeG711(codec, payload);
    let energy = 0;
    for (const sample of samples) energy += sample * sample;
    this.#energy += energy;
    if (isAudible(codec, payload, 0, payload.length)) this.#audible += 1;
    for (const hz of TONES_HZ) {
      const share = toneShare(samples, hz, SAMPLE_RATE_HZ);
      this.#energyOf.set(hz, (this.#energyOf.get(hz) ?? 0) + share * energy);
    }
  }
}
