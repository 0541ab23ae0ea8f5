// Slows whoever guesses passwords, and nobody else.
//
// Only a wrong digest over a nonce that was sealed for its very source counts: whoever sent it receives what is
// sent there, so nobody can have another one slowed by forging its address (see nonce.ts). It counts in each of
//
//     the flow      user and address and port    a phone with a wrong password, a simple guesser
//     the place     user and address             a guesser with many ports
//     the source    address                      one guesser, many users
//     the user      user                         many guessers, one user
//
// and beyond the free tries of any of them the next digest is not even looked at for 1 s, 2 s, 4 s … up to a
// minute. Where the user was let in before, neither what others do to the user nor what others do at that
// address counts, and the flow that a phone is registered over has only itself to answer for. So the owner gets in.

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';

/** Who sent a request, as far as it can be told before it is authenticated. */
export interface Sender {
  /** The customer behind the address (base/source.ts); nonces are sealed for it. */
  readonly source: string;
  /** Address, port and connection. */
  readonly flow: string;
  /**
   * Is this the flow of a phone that is registered as `user`, or does the request name what only that phone knows
   * of its registration (its Call-ID, its Contact)?
   */
  readonly known: (user: string) => 'flow' | 'client' | undefined;
}

export type GuessingLimits = Pick<
  typeof LIMITS,
  | 'guessesFreeOfFlow'
  | 'guessesFreeOfPlace'
  | 'guessesFreeOfSource'
  | 'guessesFreeOfUser'
  | 'guessDelayMs'
  | 'guessDelayMaxMs'
  | 'guessMemoryMs'
  | 'guessersMax'
  | 'knownPlacesMax'
  | 'knownPlaceMs'
>;

interface Scope {
  readonly tries: Tries;
  readonly key: string;
}

export class Guessing {
  readonly #limits: GuessingLimits;
  readonly #flows: Tries;
  readonly #places: Tries;
  readonly #sources: Tries;
  readonly #users: Tries;
  /** Where users were let in, in the order of the last time. */
  readonly #knownPlaces = new Map<string, Instant>();

  constructor(limits: { readonly [name in keyof GuessingLimits]?: number } = {}) {
    this.#limits = { ...LIMITS, ...limits } as GuessingLimits;
    const { guessesFreeOfFlow, guessesFreeOfPlace, guessesFreeOfSource, guessesFreeOfUser } = this.#limits;
    this.#flows = new Tries(guessesFreeOfFlow, this.#limits);
    this.#places = new Tries(guessesFreeOfPlace, this.#limits);
    this.#sources = new Tries(guessesFreeOfSource, this.#limits);
    this.#users = new Tries(guessesFreeOfUser, this.#limits);
  }

  /** Everything remembered: bounded, and none of it by who has not shown that it receives what we send. */
  get size(): number {
    const tables = [this.#flows, this.#places, this.#sources, this.#users];
    return tables.reduce((sum, table) => sum + table.size, this.#knownPlaces.size);
  }

  /** How long until a digest of this user from this sender is looked at; 0: now. */
  waitMs(user: string, sender: Sender, now: Instant): number {
    return Math.max(...this.#scopes(user, sender, now).map(({ tries, key }) => tries.waitMs(key, now)));
  }

  wrong(user: string, sender: Sender, now: Instant): void {
    for (const { tries, key } of this.#scopes(user, sender, now)) tries.wrong(key, now);
  }

  right(user: string, sender: Sender, now: Instant): void {
    const place = placeOf(user, sender);
    this.#flows.forget(keyOf(user, sender.flow));
    this.#knownPlaces.delete(place);
    this.#knownPlaces.set(place, now);
    const [oldest] = this.#knownPlaces.keys();
    if (this.#knownPlaces.size > this.#limits.knownPlacesMax && oldest !== undefined) {
      this.#knownPlaces.delete(oldest);
    }
  }

  /** Who has another password now may have been wrong with the old one. */
  forget(users: ReadonlySet<string>): void {
    for (const table of [this.#flows, this.#places, this.#users]) table.forgetUsers(users);
  }

  #scopes(user: string, sender: Sender, now: Instant): readonly Scope[] {
    const flow = { tries: this.#flows, key: keyOf(user, sender.flow) };
    const known = sender.known(user);
    if (known === 'flow') return [flow];
    // A claim can be guessed by who sits behind the same address, so all who make it share the tries of one.
    if (known === 'client') return [flow, { tries: this.#places, key: keyOf(user, 'as registered') }];
    const place = { tries: this.#places, key: placeOf(user, sender) };
    if (this.#isKnownPlace(place.key, now)) return [flow, place];
    return [
      flow,
      place,
      { tries: this.#sources, key: sender.source },
      { tries: this.#users, key: keyOf(user, '') },
    ];
  }

  #isKnownPlace(place: string, now: Instant): boolean {
    const at = this.#knownPlaces.get(place);
    return at !== undefined && now - at <= this.#limits.knownPlaceMs;
  }
}

function placeOf(user: string, { source }: Sender): string {
  return keyOf(user, source);
}

/** No header value, and so no user, holds a line end. */
function keyOf(user: string, where: string): string {
  return `${user}\n${where}`;
}

interface Tried {
  wrong: number;
  lastAt: Instant;
}

/** Wrong digests by key, in the order of the last one. */
class Tries {
  readonly #free: number;
  readonly #limits: GuessingLimits;
  readonly #tried = new Map<string, Tried>();

  constructor(free: number, limits: GuessingLimits) {
    this.#free = free;
    this.#limits = limits;
  }

  get size(): number {
    return this.#tried.size;
  }

  waitMs(key: string, now: Instant): number {
    const tried = this.#tried.get(key);
    if (tried === undefined || tried.wrong <= this.#free) return 0;
    const { guessDelayMs, guessDelayMaxMs } = this.#limits;
    // The exponent is bounded because 2^1024 is no number any more.
    const delayMs = guessDelayMs * 2 ** Math.min(tried.wrong - this.#free - 1, 32);
    return Math.max(0, tried.lastAt + Math.min(delayMs, guessDelayMaxMs) - now);
  }

  wrong(key: string, now: Instant): void {
    const wrong = (this.#tried.get(key)?.wrong ?? 0) + 1;
    this.#tried.delete(key);
    this.#tried.set(key, { wrong, lastAt: now });
    for (const [oldest, { lastAt }] of this.#tried) {
      if (this.#tried.size <= this.#limits.guessersMax && now - lastAt <= this.#limits.guessMemoryMs) return;
      this.#tried.delete(oldest);
    }
  }

  forget(key: string): void {
    this.#tried.delete(key);
  }

  forgetUsers(users: ReadonlySet<string>): void {
    for (const key of this.#tried.keys()) {
      if (users.has(key.slice(0, key.indexOf('\n')))) this.#tried.delete(key);
    }
  }
}
