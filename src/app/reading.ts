// What comes in is sorted into lanes here and read in their order, a little at a time, so that sockets, timers and
// media have their turn however much there is. Which lane, and whether there is room, the core says.
//
//   sockets ─▶ admit ─▶ waiting, by lane ─▶ at most so many milliseconds of reading ─▶ the sockets again ─▶ …

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { LANES, type Lane, type LaneCounts, type Load } from '../ports/shield.ts';
import type { Packet } from '../ports/signalling.ts';
import { LoadMeter } from '../shield/brownout/load-meter.ts';
import { placeOf } from '../shield/brownout/shedding.ts';
import { kindOf } from '../shield/first-bytes.ts';
import type { Verdict } from '../shield/shield.ts';
import { Waiting, type WaitingLane } from '../shield/waiting.ts';

export interface ReadingOptions {
  readonly admit: (packet: Packet, now: Instant) => Verdict;
  readonly read: (batch: readonly Packet[]) => void;
  /** There was no room for what a carrier sent. */
  readonly turnAway: (packet: Packet) => void;
  readonly now: () => Instant;
  /** A clock that only goes forward, and whatever comes after the sockets had their turn; a simulation has its own. */
  readonly elapsedMs?: () => number;
  readonly afterSockets?: (act: () => void) => void;
}

/** Packets that are handed on together, one newcomer's among them: few, so that the time is often looked at. */
const BATCH = 16;
/** As many datagrams as libuv takes out of a socket at once: there are more. */
const FULL_BATCH = 32;

interface Waiter {
  readonly packet: Packet;
  /** It is known, and cannot wait. */
  readonly isUrgent: boolean;
  /** By `elapsedMs`. */
  readonly since: number;
}

type Tally = { -readonly [count in keyof LaneCounts[Lane]]: number };

export class Reading {
  readonly #options: Required<ReadingOptions>;
  readonly #waiting = new Waiting<Waiter>();
  readonly #meter = new LoadMeter();
  readonly #counts = tallies();
  #isPut = false;
  #isFlooded = false;
  #endedMs = 0;
  #newcomersOwedMs = 0;

  constructor(options: ReadingOptions) {
    this.#options = { elapsedMs: () => performance.now(), afterSockets: setImmediate, ...options };
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
    const { dropped, oldestPatient } = this.#waiting;
    const patientWaitMs = oldestPatient === undefined ? 0 : this.#options.elapsedMs() - oldestPatient.since;
    return this.#meter.take(dropped, patientWaitMs, lateMs);
  }

  offer(batch: readonly Packet[]): void {
    const now = this.#options.now();
    const since = this.#options.elapsedMs();
    for (const packet of batch) {
      const verdict = this.#options.admit(packet, now);
      const { lane, admitted } = verdict;
      const count = this.#counts[lane];
      this.#meter.arrived(lane, admitted);
      if (admitted) {
        count.admitted++;
        count.admittedBytes += packet.bytes.length;
        const place = placeOf(verdict, kindOf(packet.bytes));
        this.#waiting.offer({ packet, isUrgent: place.isUrgent, since }, place.lane, place.urgency);
      } else {
        count.dropped++;
        count.droppedBytes += packet.bytes.length;
        if (lane === 'carrier') this.#options.turnAway(packet);
      }
    }
    if (batch.length >= FULL_BATCH) this.#isFlooded = true;
    if (!this.#isPut) this.#read();
  }

  #read(): void {
    const began = this.#options.elapsedMs();
    const newcomersMs = this.#timeForNewcomers(began);
    let now = began;
    let turnMs: number = LIMITS.readingTurnMs;
    do {
      const { hasOnlyNewcomers } = this.#waiting;
      if (hasOnlyNewcomers) turnMs = newcomersMs;
      if (now - began >= turnMs) break;
      const batch = this.#waiting.take(BATCH, now - began < newcomersMs ? 1 : 0);
      if (batch.length === 0) break;
      for (const { isUrgent, since } of batch) if (isUrgent) this.#meter.waited(now - since);
      this.#options.read(batch.map(({ packet }) => packet));
      const tookMs = this.#options.elapsedMs() - now;
      now += tookMs;
      if (hasOnlyNewcomers) this.#newcomersOwedMs -= tookMs;
    } while (now - began < turnMs);
    this.#endedMs = now;
    if (this.#waiting.size === 0 || this.#isPut) return;
    this.#isPut = true;
    this.#options.afterSockets(() => {
      this.#isPut = false;
      this.#read();
    });
  }

  /**
   * While more waits in the sockets than is taken out of them at a time, there are known packets among it that only
   * reading on will find: newcomers then have a part of the time that reading takes, and are behind by what a packet
   * of theirs took longer.
   */
  #timeForNewcomers(began: number): number {
    const { readingNewcomersTurnMs: usualMs, readingNewcomersPart: part } = LIMITS;
    const readingMs = began - this.#endedMs;
    this.#newcomersOwedMs = this.#isFlooded
      ? Math.min(usualMs, this.#newcomersOwedMs + part * readingMs)
      : usualMs;
    this.#isFlooded = false;
    return this.#newcomersOwedMs;
  }
}

function tallies(): Record<Lane, Tally> {
  const none = () => ({ admitted: 0, admittedBytes: 0, dropped: 0, droppedBytes: 0 });
  return Object.fromEntries(LANES.map((lane) => [lane, none()])) as Record<Lane, Tally>;
}
