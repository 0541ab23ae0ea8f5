// What comes in is sorted into lanes here and read in their order, a little at a time, so that sockets, timers and
// media have their turn however much there is. Which lane, and whether there is room, the core says.
//
//   sockets ─▶ admit ─▶ waiting, by lane ─▶ at most so many milliseconds of reading ─▶ the sockets again ─▶ …

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { LANES, type Lane, type LaneCounts, type Load } from '../ports/shield.ts';
import type { Packet } from '../ports/signalling.ts';
import { LoadMeter } from '../shield/brownout/load-meter.ts';
import { isPatient } from '../shield/brownout/shedding.ts';
import { kindOf } from '../shield/first-bytes.ts';
import type { Verdict } from '../shield/shield.ts';
import { Waiting, type WaitingLane } from '../shield/waiting.ts';

export interface ReadingOptions {
  readonly admit: (packet: Packet, now: Instant) => Verdict;
  readonly read: (batch: readonly Packet[]) => void;
  /** There was no room for what a carrier sent. */
  readonly turnAway: (packet: Packet) => void;
  readonly now: () => Instant;
}

/** Packets that are handed on together: few, so that the time is looked at often enough. */
const BATCH = 16;
const NEWCOMERS_BATCH = 4;

interface Waiter {
  readonly packet: Packet;
  readonly isKnown: boolean;
  /** On the clock of `performance`. */
  readonly since: number;
}

type Tally = { -readonly [count in keyof LaneCounts[Lane]]: number };

export class Reading {
  readonly #options: ReadingOptions;
  readonly #waiting = new Waiting<Waiter>();
  readonly #meter = new LoadMeter();
  readonly #counts = tallies();
  #isPut = false;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** Since the start, by lane. */
  get counts(): LaneCounts {
    return this.#counts;
  }

  /** Packets that found no place among those that wait, or gave it up. */
  get overflowed(): Readonly<Record<WaitingLane, number>> {
    return this.#waiting.dropped;
  }

  /** How hard it was to keep up since this was asked last, when timers are late by so much. */
  takeLoad(lateMs: number): Load {
    const { emergency, known, patient } = this.#waiting.dropped;
    return this.#meter.take(emergency + known + patient, lateMs);
  }

  offer(batch: readonly Packet[]): void {
    const now = this.#options.now();
    const since = performance.now();
    for (const packet of batch) {
      const { lane, admitted } = this.#options.admit(packet, now);
      const count = this.#counts[lane];
      this.#meter.arrived(lane, admitted);
      if (admitted) {
        count.admitted++;
        count.admittedBytes += packet.bytes.length;
        const isKnown = lane !== 'newcomer';
        const canWait = isKnown && isPatient(kindOf(packet.bytes));
        this.#waiting.offer({ packet, isKnown, since }, lane, canWait);
      } else {
        count.dropped++;
        count.droppedBytes += packet.bytes.length;
        if (lane === 'carrier') this.#options.turnAway(packet);
      }
    }
    if (!this.#isPut) this.#read();
  }

  #read(): void {
    const began = performance.now();
    let now = began;
    let turnMs: number = LIMITS.readingTurnMs;
    do {
      const { hasOnlyNewcomers } = this.#waiting;
      // In a flood the sockets are what waits, and among what they hold are the known.
      turnMs = hasOnlyNewcomers ? LIMITS.readingNewcomersTurnMs : LIMITS.readingTurnMs;
      const batch = this.#waiting.take(hasOnlyNewcomers ? NEWCOMERS_BATCH : BATCH);
      if (batch.length === 0) return;
      for (const { isKnown, since } of batch) if (isKnown) this.#meter.waited(now - since);
      this.#options.read(batch.map(({ packet }) => packet));
      now = performance.now();
    } while (now - began < turnMs);
    if (this.#waiting.size === 0) return;
    this.#isPut = true;
    setImmediate(() => {
      this.#isPut = false;
      this.#read();
    });
  }
}

function tallies(): Record<Lane, Tally> {
  const none = () => ({ admitted: 0, admittedBytes: 0, dropped: 0, droppedBytes: 0 });
  return Object.fromEntries(LANES.map((lane) => [lane, none()])) as Record<Lane, Tally>;
}
