// Packets that came in and are not read yet, in the order in which they are worth reading.
//
//   emergency   first, always                                     oldest first, nothing gives way
//   ongoing     of the known: what belongs to calls, and answers  oldest first; full: not taken (it comes again)
//   known       of the known: calls that begin, one for sixteen   oldest first; full: not taken
//   patient     of the known: what can wait, one for four         newest first; full: the oldest gives way
//   newcomers   what is left, one for sixteen of the known        newest first; full: the oldest gives way
//
// Newest first where there is more than can be read, because who waits longest has long sent again: whoever reads the
// oldest first then answers only the dead (bench/waiting.ts measures both).

import { LIMITS } from '../base/limits.ts';
import type { Lane } from '../ports/shield.ts';

export type WaitingLane = 'emergency' | 'ongoing' | 'known' | 'patient' | 'newcomer';
/** Of what is known: a call that is answered or ended waits for nothing, one that begins for little. */
export type Urgency = 'ongoing' | 'known' | 'patient';

/** Of known packets that are read before one newcomer's is. */
const KNOWN_FOR_EACH_NEWCOMER = 16;
/**
 * Of what belongs to calls that is read before one more call is begun: more than one call brings with it, for a node
 * that begins more calls than it can go on with answers none of them.
 */
const ONGOING_FOR_EACH_CALL = 16;
/** Of what is urgent that is read before one that can wait is. */
const URGENT_FOR_EACH_PATIENT = 4;

export type WaitingLimits = Readonly<Record<WaitingLane, number>>;

export class Waiting<P> {
  /** Packets that found no place, or gave it up. */
  readonly dropped: Record<WaitingLane, number> = {
    emergency: 0,
    ongoing: 0,
    known: 0,
    patient: 0,
    newcomer: 0,
  };
  readonly #emergency: Line<P>;
  readonly #ongoing: Line<P>;
  readonly #known: Line<P>;
  readonly #patient: Line<P>;
  readonly #newcomer: Line<P>;
  #sinceNewcomer = 0;
  #sinceKnown = 0;
  #sincePatient = 0;

  constructor(
    limits: WaitingLimits = {
      emergency: LIMITS.waitingEmergencyMax,
      ongoing: LIMITS.waitingKnownMax,
      known: LIMITS.waitingKnownMax,
      patient: LIMITS.waitingPatientMax,
      newcomer: LIMITS.waitingNewcomersMax,
    },
  ) {
    this.#emergency = new Line(limits.emergency);
    this.#ongoing = new Line(limits.ongoing);
    this.#known = new Line(limits.known);
    this.#patient = new Line(limits.patient);
    this.#newcomer = new Line(limits.newcomer);
  }

  get size(): number {
    const known = this.#ongoing.size + this.#known.size + this.#patient.size;
    return this.#emergency.size + known + this.#newcomer.size;
  }

  /** Nobody who is known waits. */
  get hasOnlyNewcomers(): boolean {
    return this.size === this.#newcomer.size;
  }

  /** The patient packet that has waited longest: since then there was always one. */
  get oldestPatient(): P | undefined {
    return this.#patient.oldest;
  }

  /** `urgency` counts where it is known. */
  offer(packet: P, lane: Lane, urgency: Urgency = 'known'): void {
    if (lane === 'emergency') {
      if (!this.#emergency.add(packet)) this.dropped.emergency++;
    } else if (lane === 'known' || lane === 'carrier') {
      if (urgency === 'patient') this.#addNewest(this.#patient, packet, 'patient');
      else if (!(urgency === 'ongoing' ? this.#ongoing : this.#known).add(packet)) this.dropped[urgency]++;
    } else this.#addNewest(this.#newcomer, packet, 'newcomer');
  }

  /** At most so many, in the order in which to read them, and of newcomers at most so many. */
  take(atMost: number, newcomersAtMost: number = atMost): P[] {
    const taken: P[] = [];
    let newcomersLeft = newcomersAtMost;
    while (taken.length < atMost) {
      const known = this.#nextKnown(newcomersLeft > 0);
      const packet = known ?? (newcomersLeft > 0 ? this.#nextNewcomer() : undefined);
      if (packet === undefined) break;
      if (known === undefined) newcomersLeft--;
      taken.push(packet);
    }
    return taken;
  }

  /** Nothing where none waits, or where it is a newcomer's turn. */
  #nextKnown(mayNewcomer: boolean): P | undefined {
    const emergency = this.#emergency.takeOldest();
    if (emergency !== undefined) return emergency;
    const isNewcomersTurn = this.#sinceNewcomer >= KNOWN_FOR_EACH_NEWCOMER && this.#newcomer.size > 0;
    if (mayNewcomer && isNewcomersTurn) return undefined;
    const known = this.#nextOfKnown();
    if (known !== undefined) this.#sinceNewcomer++;
    return known;
  }

  #nextNewcomer(): P | undefined {
    this.#sinceNewcomer = 0;
    return this.#newcomer.takeNewest();
  }

  #nextOfKnown(): P | undefined {
    if (this.#sincePatient < URGENT_FOR_EACH_PATIENT || this.#patient.size === 0) {
      const call = this.#nextOfCalls();
      if (call !== undefined) {
        this.#sincePatient++;
        return call;
      }
    }
    this.#sincePatient = 0;
    return this.#patient.takeNewest();
  }

  #nextOfCalls(): P | undefined {
    if (this.#sinceKnown < ONGOING_FOR_EACH_CALL || this.#known.size === 0) {
      const ongoing = this.#ongoing.takeOldest();
      if (ongoing !== undefined) {
        this.#sinceKnown++;
        return ongoing;
      }
    }
    this.#sinceKnown = 0;
    return this.#known.takeOldest();
  }

  /** The oldest gives way. */
  #addNewest(line: Line<P>, packet: P, lane: WaitingLane): void {
    if (line.add(packet)) return;
    line.takeOldest();
    line.add(packet);
    this.dropped[lane]++;
  }
}

/** A ring that is made when the first one waits. */
class Line<P> {
  readonly #max: number;
  #ring: (P | undefined)[] = [];
  #first = 0;
  size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(packet: P): boolean {
    if (this.size >= this.#max) return false;
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.size) % this.#ring.length] = packet;
    this.size++;
    return true;
  }

  get oldest(): P | undefined {
    return this.size === 0 ? undefined : this.#ring[this.#first];
  }

  takeOldest(): P | undefined {
    if (this.size === 0) return undefined;
    const packet = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#ring.length;
    this.size--;
    return packet;
  }

  takeNewest(): P | undefined {
    if (this.size === 0) return undefined;
    const last = (this.#first + this.size - 1) % this.#ring.length;
    const packet = this.#ring[last];
    this.#ring[last] = undefined;
    this.size--;
    return packet;
  }

  #grow(): void {
    const inOrder = [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first)];
    const length = Math.min(this.#max, Math.max(64, 2 * this.#ring.length));
    this.#ring = [...inOrder, ...new Array<undefined>(length - inOrder.length).fill(undefined)];
    this.#first = 0;
  }
}
