// Calm, elevated, attack: one of three words out of evidence that goes up and down every second.
//
//              hostile: surely                     no hostile evidence for `hold`
//     calm ─────────────────────▶ attack ─────────────────────────▶ elevated ────▶ calm
//       └── unusual: surely ─▶ elevated ◀─ unusual or half hostile      nothing unusual for a minute
//
// Up at once, down slowly, and slower each time: who pulses an attack to see the posture flap finds that it stays.

import { type Instant, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import type { Posture } from '../../ports/shield.ts';
import { SURELY } from './evidence.ts';
import type { Judgement } from './judge.ts';

/** Evidence below this is nothing to speak of. */
const NOTHING = SURELY / 6;
const ATTACK_HOLD_MS = 30 * SECOND_MS;
const ELEVATED_HOLD_MS = MINUTE_MS;
/** As often as it came back lately, the hold is doubled. */
const DOUBLINGS_MOST = 4;
const LATELY_MS = 30 * MINUTE_MS;

export class PostureKeeper {
  #posture: Posture = 'calm';
  #since: Instant;
  /** The last second that spoke for an attack, and for anything unusual. */
  #hostileAt: Instant = Number.NEGATIVE_INFINITY;
  #unusualAt: Instant = Number.NEGATIVE_INFINITY;
  #comebacks = 0;
  #leftAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(now: Instant) {
    this.#since = now;
  }

  get posture(): Posture {
    return this.#posture;
  }

  get since(): Instant {
    return this.#since;
  }

  /** The posture after this second. */
  judged({ unusual, hostile }: Judgement, now: Instant): Posture {
    const hostileEvidence = hostile?.evidence ?? 0;
    const unusualEvidence = Math.max(hostileEvidence, unusual?.evidence ?? 0);
    if (hostileEvidence >= NOTHING) this.#hostileAt = now;
    if (unusualEvidence >= NOTHING) this.#unusualAt = now;
    const next = this.#next(hostileEvidence, unusual?.evidence ?? 0, now);
    if (next !== this.#posture) this.#change(next, now);
    return next;
  }

  #next(hostile: number, unusual: number, now: Instant): Posture {
    if (hostile >= SURELY) return 'attack';
    const isStillAttack = this.#posture === 'attack' && now - this.#hostileAt < this.#hold(ATTACK_HOLD_MS);
    if (isStillAttack) return 'attack';
    if (hostile >= SURELY / 2 || unusual >= SURELY) return 'elevated';
    if (this.#posture === 'attack') return 'elevated';
    const isStillElevated =
      this.#posture === 'elevated' &&
      Math.min(now - this.#unusualAt, now - this.#since) < this.#hold(ELEVATED_HOLD_MS);
    return isStillElevated ? 'elevated' : 'calm';
  }

  #change(next: Posture, now: Instant): void {
    const isUp = next === 'attack' || this.#posture === 'calm';
    if (isUp) this.#comebacks = now - this.#leftAt < LATELY_MS ? this.#comebacks + 1 : 0;
    else this.#leftAt = now;
    this.#posture = next;
    this.#since = now;
  }

  #hold(holdMs: number): number {
    return holdMs * 2 ** Math.min(DOUBLINGS_MOST, this.#comebacks);
  }
}
