// Does a stranger know a door? Nobody has to do with it but an account's phones, so what others send there is next to
// nothing, for ever; a leak shows as many times that, for longer than chance, by senders who prove nothing.
//
//   strangers' packets of ten seconds:  0 0 2 0 5 1 0 │ 400 380 510 ─▶ leaks
//
// A leak is judged from packets that anybody can forge, so it condemns nobody: a door is moved, or its operator told.

import { LIMITS } from '../base/limits.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';

export interface DoorLeak {
  readonly port: number;
  /** Packets of the last ten seconds. */
  readonly packets: number;
  /** The most that it usually has. */
  readonly usual: number;
}

interface Watched {
  packets: number;
  proofs: number;
  /** The most of ten seconds so far, fading. */
  usual: number;
  /** Times on end in which there was far more. */
  streak: number;
}

const WINDOW_MS = 10 * SECOND_MS;
/** Of `usual`, what is left of it after a quarter of a day. */
const FADING = 0.9995;
/** Senders of which so many packets prove themselves are phones that come back, however many they are. */
const PACKETS_OF_A_PROOF = 10;

export class DoorLeaks {
  readonly #doors = new Map<number, Watched>();
  #windowEnds: Instant | undefined;

  /** Packets of who has proved nothing came to this door. */
  knocked(port: number, packets: number, now: Instant): void {
    this.#watched(port).packets += packets;
    this.#windowEnds ??= now + WINDOW_MS;
  }

  /** One of these was a phone of the account. */
  proved(port: number): void {
    const watched = this.#doors.get(port);
    if (watched !== undefined) watched.proofs++;
  }

  forget(port: number): void {
    this.#doors.delete(port);
  }

  /** Those that leak, once for as long as it lasts. */
  expire(now: Instant): readonly DoorLeak[] {
    if (this.#windowEnds === undefined || now < this.#windowEnds) return NONE;
    const leaks: DoorLeak[] = [];
    let isQuiet = true;
    for (const [port, watched] of this.#doors) {
      const { packets, proofs, usual } = watched;
      if (packets > 0 || watched.streak > 0) isQuiet = false;
      watched.packets = 0;
      watched.proofs = 0;
      const isUnusual =
        packets > Math.max(LIMITS.doorLeakMin, usual * LIMITS.doorLeakFactor) &&
        proofs * PACKETS_OF_A_PROOF < packets;
      // What is unusual must not become usual while it is looked at.
      if (!isUnusual) watched.usual = Math.max(packets, usual * FADING);
      watched.streak = isUnusual ? watched.streak + 1 : 0;
      if (watched.streak === LIMITS.doorLeakWindows) leaks.push({ port, packets, usual: Math.round(usual) });
    }
    this.#windowEnds = isQuiet ? undefined : now + WINDOW_MS;
    return leaks;
  }

  nextDeadline(): Instant | undefined {
    return this.#windowEnds;
  }

  #watched(port: number): Watched {
    const known = this.#doors.get(port);
    if (known !== undefined) return known;
    const watched = { packets: 0, proofs: 0, usual: 0, streak: 0 };
    this.#doors.set(port, watched);
    return watched;
  }
}

const NONE: readonly DoorLeak[] = [];
