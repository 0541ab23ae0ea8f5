// Who abuses the node without flooding it: guesses passwords, tries one user after another, or scans with a tool.
//
//   wrong digest ─▶ slowed (sip/auth/guessing.ts) ─▶ refused for 1 min ─▶ 5 min ─▶ 30 min ─▶ 60 min ─▶ …
//
// Only what a forger cannot make counts (law 2): a digest over a nonce that the source has received, or a message over
// a connection that it has completed. Where somebody was let in lately, nobody is refused: among an office's phones one
// may be a bot, and then it is slowed by user and flow, and told to the operator. Everything here ends by itself. A
// user that there is counts like one that there is not, so that nobody learns from a refusal whether there is.

import { fnv1a } from '../../base/hash.ts';
import { LIMITS } from '../../base/limits.ts';
import { ONE_CUSTOMER, type SourceKey, sourceKey } from '../../base/source.ts';
import { type Instant, MINUTE_MS } from '../../base/time.ts';
import { Remembered } from '../remembered.ts';

export interface Evidence {
  readonly address: string;
  readonly proof: /** A digest that answers a challenge of ours: wrong, or not looked at because too many were. */
    | { readonly type: 'guess'; readonly user: string; readonly slowed: boolean }
    /** A message of a scanning tool, over a connection. */
    | { readonly type: 'tool'; readonly name: string };
}

export interface Abuser {
  readonly address: string;
  /** A sentence. */
  readonly why: string;
  /** Digests that were wrong or came too early. */
  readonly guesses: number;
  /** Users tried in vain; counted no further than to the limit. */
  readonly users: number;
  readonly toolMessages: number;
  readonly since: Instant;
  /** When it was found. */
  readonly at: Instant;
  /** Refused until then. Absent: phones prove themselves there, so it is only slowed. */
  readonly until?: Instant;
}

/** Users are only told apart by it. */
const USER_SEED = 0x811c9dc5;

interface Suspect {
  readonly since: Instant;
  lastAt: Instant;
  guesses: number;
  /** As a leaking bucket: who waits as long as it is told never fills it. */
  level: number;
  readonly users: Set<number>;
  toolMessages: number;
  tool: string;
}

interface Found {
  readonly abuser: Abuser;
  readonly times: number;
  readonly endsAt: Instant;
}

export class Abusers {
  /** In the order of the last evidence. */
  readonly #suspects = new Map<SourceKey, Suspect>();
  /** In the order in which they were found. */
  readonly #found = new Map<SourceKey, Found>();
  readonly #sheltered = new Remembered(LIMITS.shelteredSourcesMax);

  get size(): number {
    return this.#suspects.size + this.#found.size;
  }

  /** Somebody proved there to be a phone: that source is not refused for a long time. */
  letIn(address: string, now: Instant): void {
    this.#sheltered.remember(sourceKey(address, ONE_CUSTOMER), now + LIMITS.knownPlaceMs);
  }

  isSheltered(address: string, now: Instant): boolean {
    return this.#sheltered.has(sourceKey(address, ONE_CUSTOMER), now);
  }

  /**
   * The abuser, where this is what was still missing; told once for each time that it is found. `isFamiliar`: phones
   * are at home there, as somebody else knows.
   */
  record({ address, proof }: Evidence, isFamiliar: boolean, now: Instant): Abuser | undefined {
    const key = sourceKey(address, ONE_CUSTOMER);
    const suspect = this.#suspect(key, now);
    if (proof.type === 'tool') {
      suspect.toolMessages++;
      suspect.tool = proof.name;
    } else {
      suspect.guesses++;
      suspect.level++;
      if (!proof.slowed && suspect.users.size < LIMITS.abuseUsersMax)
        suspect.users.add(fnv1a(proof.user, USER_SEED));
    }
    const why = reasonFor(suspect);
    if (why === undefined) return undefined;
    this.#suspects.delete(key);
    return this.#find(key, address, suspect, why, isFamiliar || this.#sheltered.has(key, now), now);
  }

  /** An operator knows better: it begins anew. False where nothing was held against it. */
  pardon(address: string): boolean {
    const key = sourceKey(address, ONE_CUSTOMER);
    const suspected = this.#suspects.delete(key);
    return this.#found.delete(key) || suspected;
  }

  /** Those that are refused now, or were found lately among phones; the latest first. */
  list(now: Instant): readonly Abuser[] {
    return [...this.#found.values()]
      .map(({ abuser }) => abuser)
      .filter(({ at, until }) => now < (until ?? at + LIMITS.abuseMemoryMs))
      .reverse();
  }

  #suspect(key: SourceKey, now: Instant): Suspect {
    const known = this.#suspects.get(key);
    this.#suspects.delete(key);
    const fresh = known === undefined || now - known.lastAt > LIMITS.abuseMemoryMs;
    const suspect = fresh
      ? { since: now, lastAt: now, guesses: 0, level: 0, users: new Set<number>(), toolMessages: 0, tool: '' }
      : known;
    const leaked = ((now - suspect.lastAt) / MINUTE_MS) * LIMITS.abuseGuessesForgottenPerMinute;
    suspect.level = Math.max(0, suspect.level - leaked);
    suspect.lastAt = now;
    this.#suspects.set(key, suspect);
    for (const [oldest, { lastAt }] of this.#suspects) {
      const isOver = now - lastAt > LIMITS.abuseMemoryMs;
      if (!isOver && this.#suspects.size <= LIMITS.abuseSuspectsMax) break;
      this.#suspects.delete(oldest);
    }
    return suspect;
  }

  #find(
    key: SourceKey,
    address: string,
    { since, guesses, users, toolMessages }: Suspect,
    why: string,
    isHome: boolean,
    now: Instant,
  ): Abuser | undefined {
    const before = this.#found.get(key);
    const isRemembered = before !== undefined && now < before.endsAt;
    // Where it is only slowed there is nothing new to tell each time.
    if (isHome && isRemembered && now - before.abuser.at < LIMITS.abuseMemoryMs) return undefined;
    const times = isRemembered ? before.times : 0;
    const steps = LIMITS.abuseRefusalsMs;
    const until = now + Math.min(steps[times] ?? LIMITS.refusedSourceMaxMs, LIMITS.refusedSourceMaxMs);
    const facts = { address, why, guesses, users: users.size, toolMessages, since, at: now };
    const abuser: Abuser = isHome ? facts : { ...facts, until };
    this.#found.delete(key);
    this.#found.set(key, {
      abuser,
      times: isHome ? times : times + 1,
      endsAt: until + LIMITS.abuserMemoryMs,
    });
    for (const [oldest, { endsAt }] of this.#found) {
      if (now < endsAt && this.#found.size <= LIMITS.abusersMax) break;
      this.#found.delete(oldest);
    }
    return abuser;
  }
}

function reasonFor({ level, users, toolMessages, tool, guesses }: Suspect): string | undefined {
  if (users.size >= LIMITS.abuseUsersMax)
    return `it tried ${users.size} users or more without a right password`;
  if (level >= LIMITS.abuseGuessesMax)
    return `it guessed passwords ${guesses} times and did not wait as it was told`;
  if (toolMessages >= LIMITS.abuseToolMessagesMax) return `it scans with ${tool}`;
  return undefined;
}
