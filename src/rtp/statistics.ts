// What a receiver knows of a stream: packets, loss and jitter (RFC 3550 §6.4.1, §A.1, §A.3, §A.8).
//
// One peer may send several streams after one another (a transfer behind it, an announcement, then the
// callee): each new SSRC, or restarted sequence, begins a new run, and the losses of the runs add up.
// Deviation: no probation (§A.1 MIN_SEQUENTIAL), since the latch has already decided whose packets count.

import type { Instant } from '../base/time.ts';
import type { RtpHeader } from './packet.ts';

/** §A.1: a forward step below this is loss, a backward one above `65536 - MISORDER_MAX` is reordering. */
const DROPOUT_MAX = 3_000;
const MISORDER_MAX = 100;
/** A step of more than this between transit times is a new time base of the sender, not jitter. */
const JITTER_STEP_MAX_MS = 1_000;

export class ReceptionStatistics {
  #packets = 0;
  #bytes = 0;
  #lostInEarlierRuns = 0;

  #ssrc = -1;
  #firstSequence = 0;
  #highestSequence = 0;
  #cycles = 0;
  #receivedInRun = 0;
  /** §A.1 `bad_seq`: where a restarted sequence would go on. */
  #restartSequence = -1;

  #jitterMs = 0;
  #lastArrival: Instant | undefined;
  #lastTimestamp = 0;
  #lastClockRate = 0;

  get packets(): number {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Never negative, although duplicates may outnumber losses. */
  get lost(): number {
    return this.#lostInEarlierRuns + this.#lostInRun();
  }

  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** `size`: bytes of the whole packet. `clockRate`: of its payload type; 0 leaves it out of the jitter. */
  receive(header: RtpHeader, size: number, clockRate: number, now: Instant): void {
    this.#packets += 1;
    this.#bytes += size;
    const inOrder = this.#count(header.ssrc, header.sequenceNumber);
    if (inOrder && clockRate > 0) this.#measureJitter(header.timestamp, clockRate, now);
  }

  /** Whether the packet moves its stream on: not late, not a duplicate. */
  #count(ssrc: number, sequence: number): boolean {
    if (ssrc !== this.#ssrc) {
      this.#begin(ssrc, sequence);
      return true;
    }
    const step = (sequence - this.#highestSequence) & 0xffff;
    if (step < DROPOUT_MAX) {
      if (sequence < this.#highestSequence) this.#cycles += 65_536;
      this.#highestSequence = sequence;
      this.#receivedInRun += 1;
      return step > 0;
    }
    if (step > 65_536 - MISORDER_MAX) {
      this.#receivedInRun += 1;
      return false;
    }
    // A very large jump: only the second of two packets in sequence proves that the sender began anew.
    if (sequence === this.#restartSequence) {
      this.#begin(ssrc, (sequence - 1) & 0xffff);
      this.#highestSequence = sequence;
      if (sequence === 0) this.#cycles = 65_536;
      this.#receivedInRun = 2;
      return true;
    }
    this.#restartSequence = (sequence + 1) & 0xffff;
    return false;
  }

  #begin(ssrc: number, sequence: number): void {
    this.#lostInEarlierRuns += this.#lostInRun();
    this.#ssrc = ssrc;
    this.#firstSequence = sequence;
    this.#highestSequence = sequence;
    this.#cycles = 0;
    this.#receivedInRun = 1;
    this.#restartSequence = -1;
    this.#lastArrival = undefined;
  }

  #lostInRun(): number {
    if (this.#receivedInRun === 0) return 0;
    const expected = this.#cycles + this.#highestSequence - this.#firstSequence + 1;
    return Math.max(0, expected - this.#receivedInRun);
  }

  #measureJitter(timestamp: number, clockRate: number, now: Instant): void {
    if (this.#lastArrival !== undefined && clockRate === this.#lastClockRate) {
      const sentAfterMs = (((timestamp - this.#lastTimestamp) | 0) * 1_000) / clockRate;
      const differenceMs = Math.abs(now - this.#lastArrival - sentAfterMs);
      if (differenceMs < JITTER_STEP_MAX_MS) this.#jitterMs += (differenceMs - this.#jitterMs) / 16;
    }
    this.#lastArrival = now;
    this.#lastTimestamp = timestamp;
    this.#lastClockRate = clockRate;
  }
}
