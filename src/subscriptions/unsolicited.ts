// Lamps of phones that never subscribe. Many desk phones only ever light theirs by a NOTIFY that comes by itself, a
// habit older than RFC 6665, which such phones answer 200 and others refuse. So each telephone is told when it has
// registered anew and when something changes; who refuses is left alone until then; and who has subscribed is not
// told twice.
//
//   registered anew ─3 s, to let it subscribe first─┐
//   messages changed ───────────────────────────────┴─▶ due ─▶ NOTIFY ─▶ 200: told   4xx: refuses   nothing: not told
//
// They are sent one after the other, so many a second: when all phones register at once, lamps can wait.

import { DeadlineHeap } from '../base/deadline-heap.ts';
import { LIMITS } from '../base/limits.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';

/** A telephone that a NOTIFY would reach. */
export interface Telephone {
  /** Of one user's. */
  readonly device: string;
  /** The Call-ID of its REGISTERs: another one after it was started anew. */
  readonly callId: string;
  /** It has subscribed, and is told as RFC 6665 has it. */
  readonly subscribed: boolean;
}

export interface Lamp {
  readonly user: string;
  readonly device: string;
}

interface Entry extends Lamp {
  callId: string;
  /** What it shows, as far as it has said so. */
  told: string | undefined;
  /** What it was last sent since it registered, whatever became of that. */
  tried: string | undefined;
  refuses: boolean;
  asking: boolean;
  heapIndex: number;
}

export class Unsolicited {
  readonly #byUser = new Map<string, Map<string, Entry>>();
  readonly #due = new DeadlineHeap<Entry>();
  #size = 0;
  #nextAt: Instant = Number.NEGATIVE_INFINITY;

  /** Telephones that are remembered. */
  get size(): number {
    return this.#size;
  }

  users(): Iterable<string> {
    return this.#byUser.keys();
  }

  has(user: string): boolean {
    return this.#byUser.has(user);
  }

  /**
   * These are the user's telephones now, and what their lamps are to show. `heard`: they have shown since that they
   * live, so that what was sent in vain is sent again.
   */
  look(user: string, telephones: readonly Telephone[], summary: string, heard: boolean, now: Instant): void {
    const known = this.#byUser.get(user) ?? new Map<string, Entry>();
    for (const entry of known.values()) {
      if (!telephones.some((one) => one.device === entry.device)) this.#forget(known, entry);
    }
    for (const telephone of telephones) {
      const entry = known.get(telephone.device) ?? this.#add(known, user, telephone.device);
      this.#lookAt(entry, telephone, summary, heard, now);
    }
    if (known.size > 0) this.#byUser.set(user, known);
    else this.#byUser.delete(user);
  }

  #lookAt(
    entry: Entry,
    { callId, subscribed }: Telephone,
    summary: string,
    heard: boolean,
    now: Instant,
  ): void {
    const isNew = entry.callId !== callId;
    if (isNew) Object.assign(entry, { callId, told: undefined, refuses: false });
    if (isNew || heard) entry.tried = undefined;
    const isKnown = entry.told === summary || entry.tried === summary;
    if (subscribed || entry.refuses || isKnown) this.#due.schedule(entry, undefined);
    else if (isNew) this.#due.schedule(entry, now + LIMITS.unsolicitedAfterMs);
    else if (!entry.asking && entry.heapIndex < 0) this.#due.schedule(entry, now);
  }

  /** The next lamp whose time has come; ask until there is none. */
  take(now: Instant): Lamp | undefined {
    const due = now < this.#nextAt ? undefined : this.#due.due(now);
    if (due === undefined) return undefined;
    this.#due.schedule(due, undefined);
    this.#nextAt = Math.max(now, this.#nextAt) + SECOND_MS / LIMITS.unsolicitedPerSecond;
    return due;
  }

  /** There is more to do than lamps. */
  wait(until: Instant): void {
    this.#nextAt = Math.max(this.#nextAt, until);
  }

  /** This NOTIFY has gone out. */
  sent({ user, device }: Lamp, summary: string): void {
    const entry = this.#byUser.get(user)?.get(device);
    if (entry !== undefined) Object.assign(entry, { asking: true, tried: summary });
  }

  /** What became of it; `undefined`: no answer came. Look again afterwards. */
  answered({ user, device }: Lamp, summary: string, status: number | undefined): void {
    const entry = this.#byUser.get(user)?.get(device);
    if (entry === undefined) return;
    entry.asking = false;
    if (status !== undefined && status < 300) entry.told = summary;
    else if (status !== undefined && !MAY_PASS.has(status)) entry.refuses = true;
  }

  nextDeadline(): Instant | undefined {
    const due = this.#due.deadline;
    return due === undefined ? undefined : Math.max(due, this.#nextAt);
  }

  #add(known: Map<string, Entry>, user: string, device: string): Entry {
    const nothing = { callId: '', told: undefined, tried: undefined, refuses: false, asking: false };
    const entry = { user, device, ...nothing, heapIndex: -1 };
    known.set(device, entry);
    this.#size++;
    return entry;
  }

  #forget(known: Map<string, Entry> | undefined, entry: Entry): void {
    known?.delete(entry.device);
    this.#due.schedule(entry, undefined);
    this.#size--;
  }
}

/** What says nothing of the next one: the phone or a proxy before it could not just now. */
const MAY_PASS: ReadonlySet<number> = new Set([408, 430, 480, 500, 502, 503, 504]);
