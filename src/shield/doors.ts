// The doors of all accounts: which port is whose, and what becomes of it. Decisions only; whoever asks opens ports and
// keeps records by the doors that come back.
//
//   (none) ──open──▶ open ──move──▶ grace ──its time is over and nobody uses it──▶ closed, and its port rests
//                         └────▶ open (the new one, of the other side)
//
// Ports are drawn at random, so that who knows one door cannot guess another. A move leaves both open, and time alone
// never closes the old one on phones that still come by it: that a mitigation must not hurt whom it protects.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Door } from '../ports/records.ts';
import type { DoorSide } from '../ports/shield.ts';

export interface DoorsOptions {
  /** Doors are opened on these, both included. */
  readonly ports: { readonly from: number; readonly to: number };
  /** Doors at once, those in grace among them. */
  readonly max: number;
  /** Uniform in [0, 1), and not to be guessed. */
  readonly fraction: () => number;
}

export type DoorRefusal =
  | 'none' //       the account has no open door
  | 'has-one' //    it has one already
  | 'in-grace' //   both of its sides are taken: one by a door that is still in grace
  | 'full'; //      as many doors as may be, or no port is left

/** Doors as they are after a change, in the order in which to make them so. */
export type DoorChanges = readonly Door[];

export class Doors {
  readonly #options: DoorsOptions;
  readonly #byPort = new Map<number, Door>();
  /** Open and in grace. */
  readonly #ofAccount = new Map<string, readonly Door[]>();
  readonly #inGrace = new Set<number>();
  #live = 0;
  #lookAt: Instant | undefined;

  constructor(options: DoorsOptions) {
    this.#options = options;
  }

  /** Open and in grace. */
  get size(): number {
    return this.#live;
  }

  get inGrace(): number {
    return this.#inGrace.size;
  }

