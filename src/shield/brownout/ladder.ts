// What is shed when even known traffic is more than the node can do, one rung after the other, and when it is not shed
// any more (law 3: each rung is limited in time, and told).
//
//        pressure for 1 s ▲        options ─ presence ─ registrations ─ newcomers' ─ outbound ─ inbound INVITEs
//                         │ ─────────────────────────────────────────────────────────────────────────────────▶
//        quiet for 5 s    ▼ ◀─────────────────────────────────────────────────────────────────────────────────
//
// A rung that had to come back soon after it was released stays twice as long the next time, so that the ladder does
// not flap at the edge of what the node can do. A rung whose time is up is released whatever the load is; the pressure
// must then last again before it comes back. The rungs under it have proved themselves by its being needed.

import { LIMITS } from '../../base/limits.ts';
import { formatDuration, type Instant, MINUTE_MS } from '../../base/time.ts';
import { type Load, RUNGS, type Rung } from '../../ports/shield.ts';

export interface RungChange {
  readonly rung: Rung;
  readonly engaged: boolean;
  /** For people: `known packets waited 240 ms`. */
  readonly reason: string;
}

export interface Engaged {
  readonly rung: Rung;
  readonly since: Instant;
  /** Released then at the latest. */
  readonly until: Instant;
  readonly reason: string;
}

/** What a rung remembers of its last time. */
interface Memory {
  readonly releasedAt: Instant;
  readonly patienceMs: number;
}

/** The longest that each is engaged, unless the pressure lasts. */
export const LONGEST_MS: Readonly<Record<Rung, number>> = {
  options: LIMITS.rungOptionsMs,
  presence: LIMITS.rungPresenceMs,
  registrations: LIMITS.rungRegistrationsMs,
  'newcomer-invites': LIMITS.rungNewcomerInvitesMs,
  'outbound-invites': LIMITS.rungOutboundInvitesMs,
  'inbound-invites': LIMITS.rungInboundInvitesMs,
};

/** What they shed waits behind calls. */
const PATIENT_RUNGS: ReadonlySet<Rung> = new Set(['options', 'presence', 'registrations']);

/** A rung that comes back within this time after its release was released too soon. */
const SOON_MS = 2 * MINUTE_MS;
/**
 * Strangers' packets for each known one that make an overload a flood: most of the work is theirs then, and to shed
 * what is known would hurt customers and win next to nothing back.
 */
const FLOOD_FACTOR = 8;

const NOTHING: readonly RungChange[] = [];

export class Ladder {
  /** From the first rung on. */
  #engaged: Engaged[] = [];
  readonly #memories = new Map<Rung, Memory>();
  #pressedSince: Instant | undefined;
  #quietSince: Instant | undefined;

  get engaged(): readonly Engaged[] {
    return this.#engaged;
  }

  has(rung: Rung): boolean {
    return this.#engaged.length > RUNGS.indexOf(rung);
  }

  /** The load of the interval that ends now. */
  pressed(load: Load, now: Instant): readonly RungChange[] {
    const due = this.expire(now);
    if (due.length > 0) return due;
    const pressure = pressureOf(load, RUNGS[this.#engaged.length]);
    this.#pressedSince = pressure === undefined ? undefined : (this.#pressedSince ?? now);
    this.#quietSince = isQuiet(load, this.#engaged.at(-1)?.rung) ? (this.#quietSince ?? now) : undefined;
    if (pressure !== undefined) return this.#press(pressure, this.#pressedSince ?? now, now);
    return this.#quietSince === undefined ? NOTHING : this.#ease(this.#quietSince, now);
  }

  /** Releases what has been engaged for as long as it may be. */
  expire(now: Instant): readonly RungChange[] {
    const changes: RungChange[] = [];
    for (let top = this.#engaged.at(-1); top !== undefined && top.until <= now; top = this.#engaged.at(-1)) {
      changes.push(this.#release(top, 'its time is up', now));
    }
    return changes;
  }

  /** The one on top is always the first whose time is up. */
  nextDeadline(): Instant | undefined {
    return this.#engaged.at(-1)?.until;
  }

  #press(reason: string, since: Instant, now: Instant): readonly RungChange[] {
    const rung = RUNGS[this.#engaged.length];
    if (rung === undefined || now - since < LIMITS.rungEngageAfterMs) return NOTHING;
    const until = now + LONGEST_MS[rung];
    this.#engaged = this.#engaged.map((lower) => ({ ...lower, until: Math.max(lower.until, until) }));
    this.#engaged.push({ rung, since: now, until, reason });
    const last = this.#memories.get(rung);
    const isBack = last !== undefined && now - last.releasedAt < SOON_MS;
    const patienceMs = isBack ? 2 * last.patienceMs : LIMITS.rungReleaseAfterMs;
    this.#memories.set(rung, {
      releasedAt: Number.NEGATIVE_INFINITY,
      patienceMs: Math.min(patienceMs, LONGEST_MS[rung]),
    });
    this.#pressedSince = now;
    return [{ rung, engaged: true, reason }];
  }

  #ease(since: Instant, now: Instant): readonly RungChange[] {
    const top = this.#engaged.at(-1);
    if (top === undefined || now - since < this.#patienceOf(top.rung)) return NOTHING;
    return [this.#release(top, `quiet for ${formatDuration(now - since)}`, now)];
  }

  #release({ rung }: Engaged, reason: string, now: Instant): RungChange {
    this.#engaged.pop();
    this.#memories.set(rung, { releasedAt: now, patienceMs: this.#patienceOf(rung) });
    // Whatever comes next takes its full time, from here on.
    this.#pressedSince = undefined;
    this.#quietSince = undefined;
    return { rung, engaged: false, reason };
  }

  #patienceOf(rung: Rung): number {
    return this.#memories.get(rung)?.patienceMs ?? LIMITS.rungReleaseAfterMs;
  }
}

/** Most of the work is strangers': what there is too much of is not ours to shed. */
function isFlood({ known, strangers }: Load): boolean {
  return strangers > FLOOD_FACTOR * known;
}

/**
 * Why the known have to wait, where they do, and where shedding on this rung would help. What is patient waits behind
 * calls, so it says nothing of whether calls have to be shed.
 */
function pressureOf(load: Load, rung: Rung | undefined): string | undefined {
  if (isFlood(load)) return undefined;
  const { waitMs, patientWaitMs, overflowed, patientOverflowed, lateMs } = load;
  if (overflowed > 0) return `${overflowed} known packets found no place`;
  if (waitMs >= LIMITS.pressureMs) return `known packets waited ${formatDuration(waitMs)}`;
  if (lateMs >= LIMITS.pressureMs) return `timers were ${formatDuration(lateMs)} late`;
  if (rung === undefined || !PATIENT_RUNGS.has(rung)) return undefined;
  if (patientOverflowed > 0) return `${patientOverflowed} known packets that can wait found no place`;
  if (patientWaitMs < LIMITS.patientPressureMs) return undefined;
  return `known packets that can wait have waited for ${formatDuration(patientWaitMs)}`;
}

/** Nothing that shedding on this rung could help; without a rung: nothing waits at all. */
export function isQuiet(load: Load, rung?: Rung): boolean {
  if (isFlood(load)) return true;
  const { waitMs, patientWaitMs, overflowed, patientOverflowed, lateMs } = load;
  if (overflowed > 0 || waitMs > LIMITS.easeMs || lateMs > LIMITS.easeMs) return false;
  if (rung !== undefined && !PATIENT_RUNGS.has(rung)) return true;
  return patientOverflowed === 0 && patientWaitMs <= LIMITS.easeMs;
}
