// How often somebody may be wrong about a PIN on the telephone. A caller's number can be forged, so what a stranger
// does may cost strangers their PIN for a while, but never the owner everything (law 2):
//
//   caller      5 wrong in an hour: PINs from this caller are not looked at for the rest of it
//   strangers   20 wrong in an hour for an account: PINs of callers who were never right are not looked at
//   familiar    callers who were right before, or who prove themselves (a phone of the account) have their own 5 only
//   codes       one-time codes are ten digits, so they may always be tried: a thousand an hour for an account
//
// So a guesser of six digits has 480 tries a day whatever numbers are forged, and whoever holds a printed code is
// let in at any time.

import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { Guesser } from '../ports/desk.ts';

interface Tally {
  count: number;
  since: Instant;
}

interface Guessed {
  readonly callers: Map<string, Tally>;
  readonly familiar: Set<string>;
  readonly strangers: Tally;
  readonly codes: Tally;
}

/** What was typed, while somebody looks at it. */
export interface Guess {
  right(): void;
  /** Nobody could say: it does not count. */
  unjudged(): void;
}

export class Guesses {
  /** By what is guessed at; the one that was touched last is at the end. */
  readonly #targets = new Map<string, Guessed>();

  get size(): number {
    return this.#targets.size;
  }

  /**
   * `isCode`: what was typed has the length of a one-time code. `undefined`: it is not looked at. It counts as wrong from
   * here on: it takes a while to look at it, and calls that guess side by side have no more tries than one has.
   */
  begin(target: string, guesser: Guesser, isCode: boolean, now: Instant): Guess | undefined {
    const known = this.#touched(target);
    if (isCode) {
      if (current(known.codes, now) >= LIMITS.codeGuessesPerHourMax) return undefined;
      return this.#guess(known, guesser, [known.codes], now);
    }
    const name = nameOf(guesser);
    const own = known.callers.get(name) ?? { count: 0, since: now };
    if (current(own, now) >= LIMITS.pinGuessesOfCallerMax) return undefined;
    const isFamiliar = guesser.isProven || known.familiar.has(name);
    if (!isFamiliar && current(known.strangers, now) >= LIMITS.pinGuessesOfStrangersMax) return undefined;
    known.callers.delete(name);
    known.callers.set(name, own);
    dropOldest(known.callers, LIMITS.guessingCallersMax);
    return this.#guess(known, guesser, isFamiliar ? [own] : [own, known.strangers], now);
  }

  #guess(known: Guessed, guesser: Guesser, counted: readonly Tally[], now: Instant): Guess {
    for (const tally of counted) add(tally, now);
    const unjudged = () => {
      for (const tally of counted) tally.count = Math.max(0, tally.count - 1);
    };
    const right = () => {
      unjudged();
      const name = nameOf(guesser);
      known.callers.delete(name);
      if (guesser.caller === undefined) return;
      known.familiar.delete(name);
      known.familiar.add(name);
      dropOldest(known.familiar, LIMITS.familiarCallersMax);
    };
    return { right, unjudged };
  }

  #touched(target: string): Guessed {
    const known = this.#targets.get(target) ?? {
      callers: new Map(),
      familiar: new Set(),
      strangers: { count: 0, since: 0 },
      codes: { count: 0, since: 0 },
    };
    this.#targets.delete(target);
    this.#targets.set(target, known);
    dropOldest(this.#targets, LIMITS.guessedTargetsMax);
    return known;
  }
}

function nameOf({ caller, isProven }: Guesser): string {
  return `${isProven ? 'phone' : 'caller'} ${caller ?? ''}`;
}

function current({ count, since }: Tally, now: Instant): number {
  return now - since < HOUR_MS ? count : 0;
}

function add(tally: Tally, now: Instant): void {
  if (now - tally.since >= HOUR_MS) {
    tally.count = 0;
    tally.since = now;
  }
  tally.count += 1;
}

function dropOldest(table: Map<string, unknown> | Set<string>, max: number): void {
  const [oldest] = table.keys();
  if (table.size > max && oldest !== undefined) table.delete(oldest);
}