  /** Those open and in grace, by account. */
  live(): readonly Door[] {
    return [...this.#ofAccount.values()].flat();
  }

  /** The account's, the open one first. */
  of(account: string): readonly Door[] {
    return this.#ofAccount.get(account) ?? NONE;
  }

  at(port: number): Door | undefined {
    const door = this.#byPort.get(port);
    return door?.state === 'closed' ? undefined : door;
  }

  /** What was kept over a restart. Doors on ports that are not for doors any more are closed, and come back so. */
  restore(kept: readonly Door[], now: Instant): DoorChanges {
    const { from, to } = this.#options.ports;
    for (const door of kept) this.#put(door);
    this.#lookAgain(now);
    const outside = this.live().filter(({ port }) => port < from || port > to);
    return outside.map((door) => this.#closed(door, 'its port is not among shield.doors any more', now));
  }

  open(
    account: string,
    name: string | undefined,
    why: string,
    now: Instant,
  ): Result<DoorChanges, DoorRefusal> {
    const others = this.of(account);
    if (others.some(({ state }) => state === 'open')) return err('has-one');
    const side = freeSide(others);
    if (side === undefined) return err('in-grace');
    const port = this.#live < this.#options.max ? this.#draw(now) : undefined;
    if (port === undefined) return err('full');
    const named = name === undefined ? {} : { name };
    const door: Door = { account, port, side, ...named, state: 'open', openedAt: now, why };
    this.#put(door);
    return ok([door]);
  }

  /** A new door at once; the one before it goes on for the grace time, and longer while it is used. */
  move(account: string, graceMs: number, why: string, now: Instant): Result<DoorChanges, DoorRefusal> {
    const before = this.of(account).find(({ state }) => state === 'open');
    if (before === undefined) return err('none');
    const old = this.#put({ ...before, state: 'grace', why, until: now + graceMs });
    const opened = this.open(account, before.name, why, now);
    if (opened.ok) {
      this.#lookAgain(now);
      return ok([...opened.value, old]);
    }
    this.#put(before);
    return opened;
  }

  /** The port could not be opened: another one of the same side in its place, and at once, for nobody came by it. */
  replace(port: number, why: string, now: Instant): Result<DoorChanges, DoorRefusal> {
    const before = this.at(port);
    if (before?.state !== 'open') return err('none');
    const closed = this.#closed(before, why, now);
    const opened = this.open(before.account, before.name, before.why, now);
    return ok(opened.ok ? [closed, ...opened.value] : [closed]);
  }

  /** All doors of the account: for the grace time they go on; without one they close now. */
  close(account: string, graceMs: number, why: string, now: Instant): Result<DoorChanges, DoorRefusal> {
    const doors = this.of(account);
    if (doors.length === 0) return err('none');
    if (graceMs <= 0) return ok(doors.map((door) => this.#closed(door, why, now)));
    const open = doors.filter(({ state }) => state === 'open');
    const changed = open.map((door) => this.#put({ ...door, state: 'grace', why, until: now + graceMs }));
    this.#lookAgain(now);
    return ok(changed);
  }

  /** What is in grace closes now; what is open stays. */
  closeOld(account: string, why: string, now: Instant): Result<DoorChanges, DoorRefusal> {
    const old = this.of(account).filter(({ state }) => state === 'grace');
    return old.length === 0 ? err('none') : ok(old.map((door) => this.#closed(door, why, now)));
  }

  /** Closes those whose grace is over and which nobody uses any more. */
  expire(now: Instant, isUsed: (door: Door) => boolean): DoorChanges {
    if (this.#lookAt === undefined || now < this.#lookAt) return NONE;
    const over = [...this.#inGrace].flatMap((port) => {
      const door = this.#byPort.get(port);
      return door !== undefined && (door.until ?? 0) <= now && !isUsed(door) ? [door] : [];
    });
    const closed = over.map((door) => this.#closed(door, 'its grace time is over', now));
    this.#lookAgain(now);
    return closed;
  }

  nextDeadline(): Instant | undefined {
    return this.#lookAt;
  }

  #lookAgain(now: Instant): void {
    this.#lookAt = undefined;
    for (const port of this.#inGrace) {
      const until = this.#byPort.get(port)?.until ?? now;
      // One that is used beyond its time is looked at again and again.
      const at = until > now ? until : now + LIMITS.doorLookMs;
      if (this.#lookAt === undefined || at < this.#lookAt) this.#lookAt = at;
    }
  }

  #closed(door: Door, why: string, now: Instant): Door {
    return this.#put({ ...door, state: 'closed', why, until: now + LIMITS.doorPortRestMs });
  }

  #put(door: Door): Door {
    const { account, port, state } = door;
    this.#byPort.set(port, door);
    const before = this.of(account);
    const others = before.filter((one) => one.port !== port);
    const after = state === 'closed' ? others : state === 'open' ? [door, ...others] : [...others, door];
    this.#live += after.length - before.length;
    if (after.length === 0) this.#ofAccount.delete(account);
    else this.#ofAccount.set(account, after);
    if (state === 'grace') this.#inGrace.add(port);
    else this.#inGrace.delete(port);
    return door;
  }

  /** A port that is no door's and rests from none; where there is no such one, the one that rested longest. */
  #draw(now: Instant): number | undefined {
    const { ports, fraction } = this.#options;
    const count = ports.to - ports.from + 1;
    const first = Math.floor(fraction() * count);
    let rested: Door | undefined;
    // From a random place on, so that in a nearly full range a free one is found for certain.
    for (let step = 0; step < count; step++) {
      const port = ports.from + ((first + step * STRIDE) % count);
      const door = this.#byPort.get(port);
      if (door === undefined) return port;
      if (door.state !== 'closed') continue;
      if ((door.until ?? 0) <= now) return port;
      if (rested === undefined || (door.until ?? 0) < (rested.until ?? 0)) rested = door;
    }
    return rested?.port;
  }
}

const NONE: readonly Door[] = [];
/** A prime larger than any range of ports, so that stepping by it meets every port, and no neighbour next. */
const STRIDE = 99_991;

/** Two doors of an account differ in their side, and side tells which of them a phone came by. */
function freeSide(others: readonly Door[]): DoorSide | undefined {
  return (['a', 'b'] as const).find((side) => others.every((door) => door.side !== side));
}
