// The sending end of one RTP stream: numbers packets and keeps the timestamp (RFC 3550 §5.1), for as long as
// its endpoint lives, so that two announcements after one another are one stream to the phone.

import type { Instant } from '../base/time.ts';
import { serialiseRtp } from './packet.ts';

export interface SenderStart {
  /** All three random (RFC 3550 §5.1): 32, 16 and 32 bits. */
  readonly ssrc: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
}

export class RtpSender {
  readonly ssrc: number;
  #sequenceNumber: number;
  #timestamp: number;
  #lastEnd: Instant | undefined;
  #packets = 0;
  #octets = 0;

  constructor(start: SenderStart) {
    this.ssrc = start.ssrc;
    this.#sequenceNumber = start.sequenceNumber;
    this.#timestamp = start.timestamp;
  }

  /** Begins a talkspurt: the timestamp goes on by the time since the last packet (RFC 3550 §5.1). 8000 Hz. */
  resume(now: Instant): void {
    if (this.#lastEnd !== undefined && now > this.#lastEnd) {
      this.#timestamp = (this.#timestamp + Math.round((now - this.#lastEnd) * 8)) >>> 0;
    }
  }

  /** The next packet. `marker` begins a talkspurt. One byte of payload is one sample, as in G.711. */
  packet(payload: Uint8Array, payloadType: number, marker: boolean, now: Instant): Uint8Array {
    const bytes = serialiseRtp(
      {
        payloadType,
        marker,
        sequenceNumber: this.#sequenceNumber,
        timestamp: this.#timestamp,
        ssrc: this.ssrc,
      },
      payload,
    );
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + payload.length) >>> 0;
    this.#lastEnd = now + payload.length / 8;
    this.#packets += 1;
    this.#octets += payload.length;
    return bytes;
  }

  /** What a sender report says (RFC 3550 §6.4.1), for the moment of the next packet. */
  report(): {
    readonly ssrc: number;
    readonly timestamp: number;
    readonly packets: number;
    readonly octets: number;
  } {
    return { ssrc: this.ssrc, timestamp: this.#timestamp, packets: this.#packets, octets: this.#octets };
  }
}
